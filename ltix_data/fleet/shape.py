"""The columns of a partition: those of a session's frame and the error, with dtypes that are the same in every one.

Text is ``string[pyarrow]``, as dask gives it whatever its settings and pandas are, so that a partition in which
nothing is missing has the same dtypes as one in which everything is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import pandas as pd

from .. import columns, frames, roles
from ..columns import Columns

Kind: TypeAlias = Literal["rosters", "results"]

_NAMES = {"rosters": columns.ROSTER, "results": columns.RESULTS}
_FRAMES = {"rosters": frames.roster_of, "results": frames.results_of}
_ROLE = pd.CategoricalDtype(list(roles.WORDS))
#: What a frame says of everybody, where a course that could not be read says nothing.
_ALWAYS: Columns = {"roles": [()], "test_user": [False]}


@dataclass(frozen=True, slots=True)
class Part:
    """What became of one course: its rows; or one that is empty, and the error."""

    course: str
    rows: Columns
    error: str | None = None

    @classmethod
    def failed(cls, kind: Kind, course: str, error: str) -> Part:
        """Return the part of a course that could not be read."""
        return cls(course, {name: _ALWAYS.get(name, [None]) for name in _NAMES[kind]}, error)


def empty(kind: Kind) -> pd.DataFrame:
    """Return a partition without rows: what dask calls meta."""
    return frame(kind, [])


def frame(kind: Kind, parts: Sequence[Part]) -> pd.DataFrame:
    """Return the partition of these courses."""
    whole = _FRAMES[kind](columns.stacked([(part.course, part.rows) for part in parts], _NAMES[kind]))
    errors = [part.error for part in parts for _ in part.rows["user_id"]]
    typed = {str(name): _typed(str(name), values) for name, values in whole.items()}
    typed["error"] = pd.Series(errors, dtype=_text())
    for name in _ALWAYS.keys() & typed.keys():
        typed[name] = typed[name].mask(typed["error"].notna())
    return pd.DataFrame(typed)


def _typed(name: str, values: pd.Series[Any]) -> pd.Series[Any]:
    if name == "role":  # every partition has the same words, or dask could not join them
        return values.astype(_ROLE)
    if values.dtype.kind in "fM":
        return values
    if name == "roles":
        values = values.map(_written)
    typed: pd.Series[Any] = values.astype("boolean" if values.dtype == "bool" else _text())
    return typed


def _text() -> Any:
    return pd.StringDtype("pyarrow")


def _written(held: Sequence[str]) -> str:
    """Return roles as one text; a URI has no space, and a word that has one does not become two."""
    return " ".join(role.replace(" ", "%20") for role in held)
