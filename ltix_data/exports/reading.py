"""Cells and columns of a `Sheet`, as every kind of export looks at them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ..cells import id_text, is_missing, points, trim
from ..sheets import Sheet
from .export import plain

_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>]+")
_PERCENT = re.compile(r"[+-]?[0-9.,]+\s*[%٪％]")
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_POINT = re.compile(r"[+-]?[0-9]*\.[0-9]+")


def text(cell: object) -> str:
    """Return a cell as trimmed text, "" where it is blank; 123.0 is “123”, as for ids."""
    if is_missing(cell):
        return ""
    if isinstance(cell, str):
        return trim(cell)
    found = id_text(cell)
    return found if isinstance(found, str) else str(cell)


def filled(cells: Iterable[object]) -> list[object]:
    """Return the cells that hold something."""
    return [cell for cell in cells if text(cell)]


def graded(cells: Iterable[object]) -> list[object]:
    """Return the cells that hold something other than a word for no grade (-, EX, N/A)."""
    return [cell for cell in filled(cells) if points(cell) is not None]


def all_of(cells: Iterable[object], test: Callable[[object], object]) -> bool:
    """Return whether there are any cells, and all pass the test."""
    found = list(cells)
    return bool(found) and all(map(test, found))


def is_number(cell: object) -> bool:
    """Return whether a cell is a number, with whichever decimal mark."""
    return any(isinstance(points(cell, decimal=mark), float) for mark in ".,")


def is_percent(cell: object) -> bool:
    """Return whether a cell is a number with a percent sign."""
    return isinstance(cell, str) and _PERCENT.fullmatch(trim(cell)) is not None


def is_address(cell: object) -> bool:
    """Return whether a cell is an e-mail address."""
    return isinstance(cell, str) and _ADDRESS.fullmatch(trim(cell)) is not None


def folded(sheet: Sheet) -> list[str]:
    """Return the titles as they are compared with those that a platform writes."""
    return [plain(column).casefold() for column in sheet.columns]


def has(sheet: Sheet, *titles: str) -> bool:
    """Return whether the sheet has exactly one column of each title."""
    present = folded(sheet)
    return all(present.count(title.casefold()) == 1 for title in titles)


def column_of(sheet: Sheet, titles: Iterable[str]) -> int | None:
    """Return the position of the column with the first of *titles* that the sheet has exactly once."""
    present = folded(sheet)
    return next((present.index(t.casefold()) for t in titles if present.count(t.casefold()) == 1), None)


def cells_of(sheet: Sheet, *titles: str) -> Sequence[object]:
    """Return the cells of the column with the first of *titles* there is; blanks, where there is none."""
    position = column_of(sheet, titles)
    return [None] * len(sheet.rows) if position is None else sheet.cells[position]


def address_column(sheet: Sheet) -> str | None:
    """Return the only column that holds nothing but e-mail addresses."""
    found = [n for n, cells in enumerate(sheet.cells) if all_of(filled(cells), is_address)]
    return sheet.columns[found[0]] if len(found) == 1 else None


def keys_in(sheet: Sheet, titles: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return roster column -> the sheet's column, of those that hold something."""
    found = {key: column_of(sheet, names) for key, names in titles.items()}
    return {key: sheet.columns[n] for key, n in found.items() if n is not None and filled(sheet.cells[n])}


def without_rows(sheet: Sheet, left_out: Collection[int]) -> Sheet:
    """Return the sheet without some rows, by their position."""
    kept = [n for n in range(len(sheet.rows)) if n not in left_out]
    return replace(
        sheet,
        rows=tuple(sheet.rows[n] for n in kept),
        cells=tuple([column[n] for n in kept] for column in sheet.cells),
    )


def with_decimal(sheet: Sheet, positions: Iterable[int]) -> tuple[Sheet, tuple[str, ...]]:
    """Return the sheet with the decimal mark of these columns, and a note where it is another than before.

    A plain sheet leaves 1,234 open, and a comma between commas too; in what Canvas and Moodle write, a
    comma is the decimal mark of the course's language.
    """
    numbers = [
        text(cell).rstrip("%٪％").rstrip() for n in positions for cell in sheet.cells[n] if isinstance(cell, str)
    ]
    comma = any(map(_COMMA.fullmatch, numbers)) and not any(map(_POINT.fullmatch, numbers))
    if not comma or sheet.decimal == ",":
        return sheet, ()
    return replace(sheet, decimal=","), ("Its numbers are read with a decimal comma.",)
