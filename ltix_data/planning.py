"""Rows of a sheet -> rows that are ready, unchanged, blank, or a problem. Nothing is sent here.

A blank is not a zero, a percentage is not points, an unknown person is nobody: whatever cannot be
sent as it stands becomes a problem with its row, for a person to decide.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from . import spec
from .cells import BadCell, Grade, Scale, grade, id_text, is_missing, points, trim
from .exports import Export
from .matching import Finder, objection
from .parsing import iso
from .records import Result
from .rows import PlannedRow

#: What a row may say for itself -> the words it may use; any text, or a time, where there are none.
_WORDS = {"activity": spec.ACTIVITY_PROGRESS, "grading": spec.GRADING_PROGRESS}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of the sheet to read, and what stands in them.

    `out_of` is the maximum of rows that have none of their own; `extra` maps comment, out_of, activity,
    grading and submitted_at to the column that holds each row's; `fixed` gives them for all rows.
    """

    key: str
    score: str
    out_of: float | None
    scale: Scale = "points"
    clear: str | None = None
    extra: Mapping[str, str] | None = None
    fixed: Mapping[str, str] | None = None


def plan_rows(
    export: Export,
    finder: Finder,
    current: Mapping[str, Result],
    columns: Columns,
    *,
    sent: Mapping[str, float] | None = None,
    overwrite: bool = True,
    covered: bool = False,
) -> list[PlannedRow]:
    """Return one planned row for each row of the sheet, in its order.

    Args:
        export: the rows.
        finder: from a key to the one member it names.
        current: the results the platform holds now, by user_id.
        columns: what to read where.
        sent: by user_id the percentage that this tool last put there.
        overwrite: a grade that somebody else changed may be replaced; else such a row is a problem.
        covered: people are known by pseudonyms, so that no cell of the sheet is kept that may name one.
    """
    sheet, extra = export.sheet, columns.extra or {}
    names = list(extra)
    others = zip(*(sheet.column(extra[name]) for name in names), strict=True) if names else [()] * len(sheet.rows)
    cells = zip(sheet.rows, sheet.column(columns.key), sheet.column(columns.score), others, strict=True)
    reader = _Reader(export, finder, columns)
    rows = [reader.read(row, key, value, dict(zip(names, said, strict=True))) for row, key, value, said in cells]
    named = Counter(row.user_id for row in rows if row.state != "blank")
    rows = [_unrepeated(row, named, columns) for row in rows]
    rows = [_compared(row, current.get(row.user_id or ""), sent or {}, columns, overwrite=overwrite) for row in rows]
    return [replace(row, key=None, value=None) for row in rows] if covered else rows


@dataclass(frozen=True, slots=True)
class _Reader:
    export: Export
    finder: Finder
    columns: Columns

    def read(self, row: int, key: object, value: object, said: Mapping[str, object]) -> PlannedRow:
        """Read one row by itself: its grade first, for a blank needs nobody."""
        columns, decimal = self.columns, self.export.sheet.decimal
        start = PlannedRow(row=row, state="problem", value=value, key=key, out_of=columns.out_of)
        if (why := self.export.skipped.get(row)) is not None:
            return replace(start, state="blank", hint=why)
        clears = columns.clear is not None and isinstance(value, str) and trim(value).casefold() == columns.clear
        found = None if clears else grade(value, scale=columns.scale, decimal=decimal)
        if found is None and not clears:
            return replace(start, state="blank")
        start = replace(start, score=found.score if isinstance(found, Grade) else None)
        match = self._person(start)
        if match.problem is not None:
            return match
        if isinstance(found, BadCell):
            return replace(match, column=columns.score, problem=found.code, hint=found.hint)
        ready = replace(match, state="ready", clears=clears)
        ready = self._with_words(ready, said)
        return self._with_maximum(ready, found.out_of if found else None, said.get("out_of"))

    def _person(self, start: PlannedRow) -> PlannedRow:
        column, who = self.columns.key, id_text(start.key)
        if who is None:
            hint = f"The row has a score and nobody to give it to; fill “{column}”."
            return replace(start, value=None, column=column, problem="missing_id", hint=hint)
        if isinstance(who, BadCell):
            return replace(start, value=start.key, column=column, problem=who.code, hint=who.hint)
        match = self.finder.find(who)
        if match.member is None:
            return replace(start, value=who, column=column, problem=match.problem, hint=match.hint)
        found = replace(start, user_id=match.member.user_id, name=match.member.name)
        if refusal := objection(match.member):
            return replace(found, value=who, column=column, problem=refusal[0], hint=refusal[1])
        return found

    def _with_maximum(self, row: PlannedRow, own: float | None, cell: object) -> PlannedRow:
        """Set what the score is out of: the cell's own maximum, its row's, or the one of all rows."""
        if row.state != "ready":
            return row
        column = (self.columns.extra or {}).get("out_of")
        if column is not None and self.columns.scale == "points" and not row.clears:
            given = points(cell, decimal=self.export.sheet.decimal)
            if not isinstance(given, float) or given <= 0:
                code = "missing_maximum" if given is None else "bad_maximum"
                hint = "Write the row's maximum, a number above 0."
                return replace(row, state="problem", value=cell, column=column, problem=code, hint=hint)
            own = given
        row = replace(row, out_of=own or row.out_of)
        if row.score is None or row.out_of is None or row.score <= row.out_of:
            return row
        hint = f"The maximum is {row.out_of:g}; if the scores stand on another scale, give out_of= or scale=."
        return replace(row, state="problem", column=self.columns.score, problem="above_maximum", hint=hint)

    def _with_words(self, row: PlannedRow, said: Mapping[str, object]) -> PlannedRow:
        """Set comment, progress and time: each row's own, where a column has them."""
        fields: dict[str, Any] = dict(self.columns.fixed or {})
        for name, cell in said.items():
            if name == "out_of" or is_missing(cell) or (isinstance(cell, str) and not trim(cell)):
                continue
            value = _said(name, cell)
            if value is None:
                column = (self.columns.extra or {})[name]
                code, hint = _NOT_SAID["submitted_at" if name == "submitted_at" else "word"]
                return replace(row, state="problem", value=cell, column=column, problem=code, hint=hint)
            fields[name] = value
        return replace(row, **fields)


_NOT_SAID = {
    "submitted_at": ("not_a_time", "Write a time such as 2026-03-01 12:00+01:00."),
    "word": ("not_a_word", f"Write one of {', '.join((*spec.ACTIVITY_PROGRESS, *spec.GRADING_PROGRESS))}."),
}


def _said(name: str, cell: object) -> str | None:
    """Return what a cell says beside the score; None where it cannot be taken."""
    if name == "comment":
        return str(cell).strip()
    if name in _WORDS:
        words = {word.casefold(): word for word in _WORDS[name]}
        return words.get(trim(str(cell)).casefold())
    return _time(cell.isoformat() if isinstance(cell, date) else str(cell))


def _time(text: str) -> str | None:
    """Return a time in UTC; one without a zone is local time, for a spreadsheet knows no zones."""
    try:
        when = datetime.fromisoformat(re.sub(r" (?=[+-]\d\d:?\d\d$)", "", trim(text)))  # Gradescope: “… +0000”
        return iso(when.astimezone(UTC))
    except (ValueError, OverflowError, OSError):  # OSError: Windows knows no local time before 1970
        return None


def _unrepeated(row: PlannedRow, named: Counter[str | None], columns: Columns) -> PlannedRow:
    if row.state != "ready" or named[row.user_id] == 1:
        return row
    hint = "More than one row has a score for this person; keep one of them."
    return replace(row, state="problem", value=row.key, column=columns.key, problem="duplicate", hint=hint)


def _compared(
    row: PlannedRow, held: Result | None, sent: Mapping[str, float], columns: Columns, *, overwrite: bool
) -> PlannedRow:
    """Set the grade that is there, whether anything would change, and whether it is somebody else's."""
    row = replace(row, before=held)
    if row.state != "ready":
        return row
    comment_changes = row.comment is not None and row.comment != (held.comment if held else None)
    if row.change == "same" and not comment_changes and row.grading == "FullyGraded":
        return replace(row, state="unchanged")
    last = sent.get(row.user_id or "")
    if last is None or held is None or row.out_of is None or row.same(row.old, last / 100 * row.out_of):
        return row
    if overwrite:
        return replace(row, overwrites=True)
    hint = "Somebody changed this grade on the platform since it was uploaded; pass overwrite=True to replace it."
    return replace(row, state="problem", column=columns.score, problem="changed_since", hint=hint)
