"""A report as a file for a spreadsheet program, in which no cell is a formula."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pandas as pd

from .errors import UsageError
from .saving import write_new

#: What begins a formula; also after a semicolon or bar, at which spreadsheets elsewhere split. (OWASP, “CSV injection”)
_FORMULA = re.compile(r"""(^|[;|])(?=["'\s]*[=+\-@＝＋－＠])""")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def write(frame: pd.DataFrame, path: Path) -> Path:
    """Write *frame* to a new .csv or .xlsx file.

    In a CSV file what would be taken for a formula gets an apostrophe before it, and control characters
    become blanks; in a workbook every text is stored as text.

    Raises:
        UsageError: the suffix is another, or the file is there or cannot be written.
    """
    kinds = {".csv": csv_bytes, ".xlsx": _xlsx}
    if path.suffix.lower() not in kinds:
        raise UsageError(f"“{path.name}” must end with .csv or .xlsx.")
    return write_new(path, kinds[path.suffix.lower()](frame))


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as CSV for spreadsheets: UTF-8 with its mark, and no cell that they would run."""
    safe = frame.copy()
    for name in safe.columns[[not _is_number(safe[name]) for name in safe]]:
        safe[name] = pd.Series([_harmless(value) for value in safe[name]], index=safe.index, dtype="object")
    text: str = safe.to_csv(index=False)
    return text.encode("utf-8-sig")  # the mark makes Excel read it as UTF-8


def _is_number(column: pd.Series[Any]) -> bool:
    """Return whether a column holds numbers or flags, which are never formulas."""
    return column.dtype.kind in "iufb"


def _harmless(value: object) -> object:
    """Return text that no program reads as a formula, nor as the end of its cell or line."""
    return _FORMULA.sub(r"\1'", _CONTROL.sub(" ", value)) if isinstance(value, str) else value


def _xlsx(frame: pd.DataFrame) -> bytes:
    try:
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    except ImportError:
        raise UsageError(
            "Writing .xlsx needs openpyxl.", hint='Run: pip install "ltix-data[excel]", or write a .csv file.'
        ) from None
    book = Workbook(write_only=True)
    page = book.create_sheet("report")
    page.append(list(frame.columns))
    for row in frame.itertuples(index=False):
        cells = []
        for value in row:
            cell = WriteOnlyCell(page)
            if isinstance(value, str):
                cell.value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", value)
                cell.data_type = "s"  # openpyxl takes “=…” for a formula
            else:
                cell.value = None if value != value else value
            cells.append(cell)
        page.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
