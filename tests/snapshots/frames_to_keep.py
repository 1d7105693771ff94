"""Frames with everything in them that storage could lose; used on every version of pandas, so without pytest."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from ltix_data import frames, spec
from ltix_data.courses import KnownCourse
from ltix_data.records import LineItem, Member, Result
from ltix_data.snapshots import Owner, Snapshot, taken

LEARNER = spec.CONTEXT_ROLE + "Learner"
INSTRUCTOR = spec.CONTEXT_ROLE + "Instructor"
ITEM = "https://lms.example/items/1?type_id=1"
AT = datetime(2026, 11, 18, 6, 0, 0, 123456, tzinfo=UTC)
LINK = "https://lms.example/members?since=41"

TRICKY = ("", " ", "nan", "NA", r"\N", r"a\nb", "a\nb\r\nc", 'say "hi", ok', "\0", "=1+1", "é\u2028ß", "😀", "'", "\\")


def hostile_roster() -> pd.DataFrame:
    """Return people whose ids and names are what spreadsheets and parsers damage."""
    ids = ["00123", "1234567890123456", "1e5", "NULL", "../../etc/passwd", *(f"t{n}" for n in range(len(TRICKY)))]
    people = [Member(user_id, (LEARNER,), name=None, email="a@b.example") for user_id in ids[:5]]
    people += [Member(user_id, (), name=name, sourcedid="0007") for user_id, name in zip(ids[5:], TRICKY, strict=True)]
    people += [Member("two", (INSTRUCTOR, LEARNER), status="Suspended"), Member("odd", ("urn:x", 'a"b\nc'))]
    people += [Member("tester", (LEARNER, spec.TEST_USER), status="Inactive")]
    frame = frames.roster(people)
    frame.attrs["differences_url"] = LINK
    return frame


def hostile_items() -> pd.DataFrame:
    """Return line items with times on the edges, and every state of grades_released."""
    far = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
    old = datetime(1, 1, 1, tzinfo=UTC)
    items = [
        LineItem("../..\\CON", 10.0, ITEM, starts_at=old, ends_at=far, grades_released=True),
        LineItem("", 0.1 + 0.2, "https://lms.example/items/2", tag="", grades_released=False),
        LineItem("x" * 5000, 1e-300, "https://lms.example/items/3", resource_id="0012"),
    ]
    return frames.line_items(items, lambda item: item.tag is None)


def hostile_results() -> pd.DataFrame:
    """Return results with and without scores, comments and times."""
    item = LineItem("Quiz", 10.0, ITEM)
    moment = datetime(2026, 3, 1, 12, 0, 0, 1, tzinfo=UTC)
    results = [
        Result("00123", 1 / 3, 10.0, comment="\\N", scored_at=moment),
        Result("1234567890123456", None, None),
        Result("u3", 0.0, 0.0, comment="x" * 200_000),
        *(Result(f"t{number}", 1.0, 3.0, comment=comment) for number, comment in enumerate(TRICKY)),
    ]
    return frames.results((item, result) for result in results)


FULL = {"roster": hostile_roster, "line_items": hostile_items, "results": hostile_results}
EMPTY = {
    "roster": lambda: frames.roster([]),
    "line_items": lambda: frames.line_items([], bool),
    "results": lambda: frames.results([]),
}
SETS = {"full": FULL, "empty": EMPTY}


def owner(**course: str) -> Owner:
    """Return a course of a registration."""
    known = {
        "context_id": "ctx-1",
        "memberships_url": "https://lms.example/m",
        "lineitems_url": "https://lms.example/i",
    }
    return Owner(
        "uni", "https://lms.example", "client-1", KnownCourse(course.pop("name", "BIO101"), **(known | course))
    )


def snapshot(kind: str = "full", *, at: datetime = AT, mark: str | None = None) -> Snapshot:
    """Return a snapshot that is not stored yet."""
    return taken(owner(), at, {part: make() for part, make in SETS[kind].items()}, mark)
