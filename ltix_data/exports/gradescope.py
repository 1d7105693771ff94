"""Gradescope's grades: of one assignment (Download Grades), or of the whole course.

Evidence: `SID` or `Email`, and either `Total Score`, `Max Points`, `Status` and `Submission ID` or `Lateness
(H:M:S)`; or a column X with `X - Max Points` and `X - Lateness (H:M:S)` beside it.

    First Name, Last Name (once: Name), SID, Email, Sections
    Total Score, Max Points, Status, Submission ID, …, 1: Question (2.0 pts)      one assignment
    A1, A1 - Max Points, A1 - Submission Time, A1 - Lateness (H:M:S), …           the course
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..sheets import Sheet
from .export import Export, agreed, plain, unambiguous
from .reading import cells_of, column_of, folded, has, keys_in, text

NAME = "Gradescope"
KEYS = {"sourcedid": ("SID",), "email": ("Email",), "name": ("Name",)}

_ONE = ("Total Score", "Max Points", "Status")
_QUESTION = re.compile(r"([0-9.]+: .+) \(([0-9.]+) pts\)")
_MAXIMUM = " - Max Points"
_LATENESS = " - Lateness (H:M:S)"
#: Status -> why the row holds no score to send.
_STATUS = {"missing": "no submission", "ungraded": "not graded yet"}
_IS_MAXIMUM = "it holds maxima, not scores"


def recognise(sheet: Sheet, _label: str | None = None) -> Export | None:
    """Return the grades of one Gradescope assignment, or of a course, or None."""
    if column_of(sheet, ("SID", "Email")) is None:
        return None
    if has(sheet, *_ONE) and column_of(sheet, ("Submission ID", "Lateness (H:M:S)")) is not None:
        return _assignment(sheet)
    columns = list(_assignments(sheet))
    return _course(sheet, columns) if columns else None


def _assignment(sheet: Sheet) -> Export:
    total, maximum = (sheet.columns[folded(sheet).index(title.casefold())] for title in _ONE[:2])
    questions = [(column, match) for column in sheet.columns if (match := _QUESTION.fullmatch(plain(column)))]
    maxima, doubts = agreed((column, match[2]) for column, match in questions)
    status = zip(sheet.rows, cells_of(sheet, "Status"), strict=True)
    return Export(
        name=NAME,
        sheet=sheet,
        keys=keys_in(sheet, KEYS),
        labels=unambiguous((match[1], column) for column, match in questions),
        maxima=maxima,
        row_maxima={total: maximum},
        unusable={maximum: _IS_MAXIMUM},
        skipped={row: _STATUS[word] for row, cell in status if (word := text(cell).casefold()) in _STATUS},
        notes=("These are Gradescope's grades of one assignment; the file does not say of which.", *doubts),
        main=total,
    )


def _assignments(sheet: Sheet) -> Iterable[str]:
    for column in sheet.columns:
        if all(sheet.columns.count(column + end) == 1 for end in ("", _MAXIMUM, _LATENESS)):
            yield column


def _course(sheet: Sheet, columns: list[str]) -> Export:
    return Export(
        name=NAME,
        sheet=sheet,
        keys=keys_in(sheet, KEYS),
        labels=unambiguous((column, column) for column in columns),
        row_maxima={column: column + _MAXIMUM for column in columns},
        unusable={column: _IS_MAXIMUM for column in sheet.columns if column.endswith(_MAXIMUM)},
        notes=("These are Gradescope's grades of a whole course.",),
    )
