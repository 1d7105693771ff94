"""OpenDocument spreadsheets, .ods, as LibreOffice, Google Sheets and Excel write them.

They are read from their XML, element by element: pandas' reader makes 0.85 of 85 %, and odfpy takes
two seconds and 200 MB for 10,000 short rows, and prints the contents of a file that it cannot parse.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import IO, NoReturn
from xml.parsers import expat

from .grid import MAX_COLUMNS, Page, Record, blank, number, percentage

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_OFFICE, _TABLE, _TEXT, _STYLE = (f"{_NS}{part}:1.0 " for part in ("office", "table", "text", "style"))
_CELL, _COVERED = f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"
_PARAGRAPHS = (f"{_TEXT}p", f"{_TEXT}h")
_BREAKS = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}
#: What other programs last sent is on no sheet, though it looks like one; furigana are in a cell, but not its text.
_ELSEWHERE = (f"{_TABLE}dde-links", f"{_TEXT}ruby-text")
_CALCEXT = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
_ERROR = re.compile(r"#[^\W\d_].*|Err:[0-9]+")
_DURATION = re.compile(r"PT([0-9]{1,6})H([0-9]{1,2})M([0-9]{1,2})(?:[.,][0-9]+)?S")

_Attributes = dict[str, str]
_Runs = list[tuple[object, int]]  # a cell, and how often it stands side by side


def pages(name: str, data: bytes) -> list[Page]:
    """Return the sheets of a spreadsheet."""
    content = _Content()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("content.xml") as file:
        content.parse(file)
    if not content.tables:
        raise ValueError("no spreadsheet in this document")
    return [Page(table.title, table.style in content.hidden, table.rows()) for table in content.tables]


class _Table:
    """A sheet, its rows folded as in the file: a column's colour is a million blank rows."""

    def __init__(self, attributes: _Attributes) -> None:
        self.title = attributes.get(f"{_TABLE}name", "")
        self.style = attributes.get(f"{_TABLE}style-name", "")
        self._folded: list[tuple[_Runs, int]] = []

    def add(self, runs: _Runs, repeated: int) -> None:
        while runs and blank(runs[-1][0]):
            runs.pop()
        if sum(times for _, times in runs) > MAX_COLUMNS:
            raise ValueError("more columns than a spreadsheet has")
        self._folded.append((runs, repeated))

    def rows(self) -> Iterator[Record]:
        while self._folded and not self._folded[-1][0]:  # some scripts fill up to more rows than there are
            self._folded.pop()
        for runs, repeated in self._folded:
            row = [cell for cell, times in runs for _ in range(times)]
            for _ in range(repeated):
                yield row


class _Content:
    """What a parser tells of content.xml: hidden styles, sheets, rows, cells and their paragraphs."""

    def __init__(self) -> None:
        self.tables: list[_Table] = []
        self.hidden: set[str] = set()
        self._style = ""
        self._row: _Runs = []
        self._row_repeated = 1
        self._cell: _Attributes | None = None
        self._paragraphs: list[str] = []
        self._in_paragraph = False
        self._skipping = 0  # how deep

    def parse(self, file: IO[bytes]) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.ParseFile(file)

    def _start(self, tag: str, attributes: _Attributes) -> None:
        foreign = self._cell is not None and not tag.startswith(_TEXT)  # a comment, a picture, a table within
        if self._skipping or foreign or tag in _ELSEWHERE:
            self._skipping += 1
        elif self._cell is not None:
            self._start_text(tag, attributes)
        elif tag in (_CELL, _COVERED):
            self._cell, self._paragraphs = attributes, []
        elif tag == f"{_TABLE}table-row":
            self._row, self._row_repeated = [], _repeated(attributes, "rows")
        elif tag == f"{_TABLE}table":
            self.tables.append(_Table(attributes))
        elif tag == f"{_STYLE}style":
            self._style = attributes.get(f"{_STYLE}name", "")
        elif tag == f"{_STYLE}table-properties" and attributes.get(f"{_TABLE}display") == "false":
            self.hidden.add(self._style)

    def _start_text(self, tag: str, attributes: _Attributes) -> None:
        if tag in _PARAGRAPHS:
            self._in_paragraph = True
            self._paragraphs.append("")
        elif self._in_paragraph and tag == f"{_TEXT}s":  # more spaces than one
            self._paragraphs[-1] += " " * min(int(attributes.get(f"{_TEXT}c", 1)), 1000)
        elif self._in_paragraph:
            self._paragraphs[-1] += _BREAKS.get(tag, "")

    def _characters(self, text: str) -> None:
        if self._in_paragraph and not self._skipping:
            self._paragraphs[-1] += re.sub(r"[ \t\r\n]+", " ", text)

    def _end(self, tag: str) -> None:
        if self._skipping:
            self._skipping -= 1
        elif tag in _PARAGRAPHS:
            self._in_paragraph = False
        elif self._cell is not None and tag in (_CELL, _COVERED):
            value = _value(self._cell, "\n".join(self._paragraphs)) if tag == _CELL else None
            self._row.append((value, _repeated(self._cell, "columns")))
            self._cell = None
        elif tag == f"{_TABLE}table-row":
            self.tables[-1].add(self._row, self._row_repeated)


def _refuse_doctype(*_: object) -> NoReturn:
    raise ValueError("a document type, which may define entities without end")


def _repeated(attributes: _Attributes, what: str) -> int:
    return int(attributes.get(f"{_TABLE}number-{what}-repeated", 1))


def _value(cell: _Attributes, text: str) -> object:
    """Return the value of a cell that shows *text*."""
    kind = cell.get(f"{_OFFICE}value-type")
    formula = cell.get(f"{_TABLE}formula")
    if cell.get(_CALCEXT) == "error":
        return text or "#VALUE!"
    if kind == "string":
        return cell.get(f"{_OFFICE}string-value", text)
    name = {"boolean": "boolean-value", "date": "date-value", "time": "time-value"}.get(kind or "", "value")
    raw = cell.get(f"{_OFFICE}{name}")
    if raw is None:  # a script wrote the formula, and nobody calculated it
        return text or None if formula is None else "=" + formula.partition("=")[2]
    if kind == "boolean":
        return raw == "true"
    if kind == "date":
        return _date(raw)
    return _time(raw) if kind == "time" else _number(float(raw), text, per_cent=kind == "percentage")


def _number(value: float, text: str, *, per_cent: bool) -> object:
    if _ERROR.fullmatch(text):  # OpenOffice gives errors the value 0
        return text
    if per_cent:
        return percentage(value)
    # The format stands in a style of a style; what it does to an id is seen.
    zeros = "0" * len(text) if re.fullmatch("0[0-9]+", text) and float(text) == value else ""
    return number(value, zeros)


def _date(raw: str) -> object:
    try:
        return datetime.fromisoformat(raw)
    except ValueError:  # before the year 1, or none at all
        return raw


def _time(raw: str) -> object:
    found = _DURATION.fullmatch(raw)
    if found is None:
        return raw
    hours, minutes, seconds = map(int, found.groups())
    if hours < 24 and minutes < 60 and seconds < 60:
        return time(hours, minutes, seconds)
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)
