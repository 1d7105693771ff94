"""The dtypes of columns, and building a frame of them.

They are the ones `pandas.read_csv` gives, so that a merge with the analyst's own frame keeps
its types, and an empty answer has the same columns and dtypes as a full one:

    text    pandas' default text dtype (``str`` on pandas 3, ``object`` on 2.x), missing is NaN
    number  float64, missing is NaN
    whole   int64, never missing
    flag    bool, never missing
    maybe   ``boolean``, missing is NA: true, false, or the platform does not say
    moment  datetime64[us, UTC], missing is NaT
    words   category: the known words in their order, then any others as they came; missing is NaN
    thing   object, as it is (tuples), missing is None
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from operator import attrgetter, methodcaller
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..cells import is_missing

Kind: TypeAlias = "Callable[[list[Any]], pd.Series[Any]]"
Numbers: TypeAlias = "npt.NDArray[np.float64]"
Table: TypeAlias = "Mapping[str, tuple[Kind, Callable[[Any], Any]]]"


def text_dtype() -> Any:
    """Return the dtype `pandas.read_csv` gives text here; asked each time, for it is an option of pandas'."""
    return pd.Series(["a"]).dtype


def text(values: list[Any]) -> pd.Series[Any]:
    """Text, missing is NaN."""
    dtype = text_dtype()
    if getattr(dtype, "storage", "") == "pyarrow":
        with suppress(TypeError, ValueError):  # some are no text, or no characters
            return _from_arrow(values, dtype)
    # None must go first: object keeps it beside NaN, and dtype="str" on pandas 2 makes it the word 'None'.
    there = [np.nan if value is None else value for value in values] if None in values else values
    column: pd.Series[Any] = pd.Series(there, dtype=dtype)
    return column


def _from_arrow(values: list[Any], dtype: Any) -> pd.Series[Any]:
    """Return what pandas would make of them, in a third of the time: it looks at each of them itself before."""
    import pyarrow as pa  # there, where pandas keeps text in it

    return pd.Series(pd.array(pa.array(values, type=pa.large_string()), dtype=dtype))


def shown(values: list[Any]) -> pd.Series[Any]:
    """A cell of somebody's sheet, of any type, as the text it reads as."""
    return text([value if isinstance(value, str) else None if is_missing(value) else str(value) for value in values])


def typed(dtype: str) -> Kind:
    """Return the kind that is this dtype as it is."""
    return lambda values: pd.Series(values, dtype=dtype)


number, whole, flag, thing = typed("float64"), typed("int64"), typed("bool"), typed("object")
# An object column would do what read_csv does, and then ~column is -2 where it should be False.
maybe = typed("boolean")
# Microseconds, as datetime has: nanoseconds end in 2262, and platforms write 9999 for “no end”.
moment = typed("datetime64[us, UTC]")


def words(*known: str) -> Kind:
    """Return a category over the words *known*, and then any others as they come."""

    def column(values: list[Any]) -> pd.Series[Any]:
        found = dict.fromkeys(values)
        found.pop(None, None)
        categories = list(dict.fromkeys((*known, *found)))
        code: dict[Any, int] = {word: number for number, word in enumerate(categories)} | {None: -1}
        codes = np.fromiter(map(code.__getitem__, values), dtype=np.intp, count=len(values))
        return pd.Series(pd.Categorical.from_codes(codes, pd.Index(categories)))

    return column


def attributes(**kinds: Kind) -> Table:
    """Return columns that are attributes of a row."""
    return {name: (kind, attrgetter(name)) for name, kind in kinds.items()}


def keys(**kinds: Kind) -> Table:
    """Return columns that are keys of a mapping; one that it lacks is missing."""
    return {name: (kind, methodcaller("get", name)) for name, kind in kinds.items()}


def half(position: int, **kinds: Kind) -> Table:
    """Return columns that are attributes of the first or the second of a pair."""
    return {name: (kind, partial(_attribute_of, position, name)) for name, kind in kinds.items()}


def _attribute_of(position: int, name: str, pair: Sequence[Any]) -> Any:
    return getattr(pair[position], name)


def percent(scores: Numbers, out_of: Numbers) -> Numbers:
    """Return scores as 0-100 of their maxima; missing without a score or with no maximum above 0."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        shares = np.where(out_of > 0, scores / out_of * 100, np.nan)
    return np.where(np.isfinite(shares), shares, np.nan)


def build(table: Table, rows: Iterable[Any]) -> pd.DataFrame:
    """Return one frame: a column for each entry of *table*, a row for each of *rows*.

    *table* maps its name to a kind (turns a list into a Series) and a getter (takes the value from a row).
    """
    rows = list(rows)
    return pd.DataFrame({name: kind([get(row) for row in rows]) for name, (kind, get) in table.items()}, copy=False)
