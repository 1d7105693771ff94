"""Canvas' gradebook export (Grades > Export).

Evidence: the first column is `Student` (or the first two `LastName`, `FirstName`), there is an `ID`, and
either a row of points possible, or both `SIS Login ID` and `Section`. Canvas translates none of these;
only “(read only)” follows the course's language.

    Student, ID, SIS User ID, SIS Login ID, Integration ID, Root Account, Section
    Title (12345)                 an assignment; its points possible stand in a row of their own
    … Current Score, Final Grade  totals: read only
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..sheets import Sheet
from .export import Export, agreed, unambiguous
from .reading import cells_of, folded, has, is_number, keys_in, text, with_decimal, without_rows

NAME = "Canvas"
#: `ID` is Canvas' own number of a user, which is not LTI's user_id.
KEYS = {"sourcedid": ("SIS User ID",), "username": ("SIS Login ID",)}

_NAMES = (("student",), ("lastname", "firstname"))
_PEOPLE = ("ID", "SIS User ID", "SIS Login ID")
_ASSIGNMENT = re.compile(r"(.+) \([0-9]+\)")
#: “Essays Unposted Final Score (Fall 2020)”: an assignment group before, a grading period behind.
_TOTAL = re.compile(r"(?:.* )?(?:Current|Final|Override) (?:Score|Points|Grade)(?: \(.*\))?")
_READ_ONLY = re.compile(r"\(.*\)")
_TEST_STUDENTS = frozenset({"student, test", "test student", "student test"})

_IS_TOTAL = "it is a total that Canvas calculates"
_IS_READ_ONLY = "Canvas marks it as read only"
_IS_ID = "it is Canvas' own number of a person"


def recognise(sheet: Sheet, _label: str | None = None) -> Export | None:
    """Return the gradebook of a Canvas course, or None."""
    if not has(sheet, "ID") or not any(tuple(folded(sheet)[: len(names)]) == names for names in _NAMES):
        return None
    possible = [n for n in range(len(sheet.rows)) if _is_points_possible(sheet, n)]
    if not possible and not has(sheet, "SIS Login ID", "Section"):
        return None
    posting = [n for n in range(len(sheet.rows)) if _is_posting_policy(sheet, n)]
    sheet, assumed = with_decimal(sheet, (n for n, title in enumerate(sheet.columns) if _ASSIGNMENT.fullmatch(title)))
    unusable = {column: why for n, column in enumerate(sheet.columns) if (why := _unusable(sheet, n, possible))}
    scores = [
        (n, match[1])
        for n, column in enumerate(sheet.columns)
        if column not in unusable and (match := _ASSIGNMENT.fullmatch(column))
    ]
    said = [(sheet.columns[n], sheet.cells[n][row]) for n, _ in scores for row in possible]
    maxima, doubts = agreed(said, decimal=sheet.decimal)
    people = without_rows(sheet, {*possible, *posting})
    return Export(
        name=NAME,
        sheet=people,
        keys=keys_in(people, KEYS),
        labels=unambiguous((title, sheet.columns[n]) for n, title in scores),
        maxima=maxima,
        unusable=unusable,
        skipped=dict.fromkeys(_test_students(people), "Canvas' test student"),
        notes=(*_notes(possible, posting), *assumed, *doubts),
    )


def _notes(possible: Sequence[int], posting: Sequence[int]) -> Iterable[str]:
    yield "This is a gradebook export of Canvas."
    if not possible:
        yield "It has no row of points possible: the maxima are unknown."
    elif posting:
        yield "The rows of posting policies and points possible hold nobody's scores and were left out."
    else:
        yield "The row of points possible holds nobody's scores and was left out."


def _nobody(sheet: Sheet, row: int) -> bool:
    return not any(text(cells_of(sheet, title)[row]) for title in _PEOPLE)


def _is_points_possible(sheet: Sheet, row: int) -> bool:
    """Tell by four spaces, which other programs may have trimmed, and by nobody's ids."""
    first = sheet.cells[0][row]
    titled = isinstance(first, str) and (first.startswith("    ") or text(first).casefold() == "points possible")
    return titled and bool(text(first)) and _nobody(sheet, row)


def _is_posting_policy(sheet: Sheet, row: int) -> bool:
    """Tell the row of “Manual Posting” (once “Muted”), in any language: no name, no ids, no number."""
    record = [cells[row] for cells in sheet.cells]
    return not text(record[0]) and _nobody(sheet, row) and not any(map(is_number, record))


def _unusable(sheet: Sheet, position: int, possible: Sequence[int]) -> str | None:
    column = sheet.columns[position]
    heads = [sheet.cells[position][row] for row in possible]
    if column.casefold() == "id":
        return _IS_ID
    if _TOTAL.fullmatch(column) and not any(map(is_number, heads)):  # “Final Score (2020)” is no assignment 2020
        return _IS_TOTAL
    return _IS_READ_ONLY if any(_READ_ONLY.fullmatch(text(cell)) for cell in heads) else None


def _test_students(sheet: Sheet) -> Iterable[int]:
    """Yield the rows of “Student, Test” without a SIS id: somebody may really be called so."""
    last, first = sheet.cells[0], cells_of(sheet, "FirstName")
    for row, family, given, sis in zip(sheet.rows, last, first, cells_of(sheet, "SIS User ID"), strict=True):
        if " ".join(filter(None, (text(family), text(given)))).casefold() in _TEST_STUDENTS and not text(sis):
            yield row
