"""From a key in a row to the one member it names: exact, ambiguous, or nobody.

There is no default for what to match by, no first match that wins, and nothing fuzzy but the hints.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import Literal, Protocol

from . import roles
from .cells import id_text, trim
from .errors import UsageError
from .records import Member

#: What one may match by, the surest first. All but user_id may be withheld by the platform.
MATCHABLE = (
    "user_id",
    "sourcedid",
    "username",
    "email",
    "lti11_legacy_user_id",
    "name",
    "given_name",
    "family_name",
)

#: Hints for slips of one letter are left out where they would cost seconds.
_LONGEST_NEAR = 64
_MOST_NEAR = 10_000


@dataclass(frozen=True, slots=True)
class Match:
    """The member a key names; or, where there is not exactly one, the problem and a hint for its row."""

    member: Member | None = None
    problem: Literal["unknown_user", "ambiguous_user"] | None = None
    hint: str | None = None


class Finder(Protocol):
    """From a key to the one member it names."""

    def find(self, key: str) -> Match:
        """Return the one member that *key* names, or why there is none."""


class Given:
    """What the caller says: a mapping from key to user_id, or a function that returns one (or None).

    Args:
        members: the whole roster.
        given: the mapping, a Series among them, or the function.

    Raises:
        UsageError: *given* is neither, or names a key twice.
    """

    def __init__(self, members: Iterable[Member], given: object) -> None:
        self._people = {member.user_id: member for member in members}
        self._say = given if callable(given) else _table(given).get

    def find(self, key: str) -> Match:
        """Return the member that the caller's mapping or function gives for *key*."""
        said = id_text(self._say(key))
        if isinstance(said, str) and said in self._people:
            return Match(member=self._people[said])
        hint = "What was given as match= has nobody for it."
        if said is not None:
            hint = "What was given as match= leads to a user_id that is not on the roster."
        return Match(problem="unknown_user", hint=hint)


def _table(given: object) -> dict[str, object]:
    items = getattr(given, "items", None)
    if items is None or getattr(given, "ndim", 1) != 1:  # a DataFrame has items too: its columns
        raise UsageError("match must be a column of the roster, a mapping to user_ids, or a function.")
    pairs = [(id_text(key), value) for key, value in items()]
    table = {key: value for key, value in pairs if isinstance(key, str)}
    if len(table) < len(pairs):
        raise UsageError(
            "The mapping given as match= names a key twice, or one that is no id.", hint="Read ids as text."
        )
    return table


class Index:
    """A roster, looked up by one attribute.

    Keys are compared without the white space around them; e-mail addresses without regard to case;
    names with their inner white space collapsed and their accents composed (NFC). Everything else
    must be the same, letter for letter and zero for zero.

    Args:
        members: the whole roster, so that a key two people share is seen to be ambiguous.
        by: one of `MATCHABLE`.

    Raises:
        UsageError: *by* is none of them, or the platform shares this attribute for nobody.
    """

    def __init__(self, members: Iterable[Member], by: str) -> None:
        if by not in MATCHABLE:
            raise UsageError("Rows cannot be matched by that.", hint=f"Use match= one of {', '.join(MATCHABLE)}.")
        people = list({member.user_id: member for member in members}.values())
        self.by = by
        self._key = _NORMAL.get(by, trim)
        self._found: defaultdict[str, list[Member]] = defaultdict(list)
        for member in people:
            if key := self._key(getattr(member, by) or ""):
                self._found[key].append(member)
        self._without = len(people) - sum(map(len, self._found.values()))
        if people and not self._found:
            raise _withheld(people, by)

    def find(self, key: str) -> Match:
        """Return the one member whose attribute is *key*, or why there is none."""
        wanted = self._key(key)
        found = self._found.get(wanted, [])
        if len(found) == 1:
            return Match(member=found[0])
        if found:
            return Match(
                problem="ambiguous_user",
                hint=f"{len(found)} people on the roster have this {self.by}; match by another column.",
            )
        if near := self._near(wanted):
            return Match(problem="unknown_user", hint=f"Did you mean {' or '.join(f'“{key}”' for key in near)}?")
        some = f"; of those on it, {self._without} show none" if self._without else ""
        return Match(problem="unknown_user", hint=f"Nobody on the roster has this {self.by}{some}.")

    def _near(self, wanted: str) -> list[str]:
        """Return at most two keys much like *wanted*, the likest first."""
        candidates = {key for trace in self._traces(wanted) for key in self._by_trace.get(trace, ())}
        scored = sorted((-SequenceMatcher(None, wanted, key).ratio(), key) for key in candidates)
        return [key for _, key in scored[:2]]

    @cached_property
    def _by_trace(self) -> dict[str, list[str]]:
        keys: defaultdict[str, list[str]] = defaultdict(list)
        for key in self._found:
            for trace in set(self._traces(key)):
                keys[trace].append(key)
        return keys

    def _traces(self, key: str) -> Iterator[str]:
        """Yield what is left of *key* after a slip; keys that leave the same are worth comparing.

        Comparing each unknown key with the whole roster would take minutes for thousands of both.
        """
        folded = re.sub(r"^[\W0]+", "", key.casefold())  # zeros that Excel ate, Brightspace's #
        if not folded:
            return
        yield folded
        if self.by == "email":
            yield folded.partition("@")[0] + "@"  # the same person at another domain
        if self.by == "name":
            yield " ".join(sorted(re.findall(r"\w+", folded)))  # “Lovelace, Ada”
        if 3 < len(folded) <= _LONGEST_NEAR and len(self._found) <= _MOST_NEAR:
            # One letter left out on both sides finds a letter too many, too few, wrong or swapped.
            # Never a digit: each number is one digit away from somebody else's.
            yield from (folded[:n] + folded[n + 1 :] for n, letter in enumerate(folded) if not letter.isdecimal())


def finder(members: Iterable[Member], match: object) -> Finder:
    """Return what finds people by *match*: a roster column, a mapping, or a function."""
    return Index(members, match) if isinstance(match, str) else Given(members, match)


def objection(member: Member) -> tuple[str, str] | None:
    """Return why a score should not be sent for this member, as a code and a hint; None where it may.

    test_user: the platform's own test student. inactive: no longer, or not yet, in the course.
    not_learner: without a Learner role, though perhaps with others.
    """
    if roles.is_test_user(member.roles):
        return "test_user", "This is the platform's test student, not a person."
    if member.status != "Active":
        return "inactive", f"This person's status in the course is {member.status}; most platforms refuse the score."
    if not roles.matcher("Learner")(member.roles):
        role = roles.main_role(member.roles) or "none"
        return "not_learner", f"This person's role in the course is {role}; platforms grade learners only."
    return None


def _plain_name(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", trim(name)).split())


_NORMAL: dict[str, Callable[[str], str]] = {
    "email": lambda address: trim(address).casefold(),
    **dict.fromkeys(("name", "given_name", "family_name"), _plain_name),
}


def _withheld(people: list[Member], by: str) -> UsageError:
    shared = [name for name in MATCHABLE if any(getattr(member, name) for member in people)]
    return UsageError(
        f"The platform shares no {by} of anybody in this course.",
        hint=f"Match by {' or '.join(shared)}, or ask the platform's administrator to share {by} with this tool.",
        spec="NRPS §2.2",
    )
