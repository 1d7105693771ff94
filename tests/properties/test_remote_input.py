"""A fuzz target for every parser of what a platform sends: only an LtixError gets out, and it tells no secret.

Platforms are scripted (tests/scripted.py): no socket, no sleep. Launches and registrations are in test_launches.py.
"""

from __future__ import annotations

import gzip
import json
import math
import re
import warnings
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scripted import HOST, ROSTER_URL, START, Reply, Script, grant

from ltix_data import frames, parsing, spec
from ltix_data.answers import Answer
from ltix_data.errors import LtixError, LtixWarning, MalformedResponseError
from ltix_data.records import LineItem
from ltix_data.services.memberships import Roster

from . import documents
from .conftest import few, many

ITEM_URL = f"{HOST}/c/1/lineitems/7"
ITEM = {"id": ITEM_URL, "label": "Quiz 1", "scoreMaximum": 60}


def only_ltix_errors(act: Callable[[], Any]) -> Any:
    """Return what *act* returns, or the LtixError it raised, after looking whether that tells a secret."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LtixWarning)
        try:
            return act()
        except LtixError as error:
            documents.assert_tells_nothing(error)
            return error


# --- What an answer is made of --------------------------------------------------------------------

TWICE = b'{"members": [{"user_id": "1", "roles": ["Learner"]}, {"user_id": "1", "roles": ["Mentor"]}]}'
STATUSES = st.sampled_from([200, 200, 200, 200, 201, 204, 400, 401, 403, 404, 409, 429, 500, 503]) | st.integers(
    200, 599
)
_HEADER_PIECES = (
    *(
        b"",
        b"0",
        b"5",
        b"999999999",
        b"gzip",
        b"br",
        b"identity",
        b"gzip, gzip",
        b"text/html; charset=utf-7",
        b"\xe2\x80\x9c",
        b"\xff",
    ),
    *(
        b"Sun, 15 Jun 2025 15:06:41 GMT",
        b"Fri, 31 Dec 99999 23:59:59 GMT",
        b"Mon, 99 Foo 2026",
        b"Sun Jun 15 15:06:41 2025",
    ),
    *(b"<" + ROSTER_URL.encode() + b"?page=2>; rel=next", b'<?page=2>; rel="next"', b'<https://[bad>; rel="next"'),
    *(
        b"<https://evil.example/>; rel=next",
        b"</c/1/memberships?since=1>; rel=differences",
        b"a=b; expires=Fri, 99 Foo",
        ITEM_URL.encode(),
    ),
)
HEADER_VALUES = st.sampled_from(_HEADER_PIECES) | st.binary(max_size=12).map(lambda raw: re.sub(rb"[\0\r\n]", b"", raw))
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Link", "Date", "Age", "Retry-After", "Content-Type", "Content-Encoding", "Location", "Set-Cookie", "ETag"]
    ),
    HEADER_VALUES,
    max_size=3,
)
TOKENS = st.fixed_dictionaries(
    {"access_token": st.just("tok-3cr3t") | documents.anything()},
    optional={
        "token_type": st.just("Bearer") | documents.anything(),
        "expires_in": st.sampled_from([3600, "3600", 0, -1, 1e-300, "nan", True, [3600]]) | documents.anything(),
        "scope": st.sampled_from([spec.SCOPE_MEMBERSHIPS, "", list(spec.ALL_SCOPES)]) | documents.anything(),
    },
)
REFUSALS = st.fixed_dictionaries(
    {},
    optional={
        "error": st.sampled_from(["invalid_scope", "invalid_client", documents.SECRET]) | documents.anything(),
        "scoreGiven": st.just([documents.SECRET_NUMBER]),
        "comment": documents.anything(),
        "detail": documents.texts(),
    },
)
ROSTERS = st.fixed_dictionaries(
    {"members": st.lists(documents.members(spoilt=0), max_size=2) | st.lists(documents.members(), max_size=2)},
    optional={"id": documents.anything(), "context": documents.anything()},
)
ITEMS = st.lists(documents.line_items(spoilt=0) | documents.line_items(), max_size=2)
RESULTS = st.lists(documents.results(spoilt=0) | documents.results(), max_size=3)


@st.composite
def replies(draw: st.DrawFn, data: st.SearchStrategy[Any]) -> Reply:
    """Draw an answer, most often a success with *data* or something near it as its body."""
    status = draw(STATUSES)
    body = draw(documents.bodies(data if status < 300 else REFUSALS))
    headers = draw(st.just({}) | HEADERS)
    if headers.get("Content-Encoding") == b"gzip" and draw(st.booleans()):
        body = gzip.compress(body)
    return Reply(status, body, headers, reason=draw(st.none() | st.just(documents.SECRET.encode())))


# --- One answer -----------------------------------------------------------------------------------


def answer(status: int, headers: dict[str, bytes], body: bytes) -> Answer:
    return Answer(status, {key.lower(): value.decode("latin-1") for key, value in headers.items()}, body, ROSTER_URL)


@many
@given(documents.bodies(documents.anything()), STATUSES)
@example(b"[" * 100_000, 200)
@example(b'{"a":' * 100_000, 200)
@example(b"9" * 5000, 200)
@example(b"\xff\xfe[\0]\0", 200)
@example(b'{"a": "\xed\xa0\x80"}', 200)
def test_a_body_is_json_or_malformed(body, status):
    outcome = only_ltix_errors(lambda: answer(status, {}, body).json("the roster"))

    if isinstance(outcome, LtixError):
        assert type(outcome) is MalformedResponseError
    else:
        assert outcome == json.loads(body.decode("utf-8-sig"))


@many
@given(documents.bodies(REFUSALS), st.integers(100, 999), HEADERS, st.sampled_from([0.0, START]))
@example(b'{"error": "' + b"a_" * 40 + b'b"}', 400, {}, 0.0)
@example(b"\xff\xfe{", 400, {}, 0.0)
@example(b"[" * 100_000, 422, {}, 0.0)
def test_any_failure_is_one_error_without_a_word_of_the_platforms_own(body, status, headers, now):
    got = answer(status, headers, body)

    error = got.failure("a score", spec="AGS §3.4", now=now)

    assert isinstance(error, LtixError)
    documents.assert_tells_nothing(error)
    assert got.code() is None or re.fullmatch("[a-z_]{3,60}", got.code())
    assert str(error).startswith("lms.example.edu ")
    assert str(error).endswith(" [AGS §3.4]")


DATES = st.one_of(
    HEADER_VALUES.map(lambda raw: raw.decode("latin-1")),
    st.integers(-6 * 10**10, 2 * 10**11).map(formatdate),
    st.lists(
        st.sampled_from(
            [
                "Sun",
                ",",
                " ",
                "15",
                "Jun",
                "2025",
                "99",
                "15:06:41",
                "15.06.41",
                "24:60:61",
                ":",
                "GMT",
                "+9999",
                "-",
                "-2400",
                "AM",
                "(",
                "9" * 20,
            ]
        ),
        max_size=9,
    ).map(" ".join),
    st.text(max_size=8),
)


@many
@given(DATES)
@example("")
@example(" ")
@example(",")
@example("Fri, 31 Dec 99999 23:59:59 GMT")
@example("Fri, 31 Dec 9999 23:59:59 -2359")
@example("1 Jan 0001 00:00:00 +2359")
@example("Mon, 1 Jan " + "9" * 5000 + " 00:00:00 GMT")
def test_a_date_is_seconds_or_nothing(value):
    found = parsing.http_date(value)

    assert found is None or math.isfinite(found)


@many
@given(DATES | st.from_regex(r"\s*-?\d+(\.\d+)?\s*", fullmatch=True), st.sampled_from([0.0, START]))
@example("٣", START)
@example("9" * 400, START)
@example("1e400", START)
def test_a_wait_is_seconds_from_now_or_nothing(value, now):
    found = Answer(429, {"retry-after": value}, b"", ROSTER_URL).retry_after(now)

    assert found is None or 0 <= found < math.inf


@given(st.sampled_from([0, 60, -90, 600, 86_000]))
def test_a_date_that_is_right_is_read_to_the_second(seconds):
    assert parsing.http_date(formatdate(START + seconds, usegmt=True)) == START + seconds


# --- Tokens ---------------------------------------------------------------------------------------


@given(st.lists(replies(TOKENS), min_size=1, max_size=2), st.sampled_from([(), (spec.SCOPE_MEMBERSHIPS,)]))
@example([Reply(200, b'{"access_token": "t", "expires_in": 1e400}')], ())
@example([Reply(200, b'{"access_token": "t", "expires_in": "soon"}')], ())
@example([Reply(200, b'{"access_token": "t", "scope": ' + b"[" * 900 + b"]" * 900 + b"}")], ())
@example([Reply(200, b'{"access_token": "t\\r\\nX: y"}')], ())
@example([Reply(200, b'["access_token"]')], ())
def test_a_token_answer_is_a_token_or_an_error(signing_key, answers, needed):
    script = Script(signing_key)
    script.on("/token", *answers)

    outcome = only_ltix_errors(lambda: script.client().tokens.token(needed))

    if not isinstance(outcome, LtixError):
        assert re.fullmatch(r"[\x21-\x7e]+", outcome.value)
        assert 0 < outcome.lifetime <= 86_400
        assert len(outcome.value) < 9 or outcome.value not in repr(outcome)
        assert not needed or outcome.granted & set(needed)


# --- Rosters --------------------------------------------------------------------------------------


@given(st.lists(replies(ROSTERS), min_size=1, max_size=3), st.sampled_from([None, "Learner"]), st.none() | st.just("1"))
@example([Reply(200, b'{"members": [{"user_id": "1", "name": "' + b"&#" + b"9" * 5000 + b';"}]}')], None, None)
@example([Reply(200, b'{"members": [[[[]]]]}', {"Link": b"<?page=2>; rel=next"})], None, None)
@example(
    [Reply(200, TWICE, {"Link": b"<?page=2>; rel=next"}), Reply(200, TWICE[:-2] + b', {"user_id": "2"}]}')], None, None
)
def test_a_roster_is_whole_or_an_error(signing_key, pages, role, link):
    script = Script(signing_key)
    script.on("/c/1/memberships", *pages)

    outcome = only_ltix_errors(lambda: script.memberships(max_pages=5).roster(role=role, resource_link=link))

    if not isinstance(outcome, LtixError):
        ids = [member.user_id for member in outcome.members]
        assert len(set(ids)) == len(ids)
        assert list(frames.roster(outcome.members)["user_id"]) == ids
    assert len(script.service_requests) <= 5 * 5 * 2


# --- Grades ---------------------------------------------------------------------------------------


def graded(signing_key: Any, **answers: list[Reply]) -> Script:
    script = Script(signing_key)
    paths = {"items": "/c/1/lineitems", "item": "/c/1/lineitems/7", "results": "/c/1/lineitems/7/results"}
    for name, steps in answers.items():
        script.on(paths.get(name, f"/c/1/lineitems/7/{name}"), *steps)
    return script


@given(st.lists(replies(ITEMS), min_size=1, max_size=2), st.none() | st.just("grade"))
def test_line_items_are_whole_or_an_error(signing_key, pages, tag):
    script = graded(signing_key, items=pages)

    outcome = only_ltix_errors(lambda: script.grades().line_items(tag=tag))

    if not isinstance(outcome, LtixError):
        assert len(frames.line_items(outcome, script.grades().is_coupled)) == len(outcome)
        assert all(item.tag == tag for item in outcome if tag)


@given(st.lists(replies(RESULTS), min_size=1, max_size=2), st.none() | st.just("00123"))
def test_results_are_whole_or_an_error(signing_key, pages, user):
    script = graded(signing_key, results=pages)

    outcome = only_ltix_errors(lambda: script.grades().results(ITEM_URL, user_id=user))

    if not isinstance(outcome, LtixError):
        item = LineItem.from_json(ITEM)
        assert len(frames.results((item, result) for result in outcome)) == len(outcome)
        assert len({result.user_id for result in outcome}) == len(outcome)
        assert all(result.user_id == user for result in outcome if user)


@given(replies(documents.line_items()), replies(documents.line_items(spoilt=0)), replies(st.just(ITEM)))
@example(Reply(200, b'{"id": "x", "label": "a", "scoreMaximum": 1, "e": 1e400}'), Reply(200), Reply(200))
def test_a_line_item_is_read_and_updated_or_an_error(signing_key, first, put, again):
    script = graded(signing_key, item=[first, put, again])

    outcome = only_ltix_errors(lambda: script.grades().update(ITEM_URL, tag="grade"))

    assert isinstance(outcome, LtixError | LineItem)


@given(replies(documents.line_items()), replies(documents.line_items()))
@example(Reply(201, b"", {"Location": b"https://[bad"}), Reply(200))
@example(Reply(201, b'{"id": ["x"]}', {"Location": b"\xff"}), Reply(200))
def test_a_created_line_item_has_a_url_or_it_is_an_error(signing_key, made, read):
    script = graded(signing_key, items=[made], item=[read])

    outcome = only_ltix_errors(lambda: script.grades().create(LineItem("Quiz 1", 60)))

    assert isinstance(outcome, LtixError) or outcome.item_id


@few
@given(replies(documents.anything()), replies(documents.anything()))
def test_a_score_is_taken_or_an_error_and_a_line_item_deleted_or_an_error(signing_key, scored, deleted):
    script = graded(signing_key, scores=[scored], item=[deleted])

    outcomes = [
        only_ltix_errors(lambda: script.grades().post_score(ITEM_URL, b'{"userId": "1"}')),
        only_ltix_errors(lambda: script.grades().delete(LineItem("Quiz 1", 60, ITEM_URL))),
    ]

    assert all(outcome is None or isinstance(outcome, LtixError) for outcome in outcomes)


@pytest.mark.parametrize("path", ["/token", "/c/1/memberships"])
@given(
    name=st.sampled_from(["Link", "Date", "Age", "Retry-After", "Content-Encoding", "Location", "Set-Cookie"]),
    value=HEADER_VALUES,
    status=STATUSES,
)
def test_a_header_changes_what_is_asked_but_never_what_is_raised(signing_key, path, name, value, status):
    script = Script(signing_key)
    body = b'{"members": []}' if path != "/token" else b'{"access_token": "t"}'
    script.on(path, Reply(status, body, {name: value}), *([grant()] if path == "/token" else [Reply(200, body)]))
    script.on(*(("/c/1/memberships", Reply(200, b'{"members": []}')) if path == "/token" else ("/token", grant())))

    outcome = only_ltix_errors(lambda: script.memberships(max_pages=3).roster())

    assert isinstance(outcome, LtixError | Roster)
    assert all(seen.url.startswith(f"{HOST}/") for seen in script.seen), "a token went elsewhere"
