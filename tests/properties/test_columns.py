"""A page taken apart column by column says what its entries say one by one, whatever is in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ltix_data import columns
from ltix_data.columns import Book
from ltix_data.coursecache import BOOK
from ltix_data.errors import MalformedResponseError
from ltix_data.records import LineItem, Member, Result

from . import documents
from .documents import over_the_wire

LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
ITEM = LineItem("Quiz 1", 10.0, "https://lms.example.edu/li/1")


def outcome(read: Any, entries: list[Any]) -> Any:
    try:
        return read(entries)
    except MalformedResponseError as error:
        return str(error)


def members_one_by_one(entries: list[Any]) -> columns.Columns:
    return columns.roster([Member.from_json(entry) for entry in entries])


def results_one_by_one(entries: list[Any]) -> columns.Columns:
    return columns.results_of_one([Result.from_json(entry) for entry in entries])


def plain_members(**fields: Any) -> list[dict[str, Any]]:
    return [{"user_id": "1", "roles": ["Learner"]}, {"user_id": "2", "roles": [LEARNER], **fields}]


@given(st.lists(documents.members(spoilt=0) | documents.members(), max_size=5))
@example(plain_members(name="D&amp;D", given_name="&nbsp;", email="  ", status="inactive"))
@example(plain_members(name="\ud800", username="", preferred_username="ada"))
@example(plain_members(roles=None))
@example(plain_members(roles="Learner"))
@example(plain_members(roles=["Learner", 7]))
@example(plain_members(roles=["Learner", ["Learner"]]))
@example(plain_members(roles=["Learner", LEARNER]))
@example(plain_members(picture=["x"]))
@example(plain_members(email=17, lis_person_sourcedid=10**30, status="Auditing"))
@example(plain_members(user_id=" "))
@example(plain_members(user_id=True))
@example([7])
def test_a_page_of_members_is_read_alike_by_columns_and_by_records(entries):
    entries = over_the_wire(entries)

    found = outcome(columns.members_from_json, entries)

    assert found == outcome(members_one_by_one, entries)
    assert isinstance(found, str) or (list(found) and set(found) == set(columns.ROSTER))


@given(st.lists(documents.results(), max_size=5))
@example([{"userId": "1", "resultScore": 7}, {"userId": "2", "resultScore": 1e308, "resultMaximum": 1e-308}])
@example([{"userId": "1", "resultScore": 10**400}])
@example([{"userId": "1", "resultScore": True}])
@example([{"userId": "1", "resultScore": ""}, {"userId": "2", "resultScore": "7.5", "resultMaximum": "10"}])
@example([{"userId": "1", "resultScore": 1, "scoredAt": "2026-01-01T00:00:00Z"}, {"userId": "2", "timestamp": "x"}])
@example([{"userId": "1", "timestamp": "2026-01-02T00:00:00Z", "scoredAt": "2026-01-01T00:00:00Z"}])
@example([{"userId": "1", "scoreOf": {}}])
@example(
    [{"userId": "1", "resultScore": 0, "resultMaximum": 0}, {"userId": "1", "resultScore": 5, "resultMaximum": -1}]
)
def test_a_page_of_results_is_read_alike_by_columns_and_by_records(entries):
    entries = over_the_wire(entries)

    assert outcome(columns.results_from_json, entries) == outcome(results_one_by_one, entries)


def test_a_plain_page_makes_no_records(monkeypatch):
    """Or the short way would be the long one."""
    monkeypatch.setattr(Member, "from_json", None)
    monkeypatch.setattr(Result, "from_json", None)

    assert columns.members_from_json([{"user_id": "1", "roles": [LEARNER], "name": "Zoë &amp; Co", "email": None}])
    assert columns.results_from_json([{"userId": "1", "resultScore": 7, "scoredAt": "2026-01-01T00:00:00Z"}])


RESULTS = st.tuples(st.sampled_from("abc"), st.none() | st.sampled_from([1.0, 2.0]))


@given(st.lists(RESULTS, max_size=8))
def test_of_a_persons_results_the_last_counts_and_an_empty_one_hides_none(rows):
    wanted: dict[str, float | None] = {}
    for user_id, score in rows:
        if score is not None or user_id not in wanted:
            wanted[user_id] = score

    found = columns.without_repeats(columns.results_of_one([Result(user_id, score, 10.0) for user_id, score in rows]))

    assert dict(zip(found["user_id"], found["score"], strict=True)) == wanted
    assert found["user_id"] == list(wanted)


@given(st.lists(documents.members(), max_size=4), st.lists(documents.results(), max_size=4))
def test_what_was_written_as_json_is_read_back_as_it_was(members, results):
    people = outcome(columns.members_from_json, over_the_wire(members))
    graded = outcome(columns.results_from_json, over_the_wire(results))

    for found in (people, graded):
        if not isinstance(found, str):
            assert columns.from_json(over_the_wire(columns.to_json(found))) == found


@pytest.mark.parametrize("known", [set(), {"left"}])
def test_a_book_written_as_json_is_read_back_as_it_was(known):
    graded = columns.results_of_one([Result("here", 7.0, 10.0), Result("left", 8.0, 10.0), Result("x")])
    book = Book.of({"user_id": ["here"], "name": ["Ada"]}, [ITEM], [graded], known=known)

    assert BOOK.unpack(over_the_wire(BOOK.pack(book))) == book
    assert book.people["user_id"] == ["here", *({"left"} - known)]
