"""Excel's workbooks before 2007, .xls, through xlrd."""

from __future__ import annotations

import io
import struct
from collections.abc import Container, Iterator
from typing import Any

from .grid import Page, Record, library, number, refuse_locked

#: A workbook in its container; and bare, as scripts for the web used to write it.
SIGNATURES = (b"\xd0\xcf\x11\xe0", b"\x09\x08")
_BOUNDSHEET, _FORMULA = 0x0085, 0x0006
_WORKSHEET = 0
_NO_TEXT = b"\x03"  # the kind of a formula's result, with FFFF at its end: an empty text
_NO_RESULT = "=(no result)"  # xlrd does not tell a formula's text

_Place = tuple[int, int]


def pages(name: str, data: bytes) -> Iterator[Page]:
    """Yield the sheets of a workbook; their rows are read when they are asked for."""
    if "EncryptedPackage".encode("utf-16-le") in data:  # an .xlsx with a password is no zip any more
        refuse_locked(name)
    xlrd = library(name, "xlrd")
    try:
        book = xlrd.open_workbook(
            file_contents=data, formatting_info=True, on_demand=True, ragged_rows=True, logfile=io.StringIO()
        )
    except xlrd.XLRDError as error:
        if "encrypted" in str(error):
            refuse_locked(name)
        raise
    starts = _sheet_starts(book)
    for nth in range(book.nsheets):
        sheet = book.sheet_by_index(nth)
        yield Page(sheet.name, sheet.visibility != 0, _rows(xlrd, book, sheet, starts[nth]))


def _rows(xlrd: Any, book: Any, sheet: Any, start: int) -> Iterator[Record]:
    formats = [
        book.format_map[xf.format_key].format_str if xf.format_key in book.format_map else "" for xf in book.xf_list
    ]
    empty: Container[_Place] | None = None
    for row in range(sheet.nrows):
        record: list[object] = []
        for column, kind in enumerate(sheet.row_types(row)):
            value = sheet.cell_value(row, column)
            if kind == xlrd.XL_CELL_NUMBER:
                record.append(number(value, formats[sheet.cell_xf_index(row, column)]))
            elif kind == xlrd.XL_CELL_TEXT and not value:
                empty = _empty_formulas(book, start) if empty is None else empty
                record.append(_NO_RESULT if (row, column) in empty else value)
            else:
                record.append(_other(xlrd, book, kind, value))
        yield record


def _other(xlrd: Any, book: Any, kind: int, value: Any) -> object:
    if kind == xlrd.XL_CELL_DATE:
        return _date(xlrd, value, book.datemode)
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    if kind == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(value, "#ERROR!")
    return value if kind == xlrd.XL_CELL_TEXT else None


def _date(xlrd: Any, value: float, datemode: int) -> object:
    try:
        when = xlrd.xldate.xldate_as_datetime(value, datemode)
    except (OverflowError, ValueError):  # a score formatted as a date by mistake
        return "#VALUE!"
    return when.time() if 0 <= value < 1 else when


def _empty_formulas(book: Any, start: int) -> set[_Place]:
    """Return where a sheet has formulas whose result is an empty text.

    Excel writes that for a formula that gives "", and xlwt for one that nobody calculated, which must not
    be skipped as a blank in silence. Texts that are empty without a formula, as Apache POI writes them,
    are blank; xlrd makes no difference between the two.
    """
    found = set()
    depth = 0
    for code, body in _records(book, start):
        depth += (code == 0x0809) - (code == 0x000A)  # charts have a beginning and an end of their own
        if depth <= 0:
            break
        if code == _FORMULA and body[6:7] == _NO_TEXT and body[12:14] == b"\xff\xff":
            found.add(struct.unpack_from("<HH", body))
    return found


def _sheet_starts(book: Any) -> list[int]:
    """Return where in the stream each worksheet begins, in the order in which xlrd counts them."""
    bounds = [struct.unpack_from("<iBB", body) for code, body in _records(book, 0) if code == _BOUNDSHEET]
    return [start for start, _, kind in bounds if kind == _WORKSHEET]


def _records(book: Any, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records of the stream from *start* on: a code and what it says."""
    position, end = book.base + start, book.base + book.stream_len
    while book.base <= position <= end - 4:
        code, length = struct.unpack_from("<HH", book.mem, position)
        yield code, bytes(book.mem[position + 4 : position + 4 + length])
        position += 4 + length
