"""Rows of a sheet -> rows that are ready, unchanged, blank, or a problem. Nothing is sent here.

A blank is not a zero, a percentage is not points, an unknown person is nobody: whatever cannot be
sent as it stands becomes a problem with its row, for a person to decide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from .cells import BadCell, id_text, points
from .matching import Index, objection
from .records import Member, Result
from .sheets import Sheet

State = Literal["ready", "unchanged", "blank", "problem"]
#: Two grades this near, as a share of the maximum, are the same: Moodle keeps five decimals.
SAME = 1e-5


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One row of the sheet and what will become of it.

    `score`, `old` and `out_of` are points on the scale of the sheet. `value` is the cell as it
    stands (a problem's, else the score's), `key` the one that names the person, `column` the one a
    problem lies in.
    """

    row: int
    state: State
    value: object = None
    key: object = None
    user_id: str | None = None
    name: str | None = None
    score: float | None = None
    old: float | None = None
    out_of: float | None = None
    comment: str | None = None
    column: str | None = None
    problem: str | None = None
    hint: str | None = None

    @property
    def change(self) -> Literal["new", "raise", "lower", "same"]:
        """Return what the grade would do to the one that is there."""
        if self.old is None or self.score is None:
            return "new"
        if same(self.old, self.score, self.out_of):
            return "same"
        return "raise" if self.score > self.old else "lower"


def same(one: float, other: float, out_of: float | None) -> bool:
    """Return whether two grades out of *out_of* points are the same but for rounding."""
    return abs(one - other) <= SAME * (out_of or 1.0)


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of the sheet to read, and the maximum its scores stand on."""

    key: str
    score: str
    match: str
    out_of: float
    comment: str | None = None


def plan_rows(
    sheet: Sheet, members: Sequence[Member], current: Mapping[str, Result], columns: Columns
) -> list[PlannedRow]:
    """Return one planned row for each row of *sheet*, in its order.

    Args:
        sheet: the rows.
        members: the whole roster.
        current: the results the platform holds now, by user_id.
        columns: what to read where.
    """
    index = Index(members, columns.match)
    texts: list[Any] = list(sheet.column(columns.comment)) if columns.comment else [None] * len(sheet.rows)
    cells = zip(sheet.rows, sheet.column(columns.key), sheet.column(columns.score), texts, strict=True)
    rows = [
        replace(_read(row, key, value, index, columns, sheet.decimal), comment=_comment(text))
        for row, key, value, text in cells
    ]
    named = Counter(row.user_id for row in rows if row.state != "blank")
    return [_compared(_unrepeated(row, named, columns), current) for row in rows]


def _read(row: int, key: object, value: object, index: Index, columns: Columns, decimal: str) -> PlannedRow:
    """Read one row by itself: its number first, for a blank needs nobody."""
    score = points(value, decimal=decimal)
    start = PlannedRow(row=row, state="problem", value=value, key=key, out_of=columns.out_of)
    start = replace(start, score=score if isinstance(score, float) else None)
    if score is None:
        return replace(start, state="blank")
    who = id_text(key)
    if who is None:
        hint = f"The row has a score and nobody to give it to; fill “{columns.key}”."
        return replace(start, value=None, column=columns.key, problem="missing_id", hint=hint)
    if isinstance(who, BadCell):
        return replace(start, value=key, column=columns.key, problem=who.code, hint=who.hint)
    match = index.find(who)
    if match.member is None:
        return replace(start, value=who, column=columns.key, problem=match.problem, hint=match.hint)
    found = replace(start, user_id=match.member.user_id, name=match.member.name)
    if refusal := objection(match.member):
        return replace(found, value=who, column=columns.key, problem=refusal[0], hint=refusal[1])
    if isinstance(score, BadCell):
        return replace(found, column=columns.score, problem=score.code, hint=score.hint)
    if score > columns.out_of:
        hint = f"The maximum is {columns.out_of:g}; if the scores stand on another scale, give out_of=."
        return replace(found, column=columns.score, problem="above_maximum", hint=hint)
    return replace(found, state="ready")


def _unrepeated(row: PlannedRow, named: Counter[str | None], columns: Columns) -> PlannedRow:
    if row.state != "ready" or named[row.user_id] == 1:
        return row
    hint = "More than one row has a score for this person; keep one of them."
    return replace(row, state="problem", value=row.key, column=columns.key, problem="duplicate", hint=hint)


def _compared(row: PlannedRow, current: Mapping[str, Result]) -> PlannedRow:
    """Set the old grade, on the sheet's scale, and whether anything would change."""
    result = current.get(row.user_id or "")
    if result is None or result.percent is None or row.out_of is None:
        return row
    row = replace(row, old=result.percent / 100 * row.out_of)
    comment_changes = row.comment is not None and row.comment != result.comment
    if row.state == "ready" and row.change == "same" and not comment_changes:
        return replace(row, state="unchanged")
    return row


def _comment(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
