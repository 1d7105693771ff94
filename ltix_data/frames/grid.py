"""The numbers of a gradebook: people x line items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ..columns import Book, Columns
from .kinds import Numbers, percent

Values: TypeAlias = Literal["score", "percent"]


def grid(book: Book, values: Values) -> Numbers:
    """Return people x line items, float64; missing (NaN) is no grade.

    A later result of one person replaces an earlier one, unless it has no score. Who is not in the book is left out.
    """
    row = {user_id: number for number, user_id in enumerate(book.people["user_id"])}
    wanted = np.array([item.out_of for item in book.items], dtype=np.float64)
    found = np.full((len(book.items), len(row)), np.nan)
    if _is_table(book.results):
        rows = _rows(row, book.results[0]["user_id"])
        scores = _table(book.results, "score")
        out_of = None if _has_own_maxima(book) else _table(book.results, "out_of")
        found[:, rows[rows >= 0]] = _cells(scores, out_of, wanted[:, np.newaxis], values)[:, rows >= 0]
    else:
        counts = [len(part["user_id"]) for part in book.results]
        rows = _rows(row, list(chain.from_iterable([part["user_id"] for part in book.results])))
        scores, out_of = _flat(book.results, "score"), _flat(book.results, "out_of")
        cells = _cells(scores, out_of, np.repeat(wanted, counts), values)
        kept = ~np.isnan(scores) & (rows >= 0)
        found[np.repeat(np.arange(len(counts)), counts)[kept], rows[kept]] = cells[kept]
    return found.T


def _is_table(parts: Sequence[Columns]) -> bool:
    """Whether each line item has the same people, each of them once: as platforms list them that know no gaps."""
    if not parts:
        return False
    people = parts[0]["user_id"]
    return len(set(people)) == len(people) and all(part["user_id"] == people for part in parts)


def _has_own_maxima(book: Book) -> bool:
    """Whether every score stands on its line item's own maximum."""
    maxima = ((item.out_of, part["out_of"]) for item, part in zip(book.items, book.results, strict=True))
    return all(values.count(own) == len(values) for own, values in maxima)


def _rows(row: Mapping[str, int], people: Sequence[str]) -> npt.NDArray[np.intp]:
    """Return the row of each, -1 where there is none."""
    return np.fromiter(map(row.get, people, repeat(-1)), np.intp, len(people))


def _table(parts: Sequence[Columns], name: str) -> Numbers:
    return np.array([part[name] for part in parts], dtype=np.float64)


def _flat(parts: Sequence[Columns], name: str) -> Numbers:
    return np.array(list(chain.from_iterable([part[name] for part in parts])), dtype=np.float64)


def _cells(scores: Numbers, out_of: Numbers | None, wanted: Numbers, values: Values) -> Numbers:
    """Return what is shown of scores that stand on *out_of*, on the *wanted* maxima where that is None."""
    if values == "percent":
        return percent(scores, wanted if out_of is None else out_of)
    return scores if out_of is None else _rescaled(scores, out_of, wanted)


def _rescaled(scores: Numbers, out_of: Numbers, wanted: Numbers) -> Numbers:
    """Return scores in points of their line item (Open edX has them on maxima of their own)."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        rescaled = np.where(out_of > 0, scores * wanted / out_of, np.nan)
    rescaled[~np.isfinite(rescaled)] = np.nan
    return np.where(np.isnan(out_of) | (out_of == wanted), scores, rescaled)
