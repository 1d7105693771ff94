"""Brightspace's grades export (D2L).

Evidence: an `OrgDefinedId` or a `Username`, and either `End-of-Line Indicator` or a column whose title
says `Points Grade <… MaxPoints:…>`.

    OrgDefinedId, Username, Last Name, First Name, Email       the first two often with a leading “#”
    Quiz 1 Points Grade <Numeric MaxPoints:10 Weight:50>       points, and their maximum
    … Text Grade <Text>, … Subtotal Numerator, Calculated Final Grade Denominator
    End-of-Line Indicator                                      always “#”
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..sheets import Sheet
from .export import Export, agreed, plain, unambiguous
from .reading import folded, has, keys_in

NAME = "Brightspace"
KEYS = {"sourcedid": ("OrgDefinedId",), "username": ("Username",), "email": ("Email",)}

_MARKED = frozenset({"orgdefinedid", "username"})
_END = "end-of-line indicator"
_POINTS = re.compile(r"(?P<title>.+) Points Grade(?: <(?P<type>\w+)(?: MaxPoints:(?P<maximum>[^\s>]+))?[^<>]*>)?")
_IS_TOTAL = "it is a total that Brightspace calculates"
_CALCULATED = frozenset({"Calculated", "Formula"})
#: How titles end -> why the column cannot be uploaded.
_OTHERS = (
    (re.compile(r".+ (?:Numerator|Denominator)"), _IS_TOTAL),
    (re.compile(r".+ Text Grade(?: <.*>)?"), "it holds text, not points"),
    (re.compile(r".+ Symbol(?: <.*>)?"), "it holds the words of a grade scheme, not points"),
    (re.compile(r".+ Weighted Grade(?: <.*>)?"), "it holds a weighted grade, not points"),
)


def recognise(sheet: Sheet, _label: str | None = None) -> Export | None:
    """Return the grades of a Brightspace course, or None."""
    columns = [(column, match) for column in sheet.columns if (match := _POINTS.fullmatch(plain(column)))]
    ended = has(sheet, _END)
    if not _MARKED & set(folded(sheet)) or not (ended or any(match["maximum"] for _, match in columns)):
        return None
    sheet, marked = _mended(sheet)
    scores = [(column, match) for column, match in columns if match["type"] not in _CALCULATED]
    maxima, doubts = agreed((column, match["maximum"]) for column, match in scores)
    notes = ["This is a grades export of Brightspace."]
    if marked:
        notes.append("The “#” before each id is Brightspace's mark for spreadsheets, and was taken off.")
    return Export(
        name=NAME,
        sheet=sheet,
        keys=keys_in(sheet, KEYS),
        labels=unambiguous((match["title"], column) for column, match in scores),
        maxima=maxima,
        unusable={
            **{column: _IS_TOTAL for column, match in columns if match["type"] in _CALCULATED},
            **{column: why for column in sheet.columns for shape, why in _OTHERS if shape.fullmatch(plain(column))},
        },
        notes=(*notes, *doubts),
    )


def _mended(sheet: Sheet) -> tuple[Sheet, bool]:
    """Return the sheet without the end-of-line column and without “#” before ids, and whether one was there."""
    titles = folded(sheet)
    kept = [n for n, title in enumerate(titles) if title != _END]
    cells = tuple(list(map(_unmarked, sheet.cells[n])) if titles[n] in _MARKED else list(sheet.cells[n]) for n in kept)
    mended = replace(sheet, columns=tuple(sheet.columns[n] for n in kept), cells=cells)
    return mended, any(titles[n] in _MARKED and any(map(_is_marked, sheet.cells[n])) for n in kept)


def _is_marked(cell: object) -> bool:
    return isinstance(cell, str) and cell.lstrip().startswith("#")


def _unmarked(cell: object) -> object:
    return cell.lstrip()[1:] if isinstance(cell, str) and _is_marked(cell) else cell
