"""Gradebooks: one row for each learner, one column for each line item."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import columns
from ..columns import Book, Columns
from ..errors import TooLargeError
from ..records import LineItem, Member, Result
from .kinds import text, text_dtype

Values: TypeAlias = Literal["score", "percent"]
_Numbers: TypeAlias = npt.NDArray[np.float64]

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
    found = columns.results(pair for pair in pairs if pair[0].item_id in wanted)
    learners: Columns = {"user_id": list(people), "name": list(people.values())}
    return gradebook_of(Book.of(learners, list(wanted.values()), found, known=known), values=values)


def gradebook_of(book: Book, *, values: Values = "score") -> pd.DataFrame:
    """Return what `gradebook` does, of a course's book."""
    index = pd.Index(book.people["user_id"], dtype=text_dtype(), name="user_id")
    names = _unique([item.label for item in book.items])
    frame = pd.DataFrame(_grid(book, values), index=index, columns=pd.Index(names, dtype=text_dtype()))
    frame.insert(0, "name", text(book.people["name"]).set_axis(index))
    for key in ("out_of", "item_id"):
        frame.attrs[key] = {name: getattr(item, key) for name, item in zip(names, book.items, strict=True)}
    return frame


def gradebooks_of(books: Sequence[tuple[str, Book]], *, values: Values = "score") -> pd.DataFrame:
    """Return the gradebooks of several courses in one frame, one row for each course and learner.

    Columns course, user_id, name (text, name missing as in `gradebook`), then one float64 column per label: line
    items of one label in several courses share it, missing where a course has none. ``.attrs["out_of"]`` and
    ``.attrs["item_id"]`` say by course and column what it is out of, and its URL.

    Raises:
        TooLargeError: it would have more than `MOST_CELLS` cells.
    """
    labels = [_unique([item.label for item in book.items], taken=("course",)) for _, book in books]
    place = {name: number for number, name in enumerate(dict.fromkeys(chain.from_iterable(labels)))}
    rows = [len(book.people["user_id"]) for _, book in books]
    if sum(rows) * len(place) > MOST_CELLS:
        raise TooLargeError(
            f"{len(books)} gradebooks with {len(place)} different labels make {sum(rows)} rows of them: too much for "
            "one table.",
            hint="Ask for fewer courses, or for session.results(), which has one row per grade.",
        )
    whole = np.full((sum(rows), len(place)), np.nan)
    start = 0
    for (_, book), own, count in zip(books, labels, rows, strict=True):
        whole[start : start + count, [place[name] for name in own]] = _grid(book, values)
        start += count
    people = columns.stacked([(course, book.people) for course, book in books], ("user_id", "name"))
    before = {name: text(cells) for name, cells in people.items()}
    frame = pd.DataFrame(whole, columns=pd.Index(place, dtype=text_dtype()))
    frame = pd.concat([pd.DataFrame(before), frame], axis=1)
    for key in ("out_of", "item_id"):
        frame.attrs[key] = {
            course: {name: getattr(item, key) for name, item in zip(own, book.items, strict=True)}
            for (course, book), own in zip(books, labels, strict=True)
        }
    return frame


def _grid(book: Book, values: Values) -> _Numbers:
    """Return people x line items; a later result replaces an earlier one, unless it has no score."""
    row = {user_id: number for number, user_id in enumerate(book.people["user_id"])}
    column = {item.item_id: number for number, item in enumerate(book.items)}
    rows = np.array([row.get(user_id, -1) for user_id in book.results["user_id"]], dtype=np.intp)
    places = np.array([column.get(item_id, -1) for item_id in book.results["item_id"]], dtype=np.intp)
    scores = np.array(book.results["score"], dtype=np.float64)
    kept = ~np.isnan(scores) & (rows >= 0) & (places >= 0)
    if values == "percent":
        cells = np.array(book.results["percent"], dtype=np.float64)
    else:
        maxima = np.array([item.out_of for item in book.items], dtype=np.float64)
        cells = _rescaled(scores, np.array(book.results["out_of"], dtype=np.float64), maxima, places)
    grid = np.full((len(row), len(column)), np.nan)
    grid[rows[kept], places[kept]] = cells[kept]
    return grid


def _rescaled(scores: _Numbers, out_of: _Numbers, maxima: _Numbers, places: npt.NDArray[np.intp]) -> _Numbers:
    """Return scores in points of their line item (Open edX has them on maxima of their own)."""
    if not len(maxima):
        return scores
    wanted = maxima[places]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rescaled = np.where(out_of > 0, scores * wanted / out_of, np.nan)
    rescaled[~np.isfinite(rescaled)] = np.nan
    return np.where(np.isnan(out_of) | (out_of == wanted), scores, rescaled)


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
