"""Tables and notes of a report: HTML that reads well on paper and aloud, text where there is no HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from .. import markup

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["info", "warning", "error", "done"]


class Shown:
    """Something to look at, as HTML and as text."""

    def __init__(self, html: str, text: str) -> None:
        self.html, self.text = html, text

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


def note(text: str, *, kind: Kind = "info") -> Shown:
    """Return one paragraph: what to know about what follows."""
    return Shown(markup.note(text, kind=kind), text)


def table(frame: pd.DataFrame, caption: str, *, most: int = 200) -> Shown:
    """Return *frame* as a table with a caption, its index left out.

    Percentages and other fractions are shown with one digit, missing values as “–”, yes and no in words. Without rows
    it is a note that there are none.
    """
    if frame.empty:
        return note(f"{caption}: none.")
    rows = [[_cell(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    headers = [str(column) for column in frame.columns]
    return Shown(markup.table(headers, rows, caption=caption, most=most), f"{caption}\n{_text(frame)}")


def bars(counts: Sequence[tuple[str, int]], caption: str) -> Shown:
    """Return counts as bars with their numbers."""
    text = "\n".join([caption, *(f"{label}: {count}" for label, count in counts)])
    return Shown(markup.bars(counts, caption=caption), text)


def _cell(value: Any) -> object:
    import pandas as pd

    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if pd.isna(value):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    return round(value, 1) if isinstance(value, float) else value


def _text(frame: pd.DataFrame) -> str:
    return str(frame.to_string(index=False, max_rows=60))
