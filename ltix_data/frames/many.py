"""What stands in the attrs of a frame of several courses: pandas copies them at every step of a computation."""

from __future__ import annotations

from typing import Any, Self

import pandas as pd

from .. import markup
from .kinds import text


class Failures(list[dict[str, str | None]]):
    """What could not be read: plain dicts with course, error (its class) and message, and platform where several.

    The course is None where nothing of a whole platform could be read. It is what ``.attrs["errors"]`` holds: a list,
    for a DataFrame within attrs makes `pandas.concat` fail and cannot be written to parquet. `frame` gives the table.
    """

    def __deepcopy__(self, memo: Any) -> Self:
        """Copy what can be changed, and no more."""
        return type(self)(map(dict, self))

    def frame(self) -> pd.DataFrame:
        """Return one row for each.

        Columns platform (where several were asked), course (missing where it is all of a platform's), error, message
        (text).
        """
        return pd.DataFrame({name: text([row.get(name) for row in self]) for name in self._columns})

    def _repr_html_(self) -> str:
        names = self._columns
        return markup.table(names, [[row.get(name) for name in names] for row in self], caption="Not read")

    @property
    def _columns(self) -> list[str]:
        before = ["platform"] if any("platform" in row for row in self) else []
        return [*before, "course", "error", "message"]


class ByCourse(dict[str, dict[str, Any]]):
    """What is known of each column of each course: a dict of dicts of plain values.

    Of thousands of courses, an ordinary one would make every step of a computation a tenth of a second longer.
    """

    def __deepcopy__(self, memo: Any) -> Self:
        """Copy what can be changed, and no more."""
        return type(self)({course: dict(columns) for course, columns in self.items()})
