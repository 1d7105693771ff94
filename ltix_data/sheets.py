"""Reading spreadsheets: every cell as it stands in the file, so that 00123 stays 00123.

CSV and tab-separated text is taken apart here and never guessed at; workbooks come through openpyxl
(the extra ``excel``); a DataFrame keeps its values. What a cell *means* is `points` and `id_text`.
The export formats of each LMS are to be recognised on top of a `Sheet`, not in here.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal, NoReturn, TypeAlias

import pandas as pd

from .cells import BadCell, id_text, points, trim
from .errors import AmbiguousError, UnknownNameError, UsageError

__all__ = ["BadCell", "Sheet", "id_text", "points", "read"]

Record: TypeAlias = Sequence[object]

_MAX_BYTES = 200 * 2**20
_MAX_ROWS = 1_048_576  # Excel's own limit
_NO_DIGITS_LOST = 10**15  # Excel writes zeros for the digits after the 15th
_DELIMITERS = (",", ";", "\t", "|")
_DECIMAL_COMMA = re.compile(r"[+-]?(?:[0-9]+,[0-9]{1,2}|0,[0-9]+)")  # 1,234 may be a thousand
_DECIMAL_POINT = re.compile(r"[+-]?[0-9]+\.[0-9]+")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of cells as somebody wrote them.

    `columns` are the header's cells without the white space around them. `rows` are the row numbers
    as a spreadsheet shows them, 1-based with the header counted; blank rows are left out of `rows`
    but counted. `decimal` is the mark of numbers written as text, ``"."`` or ``","``. `source` is the
    file's name without its folder, or "DataFrame". `notes` say what had to be assumed.
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
        found = [number for number, column in enumerate(self.columns) if column == trim(name)]
        if len(found) > 1:
            raise AmbiguousError(f"{self.source} has {len(found)} columns “{name}”.", hint="Rename all but one.")
        if not found:
            named = {column.casefold(): column for column in self.columns if column}
            near = [named[key] for key in get_close_matches(name.casefold(), named, n=3)]
            raise UnknownNameError(
                f"{self.source} has no column “{name}”.",
                hint=(f"Did you mean {_listed(near)}? " if near else "") + f"Its columns: {_listed(named.values())}. "
                "Where the sheet calls it otherwise than the roster, name its column with key=.",
            )
        return list(self.cells[found[0]])


def read(source: pd.DataFrame | str | Path, *, sheet: str | None = None) -> Sheet:
    """Return the table in a DataFrame, or in a .csv, .tsv, .txt, .xls (as text) or .xlsx file.

    Named index levels of a DataFrame count as columns. *sheet* names one of a workbook's sheets, and
    is needed where more than one has something in it.

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
    path = Path(source).expanduser()
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        _refuse(path, f"could not be opened ({getattr(error, 'strerror', None) or error})", "Check the path.")
    if len(data) > _MAX_BYTES:
        _refuse(path, f"is larger than {_MAX_BYTES >> 20} MB", "Is it a grade sheet?")
    suffix = path.suffix.lower()
    if suffix in (".xlsx", ".xlsm"):
        return _from_records(path, _workbook(path, data, sheet))
    if suffix not in (".csv", ".tsv", ".txt", ".xls"):
        _refuse(path, f"is of a kind that cannot be read ({suffix or 'no suffix'})", "Use .csv, .tsv, .txt or .xlsx.")
    if sheet is not None:
        _refuse(path, "has no sheets to choose from", "Leave out sheet=.")
    return _from_text(path, data)


def _refuse(path: Path, what: str, hint: str) -> NoReturn:
    raise UsageError(f"“{path.name}” {what}.", hint=hint) from None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names) or "none"


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not trim(cell))


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


def _from_records(path: Path, records: Iterable[Record], **details: Any) -> Sheet:
    """Make a sheet of rows, blank ones included, whose first that is not blank is the header."""
    filled = [(n, row) for n, row in enumerate(records, 1) if not all(map(_blank, row))]
    if not filled:
        _refuse(path, "is empty", "Give a file with a header and a row for each score.")
    header = ["" if cell is None else trim(str(cell)) for cell in filled.pop(0)[1]]
    while header and not header[-1]:  # a spreadsheet's formatted but empty columns
        header.pop()
    for number, row in filled:
        if not all(map(_blank, row[len(header) :])):
            _refuse(
                path,
                f"has more cells in row {number} than its header has",
                "Check that row: a delimiter in a cell needs quotation marks around the cell.",
            )
    pad = "" if "decimal" in details else None
    cells = tuple([row[n] if n < len(row) else pad for _, row in filled] for n in range(len(header)))
    return Sheet(tuple(header), tuple(number for number, _ in filled), cells, source=path.name, **details)


# --- text ---------------------------------------------------------------------------------------


def _from_text(path: Path, data: bytes) -> Sheet:
    text, notes = _decoded(path, data)
    declared = re.match(r"sep=(.)\r?\n", text)  # Excel's own first line, which it does not show
    text = text[declared.end() :] if declared else text
    delimiter = declared[1] if declared else _delimiter(text)
    records: list[list[str]] = []
    try:  # strict: a quotation mark that never closes would swallow the rest of the file
        records.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        _refuse(path, f"has a stray quotation mark or an endless cell after row {len(records)}", "Export it once more.")
    comma = delimiter != "," and _has_decimal_commas(cell for record in records for cell in record)
    return _from_records(path, records, decimal="," if comma else ".", notes=notes)


def _decoded(path: Path, data: bytes) -> tuple[str, tuple[str, ...]]:
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        _refuse(path, "is a workbook, whatever its name says", "Save it as .xlsx or as CSV UTF-8.")
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))  # Blackboard's .xls and Excel's “Unicode text”
    notes: tuple[str, ...] = ()
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0" if wide else data.decode("cp1252", errors="replace").replace("\ufffd", "\0")
        notes = (f"“{path.name}” is not UTF-8 and was read as Windows-1252: check the accents in names.",)
    if "\0" in text:
        _refuse(path, "is not text in an encoding that can be told", "Save it as CSV UTF-8.")
    return text, notes


def _delimiter(text: str) -> str:
    """Return the delimiter that is most frequent in the header, outside quotation marks."""
    header = re.match(r'\s*(?:"[^"]*"|[^"\r\n])*', text)
    outside = re.sub(r'"[^"]*"', "", header[0] if header else "")
    return max(_DELIMITERS, key=outside.count)  # the first of equals


def _has_decimal_commas(cells: Iterable[str]) -> bool:
    """Return whether numbers here have a comma: some must, and none a point."""
    found = False
    for cell in map(trim, cells):
        if _DECIMAL_POINT.fullmatch(cell):
            return False
        found = found or _DECIMAL_COMMA.fullmatch(cell) is not None
    return found


# --- workbooks ----------------------------------------------------------------------------------


def _workbook(path: Path, data: bytes, sheet: str | None) -> list[Record]:
    """Return the rows of the sheet asked for, or of the only visible one that has any."""
    try:
        import openpyxl
    except ImportError:
        _refuse(path, "needs openpyxl to be read", 'Run: pip install "ltix-data[excel]"')
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > _MAX_BYTES:
                raise ValueError("unpacks to more than memory should hold")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        wanted = [page for page in book.worksheets if sheet in (None, page.title)]
        shown = [page for page in wanted if sheet or page.sheet_state == "visible"]
        filled = {page.title: rows for page in shown if (rows := _page(page))}
        if b"<f" in _contents(data):  # a formula that nobody calculated has no value: it is no blank
            written = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
            filled = {title: _with_formulas(rows, written[title]) for title, rows in filled.items()}
    except Exception:  # openpyxl raises whatever a broken file leads it into
        _refuse(path, "is not a workbook that can be read", "Open it in a spreadsheet program and save it as .xlsx.")
    if sheet is not None and not wanted:
        _refuse(path, f"has no sheet “{sheet}”", f"Its sheets: {_listed(book.sheetnames)}.")
    if len(filled) > 1:
        _refuse(path, "has more than one sheet with something in it", f"Say which with sheet=: {_listed(filled)}.")
    return next(iter(filled.values()), [])


def _contents(data: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/"))


def _with_formulas(rows: list[Record], written: Any) -> list[Record]:
    """Put the text of a formula where its value is missing, so that it becomes a problem with its row."""
    written.reset_dimensions()
    lines = [[cell.value for cell in cells] for cells in written.iter_rows()]
    return _trimmed(
        [
            value if value is not None or not _is_formula(formula) else formula
            for value, formula in zip_longest(row, line)
        ]
        for row, line in zip_longest(rows, lines, fillvalue=())
    )


def _is_formula(value: object) -> bool:
    return isinstance(value, str) and value.startswith("=")


def _page(page: Any) -> list[Record]:
    page.reset_dimensions()  # some exports claim a size that cuts rows off; others, a million blank ones
    rows: list[Record] = []
    for number, cells in enumerate(page.iter_rows(), 1):
        if number > _MAX_ROWS:
            raise ValueError("more rows than a workbook can have")
        rows.append([_value(cell) for cell in cells])
    return _trimmed(rows)


def _trimmed(rows: Iterable[Record]) -> list[Record]:
    """Return the rows with blank ones emptied, and without those at the end."""
    kept: list[Record] = [() if all(map(_blank, row)) else row for row in rows]
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _value(cell: Any) -> object:
    """Return a cell's value; a number whose format changes what it means, as the text that is seen."""
    value = cell.value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if abs(value) >= _NO_DIGITS_LOST:
        return float(value)  # as `id_text` knows damaged ids
    shown = re.sub(r'"[^"]*"|\\.', "", cell.number_format or "")
    if "%" in shown:  # 85 % is stored as 0.85, which is no number of points
        return f"{value * 100:.10g}%"
    if isinstance(value, int) and re.fullmatch("0{2,}", shown):  # 123 shown as 00123
        return str(value).zfill(len(shown))
    return value
