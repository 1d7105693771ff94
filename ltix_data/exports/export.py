"""The `Export`: a sheet, and what its kind says about how to read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..cells import is_missing, points, trim
from ..sheets import Sheet


@dataclass(frozen=True, slots=True)
class Export:
    """A sheet, and what its kind says about how to read it.

    Attributes:
        name: "Canvas", "Moodle", "Blackboard", "Brightspace", "Gradescope", "nbgrader", "Google Forms";
            None for a plain table.
        sheet: without rows that belong to the header (points possible, manual posting) and without the
            end-of-line column, ids mended (Brightspace's leading “#”). Rows keep their numbers.
        keys: roster column (sourcedid, username, email, name) -> the sheet's column that holds it.
        labels: what people call a score column -> the sheet's column, “Quiz 1” -> “Quiz 1 (12345)”;
            what means more than one is left out. Where Moodle shows an item in points and in percent,
            its label means the points.
        maxima: score column -> its maximum in points, where the header, the points-possible row or every
            quotient says it; columns of percentages have none.
        row_maxima: score column -> the column that holds each row's maximum (Gradescope, nbgrader).
        units: score column -> "percent" (Moodle) or "quotient" (Google Forms, “8 / 10”); else points.
        unusable: column that looks like a score and must not be uploaded -> why.
        skipped: row number -> why it holds no score to send.
        notes: what was recognised and assumed; no name and no grade of a person.
        main: the column of scores, in kinds that have but one.
        assignments: whose scores stand below each other in it, in such kinds (nbgrader).
    """

    name: str | None
    sheet: Sheet
    keys: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    maxima: Mapping[str, float] = field(default_factory=dict)
    row_maxima: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    unusable: Mapping[str, str] = field(default_factory=dict)
    skipped: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    main: str | None = None
    assignments: tuple[str, ...] = ()


def plain(text: str) -> str:
    """Return a title as it is compared: German Moodle writes no-break spaces into its own."""
    return " ".join(text.split())


def unambiguous(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return label -> column of the labels that mean one column only."""
    columns: defaultdict[str, list[str]] = defaultdict(list)
    for label, column in named:
        columns[plain(label)].append(column)
    return {label: found[0] for label, found in columns.items() if len(found) == 1}


def agreed(said: Iterable[tuple[str, object]], *, decimal: str = ".") -> tuple[dict[str, float], tuple[str, ...]]:
    """Return the maxima that are numbers above 0 and contradicted by none, and a note on each other.

    *said* are columns and what the file says of their maximum; a blank says nothing.
    """
    cells: defaultdict[str, list[object]] = defaultdict(list)
    for column, cell in said:
        if not is_missing(cell) and not (isinstance(cell, str) and not trim(cell)):
            cells[column].append(cell)
    maxima: dict[str, float] = {}
    notes = []
    for column, given in cells.items():
        numbers = {points(cell, decimal=decimal) for cell in given}
        number = numbers.pop()
        if not numbers and isinstance(number, float) and number > 0:
            maxima[column] = number
        else:
            listed = " and ".join(dict.fromkeys(f"“{trim(str(cell))}”" for cell in given))
            notes.append(f"The maximum of “{column}” is unknown: the file says {listed}.")
    return maxima, tuple(notes)
