"""Blackboard's grade centre download: .csv, or .xls that is tab-separated text.

Evidence: a `Username`, and a column whose title says `[Total Pts: …]`.

    Last Name, First Name, Username, Student ID, Child Course ID, Last Access, Availability
    Title [Total Pts: 100 Score] |12345           points, and their maximum
    Total [Total Pts: up to 350 Score] |12346     “up to”: a total
    … Percentage, Letter, Text, Complete/Incomplete
"""

from __future__ import annotations

import re

from ..sheets import Sheet
from .export import Export, agreed, plain, unambiguous
from .reading import all_of, cells_of, graded, has, is_percent, keys_in, text

NAME = "Blackboard"
KEYS = {"sourcedid": ("Student ID",), "username": ("Username",)}

_COLUMN = re.compile(
    r"(?P<title>.+?) ?\[Total Pts: (?P<up_to>up to )?(?P<maximum>[^\]\s]+)(?: (?P<shown>[^\]]+))?\](?: ?\|[0-9]+)?"
)
#: What a column shows -> why it cannot be uploaded. Older versions write nothing, and mean the score.
_SHOWN = {
    "letter": "it holds letters, not points",
    "text": "it holds text, not points",
    "complete/incomplete": "it holds words, not points",
}
_FEEDBACK = ("Grading Notes", "Notes Format", "Feedback to Learner", "Feedback Format")
_IS_TOTAL = "it is a total that Blackboard calculates"
_IS_FEEDBACK = "it belongs to the feedback"
_IS_UNCLEAR = "it is headed as percentages, and its cells have no percent sign"
_IS_UNKNOWN = "it does not say that it holds points"


def recognise(sheet: Sheet, _label: str | None = None) -> Export | None:
    """Return the grade centre of a Blackboard course, or None."""
    columns = [(n, match) for n, title in enumerate(sheet.columns) if (match := _COLUMN.fullmatch(plain(title)))]
    if not columns or not has(sheet, "Username"):
        return None
    unusable = {sheet.columns[n]: why for n, match in columns if (why := _unusable(sheet, n, match))}
    scores = [(sheet.columns[n], match) for n, match in columns if sheet.columns[n] not in unusable]
    percents = [column for column, match in scores if _shown(match) == "percentage"]
    maxima, doubts = agreed((column, match["maximum"]) for column, match in scores if column not in percents)
    return Export(
        name=NAME,
        sheet=sheet,
        keys=keys_in(sheet, KEYS),
        labels=unambiguous((match["title"], column) for column, match in scores),
        maxima=maxima,
        units=dict.fromkeys(percents, "percent"),
        unusable={**unusable, **{column: _IS_FEEDBACK for column in sheet.columns if column in _FEEDBACK}},
        skipped={
            row: "Blackboard's preview user"
            for row, name in zip(sheet.rows, cells_of(sheet, "Username"), strict=True)
            if text(name).casefold().endswith("_previewuser")
        },
        notes=("This is a grade centre download of Blackboard.", *doubts),
    )


def _shown(match: re.Match[str]) -> str:
    return (match["shown"] or "score").casefold()


def _unusable(sheet: Sheet, position: int, match: re.Match[str]) -> str | None:
    if match["up_to"]:
        return _IS_TOTAL
    if _shown(match) == "percentage":
        return None if all_of(graded(sheet.cells[position]), is_percent) else _IS_UNCLEAR
    return None if _shown(match) == "score" else _SHOWN.get(_shown(match), _IS_UNKNOWN)
