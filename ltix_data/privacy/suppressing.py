"""Small cells of a report's table, and the cells that would give them back; see `ltix_data.privacy.suppress`."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import UsageError
from .protecting import Sums

Flags = npt.NDArray[np.bool_]

#: What a row or a column of sums is called; pandas' own word is “All”.
_TOTALS = frozenset({"all", "total", "totals", "sum"})


def suppressed(table: Any, *, by: Hashable | None, least: int, totals: Any) -> Any:
    """Return the table without its small counts; see `ltix_data.privacy.suppress`."""
    if isinstance(least, bool) or not isinstance(least, int) or least < 1:
        raise UsageError("least= must be a whole number of at least 1.", hint="5 is usual.")
    if isinstance(table, pd.Series):
        frame = table.to_frame("count")
        return suppressed(frame, by=by, least=least, totals=totals)["count"].rename(table.name)
    if not isinstance(table, pd.DataFrame):
        raise UsageError("suppress takes a DataFrame, or a Series of counts.")
    if not table.columns.is_unique:
        raise UsageError("Two columns of this table have one name.", hint="Rename one of them.")
    return _Table(table, by, least, totals).suppressed()


class _Table:
    """One table: which of its columns are counts, and where its totals are."""

    def __init__(self, table: pd.DataFrame, by: Hashable | None, least: int, totals: Any) -> None:
        self.table, self.by, self.least = table, by, least
        self.names = _counts(table)
        if by is not None and by not in self.names:
            raise UsageError("by= names no column of whole numbers.", hint="Such as by='learners'.")
        labels = list(table.index)
        wanted = _wanted(totals, [*labels, *self.names])
        self.total_row = _only([place for place, label in enumerate(labels) if wanted(label)], "row")
        self.total_column = _only([place for place, name in enumerate(self.names) if wanted(name)], "column")
        self.counts = self._whole_numbers()
        self.hidden = (self.counts >= 1) & (self.counts < least)
        self.floor = np.ones_like(self.counts)
        self._check_sums()

    def suppressed(self) -> pd.DataFrame:
        """Return the table with its cells hidden."""
        before = -1
        while before != self.hidden.sum():  # what is hidden for a row's sake may be given back by a total, and so on
            before = self.hidden.sum()
            self._empty_rows()
            self._protect()
        shown = self.table.copy()
        for place, name in enumerate(self.names):
            column = pd.array(self.counts[:, place], dtype="Int64")
            column[self.hidden[:, place] | self.table[name].isna().to_numpy()] = pd.NA
            shown[name] = column
        for name in _measures(self.table, self.names):
            telling = self._telling(self.table[name])
            if telling.any():
                shown[name] = shown[name].astype("float64").mask(telling)
        return shown

    def _whole_numbers(self) -> npt.NDArray[np.int64]:
        counts = self.table[self.names].astype("float64").fillna(0).to_numpy().astype(np.int64)
        if (counts < 0).any():
            raise UsageError("A count of this table is below zero.", hint="Counts are of people, or of what they did.")
        return counts

    def _check_sums(self) -> None:
        rows, columns = (np.arange(length) for length in self.counts.shape)
        wrong = False
        if self.total_row is not None:
            wrong |= (self.counts[rows != self.total_row].sum(axis=0) != self.counts[self.total_row]).any()
        if self.total_column is not None:
            wrong |= (
                self.counts[:, columns != self.total_column].sum(axis=1) != self.counts[:, self.total_column]
            ).any()
        if wrong:
            raise UsageError(
                "A total of this table is not the sum of the other counts, so nobody can say what it gives away.",
                hint="Give the columns that add up in a table of their own, or totals=() where groups overlap.",
            )

    def _empty_rows(self) -> None:
        """Hide whatever else stands in the rows whose people are too few to be counted."""
        if self.by is None:
            return
        place = self.names.index(self.by)
        few = self.hidden[:, place]
        others = np.arange(len(self.names)) != place
        self.hidden |= few[:, None] & others
        self.floor[few[:, None] & others] = 0

    def _protect(self) -> None:
        if self.total_row is None and self.total_column is None:
            return
        row_order = _last(len(self.table), self.total_row)
        column_order = _last(len(self.names), self.total_column)
        free = np.zeros((len(row_order), len(column_order)), dtype=np.bool_)
        free[-1, :] |= self.total_row is None
        free[:, -1] |= self.total_column is None
        sums = Sums(
            _ordered(self.counts, row_order, column_order),
            free,
            _ordered(self.hidden, row_order, column_order),
            _ordered(self.floor, row_order, column_order),
        )
        sums.protect()
        for place, row in enumerate(row_order):
            for at, column in enumerate(column_order):
                if not free[place, at] and row is not None and column is not None:
                    self.hidden[row, column] |= sums.hidden[place, at]

    def _telling(self, measure: pd.Series[Any]) -> Flags:
        """Return where a mean or a share must go: in rows of too few, and where it gives a hidden count back."""
        values = measure.astype("float64").to_numpy()
        bases = [place for place, name in enumerate(self.names) if name == self.by or place == self.total_column]
        telling = np.zeros(len(values), dtype=np.bool_)
        for base in bases:
            people = self.counts[:, base]
            if self.names[base] == self.by:
                telling |= self.hidden[:, base]
            for place in range(len(self.names)):
                if place != base:
                    secret = self.hidden[:, place] & ~self.hidden[:, base]
                    telling |= secret & _gives_back(values, people, self.counts[:, place])
        return telling


def _counts(table: pd.DataFrame) -> list[Hashable]:
    found: list[Hashable] = [name for name in table.columns if table[name].dtype.kind in "iu"]
    found = found or [name for name in table.columns if _is_whole(table[name])]
    if not found:
        raise UsageError(
            "This table has no column of counts.", hint="Counts are whole numbers: such as .size(), or pd.crosstab(…)."
        )
    return found


def _is_whole(column: pd.Series[Any]) -> bool:
    if column.dtype.kind != "f":
        return False
    values = column.dropna().to_numpy(dtype="float64")
    return bool(len(values) and np.isfinite(values).all() and (values == np.floor(values)).all())


def _measures(table: pd.DataFrame, counts: Sequence[Hashable]) -> list[Hashable]:
    return [name for name in table.columns if name not in counts and table[name].dtype.kind in "iuf"]


def _wanted(totals: Any, labels: Sequence[Hashable]) -> Any:
    """Return what tells whether a label is that of a total."""
    if totals is None:
        return lambda label: str(label[0] if isinstance(label, tuple) else label).casefold() in _TOTALS
    given = [totals] if totals in labels or not isinstance(totals, (list, tuple, set, frozenset)) else list(totals)
    if missing := [label for label in given if not any(_is_called(known, label) for known in labels)]:
        raise UsageError(
            f"totals= names {len(missing)} labels that are neither a row nor a column of counts.",
            hint="Give the labels of the row and of the column that hold sums.",
        )
    return lambda label: any(_is_called(label, one) for one in given)


def _is_called(label: Hashable, wanted: Hashable) -> bool:
    return label == wanted or (isinstance(label, tuple) and bool(label) and label[0] == wanted)


def _only(places: Sequence[int], what: str) -> int | None:
    if len(places) > 1:
        raise UsageError(f"More than one {what} of this table holds totals.", hint="Say which one: totals=….")
    return places[0] if places else None


def _last(length: int, total: int | None) -> list[int | None]:
    """Return the places with the total at the end; None where there is no total."""
    return [*(place for place in range(length) if place != total), total]


def _ordered(cells: Any, rows: Sequence[int | None], columns: Sequence[int | None]) -> Any:
    """Return the cells in this order; what is None is false, or 0."""
    wide = np.zeros((len(rows), len(columns)), dtype=cells.dtype)
    for place, row in enumerate(rows):
        for at, column in enumerate(columns):
            if row is not None and column is not None:
                wide[place, at] = cells[row, column]
    return wide


def _gives_back(shares: npt.NDArray[Any], people: npt.NDArray[Any], secret: npt.NDArray[Any]) -> Flags:
    """Return where a share (a fraction, or a percentage) of the people is the hidden count, or what it leaves."""
    found = np.zeros(len(shares), dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        for whole in (1, 100):
            told = np.round(shares * people / whole)
            found |= (shares >= 0) & (shares <= whole) & ((told == secret) | (told == people - secret))
    return found
