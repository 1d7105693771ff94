"""Names looked up among many courses."""

from __future__ import annotations

from collections.abc import Sequence

from ..courses import KnownCourse

#: By what a course may be called, the surest first.
_BY = ("name", "context_id", "label", "title")


class Index:
    """What courses are called: a name is found among 100,000 of them without looking at each.

    Args:
        known: the courses.
    """

    def __init__(self, known: Sequence[KnownCourse]) -> None:
        self.known = known
        self._found: dict[str, dict[object, list[KnownCourse]]] = {field: {} for field in _BY}
        for course in known:
            for field, found in self._found.items():
                found.setdefault(getattr(course, field), []).append(course)

    def called(self, name: str) -> tuple[str, list[KnownCourse]]:
        """Return by what field courses are called so, the surest that there is, and which; none, where none is."""
        field = next((field for field in _BY if name in self._found[field]), _BY[0])
        return field, self._found[field].get(name, [])
