"""Many courses from one that was launched: their addresses are guessed, and each is read before it is kept."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import crew, frames, likeness, parsing, spec, urls
from ..client import ServiceClient
from ..courses import KnownCourse
from ..errors import (
    AccessError,
    MalformedResponseError,
    NotFoundError,
    PlatformError,
    ScopeError,
    TokenError,
    TransportError,
    UsageError,
)
from ..likeness import Likeness
from . import course_lists
from .course_lists import Asked
from .courses import Courses

if TYPE_CHECKING:
    import pandas as pd

_COURSES_AT_ONCE = 8
_SECTION = "NRPS §2.1"
_UNVERIFIED = "Nothing was read: whether these courses exist, and are the ones meant, is not verified."


@dataclass(frozen=True, slots=True)
class _Row:
    """One id: the course it makes, or why it makes none."""

    asked: Asked
    course: KnownCourse | None = None
    reason: str | None = None

    def refused(self, reason: str) -> _Row:
        return _Row(self.asked, self.course, reason)


class Likewise(Courses):
    """What a session does with a list of courses."""

    _client: ServiceClient

    def add_courses(
        self,
        like: str,
        ids: Iterable[object] | Mapping[str, str | None] | None = None,
        *,
        path: str | Path | pd.DataFrame | None = None,
        sheet: str | None = None,
        was: str | None = None,
        verify: bool = True,
    ) -> pd.DataFrame:
        """Add many courses whose addresses are like those of one that was launched, but for the course's id.

        The id is the one in the addresses: on Canvas the number in the course's URL (``/courses/1234``), on
        Moodle ``course/view.php?id=42``, on Blackboard ``_4_1``. Each course is read before it is kept, its
        roster by one member or else its line items; who it is, the roster says. What is kept is the addresses,
        the scopes, and the platform's context id, label and title; not the captured course's link and line item.
        A course that is known already keeps its name and is updated. All are stored at once.

        Args:
            like: the course that was launched.
            ids: the other courses' ids as text, or a mapping of id to the name it shall have.
            path: instead of *ids*, a .csv, .xlsx or other sheet (or a DataFrame) with a column of ids, called
                id, course_id, context_id, … and, if wanted, columns name, label and title.
            sheet: which sheet of a workbook, where several are filled.
            was: the id of *like* in its addresses, where that cannot be told.
            verify: False keeps the courses without asking the platform, for one whose rosters do not say
                whose they are. Nobody knows then whether they exist, or are the ones meant.

        Returns:
            One row per id, in the order given: id, name, context_id, label, title (text, missing where unknown),
            added (bool: kept, be it new or updated), reason (text: why not, missing where added).
            ``.attrs["notes"]`` says how the list was read.

        Raises:
            UnknownNameError: no course is called *like*.
            AmbiguousError: several ids in its addresses may be the course's: launch a second one, or give *was*.
            UsageError: its addresses do not depend on one id alone (Open edX), or the list cannot be used.
            TokenError: the platform issues no token.
            ScopeError: the scope to read with was not granted.
        """
        model = self._find(like)
        others = [course for course in self.registration.courses if course != model]
        learnt = likeness.learn(model, others, was=was)
        asked, notes = course_lists.read(ids, path, sheet)
        rows = _each_once([_planned(learnt, one) for one in asked])
        if verify:
            rows = self._verified(learnt, rows)
        else:
            notes = (*notes, _UNVERIFIED)
        return frames.added_courses(self._kept(rows), notes=notes)

    def _verified(self, learnt: Likeness, rows: Sequence[_Row]) -> list[_Row]:
        """Read every course, and refuse what is none or another than the one asked for."""
        reader = _Reader(self._client, learnt)
        todo = [number for number, row in enumerate(rows) if row.reason is None]
        if not todo:
            return list(rows)
        self._client.tokens.token(reader.scopes)  # one for all; where there is none, no course is to blame

        def read(number: int) -> tuple[int, _Row]:
            return number, reader.read(rows[number])

        home = learnt.course.context_id or reader.home()
        done = dict(crew.work_off(todo, read, workers=_COURSES_AT_ONCE, stop=threading.Event()))
        return _told_apart([done.get(number, row) for number, row in enumerate(rows)], self._taken(learnt, home))

    def _taken(self, learnt: Likeness, home: str | None) -> dict[str, tuple[str, str]]:
        """Return the context ids that are known to be of some id in the addresses, and the course's name."""
        known = [course for course in self.registration.courses if course.context_id]
        found = {str(course.context_id): (learnt.id_of(course), course.name) for course in known}
        if home is not None:
            found[home] = (learnt.was, learnt.course.name)
        return {context: (held, name) for context, (held, name) in found.items() if held is not None}

    def _kept(self, rows: Sequence[_Row]) -> Iterator[dict[str, Any]]:
        courses = [row.course for row in rows if row.course and row.reason is None]
        kept = iter(self.registration.capture_all(*courses) if courses else ())
        for row in rows:
            added = row.course is not None and row.reason is None
            course = next(kept).course if added else None
            told = {key: getattr(course or row.asked, key, None) for key in ("name", "context_id", "label", "title")}
            yield {"id": row.asked.id, **told, "added": added, "reason": row.reason}


class _Reader:
    """Reads of each course as little as shows that it is there, and which it is."""

    def __init__(self, client: ServiceClient, learnt: Likeness) -> None:
        self._client = client
        self._learnt = learnt
        self._by_roster = learnt.course.memberships_url is not None
        lists: tuple[str, ...] = (spec.SCOPE_LINE_ITEM, spec.SCOPE_LINE_ITEM_READONLY)
        self.scopes = (spec.SCOPE_MEMBERSHIPS,) if self._by_roster else lists

    def home(self) -> str | None:
        """Return the context id of the captured course itself, where its roster says it."""
        told = self.read(_Row(Asked(self._learnt.was), self._learnt.course))
        return None if told.course is None or told.reason else told.course.context_id

    def read(self, row: _Row) -> _Row:
        """Return *row* with what the platform told of its course, or with why it is none."""
        course = row.course
        if course is None:
            return row
        try:
            told = self._roster_context(course) if self._by_roster else self._line_items(course)
        except (TokenError, ScopeError):
            raise
        except NotFoundError:
            return row.refused("The platform knows no such course, or the tool is not in it.")
        except AccessError as error:
            return row.refused(f"The platform does not let this tool into it (status {error.status or 'unknown'}).")
        except (PlatformError, TransportError) as error:
            return row.refused(error.what)
        if isinstance(told, str):
            return row.refused(told)
        return replace(row, course=_named(course, row.asked, told))

    def _roster_context(self, course: KnownCourse) -> dict[str, str | None] | str:
        """Return the context that a roster of one member carries. [NRPS §2.1]"""
        what = "the roster of a course"
        url = urls.add_query(course.memberships_url or "", {"limit": "1"})
        answer = self._client.send("GET", url, what, scopes=self.scopes, accept=spec.MEMBERSHIP_CONTAINER)
        if not answer.body.strip():  # Sakai's page without members
            return "Its roster is empty."
        raw = parsing.mapping(answer.json(what, spec=_SECTION), what, _SECTION)
        context = raw.get("context")
        if not isinstance(context, dict) or not isinstance(raw.get("members"), list):
            return "The answer is no roster of a course."
        told = {key: parsing.text(context, key, what, _SECTION) for key in ("id", "label", "title")}
        if told["id"] is None:
            return "The answer does not say which course it is."
        if not raw["members"]:
            return "Its roster is empty."
        if self._learnt.is_context_id and told["id"] != course.context_id:
            return "The platform gave another course."
        return told

    def _line_items(self, course: KnownCourse) -> dict[str, str | None]:
        """Read the line items, without `limit`; a list of none will do, for the tool has made none there yet."""
        what = "the line items of a course"
        found = self._client.get_json(
            course.lineitems_url or "", what, scopes=self.scopes, accept=spec.LINE_ITEM_CONTAINER
        )
        if not isinstance(found, list):
            raise MalformedResponseError("The answer is no list of line items.", spec="AGS §3.2.4")
        return {"id": course.context_id}


def _told_apart(rows: Sequence[_Row], taken: Mapping[str, tuple[str, str]]) -> list[_Row]:
    """Refuse answers for other courses than those asked for: a platform that ignores the id gives one for all."""
    contexts = Counter(row.course.context_id for row in rows if row.course and row.reason is None)

    def checked(row: _Row) -> _Row:
        told = row.course.context_id if row.course and row.reason is None else None
        if told is None:
            return row
        held, name = taken.get(told, (row.asked.id, ""))
        if held != row.asked.id:
            return row.refused(f"The platform gave another course, “{name}”.")
        if contexts[told] > 1:
            return row.refused("The platform gave the same course for another id too.")
        return row

    return [checked(row) for row in rows]


def _planned(learnt: Likeness, asked: Asked) -> _Row:
    if asked.id is None or asked.problem:
        return _Row(asked, reason=asked.problem or "There is no id.")
    if asked.id == learnt.was:
        return _Row(asked, reason=f"It is “{learnt.course.name}”, which the others are made like.")
    try:
        course = learnt.made(asked.id, name=asked.name or asked.id)
    except UsageError as error:
        return _Row(asked, reason=error.what)
    return _Row(asked, _named(course, asked, {"id": course.context_id}))


def _named(course: KnownCourse, asked: Asked, told: Mapping[str, str | None]) -> KnownCourse:
    """Return the course with what the platform told of it, and what the list says where it did not."""
    label, title = told.get("label") or asked.label, told.get("title") or asked.title
    name = asked.name or label or title or asked.id or course.name
    return replace(course, name=name, context_id=told.get("id"), label=label, title=title)


def _each_once(rows: Sequence[_Row]) -> list[_Row]:
    seen: set[str | None] = set()
    found = []
    for row in rows:
        twice = row.reason is None and row.asked.id in seen
        found.append(_Row(row.asked, reason="This id is given above already.") if twice else row)
        seen.add(row.asked.id)
    return found
