"""The courses of one registration, in memory or, where that is stored, in its file too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from . import registry
from .courses import KnownCourse
from .errors import LtixError, RegistrationError

ByName: TypeAlias = dict[str, KnownCourse]

#: What the latest launch says better than those before it, where it says anything.
_LATEST = ("context_id", "label", "title", "memberships_url", "lineitems_url", "scopes")
_ENDPOINTS = {"memberships_url": "its roster (Names and Roles)", "lineitems_url": "its line items (Grades)"}


@dataclass(frozen=True, slots=True)
class Captured:
    """What became of a course that was captured.

    Attributes:
        course: the course as it is kept, under the name it is known by.
        change: "new", "moved" (a course that was known, and of which something is different now), or "same".
        moved: the fields that are different.
        missing: the endpoints and claims that are known from before, and that this launch did not offer.
    """

    course: KnownCourse
    change: Literal["new", "moved", "same"]
    moved: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what somebody should know of it, in sentences."""
        called = [_ENDPOINTS.get(key, "a service of the platform's own") for key in self.missing]
        return tuple(
            f"This launch of “{self.course.name}” did not offer {what}, which earlier ones did; the address known "
            "from them is kept. If it was switched off, have the platform's administrator switch it on again."
            for what in dict.fromkeys(called)
        )


class Coursebook:
    """The courses known for the registration *name*.

    Args:
        name: the registration's name.
        courses: what is known so far.
        stored: whether changes go into the registration's file.
        stamp: that of the file, taken before the courses were read from it; it is not read again for nothing.
    """

    def __init__(
        self,
        name: str,
        courses: tuple[KnownCourse, ...] = (),
        *,
        stored: bool = False,
        stamp: tuple[int, ...] | None = None,
    ) -> None:
        self.name = name
        self.stored = stored
        self._courses = courses
        self._named: ByName | None = None
        self._read_at = stamp
        self._lock = threading.RLock()

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=threading.RLock())

    @property
    def courses(self) -> tuple[KnownCourse, ...]:
        """Return what is known now; another process, such as one that takes launches, may have added some.

        The file is read again where it is another one than before. One that cannot be read leaves what is known.
        """
        stamp = registry.stamp(self.name) if self.stored else None
        if stamp != self._read_at:
            with self._lock:
                if stamp != self._read_at and stamp is not None:
                    self._read_again()
                self._read_at = stamp
        return self._courses

    def change(self, change: Callable[[ByName], ByName]) -> None:
        """Alter the courses; a file is read afresh first, for another notebook may have added some."""

        def alter(document: registry.Document) -> None:
            document["courses"] = [course.to_json() for course in change(_by_name(read(document))).values()]

        with self._lock:
            if self.stored:
                self._courses = read(registry.update(self.name, alter))
            else:
                if self._named is None:
                    self._named = _by_name(self._courses)
                self._named = change(self._named)
                self._courses = tuple(self._named.values())

    def capture(self, *launched: KnownCourse) -> tuple[Captured, ...]:
        """Keep courses as launches describe them, all in one go, and return what became of each.

        A course is known already if one has its context id; where either lacks one, if it has the same roster
        or line items. It keeps its name then; a new one whose name is taken gets its context id behind it, for
        two sections may share a label.

        What a launch says replaces what was known; what it does not say is kept, for a launch speaks for one
        link at one moment: it names no line item where its link has none, and no roster while that is switched
        off (`Captured.missing` tells). Links add up: each keeps its coupled line item until it has another.
        """
        became: list[Captured] = []

        def with_launched(known: ByName) -> ByName:
            for course in launched:
                became.append(_captured(known, course))
                known = known | {became[-1].course.name: became[-1].course}
            return known

        self.change(with_launched)
        return tuple(became)

    def _read_again(self) -> None:
        try:
            self._courses = read(registry.read(self.name))
        except LtixError:  # forgotten or damaged: whoever writes to it next is told
            return


def read(document: registry.Document) -> tuple[KnownCourse, ...]:
    """Return the courses in a stored document.

    Raises:
        RegistrationError: they are damaged.
    """
    stored = document.get("courses", [])
    if not isinstance(stored, list):
        raise registry.damaged(document["name"])
    try:
        return tuple(KnownCourse.from_json(raw) for raw in stored)
    except RegistrationError as error:
        raise registry.damaged(document["name"]) from error


def _by_name(courses: tuple[KnownCourse, ...]) -> ByName:
    return {course.name: course for course in courses}


def _captured(known: ByName, launched: KnownCourse) -> Captured:
    """Return what becomes of a launched course among those that are *known*."""
    before = same_course(tuple(known.values()), launched)
    if before is None:
        return Captured(replace(launched, name=_free_name(known, launched)), "new")
    after = _updated(before, launched)
    moved = tuple(_moved(before, after, launched))
    missing = tuple(_missing(before, launched))
    return Captured(after, "moved" if moved else "same", moved, missing)


def same_course(known: tuple[KnownCourse, ...], launched: KnownCourse) -> KnownCourse | None:
    """Return the one of *known* that *launched* is, or None; see `Coursebook.capture`."""
    if launched.context_id is not None:
        found = next((course for course in known if course.context_id == launched.context_id), None)
        if found is not None:
            return found
        known = tuple(course for course in known if course.context_id is None)
    return next((course for course in known if any(_alike(course, launched, key) for key in _ENDPOINTS)), None)


def _alike(one: KnownCourse, other: KnownCourse, key: str) -> bool:
    return getattr(one, key) is not None and getattr(one, key) == getattr(other, key)


def _free_name(known: ByName, launched: KnownCourse) -> str:
    if launched.name not in known:
        return launched.name
    name = f"{launched.name} ({launched.context_id})" if launched.context_id else f"{launched.name} (2)"
    number = 2
    while name in known:
        number += 1
        name = f"{launched.name} ({number})"
    return name


def _updated(before: KnownCourse, launched: KnownCourse) -> KnownCourse:
    told: dict[str, Any] = {key: value for key in _LATEST if (value := getattr(launched, key)) is not None}
    if launched.lineitem_url or (launched.resource_link_id and not before.lineitem_url):
        told.update(resource_link_id=launched.resource_link_id, lineitem_url=launched.lineitem_url)
    links = {link: url or before.links.get(link) for link, url in launched.links.items()}
    return replace(
        before,
        services={**before.services, **launched.services},
        links={**before.links, **links},
        **told,
    )


def _moved(before: KnownCourse, after: KnownCourse, launched: KnownCourse) -> Iterator[str]:
    """Yield the fields that are different; a line item only where it is another one of the same link."""
    for key in (*_LATEST, "services"):
        if getattr(before, key) != getattr(after, key):
            yield key
    if any(url and before.links.get(link) not in (None, url) for link, url in launched.links.items()):
        yield "lineitem_url"


def _missing(before: KnownCourse, launched: KnownCourse) -> Iterator[str]:
    yield from (key for key in _ENDPOINTS if getattr(before, key) and not getattr(launched, key))
    yield from (claim for claim in before.services if claim not in launched.services)
