"""Who is looked for: the rosters that are given, or those of every snapshot on this computer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import snapshots
from ..cells import is_missing, trim
from ..errors import PartialDataError, UsageError

if TYPE_CHECKING:
    import pandas as pd

#: Columns of a roster -> what they are called in a result. The names come first: they tell most.
KINDS: Mapping[str, str] = {
    "name": "full name",
    "given_name": "given name",
    "family_name": "family name",
    "middle_name": "middle name",
    "email": "e-mail",
    "user_id": "user_id",
    "sourcedid": "sourcedid",
    "username": "username",
    "picture": "picture",
}
NAMES = ("given name", "family name", "middle name")
_PSEUDONYM = re.compile(r"p[a-z2-7]{12}")
#: Small words of names, which tell nobody.
_SMALL = frozenset(
    (
        *("al", "and", "bin", "binti", "da", "das", "de", "del", "den", "der", "des", "di", "dos", "du", "el", "ibn"),
        *("la", "las", "le", "los", "of", "the", "van", "von", "zu"),
    )
)


class Identifier(NamedTuple):
    """One text that tells a person, and its kind."""

    text: str
    kind: str


def identifiers(rosters: Any) -> set[Identifier]:
    """Return what tells the people of some rosters.

    Raises:
        UsageError: there is no roster, nobody in it, or it holds pseudonyms alone: nothing found would mean nothing.
        PartialDataError: some courses of a session could not be read.
    """
    frames = list(_stored() if rosters is None else _frames(rosters))
    found: set[Identifier] = set()
    for frame in frames:
        found |= set(_of_frame(frame))
    if not found:
        _refuse_nobody(rosters)
    if all(one.kind == "user_id" and _PSEUDONYM.fullmatch(one.text) for one in found):
        raise UsageError(
            "These rosters hold pseudonyms, so nobody's name can be looked for.",
            hint="Give the rosters of a session without pseudonyms.",
        )
    return found


def _refuse_nobody(rosters: Any) -> None:
    if rosters is None:
        raise UsageError(
            "No roster is known on this computer, so nothing can be looked for.",
            hint="Give one: ltix.scrub(notebook, course.roster()); or keep one for the next time: course.snapshot().",
        )
    raise UsageError("There is nobody in these rosters, so nothing can be looked for.", hint="Give course.roster().")


def _stored() -> Iterator[pd.DataFrame]:
    """Yield the frames of every snapshot that is not pseudonymous; whoever left a course may have results still."""
    for snapshot in snapshots.all_of():
        if not snapshot.pseudonyms:
            yield from (snapshot.roster, snapshot.results)


def _frames(given: Any) -> Iterator[pd.DataFrame]:
    """Yield the rosters in whatever was given: frames, courses, sessions, snapshots, or several of them."""
    if hasattr(given, "columns") and hasattr(given, "index"):
        yield _checked(given)
    elif callable(getattr(given, "rosters", None)):
        yield _whole(given.rosters())
    elif callable(getattr(given, "roster", None)):
        yield given.roster()
    elif hasattr(given, "roster"):  # a snapshot: whoever left the course may have results still
        yield from (given.roster, given.results)
    elif isinstance(given, Iterable) and not isinstance(given, (str, bytes, Mapping)):
        for one in given:
            yield from _frames(one)
    else:
        raise UsageError("rosters= takes frames of course.roster(), or courses or sessions to read them from.")


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    if errors := frame.attrs.get("errors"):
        names = ", ".join(f"“{error['course']}”" for error in errors[:5])
        raise PartialDataError(
            f"The rosters of {len(errors)} courses could not be read ({names}), so their people cannot be looked for.",
            hint="Try again, or give the rosters of the other courses alone.",
        )
    return frame


def _checked(frame: pd.DataFrame) -> pd.DataFrame:
    plain = frame.reset_index() if set(frame.index.names) & set(KINDS) else frame
    if not set(plain.columns) & set(KINDS):
        raise UsageError("This frame has no column of a roster.", hint="Give what course.roster() returns.")
    return plain


def _of_frame(frame: pd.DataFrame) -> Iterator[Identifier]:
    present = [column for column in KINDS if column in frame.columns]
    tests = frame["test_user"].tolist() if "test_user" in frame.columns else [False] * len(frame)
    for test_user, *values in zip(tests, *(frame[column].tolist() for column in present), strict=True):
        person = {column: text for column, value in zip(present, values, strict=True) if (text := _text(value))}
        yield from _of_person(person, nobody=bool(test_user))


def _text(value: object) -> str:
    if is_missing(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # an id that was read as a number
    return trim(str(value))


def _of_person(person: Mapping[str, str], *, nobody: bool) -> Iterator[Identifier]:
    """Yield what tells one person; *nobody* is the platform's own test student: “Test” alone tells nobody."""
    for column, text in person.items():
        if not (nobody and KINDS[column] in NAMES):
            yield Identifier(text, KINDS[column])
    given, family, middle = (person.get(column, "") for column in ("given_name", "family_name", "middle_name"))
    if given and family:
        for first in {given, f"{given} {middle}".strip()}:
            yield Identifier(f"{first} {family}", "full name")
            yield Identifier(f"{family} {first}", "full name")
    name = person.get("name", "")
    if name and not nobody and not (given or family):  # Open edX sends no more than this
        yield from _parts(name)


def _parts(name: str) -> Iterator[Identifier]:
    """Yield the parts of a name of which nobody says which is which, and how it reads the other way round."""
    parts = name.replace(",", " ").split()
    if len(parts) > 1:
        yield Identifier(" ".join([parts[-1], *parts[:-1]]), "full name")
        yield Identifier(" ".join([*parts[1:], parts[0]]), "full name")
    for part, kind in zip(reversed(parts), ("family name", *["given name"] * len(parts)), strict=False):
        if part.casefold() not in _SMALL:
            yield Identifier(part, kind)
