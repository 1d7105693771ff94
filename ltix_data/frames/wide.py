"""Gradebooks: one row for each learner, one column for each line item."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import chain, repeat
from typing import Any

import numpy as np
import pandas as pd

from .. import columns
from ..columns import Book, Columns
from ..errors import TooLargeError
from ..records import LineItem, Member, Result
from .grid import Values, grid
from .kinds import text
from .many import ByCourse

MOST_CELLS = 100_000_000  # 800 MB


def gradebook(
    members: Iterable[Member],
    pairs: Iterable[tuple[LineItem, Result]],
    items: Iterable[LineItem],
    *,
    values: Values = "score",
    known: Collection[str] = (),
) -> pd.DataFrame:
    """Return one row per learner and one column per line item.

    Index: user_id (text): *members* in their order, then whoever has a score and is neither among them
    nor among *known*, the user_ids of the whole roster: the grade of a student who left must not vanish.
    Columns: name (text, missing for those who left), then a float64 column per line item, called by its label
    and numbered where two would be called the same. ``values="score"``: points of the line item,
    rescaled where the score stands on another maximum (Open edX). ``values="percent"``: 0-100.
    Missing is no grade, never 0. ``.attrs["out_of"]`` and ``.attrs["item_id"]`` say both for each column.
    """
    people = {member.user_id: member.name for member in members}
    wanted = {item.item_id: item for item in items}
    found: dict[str | None, list[Result]] = {item_id: [] for item_id in wanted}
    for item, result in pairs:
        if item.item_id in found:
            found[item.item_id].append(result)
    results = list(map(columns.results_of_one, found.values()))
    learners: Columns = {"user_id": list(people), "name": list(people.values())}
    return gradebook_of(Book.of(learners, list(wanted.values()), results, known=known), values=values)


def gradebook_of(book: Book, *, values: Values = "score") -> pd.DataFrame:
    """Return what `gradebook` does, of a course's book."""
    index = pd.Index(text(book.people["user_id"]), name="user_id")
    names = _unique([item.label for item in book.items])
    frame = pd.DataFrame(grid(book, values), index=index, columns=pd.Index(text(names)))
    frame.insert(0, "name", text(book.people["name"]).array)
    for key in ("out_of", "item_id"):
        frame.attrs[key] = {name: getattr(item, key) for name, item in zip(names, book.items, strict=True)}
    return frame


def gradebooks_of(
    books: Sequence[tuple[str, Book]], *, values: Values = "score", platforms: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return the gradebooks of several courses in one frame, one row for each course and learner.

    Columns course, user_id, name (text, name missing as in `gradebook`), then one float64 column per label: line
    items of one label in several courses share it, missing where a course has none. ``.attrs["out_of"]`` and
    ``.attrs["item_id"]`` say by course and column what it is out of, and its URL.

    Args:
        books: the courses' names, and their books.
        values: see `gradebook`.
        platforms: of each course, where they are of several: a column platform comes first then, and attrs are by
            platform, course and column.

    Raises:
        TooLargeError: it would have more than `MOST_CELLS` cells.
    """
    extent = Extent()
    labels = [extent.add(book) for _, book in books]
    place = {name: number for number, name in enumerate(dict.fromkeys(chain.from_iterable(labels)))}
    rows = [len(book.people["user_id"]) for _, book in books]
    whole = np.full((sum(rows), len(place)), np.nan)
    start = 0
    for (_, book), own, count in zip(books, labels, rows, strict=True):
        whole[start : start + count, [place[name] for name in own]] = grid(book, values)
        start += count
    people = columns.stacked([(course, book.people) for course, book in books], ("user_id", "name"))
    if platforms is not None:
        people = {"platform": list(chain.from_iterable(map(repeat, platforms, rows))), **people}
    before = pd.DataFrame({name: text(cells) for name, cells in people.items()})
    frame = pd.concat([before, pd.DataFrame(whole, columns=pd.Index(text(list(place))))], axis=1)
    for key in ("out_of", "item_id"):
        frame.attrs[key] = _by_course(books, labels, key, platforms)
    return frame


class Extent:
    """How large the table of several gradebooks becomes, as they come in one after another."""

    def __init__(self) -> None:
        self._books = self._rows = 0
        self._labels: set[str] = set()

    def add(self, book: Book) -> list[str]:
        """Count one more, and return what its line items' columns are called.

        Raises:
            TooLargeError: it would have more than `MOST_CELLS` cells.
        """
        names = _unique([item.label for item in book.items], taken=("platform", "course"))
        self._books += 1
        self._rows += len(book.people["user_id"])
        self._labels.update(names)
        if self._rows * len(self._labels) > MOST_CELLS:
            raise TooLargeError(
                f"{self._books} gradebooks alone, with {len(self._labels)} different labels, make {self._rows} rows of "
                "them: too much for one table.",
                hint="Ask for fewer courses, or for their results(), which have one row per grade.",
            )
        return names


def _by_course(
    books: Sequence[tuple[str, Book]], labels: Sequence[Sequence[str]], key: str, platforms: Sequence[str] | None
) -> dict[str, Any]:
    """Return an attribute of every line item, by (platform and) course and column."""
    told: dict[str, Any] = ByCourse() if platforms is None else {name: ByCourse() for name in platforms}
    for place, ((course, book), own) in enumerate(zip(books, labels, strict=True)):
        above = told if platforms is None else told[platforms[place]]
        above[course] = {name: getattr(item, key) for name, item in zip(own, book.items, strict=True)}
    return told


def _unique(labels: Sequence[str], *, taken: Collection[str] = ()) -> list[str]:
    """Name the columns; a label that somebody wrote keeps its name before one that was made up here."""
    wanted = [label if label.strip() else "(no label)" for label in labels]
    used = {"name", "user_id", *taken}
    written, count = {*wanted, *used}, dict.fromkeys(wanted, 1)
    names = []
    for label in wanted:
        name = label
        while name in used or (name != label and name in written):
            count[label] += 1
            name = f"{label} ({count[label]})"
        used.add(name)
        names.append(name)
    return names
