"""nbgrader's `grades.csv` (nbgrader export): a row for each student and each assignment.

Evidence: the columns `assignment`, `timestamp`, `student_id`, `raw_score`, `score` and `max_score`.

A student without a submission has a row of 0.0 and no timestamp: that is a blank, not a zero.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..cells import points
from ..sheets import Sheet
from .export import Export, plain
from .reading import cells_of, folded, has, keys_in, text

NAME = "nbgrader"
#: nbgrader takes the names of JupyterHub's users.
KEYS = {"username": ("student_id",), "email": ("email",)}

_COLUMNS = ("assignment", "timestamp", "student_id", "raw_score", "score", "max_score")
_SCORES = ("score", "raw_score")
_WHY = {"max_score": "it holds maxima, not scores", "late_submission_penalty": "it holds penalties, not scores"}


def recognise(sheet: Sheet, label: str | None = None) -> Export | None:
    """Return the scores of one assignment, the one called *label*; or None.

    Where none is called so, or there are several and no label is given, the scores are unusable: to
    send another assignment's would overwrite grades.
    """
    if not has(sheet, *_COLUMNS):
        return None
    titles = {title: column for title, column in zip(folded(sheet), sheet.columns, strict=True) if title}
    found = list(dict.fromkeys(name for cell in cells_of(sheet, "assignment") if (name := plain(text(cell)))))
    chosen = _chosen(found, label)
    unusable = {titles[title]: why for title, why in _WHY.items() if title in titles}
    if chosen is None:
        unusable |= {titles[title]: _undecided(found, label) for title in _SCORES}
    return Export(
        name=NAME,
        sheet=sheet,
        keys=keys_in(sheet, KEYS),
        labels={chosen: titles["score"]} if chosen else {},
        row_maxima={titles[title]: titles["max_score"] for title in _SCORES},
        unusable=unusable,
        skipped=_skipped(sheet, chosen),
        notes=(f"These are nbgrader's grades of {_quoted(found)}.", *([f"Only “{chosen}” is read."] if chosen else [])),
        main=titles["score"],
        assignments=tuple(found),
    )


def _chosen(found: Sequence[str], label: str | None) -> str | None:
    if label is None:
        return found[0] if len(found) == 1 else None
    return plain(label) if plain(label) in found else None


def _undecided(found: Sequence[str], label: str | None) -> str:
    ways = " or ".join(f'score="{name}"' for name in found)
    if label is None:
        return f"the file holds several assignments; use {ways}"
    return f"none of its assignments is called “{plain(label)}”; use {ways}"


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names) or "no assignment"


def _skipped(sheet: Sheet, chosen: str | None) -> dict[int, str]:
    columns = (cells_of(sheet, title) for title in ("assignment", "timestamp", "raw_score", "score"))
    skipped: dict[int, str] = {}
    for row, name, moment, raw, score in zip(sheet.rows, *columns, strict=True):
        assignment = plain(text(name))
        if chosen is not None and assignment != chosen:
            skipped[row] = f"another assignment: {assignment}"
        elif not text(moment) and points(raw) == points(score) == 0:
            skipped[row] = "no submission"
    return skipped
