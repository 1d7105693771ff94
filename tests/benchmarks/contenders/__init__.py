"""The same works, done by each contender in its own way.

A module for each contender, in it a function for each work: it takes a `Scene`, imports and prepares what is not
to be measured, and returns a `Work`. Nothing is imported here that a contender would have to import itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol


class Mark(Protocol):
    """Takes a name and the seconds that something took; those since the work began, where none are given."""

    def __call__(self, name: str, seconds: float | None = None) -> None: ...


class Scene(NamedTuple):
    """Where the platform is, how much it holds, and how the work is to be done.

    Args:
        origin: of the platform.
        pem: the private key that signs.
        courses: how many.
        members: of each course.
        page: members on a page.
        limit: members on a page that are asked for; 0 asks for no number.
        items: line items of a course.
        scores: how many to send, one for each learner.
        workers: requests under way at once, for those who can.
        verify: whether scores are read back, for those who can.
        shared: whether all courses share a token, for those who need not.
    """

    origin: str
    pem: str
    courses: int = 1
    members: int = 100
    page: int = 100
    limit: int = 0
    items: int = 1
    scores: int = 0
    workers: int = 1
    verify: bool = True
    shared: bool = True

    def members_url(self, course: int = 0) -> str:
        """Return where the roster of a course is."""
        return f"{self.origin}/courses/{course}/members"

    def items_url(self, course: int = 0) -> str:
        """Return where the line items of a course are."""
        return f"{self.origin}/courses/{course}/lineitems"


class Work(NamedTuple):
    """*act* is measured; *facts* says what came of it, to be compared with what the platform holds."""

    act: Callable[[Mark], Any]
    facts: Callable[[Any], dict[str, Any]]
