"""Copies of tables to look at: the same, with masks where a label says that something tells a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from . import columns
from .switch import BULLETS, masked

TABLES: tuple[type, ...] = (pd.DataFrame, pd.Series, pd.Index)


def masked_copy(table: Any) -> Any:
    """Return a DataFrame, a Series or an Index as it may be displayed; the same one where it tells nobody."""
    if isinstance(table, pd.DataFrame):
        return _frame(table)
    return _series(table) if isinstance(table, pd.Series) else _index(table)


def _frame(frame: pd.DataFrame) -> pd.DataFrame:
    index, header = _index(frame.index, list(frame.columns)), _index(frame.columns)
    how = columns.kinds(list(frame.columns), frame.index.names)
    told = [place for place, kind in enumerate(how) if kind]
    rows = _labels(frame.index)  # a frame that was turned on its side
    if not told and not any(rows) and index is frame.index and header is frame.columns:
        return frame
    copy = frame.copy(deep=False)
    for place in range(frame.shape[1]):
        kinds = [how[place]] * len(frame) if how[place] else rows
        if any(kinds):
            copy.isetitem(place, _values(frame.iloc[:, place], kinds).array)
    copy.index, copy.columns = index, header
    return copy


def _series(series: pd.Series[Any]) -> pd.Series[Any]:
    index = _index(series.index)
    (kind,) = columns.kinds([series.name], series.index.names)
    kinds = [kind] * len(series) if kind else _labels(series.index)
    if not any(kinds) and index is series.index:
        return series
    copy = series.copy(deep=False)
    if any(kinds):
        copy = _values(series, kinds)
    copy.index = index
    return copy


def _labels(index: pd.Index[Any]) -> Sequence[columns.Kind | None]:
    """Return what the labels of the rows say: one row of a roster is a Series labelled by its columns."""
    if index.names != [None] or len(index) > _MOST_FIELDS:
        return []
    labels = list(index)
    return columns.kinds(labels) if any(isinstance(label, str) and label in columns.OURS for label in labels) else []


_MOST_FIELDS = 200


def _index(index: Any, beside: Sequence[Any] = ()) -> Any:
    kinds = columns.kinds(list(index.names), list(beside))
    if not any(kinds):
        return index
    if not isinstance(index, pd.MultiIndex):
        return pd.Index(_masks(index, kinds * len(index)), name=index.name, dtype=_dtype(index))
    levels = [
        _masks(index.get_level_values(place), [kind] * len(index)) if kind else index.get_level_values(place)
        for place, kind in enumerate(kinds)
    ]
    return pd.MultiIndex.from_arrays(levels, names=index.names)


def _values(series: pd.Series[Any], kinds: Sequence[columns.Kind | None]) -> pd.Series[Any]:
    if not isinstance(series.dtype, pd.CategoricalDtype) and series.dtype.kind in "biufcmM":
        return series
    masks: pd.Series[Any] = pd.Series(_masks(series, kinds), index=series.index, name=series.name, dtype=_dtype(series))
    return masks


def _dtype(values: Any) -> Any:
    """Return what the masks are kept in: text of the same kind, so that the display says the same dtype."""
    return values.dtype if isinstance(values.dtype, pd.StringDtype) else object


def _masks(values: Any, kinds: Sequence[columns.Kind | None]) -> list[Any]:
    """Return the masks of a column; those in the midst of a very long one, which nobody looks at, are bullets."""
    found = list(values.array)
    if len(found) > 2 * _ENDS and all(kinds):
        ends = [*found[:_ENDS], *found[-_ENDS:]]
        shown = [
            _mask(value, kind or "id") for value, kind in zip(ends, [*kinds[:_ENDS], *kinds[-_ENDS:]], strict=True)
        ]
        return [*shown[:_ENDS], *[BULLETS] * (len(found) - 2 * _ENDS), *shown[_ENDS:]]
    return [_mask(value, kind) if kind else value for value, kind in zip(found, kinds, strict=True)]


_ENDS = 5_000


def _mask(value: Any, kind: columns.Kind) -> Any:
    """Return the mask of one cell; numbers stay (how many, how often), and so does nothing."""
    if isinstance(value, str):
        return value and (masked(value) if kind == "name" else BULLETS)
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)(_mask(one, kind) for one in value)
    return BULLETS if isinstance(value, (dict, bytes)) else value
