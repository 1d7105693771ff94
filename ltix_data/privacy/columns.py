"""Which labels of a table say that something tells a person: ours, and those that spreadsheets and merges make."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Literal

Kind = Literal["name", "id"]

#: Columns of this package's frames -> how they are masked: by initials, or by bullets.
OURS: dict[str, Kind] = {
    "name": "name",
    "given_name": "name",
    "family_name": "name",
    "middle_name": "name",
    "email": "id",
    "sourcedid": "id",
    "username": "id",
    "picture": "id",
}
#: Frames of courses and registrations have a `name` as well, which is nobody's.
_OF_THINGS = frozenset({"client_id", "context_id", "issuer", "key_storage"})
_OF_PEOPLE = frozenset({"user_id", *OURS} - {"name"})
#: A problem of an upload quotes a cell of the sheet, and its hint may name people of the roster.
_PROBLEM = frozenset({"row", "column", "value", "problem", "hint"})

_WHOSE = (
    r"(?:first|middle|last|full|given|family|preferred|display|student|learner|user|member|person|sortable|sur|fore)"
)
_NAME = re.compile(rf"(?:{_WHOSE} ?)?names?(?: .*)?|students?|learners?|(?:fore|sur)names?(?: .*)?")
_ID = re.compile(
    r"(?:.* )?(?:e ?mails?|mail|sourced ?ids?|user ?names?|logins?|login id|sis (?:user|login) id|"
    r"student id|id number|org ?defined ?id|sid|pictures?)(?: .*)?"
)


def kind(label: object) -> Kind | None:
    """Return how what has this label is masked, or None where it tells nobody.

    A label may be a tuple (of columns with levels): each part may say so.
    """
    if isinstance(label, tuple):
        return next((found for part in label if (found := kind(part))), None)
    if not isinstance(label, str):
        return None
    if label in OURS:
        return OURS[label]
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[\W_]+", " ", label).strip().casefold()
    if _ID.fullmatch(words):
        return "id"
    return "name" if _NAME.fullmatch(words) else None


def kinds(labels: Collection[Any], beside: Collection[Any] = ()) -> list[Kind | None]:
    """Return how the columns of one table are masked; *beside* are the names of its index levels."""
    known = {label for label in (*labels, *beside) if isinstance(label, str)}
    things = bool(known & _OF_THINGS) and not known & _OF_PEOPLE
    quotes = ("value", "hint") if known >= _PROBLEM else ()
    return [_kind_among(label, things=things, quotes=quotes) for label in labels]


def _kind_among(label: object, *, things: bool, quotes: Collection[object]) -> Kind | None:
    if things and label == "name":
        return None
    return "id" if isinstance(label, str) and label in quotes else kind(label)
