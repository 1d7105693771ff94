"""Excel's workbooks since 2007, .xlsx and .xlsm, through openpyxl."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from .grid import Page, Record, library, number, refuse

_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")  # Microsoft's own SDK writes <x:f>
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/spreadsheetml/")
_STALE = re.compile(rb'fullCalcOnLoad="(?:1|true)"')


def pages(name: str, data: bytes) -> list[Page]:
    """Return the sheets of a workbook; their rows are read when they are asked for."""
    openpyxl = library(name, "openpyxl")

    def opened(*, data_only: bool) -> Any:
        return openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=data_only, keep_links=False)

    if _has(_STRICT, data, "workbook"):  # openpyxl would see no cells in it
        refuse(name, "is a “Strict Open XML Spreadsheet”", "Save it as an “Excel Workbook (.xlsx)”.")
    values = opened(data_only=True)
    written = opened(data_only=False) if _has(_FORMULA, data, "worksheets/") else None
    trusted = not _has(_STALE, data, "workbook")
    return [
        Page(
            sheet.title,
            sheet.sheet_state != "visible",
            _rows(sheet) if written is None else _calculated(sheet, written[sheet.title], trusted=trusted),
        )
        for sheet in values.worksheets
    ]


def _has(pattern: re.Pattern[bytes], data: bytes, part: str) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return any(pattern.search(archive.read(name)) for name in archive.namelist() if part in name)


def _cells(sheet: Any) -> Iterator[tuple[Any, ...]]:
    sheet.reset_dimensions()  # some exports claim a size that cuts rows off; others, a million blank ones
    yield from sheet.iter_rows()


def _rows(sheet: Any) -> Iterator[Record]:
    for cells in _cells(sheet):
        yield [_value(cell) for cell in cells]


def _calculated(sheet: Any, written: Any, *, trusted: bool) -> Iterator[Record]:
    """Yield rows with the text of a formula where it has no value, so that it becomes a problem with its row.

    openpyxl writes formulas without values. XlsxWriter, and pandas through it, writes 0 for the value of
    every one, and that all of them are to be calculated on load: such a workbook is not *trusted*.
    """
    for cells, line in zip_longest(_cells(sheet), _cells(written), fillvalue=()):
        row: list[object] = []
        for cell, source in zip_longest(cells, line):
            formula = _formula(source)
            known = cell is not None and (cell.value is not None or cell.data_type == "str")  # str: it gave ""
            row.append(_value(cell) if formula is None or (known and trusted) else formula)
        yield row


def _formula(cell: Any) -> str | None:
    """Return the text of a cell's formula, be it an array formula or a data table, or None."""
    if cell is None or cell.data_type != "f":
        return None
    text = getattr(cell.value, "text", cell.value)
    return text if isinstance(text, str) and text.startswith("=") else "="


def _value(cell: Any) -> object:
    value = cell.value if cell is not None else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return number(value, cell.number_format or "")
