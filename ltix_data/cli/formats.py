"""A frame as a table for people, as CSV for spreadsheets, as JSON, as parquet.

    table    the columns that matter, the rest left out where it is empty; cut to the terminal's width
    csv      all columns; a cell that a spreadsheet would run as a formula gets an apostrophe
    json     all columns, cells as they are: a list of records, null for missing, times in ISO 8601
    parquet  all columns with their types, as pandas reads them back

Ids are text everywhere, with their leading zeros.
"""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("table", "csv", "json", "parquet")
_LEAST = 8  # characters that a column keeps when a table is cut to fit
_CUT = "…"
#: What would move the cursor, colour the screen, or turn the line around: platforms name courses as they like.
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def table(frame: pd.DataFrame, shown: Sequence[str] = (), *, width: int | None = None, only_told: bool = True) -> str:
    """Return a frame as aligned text.

    Args:
        frame: what to show.
        shown: the columns to show, in this order; all of them, where none is named.
        width: how many characters fit; None cuts nothing.
        only_told: leave out columns in which no row says anything.
    """
    columns = [name for name in (shown or frame.columns) if not only_told or _is_told(frame[name])]
    cells = [[_one_line(_readable(value)) for value in frame[name]] for name in columns]
    heads = [_one_line(str(name)) for name in columns]
    widths = [max(map(_width, [head, *column])) for head, column in zip(heads, cells, strict=True)]
    widths = widths if width is None else _fitted(widths, width)
    rows = [heads, *map(list, zip(*cells, strict=True))]
    return "\n".join(
        "  ".join(_padded(cell, wide) for cell, wide in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def clean(text: str) -> str:
    """Return text of several lines without what would move the cursor or colour the screen."""
    return "\n".join(map(_one_line, text.split("\n")))


def _one_line(text: str) -> str:
    return _UNSHOWN.sub("\ufffd", text)


def _is_told(column: pd.Series[Any]) -> bool:
    return any(_readable(value) for value in column)


def _readable(value: object) -> str:
    """Return a cell for people: “10” for 10.0, “yes” and nothing, times to the minute."""
    plain = _plain(value)
    if plain is None or plain is False:
        return ""
    if plain is True:
        return "yes"
    if isinstance(plain, float):
        return f"{plain:.10g}"
    if isinstance(plain, list):
        return " ".join(str(part).rsplit("#", 1)[-1].rsplit("/", 1)[-1] for part in plain)
    return f"{value:%Y-%m-%d %H:%M} UTC" if hasattr(value, "tzinfo") else str(plain)


def _plain(value: Any) -> Any:
    """Return a cell as JSON has it: null for missing, a time as text, never NaN or Infinity."""
    import pandas as pd

    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat().replace("+00:00", "Z")
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and value in (float("inf"), float("-inf")) else value


def _width(text: str) -> int:
    """Return how many places a terminal gives to *text*: two to a Chinese character, none to an accent."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def _fitted(widths: Sequence[int], room: int) -> list[int]:
    """Return the widths with the widest made narrower until all fit, or none can be made narrower."""
    fitted = list(widths)
    while sum(fitted) + 2 * (len(fitted) - 1) > room and max(fitted, default=0) > _LEAST:
        fitted[fitted.index(max(fitted))] -= 1
    return fitted


def _padded(text: str, width: int) -> str:
    if _width(text) > width:
        while _width(text) > width - 1:
            text = text[:-1]
        text += _CUT
    return text + " " * (width - _width(text))


def as_csv(frame: pd.DataFrame) -> bytes:
    """Return a frame as CSV in UTF-8, with the mark by which Excel knows it."""
    import pandas as pd

    from ..reporting import csv_bytes

    flat = frame.copy()
    for name in flat.columns:
        if flat[name].dtype.kind in "OM":
            flat[name] = pd.Series([_in_a_cell(value) for value in flat[name]], index=flat.index, dtype="object")
    return csv_bytes(flat)


def _in_a_cell(value: object) -> Any:
    plain = _plain(value)
    return " ".join(map(str, plain)) if isinstance(plain, list) else plain


def as_json(frame: pd.DataFrame) -> bytes:
    """Return a frame as a JSON list of records, one a line."""
    names = [str(name) for name in frame.columns]
    cells = [[_plain(value) for value in frame[name]] for name in frame.columns]
    lines = [
        json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, allow_nan=False)
        for row in zip(*cells, strict=True)
    ]
    return ("[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n").encode("utf-8", "backslashreplace")


def as_parquet(frame: pd.DataFrame) -> bytes:
    """Return a frame as a parquet file."""
    buffer = io.BytesIO()
    bare = frame.copy()
    bare.attrs = {}  # addresses of the service, and maxima: not every reader takes them
    bare.to_parquet(buffer, engine="pyarrow", index=False)
    return buffer.getvalue()


def require_parquet() -> None:
    """End with what to install, where parquet cannot be written here."""
    if find_spec("pyarrow") is None:
        raise click.ClickException(
            'Writing parquet needs pyarrow. Run: pip install "ltix-data[parquet]", or take --format csv.'
        )


WRITERS: dict[str, Callable[[pd.DataFrame], bytes]] = {"csv": as_csv, "json": as_json, "parquet": as_parquet}
