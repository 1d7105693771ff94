"""What platforms may send: documents of the specifications' shape, with anything at all in their fields.

`SECRET` stands for a person: it is in most of the texts here, and no message may hold it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from ltix_data import spec
from ltix_data.answers import Answer

SECRET = "Ann-Private"
#: Stands for a grade or an id that is a number.
SECRET_NUMBER = 871_253_871

_FRAGMENTS = (
    SECRET,
    "O&#039;Neil",
    "&amp;",
    "&nbsp;",
    "&#x1F600;",
    "&#55296;",
    "&#1;",
    "&copy",
    "<b>",
    '"',
    "\\",
    "\0",
    "\r\n",
    "\u200b",
    "\ufeff",
    "é",
    "e\u0301",
    "\U0001f600",
    "\ud83d",  # half of a surrogate pair
    "\udc00",
    "  ",
)


def texts(*, min_size: int = 0) -> st.SearchStrategy[str]:
    """Any text that JSON can hold: lone surrogates, escapes of HTML, control characters, and `SECRET`."""
    anything = st.text(st.characters(exclude_categories=()), max_size=8)
    return st.lists(st.sampled_from(_FRAGMENTS) | anything, min_size=min_size, max_size=5).map("".join)


def numbers(*, finite: bool = False) -> st.SearchStrategy[int | float]:
    """Numbers as JSON can write them: an int may have 4000 digits, and 1e400 is an infinity in Python."""
    return st.one_of(
        st.just(SECRET_NUMBER),
        st.integers(),
        st.integers(min_value=-(10**400), max_value=10**400),
        st.sampled_from([10**4000, -1, 0, -0.0, 2**53 + 1, 5e-324, 1.7e308]),
        st.floats(allow_nan=False, allow_infinity=not finite),
    )


def nested(depth: int) -> Any:
    value: Any = SECRET
    for level in range(depth):
        value = [value] if level % 2 else {SECRET: value}
    return value


def anything(*, finite: bool = False) -> st.SearchStrategy[Any]:
    """Any JSON value."""
    leaves = st.none() | st.booleans() | numbers(finite=finite) | texts()
    trees = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts(), inner, max_size=4),
        max_leaves=8,
    )
    return trees | st.integers(1, 300).map(nested)


def ids() -> st.SearchStrategy[Any]:
    """Ids as platforms write them; some write numbers."""
    written = st.sampled_from(["1", "00123", "9007199254740993", "u 1", "0ae836b9-7fc9", "Ünï", "urn:x:1", "12E34"])
    return written | texts(min_size=1) | st.integers(min_value=-(10**30), max_value=10**30)


def moments() -> st.SearchStrategy[str]:
    written = st.sampled_from(
        [
            "2026-03-06T20:05:02.000+00:00",
            "2026-03-06T20:05:02Z",
            "2026-03-06T20:05:02.123456-05:30",
            "2026-03-06",
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-12:00",
            "9999-12-31T23:59:59Z",
            "2026-W10-5T10",
            "6 March 2026",
        ]
    )
    return written | st.datetimes().map(lambda when: when.isoformat() + "+00:00") | texts()


@st.composite
def _documents(draw: st.DrawFn, required: dict[str, Any], optional: dict[str, Any], spoilt: int) -> dict[str, Any]:
    """Draw an object with fields of the right kind, up to *spoilt* of them missing, null or anything else."""
    found = draw(st.fixed_dictionaries(required, optional={key: value | st.none() for key, value in optional.items()}))
    for key in draw(st.lists(st.sampled_from([*required, *optional]), max_size=spoilt)):
        if draw(st.booleans()):
            found[key] = draw(anything())
        else:
            found.pop(key, None)
    extra = st.text(st.characters(), max_size=6).map("https://lms.example.edu/ext/".__add__)
    return found | draw(st.dictionaries(extra, anything(finite=not spoilt), max_size=2))


_ROLES = st.sampled_from(
    [
        "Learner",
        "instructor",
        spec.CONTEXT_ROLE + "Learner",
        spec.CONTEXT_ROLE + "Mentor",
        spec.CONTEXT_SUB_ROLE + "Instructor#TeachingAssistant",
        spec.CONTEXT_SUB_ROLE + "#",
        spec.SYSTEM_ROLE + "User",
        spec.TEST_USER,
    ]
)


def members(*, spoilt: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    required = {"user_id": ids(), "roles": st.lists(_ROLES | texts(), max_size=3) | _ROLES}
    optional = {
        "status": st.sampled_from(["Active", "inactive", "Deleted", "Pending", SECRET]),
        **dict.fromkeys(("name", "given_name", "family_name", "middle_name", "email", "picture"), texts()),
        **dict.fromkeys(("lis_person_sourcedid", "ext_user_username", "lti11_legacy_user_id"), ids()),
        "message": st.lists(st.dictionaries(texts(), anything(), max_size=2), max_size=2),
    }
    return _documents(required, optional, spoilt)


def line_items(*, spoilt: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    points = st.integers(0, 1000) | st.floats(0, 1e6) | st.sampled_from(["60", "7.5", SECRET_NUMBER])
    required = {"id": ids().map(lambda id_: f"https://lms.example.edu/li/{id_}"), "scoreMaximum": points}
    optional = {
        "label": texts() | st.sampled_from(["Quiz 1", "name", "user_id", "Quiz 1 (2)"]),
        **dict.fromkeys(("tag", "resourceId", "resourceLinkId"), ids()),
        **dict.fromkeys(("startDateTime", "endDateTime"), moments()),
        "gradesReleased": st.booleans(),
    }
    return _documents(required, optional, spoilt)


def results(*, spoilt: int = 2) -> st.SearchStrategy[dict[str, Any]]:
    points = st.integers(0, 100) | st.floats(0, 1e6) | st.sampled_from([SECRET_NUMBER, -1, "8.5", 5e-324, 1.7e308])
    optional = {
        "id": texts(min_size=1),
        "scoreOf": texts(min_size=1),
        "resultScore": points,
        "resultMaximum": points,
        "comment": texts(),
        "scoringUserId": ids(),
        "timestamp": moments(),
    }
    return _documents({"userId": ids()}, optional, spoilt)


def written(document: Any) -> bytes:
    """Return *document* as a platform's JSON."""
    return re.sub("(-?)Infinity", r"\g<1>1e400", json.dumps(document)).encode()


def over_the_wire(document: Any) -> Any:
    """Return *document* as it arrives: surrogates that make a pair are joined.

    Raises:
        MalformedResponseError: it holds what cannot be kept, such as 1e400.
    """
    return Answer(200, {}, written(document), "https://lms.example.edu/c/1").json("something")


# --- Bytes ----------------------------------------------------------------------------------------

_SPLICES = (
    b"",
    b"NaN",
    b"1e400",
    b"null",
    b"[" * 2000,
    b'"\\ud800"',
    b'"&#' + b"9" * 5000 + b';"',
    b"9" * 5000,
    b"\xff",
    b"\x00",
    b"<html>",
    b",",
    b'"',
    b"{}",
)


@st.composite
def _mutated(draw: st.DrawFn, documents: st.SearchStrategy[Any]) -> bytes:
    """Draw a document as bytes, with pieces cut out, doubled or replaced by something unkind."""
    body = written(draw(documents))
    for _ in range(draw(st.integers(0, 3))):
        begin = draw(st.integers(0, len(body)))
        end = draw(st.integers(begin, min(len(body), begin + 20)))
        piece = draw(st.sampled_from(_SPLICES) | st.binary(max_size=4) | st.just(body[begin:end] * 2))
        body = body[:begin] + piece + body[end:]
    return body


def bodies(documents: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """Bodies of an answer: documents that are right, nearly right or mutated, other JSON, and any bytes."""
    whole = documents.map(written)
    other = anything().map(written)
    return st.one_of(whole, whole, _mutated(documents), other, st.binary(max_size=60))


# --- What went wrong ------------------------------------------------------------------------------


def said(error: BaseException | None) -> str:
    """Return everything that *error*, and what it is chained to, would show or keep; the scopes granted aside."""
    kept = [{k: v for k, v in getattr(one, "__dict__", {}).items() if k != "granted"} for one in _chain(error)]
    return "\n".join([*map(repr, kept), *(f"{one} {one!r} {one.args!r}" for one in _chain(error))])


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def assert_tells_nothing(error: BaseException | None) -> None:
    """Fail if *error* tells one of the secrets."""
    assert {secret for secret in (SECRET, str(SECRET_NUMBER)) if secret in said(error)} == set()
