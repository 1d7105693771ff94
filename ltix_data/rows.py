"""One row of an upload, from its sheet to the gradebook, and how it is written down.

Plans on disk and journals hold no name, no e-mail address and no cell of the sheet but the grade and
its comment: a row is known by its number and its user_id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self, get_args

from . import spec
from .parsing import is_points, moment
from .records import Result

State = Literal["ready", "unchanged", "blank", "problem"]
Change = Literal["new", "raise", "lower", "same", "clear"]
Word = Literal["confirmed", "unchanged", "skipped", "refused", "differs", "unknown"]

#: Two grades this near, as a share of the maximum, are the same: Moodle keeps five decimals.
SAME = 1e-5

_WRITTEN = (
    "row",
    "state",
    "user_id",
    "score",
    "out_of",
    "comment",
    "activity",
    "grading",
    "submitted_at",
    "clears",
    "overwrites",
    "column",
    "problem",
)
_HELD = ("score", "out_of", "comment")


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One row of the sheet and what will become of it.

    `score`, `old` and `out_of` are points on the scale of the sheet. `value` is the cell as it stands (a
    problem's, else the score's), `key` the one that names the person, `column` the one a problem lies in,
    `hint` what to do about it, or why a blank row is one. `before` is what the platform held when the
    plan was made; `clears` takes the grade away; `overwrites` tells that somebody changed the grade on
    the platform since this tool sent one. `submitted_at` is ISO 8601.
    """

    row: int
    state: State
    value: object = field(default=None, repr=False)
    key: object = field(default=None, repr=False)
    user_id: str | None = None
    name: str | None = field(default=None, repr=False)
    score: float | None = None
    out_of: float | None = None
    comment: str | None = field(default=None, repr=False)
    activity: str = "Completed"
    grading: str = "FullyGraded"
    submitted_at: str | None = None
    clears: bool = False
    overwrites: bool = False
    before: Result | None = None
    column: str | None = None
    problem: str | None = None
    hint: str | None = None

    @property
    def old(self) -> float | None:
        """Return the grade that the plan saw, on this row's scale."""
        return self.scaled(self.before)

    @property
    def change(self) -> Change:
        """Return what the grade would do to the one that is there."""
        if self.clears:
            return "same" if self.old is None else "clear"
        if self.old is None or self.score is None:
            return "new"
        if self.same(self.old, self.score):
            return "same"
        return "raise" if self.score > self.old else "lower"

    def same(self, one: float | None, other: float | None) -> bool:
        """Return whether two grades on this row's scale are the same but for rounding."""
        if one is None or other is None:
            return one is other
        return abs(one - other) <= SAME * (self.out_of or 1.0)

    def scaled(self, held: Result | None) -> float | None:
        """Return the grade that the platform holds, on this row's scale; None where there is none."""
        if held is None or held.percent is None or self.out_of is None:
            return None
        return held.score if held.out_of == self.out_of else held.percent / 100 * self.out_of

    def known_as(self, name: Callable[[str], str]) -> Self:
        """Return this row with what *name* makes of its user_id: a pseudonym, or the id behind one."""
        if self.user_id is None:
            return self
        user_id = name(self.user_id)
        return replace(self, user_id=user_id, before=self.before and replace(self.before, user_id=user_id))

    def to_json(self) -> dict[str, Any]:
        """Return what is written down of this row; what is as it mostly is, is left out."""
        fields = {name: value for name in _WRITTEN if (value := getattr(self, name)) != _DEFAULTS.get(name, ...)}
        if self.before is not None and self.before.score is not None:
            fields["before"] = {name: getattr(self.before, name) for name in _HELD}
        return fields

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        fields: dict[str, Any] = {name: raw[name] for name in _WRITTEN if name in raw}
        _check(raw)
        for name in ("score", "out_of"):
            if (value := fields.get(name)) is not None:
                fields[name] = float(value)
        held = raw.get("before")
        before = held and Result(user_id=raw["user_id"], **{name: held[name] for name in _HELD})
        return cls(row=int(fields.pop("row")), state=fields.pop("state"), before=before or None, **fields)


def _check(fields: Mapping[str, Any]) -> None:
    """Refuse what could not have been planned: a plan's file may have been changed by hand."""
    texts = [fields.get(name) for name in ("user_id", "comment", "submitted_at", "column", "problem")]
    sound = fields["state"] in get_args(State) and all(text is None or isinstance(text, str) for text in texts)
    sound = sound and fields.get("activity", "Completed") in spec.ACTIVITY_PROGRESS
    sound = sound and fields.get("grading", "FullyGraded") in spec.GRADING_PROGRESS
    sound = sound and (fields.get("submitted_at") is None or moment(fields, "submitted_at") is not None)
    if sound and fields["state"] == "ready":
        score, clears = fields.get("score"), fields.get("clears", False)
        graded = is_points(score) and is_points(fields.get("out_of")) and fields["out_of"] > 0
        sound = bool(fields.get("user_id")) and (score is None if clears is True else graded and clears is False)
    if not sound:
        raise ValueError("no row of a plan")


_DEFAULTS: dict[str, object] = {
    name: field.default for name, field in PlannedRow.__dataclass_fields__.items() if name not in ("row", "state")
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row. `score` and `held`, what the platform shows now, are on the scale of the sheet."""

    row: int
    user_id: str | None
    score: float | None
    outcome: Word
    reason: str = ""
    held: float | None = None
    problem: str | None = None

    @property
    def failed(self) -> bool:
        """Return whether the row holds something to send that is not in the gradebook."""
        return self.problem is not None or self.outcome in ("refused", "differs", "unknown")

    @classmethod
    def of(cls, row: PlannedRow, outcome: Word, reason: str = "", held: Result | None = None) -> Self:
        """Return the outcome of *row*."""
        return cls(row.row, row.user_id, row.score, outcome, reason, row.scaled(held), row.problem)
