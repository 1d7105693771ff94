"""A frame's columns, told in words, so that it comes back with the same dtypes on every version of pandas.

text    the text dtype of the pandas that reads it; missing is NaN, and no blank text
number  float64
whole   int64
flag    bool
maybe   ``boolean``
moment  datetime64[us, UTC]
words   category, with the same words in the same order
tuple   object: tuples of text, missing is None
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from ..frames import text_dtype

#: What holds tuples: an empty column of pandas 2 does not tell, for its text is ``object`` too.
_TUPLES = frozenset({"roles"})
_DTYPES = {"float64": "number", "int64": "whole", "bool": "flag", "boolean": "maybe"}
_KINDS = ("text", "number", "whole", "flag", "maybe", "moment", "words", "tuple")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its kind and, of a category, its words."""

    name: str
    kind: str
    words: tuple[str, ...] = ()

    @classmethod
    def of(cls, series: pd.Series[Any]) -> Self:
        """Return what a frame's column is."""
        name = str(series.name)
        if isinstance(series.dtype, pd.CategoricalDtype):
            return cls(name, "words", tuple(series.cat.categories))
        if isinstance(series.dtype, pd.DatetimeTZDtype):
            return cls(name, "moment")
        return cls(name, "tuple" if name in _TUPLES else _DTYPES.get(str(series.dtype), "text"))

    def to_json(self) -> dict[str, Any]:
        """Return what is written down."""
        return {"name": self.name, "kind": self.kind} | ({"words": list(self.words)} if self.words else {})

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        name, kind, words = raw["name"], raw["kind"], tuple(raw.get("words", ()))
        if kind not in _KINDS or not all(isinstance(text, str) for text in (name, *words)):
            raise ValueError("no column")
        return cls(name, kind, words)

    def plain(self, series: pd.Series[Any]) -> Any:
        """Return the values as numpy holds them, a missing text, tuple or flag as None."""
        if self.kind == "moment":
            return series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]")
        if self.kind in ("number", "whole", "flag"):
            return series.to_numpy()
        values = series.astype(object).to_numpy(copy=True)
        values[series.isna().to_numpy()] = None
        return values

    def series(self, plain: Any) -> pd.Series[Any]:
        """Return the column that these values are, see `plain`."""
        return pd.Series(self._array(plain))

    def _array(self, plain: Any) -> Any:
        if self.kind == "words":
            return pd.Categorical(plain, categories=list(self.words))
        if self.kind in _SERIES:
            return pd.Series(plain, dtype=_SERIES[self.kind])
        values = np.array(plain, dtype=object, copy=True)
        values[pd.isna(values)] = np.nan  # not None: pandas 2 keeps it beside NaN
        return pd.Series(values, dtype=text_dtype())


_SERIES = {**{kind: dtype for dtype, kind in _DTYPES.items()}, "moment": "datetime64[us, UTC]", "tuple": "object"}


def columns(frame: pd.DataFrame) -> tuple[Column, ...]:
    """Return what a frame's columns are."""
    return tuple(Column.of(frame[name]) for name in frame.columns)
