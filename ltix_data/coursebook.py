"""The courses of one registration, in memory or, where that is stored, in its file too."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeAlias

from . import registry
from .courses import KnownCourse
from .errors import RegistrationError

ByName: TypeAlias = dict[str, KnownCourse]


class Coursebook:
    """The courses known for the registration *name*.

    Args:
        name: the registration's name.
        courses: what is known so far.
        stored: whether changes go into the registration's file.
    """

    def __init__(self, name: str, courses: tuple[KnownCourse, ...] = (), *, stored: bool = False) -> None:
        self.name = name
        self.courses = courses
        self.stored = stored
        self._lock = threading.RLock()

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=threading.RLock())

    def change(self, change: Callable[[ByName], ByName]) -> None:
        """Alter the courses; a file is read afresh first, for another notebook may have added some."""

        def alter(document: registry.Document) -> None:
            document["courses"] = [course.to_json() for course in change(_by_name(read(document))).values()]

        with self._lock:
            if self.stored:
                self.courses = read(registry.update(self.name, alter))
            else:
                self.courses = tuple(change(_by_name(self.courses)).values())


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
