"""Which courses are missing from a frame of several."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .. import markup
from .kinds import text


class Failures(list[dict[str, str]]):
    """What could not be read: plain dicts with course, error (its class) and message, and platform where several.

    It is what ``.attrs["errors"]`` holds: a list, for a DataFrame within attrs makes `pandas.concat` fail and cannot
    be written to parquet. `frame` gives the table.
    """

    def frame(self) -> pd.DataFrame:
        """Return one row for each; columns platform (where several were asked), course, error, message (text)."""
        names = [*(["platform"] if any("platform" in row for row in self) else []), "course", "error", "message"]
        return pd.DataFrame({name: text([row.get(name) for row in self]) for name in names})

    def _repr_html_(self) -> str:
        table = self.frame()
        rows: list[Any] = table.to_numpy(dtype=object).tolist()
        return markup.table(list(table.columns), rows, caption="Not read")
