"""Reading spreadsheets: every cell as it stands in the file, so that 00123 stays 00123.

    text        CSV, TSV and other text: encoding, delimiter and decimal mark are found out, and said
    workbooks   .xlsx, .xlsm (openpyxl)
    xls         .xls of before 2007 (xlrd)
    ods         .ods
    archives    which of them a zip file is, and whether it is safe to open
    grid        what they share

Which of them reads a file is told by its content, not by its name. openpyxl and xlrd are the extra
``excel``. What a cell *means* is `points` and `id_text`; which platform exported it, `ltix_data.exports`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from ..cells import BadCell, id_text, is_data, points, trim
from ..errors import AmbiguousError, UnknownNameError, UsageError
from . import archives, ods, text, workbooks, xls
from .grid import MAX_BYTES, Page, Record, blank, choose, listed, refuse

__all__ = ["BadCell", "Sheet", "contents", "id_text", "parse", "points", "read", "titles"]

_MB = 2**20
_PAGES: dict[str, Callable[[str, bytes], Iterable[Page]]] = {
    "xlsx": workbooks.pages,
    "xls": xls.pages,
    "ods": ods.pages,
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of cells as somebody wrote them.

    `columns` are the header's cells without the white space around them. `rows` are the row numbers
    as a spreadsheet shows them, 1-based with the header counted; blank rows are left out of `rows`
    but counted. `decimal` is the mark of numbers written as text, ``"."`` or ``","``. `source` is the
    file's name without its folder, or "DataFrame". `notes` say how the file was read.
    """

    columns: tuple[str, ...]
    rows: tuple[int, ...] = field(repr=False)
    cells: tuple[Record, ...] = field(repr=False)  # column by column
    decimal: Literal[".", ","] = "."
    source: str = "DataFrame"
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> list[object]:
        """Return the cells of a column, one for each of `rows`.

        Text files give text; workbooks int, float, bool, datetime, text or None; a DataFrame its own.

        Raises:
            UnknownNameError: no column is called so.
            AmbiguousError: several are.
        """
        return list(self.cells[self._position(name)])

    def with_cell(self, row: int, name: str, value: object) -> Sheet:
        """Return the sheet with another cell; *row* is a number of `rows`. Raises as `column` does."""
        if row not in self.rows:
            raise UnknownNameError(f"{self.source} has nothing in row {row}.", hint="The header is row 1.")
        changed = self.column(name)
        changed[self.rows.index(row)] = value
        position = self._position(name)
        return replace(self, cells=(*self.cells[:position], changed, *self.cells[position + 1 :]))

    def _position(self, name: str) -> int:
        found = [number for number, column in enumerate(self.columns) if column == trim(name)]
        if len(found) > 1:
            raise AmbiguousError(f"{self.source} has {len(found)} columns “{name}”.", hint="Rename all but one.")
        if not found:
            if is_data(self.columns):
                raise UnknownNameError(
                    f"{self.source} has no column “{name}”.",
                    hint="Its first row looks like a person's. Write a row with the columns' names above it.",
                )
            named = {column.casefold(): column for column in self.columns if column}
            near = [named[key] for key in get_close_matches(name.casefold(), named, n=3)]
            raise UnknownNameError(
                f"{self.source} has no column “{name}”.",
                hint=(f"Did you mean {listed(near)}? " if near else "") + f"Its columns: {listed(named.values())}. "
                "Where the sheet calls it otherwise than the roster, name its column with key=.",
            )
        return found[0]


def read(source: pd.DataFrame | str | Path, *, sheet: str | None = None) -> Sheet:
    """Return the table in a DataFrame, or in a .csv, .tsv, .txt, .xlsx, .xlsm, .xls or .ods file.

    A number that shows as a percentage becomes text, ``"85%"``; so do a number that shows leading
    zeros, an error such as ``#REF!``, and a formula that nobody calculated, from ``=`` on. Named index
    levels of a DataFrame count as columns. *sheet* names one of a workbook's sheets, and is needed
    where more than one that is not hidden has something in it.

    Raises:
        UsageError: there is no such file or sheet, or it cannot be read; the message says what to do.
    """
    if isinstance(source, pd.DataFrame):
        return _from_frame(source)
    if not isinstance(source, (str, Path)):
        raise UsageError(
            f"What was given ({type(source).__name__}) is no grade sheet.",
            hint="Give a DataFrame or the path of a file.",
        )
    return parse(Path(source).name, contents(source), sheet=sheet)


def parse(name: str, data: bytes, *, sheet: str | None = None) -> Sheet:
    """Return the table in the bytes of a file called *name*, such as one that came from a browser. See `read`."""
    if len(data) > MAX_BYTES:
        refuse(name, f"is larger than {MAX_BYTES // _MB} MB", "Is it a grade sheet?")
    if data.startswith(archives.SIGNATURES + xls.SIGNATURES):
        return _from_workbook(name, data, sheet)
    if sheet is not None:
        refuse(name, "has no sheets to choose from", "Leave out sheet=.")
    found = text.parse(name, Path(name).suffix.lower(), data)
    return _from_records(name, found.records, pad="", decimal=found.decimal, notes=(found.note,))


def titles(name: str, data: bytes) -> tuple[str, ...]:
    """Return what the visible sheets of a workbook are called; none for a text file, or one that cannot be read."""
    if not data.startswith(archives.SIGNATURES + xls.SIGNATURES):
        return ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return tuple(page.title for page in _PAGES[_kind(name, data)](name, data) if not page.hidden)
    except Exception:  # what is wrong with it, `parse` says
        return ()


def _kind(name: str, data: bytes) -> str:
    return "xls" if data.startswith(xls.SIGNATURES) else archives.kind(name, data)


def contents(source: str | Path) -> bytes:
    """Return the bytes of a file, for `parse`.

    Raises:
        UsageError: it cannot be opened.
    """
    path = Path(source).expanduser()
    try:
        with path.open("rb") as file:
            data = b"".join(islice(iter(lambda: file.read(_MB), b""), MAX_BYTES // _MB + 1))
    except (OSError, ValueError) as error:
        refuse(path.name, f"could not be opened ({getattr(error, 'strerror', None) or error})", "Check the path.")
    return data


def _from_frame(frame: pd.DataFrame) -> Sheet:
    if frame.columns.nlevels > 1:
        raise UsageError("The DataFrame's columns have more than one level.", hint="Flatten them first.")
    levels = [
        (str(name), frame.index.get_level_values(n)) for n, name in enumerate(frame.index.names) if name is not None
    ]
    series = [(str(name), frame.iloc[:, n]) for n, name in enumerate(frame.columns)]
    return Sheet(
        columns=tuple(trim(name) for name, _ in (*levels, *series)),
        rows=tuple(range(2, len(frame) + 2)),
        cells=tuple(list(values.to_numpy()) for _, values in (*levels, *series)),  # tolist() widens float32
    )


def _from_workbook(name: str, data: bytes, sheet: str | None) -> Sheet:
    kind = _kind(name, data)
    remedy = f"open it in a spreadsheet program and save it as {'.ods' if kind == 'ods' else '.xlsx'}."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl tells of every extension that it does not know
            records = choose(name, _PAGES[kind](name, data), sheet)
    except UsageError:
        raise
    except Exception:  # these libraries raise whatever a broken file leads them into
        refuse(name, "is not a workbook that can be read", remedy.capitalize())
    uncalculated = any(isinstance(cell, str) and cell.startswith("=") for row in records for cell in row)
    notes = (f"“{name}” has formulas without a result: {remedy}",) if uncalculated else ()
    return _from_records(name, records, pad=None, notes=notes)


def _from_records(name: str, records: Iterable[Record], *, pad: str | None, **details: Any) -> Sheet:
    """Make a sheet of rows, blank ones included, whose first that is not blank is the header."""
    filled = [(n, row) for n, row in enumerate(records, 1) if not all(map(blank, row))]
    if not filled:
        refuse(name, "is empty", "Give a file with a header and a row for each score.")
    header = ["" if cell is None else trim(str(cell)) for cell in filled.pop(0)[1]]
    while header and not header[-1]:  # a spreadsheet's formatted but empty columns
        header.pop()
    for number, row in filled:
        if not all(map(blank, row[len(header) :])):
            hint = "Give the column a name, or clear those cells."
            if pad is not None:
                hint = "Check that row: a delimiter in a cell needs quotation marks around the cell."
            refuse(name, f"has more cells in row {number} than its header has", hint)
    cells = tuple([row[n] if n < len(row) else pad for _, row in filled] for n in range(len(header)))
    return Sheet(tuple(header), tuple(number for number, _ in filled), cells, source=name, **details)
