"""Many names looked up among many courses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from ..courses import KnownCourse

#: By what a course may be called, the surest first; as `Courses.course` looks for one.
_BY = ("name", "context_id", "label", "title")

Name = TypeVar("Name")


def each_once(
    names: Iterable[Name], known: Sequence[KnownCourse], find: Callable[[Name], KnownCourse]
) -> list[KnownCourse]:
    """Return the courses that *names* mean, each once, where it is named first.

    Args:
        names: their names, context ids, labels or titles.
        known: the courses there are.
        find: looks through all of them; called for a name that does not mean exactly one.
    """
    index: dict[str, dict[object, list[KnownCourse]]] = {field: {} for field in _BY}
    for course in known:
        for field, found in index.items():
            found.setdefault(getattr(course, field), []).append(course)

    def meant(name: Name) -> KnownCourse:
        if isinstance(name, str) and name:
            found = next((index[field][name] for field in _BY if name in index[field]), [])
            if len(found) == 1:
                return found[0]
        return find(name)

    return list({course.name: course for course in map(meant, names)}.values())
