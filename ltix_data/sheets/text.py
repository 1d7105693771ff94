"""Text files: encoding, delimiter and decimal mark are found out, and said in one note.

Excel writes CSV in Windows-1252 and “Unicode text” in UTF-16; Blackboard's .xls is tab-separated
UTF-16; a French or German Excel puts “;” between the cells because the comma is in the numbers.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from itertools import islice
from typing import Literal, NamedTuple

from ..cells import trim
from .grid import refuse

Mark = Literal[".", ","]

_DELIMITERS = ("\t", ";", "|", ",")  # the likeliest first, where several would do: prose has commas
_PART = r"(?:\s*(?:%|/\s*[0-9.,]+))?"  # 85,5 % and 8,5 / 10
_COMMA = re.compile(rf"[+-]?(?:[0-9]+,[0-9]{{1,2}}|0,[0-9]+){_PART}")  # 1,234 may be a thousand
_POINT = re.compile(rf"[+-]?[0-9]+(?:,[0-9]{{3}})*\.[0-9]+{_PART}")
_LIST = re.compile(r"[0-9]+(?:,[0-9]+){2,}")  # the options somebody ticked, or millions
_CONTROL = re.compile(r"[\0-\x08\x0e-\x19\x1b\x7f]")
_WEB_PAGE = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|style|table|div)\b|mime-version:",
    re.IGNORECASE | re.DOTALL,
)
_WORKBOOKS = (".xlsx", ".xlsm", ".ods")  # Blackboard made text called .xls a habit
_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".xls", *_WORKBOOKS)


class Text(NamedTuple):
    """A text file taken apart: its rows, the decimal mark of its numbers, and how it was read."""

    records: list[list[str]]
    decimal: Mark
    note: str


def parse(name: str, suffix: str, data: bytes) -> Text:
    """Return the rows of a text file, blank ones included, as they stand in it.

    Raises:
        UsageError: it is no table in text; or its *suffix* says that it is something else.
    """
    if suffix not in _SUFFIXES:  # the content cannot tell: programs and letters are text as well
        refuse(name, f"is of a kind that cannot be read ({suffix or 'no suffix'})", "Use .csv, .tsv, .xlsx or .ods.")
    text, encoding = _decoded(name, data)
    if _WEB_PAGE.match(text):
        hint = "Open it in a spreadsheet program and save it as .xlsx; if it asks to log in, download it again."
        refuse(name, "is a web page, whatever its name says", hint)
    if text.startswith("<?xml"):  # Excel 2003's XML, or a .fods
        refuse(name, "is an XML file", "Open it in a spreadsheet program and save it as .xlsx.")
    declared = re.match(r"sep=(.)\r?\n", text)  # Excel's own first line, which it does not show
    text = text[declared.end() :] if declared else text
    delimiter = declared[1] if declared else _delimiter(text)
    if suffix in _WORKBOOKS and delimiter is None and text:
        refuse(name, "is not a workbook that can be read", "Open it in a spreadsheet program and save it as .xlsx.")
    records = _records(name, text, delimiter or ",")
    marks = _marks(records)
    said = _said(name, encoding, delimiter, marks, disguised=suffix in _WORKBOOKS)
    return Text(records, "," if marks == {","} else ".", said)


def _decoded(name: str, data: bytes) -> tuple[str, str]:
    """Return the text and the name of its encoding: what its mark or its pattern says, or else a guess."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # Blackboard's .xls and Excel's “Unicode text”
        tries = {"utf-16": "UTF-16"}
    elif wide := _unmarked_utf_16(data[:4096]):
        tries = {wide: "UTF-16"}
    else:
        tries = {"utf-8-sig": "UTF-8", "cp1252": "Windows-1252"}
    found = [(text, encoding) for codec, encoding in tries.items() if (text := _in_codec(codec, data)) is not None]
    if not found:
        refuse(name, "is not text in an encoding that can be told", "Save it as CSV UTF-8.")
    return found[0]


def _in_codec(codec: str, data: bytes) -> str | None:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return None
    guessed = codec not in ("utf-8-sig", "utf-16")  # almost any bytes are Windows-1252
    return None if "\0" in text or (guessed and _CONTROL.search(text)) else text


def _unmarked_utf_16(start: bytes) -> str | None:
    """Return the codec for text in which every second byte is NUL, as ASCII is in UTF-16."""
    half = len(start) // 2
    even, odd = start[::2].count(0), start[1::2].count(0)
    if not half or max(even, odd) * 2 < half:
        return None
    return "utf-16-le" if even < odd else "utf-16-be"


def _delimiter(text: str) -> str | None:
    """Return the delimiter that takes header and rows apart alike; None where the header has none.

    Where several do, the one that gives more columns: “Punkte (1, 2);Name” has one comma too, but
    its rows have not.
    """
    best: tuple[float, int] = (0, 0)
    found = None
    for delimiter in _DELIMITERS:
        widths = _widths(text, delimiter)
        if widths and widths[0] > 1:
            alike = sum(width == widths[0] for width in widths) / len(widths)
            if (alike, widths[0]) > best:
                best, found = (alike, widths[0]), delimiter
    return found


def _widths(text: str, delimiter: str) -> list[int]:
    """Return how many cells each of the first rows has that are not blank."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [len(row) for row in islice(rows, 100) if any(map(trim, row))]
    except csv.Error:  # an endless cell, which will be refused with its row
        return [len(next(csv.reader(text.splitlines(), delimiter=delimiter), []))]


def _records(name: str, text: str, delimiter: str) -> list[list[str]]:
    records: list[list[str]] = []
    try:  # strict: a quotation mark that never closes would swallow the rest of the file
        records.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        refuse(name, f"has a stray quotation mark or an endless cell after row {len(records)}", "Export it once more.")
    return records


def _marks(records: Iterable[Iterable[str]]) -> set[Mark]:
    """Return the decimal marks that numbers here have for certain.

    Commas count for nothing in a column that has lists as well: Google Forms writes “1,2,4” for three
    boxes ticked, so its “1,2” is no decimal.
    """
    commas: set[int] = set()
    lists: set[int] = set()
    points = False
    for record in records:
        for column, cell in enumerate(record):
            if "," not in cell and "." not in cell:
                continue
            text = trim(cell)
            if _COMMA.fullmatch(text):
                commas.add(column)
            elif _LIST.fullmatch(text):
                lists.add(column)
            else:
                points = points or _POINT.fullmatch(text) is not None
    found: set[Mark] = {","} if commas - lists else set()
    return found | {"."} if points else found


def _said(name: str, encoding: str, delimiter: str | None, marks: set[Mark], *, disguised: bool) -> str:
    """Say in one sentence or two how the file was read, so that a wrong guess is seen."""
    cells = {None: "one cell in each row", "\t": "tabs between cells"}.get(delimiter, f"“{delimiter}” between cells")
    said = f"“{name}” {'is no workbook but text, and ' if disguised else ''}was read as {encoding}, with {cells}"
    if len(marks) == 1:
        said += " and decimal commas" if "," in marks else " and decimal points"
    said += "."
    if len(marks) == 2:
        said += " Some of its numbers have a decimal comma and some a point: those with a comma were left as they are."
    return said + (" It is not UTF-8: check the accents in names." if encoding == "Windows-1252" else "")
