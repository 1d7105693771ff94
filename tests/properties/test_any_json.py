"""Whatever JSON a platform sends becomes a record, or fails as MalformedResponseError; never as anything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ltix_data import frames, parsing, spec
from ltix_data.errors import MalformedResponseError
from ltix_data.records import LineItem, Member, Result, Score

from . import documents
from .conftest import few
from .documents import SECRET, SECRET_NUMBER, over_the_wire

READERS: dict[str, Callable[[object], Any]] = {
    "member": Member.from_json,
    "line item": LineItem.from_json,
    "result": Result.from_json,
}
ITEM = {"id": "https://lms.example.edu/li/1", "label": "Quiz 1", "scoreMaximum": 60}
#: A reference by number that Python's own html.unescape fails at.
LONG_REFERENCE = "&#" + "9" * 5000 + ";"


def read(kind: str, document: object) -> Any:
    """Return the record that a platform's JSON becomes, or None where it failed as it may."""
    try:
        return READERS[kind](over_the_wire(document))
    except MalformedResponseError as error:
        documents.assert_tells_nothing(error)
        return None


# --- JSON -> record -------------------------------------------------------------------------------


@given(documents.members())
@example({"user_id": "1", "name": LONG_REFERENCE})
@example({"user_id": 10**4000, "name": 7})
@example({"user_id": SECRET_NUMBER, "roles": [SECRET_NUMBER]})
def test_a_member_is_read_or_malformed(raw):
    member = read("member", raw)

    if member is not None:
        shown = (member.name, member.email, member.sourcedid, member.username, member.lti11_legacy_user_id)
        assert member.user_id.strip()
        assert all(isinstance(role, str) for role in member.roles)
        assert all(value is None or value.encode() for value in (member.user_id, *shown)), "a lone surrogate is left"


@given(documents.line_items())
@example(ITEM | {"scoreMaximum": 10**400})
@example(ITEM | {"scoreMaximum": SECRET})
@example(ITEM | {"label": [SECRET], "tag": {SECRET: SECRET_NUMBER}})
def test_a_line_item_is_read_or_malformed(raw):
    item = read("line item", raw)

    if item is not None:
        assert item.item_id
        assert np.isfinite(item.out_of)
        assert (item.item_id + item.label + (item.tag or "") + (item.resource_id or "")).encode()


@given(documents.results())
@example({"userId": "1", "resultScore": SECRET})
@example({"userId": "1", "resultScore": float("inf")})
@example({"userId": "1", "resultScore": f"1{SECRET_NUMBER}e"})
def test_a_result_is_read_or_malformed(raw):
    result = read("result", raw)

    if result is not None:
        assert result.user_id.strip()
        assert (result.user_id + (result.comment or "")).encode()
        assert all(value is None or np.isfinite(value) for value in (result.score, result.out_of))


@pytest.mark.parametrize("kind", READERS)
@given(raw=documents.anything())
def test_what_is_no_document_at_all_is_malformed(kind, raw):
    read(kind, raw)


@given(documents.members(spoilt=0))
def test_a_member_of_the_specifications_shape_is_always_read(raw):
    raw = over_the_wire(raw)
    assume(str(raw["user_id"]).strip() and "&#" not in str(raw.get("name")))

    member = Member.from_json(raw)

    assert (member.user_id, member.picture, member.extensions) == (
        parsing.clean(str(raw["user_id"])),
        parsing.clean(raw["picture"]) if (raw.get("picture") or "").strip() else None,
        {key: value for key, value in raw.items() if key.startswith("https://")},
    )


@given(st.sampled_from(["user_id", "name", "email", "status"]), documents.anything(finite=True))
def test_a_field_that_is_no_text_is_named_and_its_value_is_not(field, value):
    value = over_the_wire(value)
    assume(value is not None and not isinstance(value, str) and type(value) is not int)

    with pytest.raises(MalformedResponseError, match=f"“{field}” is not text") as caught:
        Member.from_json({"user_id": "1", field: value})

    documents.assert_tells_nothing(caught.value)


def as_text(value: object) -> str | None:
    """Return a field as it must be read: an id may be a number, and a blank is nothing."""
    return parsing.clean(str(value)) if value is not None and str(value).strip() else None


@given(documents.line_items(spoilt=0))
def test_a_line_item_of_the_specifications_shape_is_read_and_written_as_it_came(raw):
    raw = over_the_wire(raw)

    item = LineItem.from_json(raw)

    fields = {
        "id": item.item_id,
        "tag": item.tag,
        "resourceId": item.resource_id,
        "resourceLinkId": item.resource_link_id,
    }
    expected = {key: as_text(raw.get(key)) for key in fields}
    sent = item.to_json()
    assert fields == expected
    assert {key: sent.get(key) for key in fields} == expected
    assert (item.label, sent["label"]) == (as_text(raw.get("label")) or "",) * 2
    assert item.out_of == sent["scoreMaximum"] == float(raw["scoreMaximum"])
    assert item.grades_released is sent.get("gradesReleased") is raw.get("gradesReleased")


@given(documents.results(spoilt=0))
def test_a_result_of_the_specifications_shape_is_read_as_it_came(raw):
    raw = over_the_wire(raw)
    assume(as_text(raw["userId"]))

    result = Result.from_json(raw)

    score, out_of = (None if raw.get(key) is None else float(raw[key]) for key in ("resultScore", "resultMaximum"))
    fields = (result.user_id, result.comment, result.item_id, result.scoring_user_id)
    assert fields == tuple(as_text(raw.get(key)) for key in ("userId", "comment", "scoreOf", "scoringUserId"))
    assert (result.score, result.out_of) == (score, 1.0 if out_of is None and score is not None else out_of)


# --- Record -> JSON -------------------------------------------------------------------------------


def cut(when: datetime | None) -> datetime | None:
    """Return a time as AGS writes it, in milliseconds. [AGS §3.4.9]"""
    return when and when.replace(microsecond=when.microsecond // 1000 * 1000)


@given(documents.line_items(spoilt=1))
@example(ITEM | {"startDateTime": "6 March 2026", "https://lms.example.edu/ext": {"a": [None, "\ud800"]}})
@example(ITEM | {"https://lms.example.edu/ext": float("inf")})
def test_a_line_item_goes_back_with_every_field_and_extension(raw):
    """An update is GET, change, PUT: what is lost on the way is deleted from somebody's gradebook."""
    item = read("line item", raw)
    assume(item is not None)

    again = LineItem.from_json(json.loads(parsing.wire_bytes(item.to_json())))

    kept = {key: value for key, value in item.extensions.items() if value is not None}
    assert again == replace(item, starts_at=cut(item.starts_at), ends_at=cut(item.ends_at), extensions=kept)


def sendable() -> st.SearchStrategy[dict[str, Any]]:
    """Fields of a score that is right."""
    moment = st.datetimes(datetime(1970, 1, 2), datetime(2500, 1, 1), timezones=st.just(UTC))
    extension = documents.texts().map("https://lms.example.edu/ext/".__add__)
    plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    return st.fixed_dictionaries(
        {
            "user_id": documents.texts(min_size=1).filter(str.strip),
            "timestamp": moment,
            "score": st.floats(0, 1e9) | st.integers(0, 2**60),
            "out_of": st.floats(0.01, 1e9) | st.integers(1, 2**60),
        },
        optional={
            "comment": documents.texts(),
            "activity": st.sampled_from(spec.ACTIVITY_PROGRESS),
            "grading": st.sampled_from(spec.GRADING_PROGRESS),
            "scoring_user_id": documents.texts(min_size=1),
            "submitted_at": moment,
            "extensions": st.dictionaries(extension, plain | documents.texts(), max_size=2),
        },
    )


@given(sendable())
def test_a_score_on_the_wire_says_what_was_given(fields):
    body = Score(**fields).to_bytes()

    sent = json.loads(body)
    times = [datetime.fromisoformat(sent["timestamp"])]
    times += [datetime.fromisoformat(sent["submission"]["submittedAt"])] if "submission" in sent else []
    assert b"\n" not in body
    assert sent["userId"] == over_the_wire(fields["user_id"])
    assert (sent["scoreGiven"], sent["scoreMaximum"]) == (float(fields["score"]), float(fields["out_of"]))
    assert sent.get("comment") == (parsing.clean(fields.get("comment", "")) or fields.get("comment"))
    assert sent["activityProgress"] == fields.get("activity", "Completed")
    assert sent["gradingProgress"] == fields.get("grading", "FullyGraded")
    assert sent.get("scoringUserId") == over_the_wire(fields.get("scoring_user_id"))
    assert times == [cut(fields[key]) for key in ("timestamp", "submitted_at") if key in fields]
    for key, value in fields.get("extensions", {}).items():
        assert sent.get(over_the_wire(key)) == over_the_wire(value)


# --- Records -> frames ----------------------------------------------------------------------------


def kinds(frame: pd.DataFrame) -> dict[str, str]:
    """Return the dtype of each column; a category may have words of the platform's own."""
    return {
        name: "category" if isinstance(dtype, pd.CategoricalDtype) else str(dtype)
        for name, dtype in frame.dtypes.items()
    }


def records(kind: str, raws: list[Any]) -> list[Any]:
    return [record for raw in raws if (record := read(kind, raw)) is not None]


@few
@given(st.lists(documents.members(), max_size=4))
@example([{"user_id": "1", "roles": ["\ud800"], "status": "x\0a"}, {"user_id": "2", "status": "x\0b"}])
def test_members_make_a_roster_of_the_same_dtypes(raws):
    members = records("member", raws)

    frame = frames.roster(members)

    assert kinds(frame) == kinds(frames.roster([]))
    assert list(frame["user_id"]) == [member.user_id for member in members]
    assert list(frame["name"].isna()) == [member.name is None for member in members]
    assert frame.to_csv().encode()


@few
@given(st.lists(documents.line_items(), max_size=4))
@example([ITEM | {"startDateTime": "0001-01-01T00:00:00Z", "endDateTime": "9999-12-31T23:59:59Z"}])
def test_line_items_make_a_frame_of_the_same_dtypes(raws):
    items = records("line item", raws)

    frame = frames.line_items(items, lambda item: bool(item.tag))

    assert kinds(frame) == kinds(frames.line_items([], bool))
    assert list(frame["item_id"]) == [item.item_id for item in items]
    assert frame.to_csv().encode()


@few
@given(documents.line_items(spoilt=0), st.lists(documents.results(), max_size=4))
def test_results_make_a_frame_of_the_same_dtypes(raw, raws):
    item, found = LineItem.from_json(over_the_wire(raw)), records("result", raws)

    frame = frames.results((item, result) for result in found)

    assert kinds(frame) == kinds(frames.results([]))
    assert list(frame["user_id"]) == [result.user_id for result in found]
    assert list(frame["score"].isna()) == [result.score is None for result in found]
    assert frame.to_csv().encode()


@few
@given(
    st.lists(documents.members(spoilt=0), max_size=3),
    st.lists(documents.line_items(spoilt=0), max_size=3),
    st.lists(documents.results(spoilt=0), max_size=4),
    st.sampled_from(["score", "percent"]),
)
@example(
    [],
    [ITEM | {"label": "name"}, ITEM | {"id": "https://lms.example.edu/li/2", "label": ""}],
    [{"userId": "1", "resultScore": 1, "resultMaximum": 2}],
    "score",
)
def test_a_gradebook_has_one_column_for_each_line_item_and_loses_nobody(people, columns, grades, values):
    members, items, found = records("member", people), records("line item", columns), records("result", grades)
    pairs = [(item, result) for item in items for result in found]

    frame = frames.gradebook(members, pairs, items, values=values)

    here = {member.user_id for member in members} | {r.user_id for _, r in pairs if r.score is not None}
    ours = {item.item_id for item in items}
    assert set(frame.index) == here
    assert frame.index.is_unique
    assert frame.columns.is_unique
    assert list(frame.dtypes[1:]) == [np.dtype("float64")] * len(ours)
    assert set(frame.attrs["item_id"].values()) == ours
    assert frame.to_csv().encode()


@few
@given(documents.line_items(spoilt=0), documents.results(spoilt=0))
@example(ITEM, {"userId": "1", "resultScore": 1.7e308, "resultMaximum": 5e-324})
def test_no_grade_in_a_frame_is_infinite(raw, graded):
    """An infinity is refused in JSON; it must not arise out of two numbers either."""
    item, result = LineItem.from_json(over_the_wire(raw)), read("result", graded)
    assume(result is not None)

    long = frames.results([(item, result)])
    wide = [frames.gradebook([], [(item, result)], [item], values=values) for values in ("score", "percent")]

    assert not np.isinf(long["percent"]).any()
    assert not any(np.isinf(frame.iloc[:, 1]).any() for frame in wide)
