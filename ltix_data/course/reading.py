"""A course's roster, results and gradebook before they are frames: what one course and many of them read."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from itertools import compress

from .. import columns, pace
from ..columns import Book, Columns
from ..crew import work_off
from ..records import LineItem
from ..services.grades import Grades
from ..services.memberships import Memberships, selecting
from .base import CourseBase

READERS = 16  # line items whose results are read at once, at most: the platform's pace decides


def roster(course: CourseBase, *, ahead: bool = True) -> Columns:
    """Return the whole roster, with the columns `columns.ROSTER`; *ahead* lets it read several pages at once."""
    return course.service(Memberships).columns(ahead=ahead)[0]


def results(course: CourseBase, items: Sequence[LineItem] | None = None, *, readers: int = READERS) -> Columns:
    """Return the results of *items* (of all the tool's own), with the columns `columns.RESULTS`.

    Args:
        course: whose they are.
        items: the line items.
        readers: how many of them are read at once.
    """
    service = course.service(Grades)
    items = service.line_items() if items is None else items
    parts = list(map(columns.named, items, _read(service, items, readers)))
    return uncommented(columns.joined(parts, columns.RESULTS), service)


def book(course: CourseBase, *, status: str | None = None, readers: int = READERS) -> Book:
    """Return the gradebook of the learners.

    Args:
        course: whose it is.
        status: only learners of this status, such as "Active"; those who left are not among them then.
        readers: how many line items are read at once.
    """
    fits, word = selecting("Learner", status)
    everybody = roster(course, ahead=readers > 1)
    learners = columns.selected(everybody, fits, word)
    service = course.service(Grades)
    items = service.line_items()
    found = _read(service, items, readers)
    if status is not None:
        found = [_of(part, set(learners["user_id"])) for part in found]
    return Book.of(learners, items, found, known=everybody["user_id"])


def uncommented(found: Columns, service: Grades) -> Columns:
    """Return results as the session may see them: under pseudonyms a comment may name somebody."""
    return found if service.client.veil is None else found | {"comment": [None] * len(found["comment"])}


def _of(found: Columns, people: Collection[str]) -> Columns:
    kept = [user_id in people for user_id in found["user_id"]]
    return {name: list(compress(values, kept)) for name, values in found.items()}


def _read(service: Grades, items: Sequence[LineItem], readers: int) -> list[Columns]:
    if min(readers, len(items)) <= 1:
        return list(map(service.result_columns, items))
    stop = threading.Event()

    def read(place: int) -> tuple[int, Columns]:
        with pace.stoppable(stop):
            return place, service.result_columns(items[place])

    found = dict(work_off(range(len(items)), read, workers=readers, stop=stop))
    return [found[place] for place in range(len(items))]
