"""What goes where: the line item, who a row is, and which columns of the sheet are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import ipywidgets

from .. import exports
from ..cells import points
from ..choosing import same_label
from ..errors import LtixError, UsageError
from ..exports import Export
from ..sheets import Sheet
from . import parts
from .reading import IDENTITIES, id_of, identities, items_named

if TYPE_CHECKING:
    import pandas as pd

_NEW = "\x00new"
_SCALES = [
    ("as the sheet says, else points", ""),
    ("points", "points"),
    ("percent: 85 or 85 %", "percent"),
    ("fraction: 0.85, or 8 / 10", "fraction"),
]
#: What people call a column of scores where there is but one.
_SCORES = frozenset({"score", "scores", "points", "grade", "grades", "mark", "marks"})


@dataclass(frozen=True)
class Choice:
    """What was chosen, as `Course.plan_grades` takes it."""

    item: str
    match: str
    score: str | None
    how: dict[str, Any] = field(default_factory=dict)


class Choices:
    """The controls.

    Args:
        plan: called when the plan is asked for.
        changed: called when a choice is another than before.
    """

    def __init__(self, plan: Callable[[], object], changed: Callable[[], object]) -> None:
        choose = parts.labelled
        self.item = choose(ipywidgets.Dropdown, "Line item")
        self.label = parts.text_box("Its label")
        self.maximum = parts.text_box("Its maximum, in points")
        self.match = choose(ipywidgets.Dropdown, "Tell people by", tooltip="What tells whose a row is")
        self.key = choose(
            ipywidgets.Dropdown, "which is in column", tooltip="The sheet's column that tells whose a row is"
        )
        self.score = choose(ipywidgets.Dropdown, "Column of scores")
        self.scale = choose(ipywidgets.Dropdown, "They are", options=_SCALES, tooltip="How the scores are written")
        self.out_of = parts.text_box(
            "out of", placeholder="as the sheet or the line item says", tooltip="Their maximum"
        )
        self.comment = choose(ipywidgets.Dropdown, "Column of comments")
        self.overwrite = ipywidgets.Checkbox(
            description="Replace also grades that somebody changed on the platform since they were uploaded from here",
            indent=False,
            style=dict(parts.WIDE),
            layout={"width": "auto"},
        )
        self.go = parts.button("Show what would be sent", plan, kind="primary", tooltip="Make a plan; send nothing")
        self._new = parts.row(self.label, self.maximum)
        self.widget = parts.column(
            parts.heading("Where the grades go"),
            parts.row(self.item, self._new),
            parts.row(self.match, self.key),
            parts.row(self.score, self.scale, self.out_of),
            parts.row(self.comment),
            self.overwrite,
            parts.row(self.go),
        )
        self.controls: list[ipywidgets.Widget] = [
            *(self.item, self.label, self.maximum, self.match, self.key, self.score, self.scale),
            *(self.out_of, self.comment, self.overwrite, self.go),
        ]
        self._sheet: Sheet | None = None
        self._export: Export | None = None
        self._labels: dict[str, str] = {}
        self._quiet = False
        self._changed = changed
        for control in self.controls[:-1]:
            parts.on_change(control, self._choice_changed)
        parts.shown(self._new, when=False)

    def know_course(self, items: pd.DataFrame, roster: pd.DataFrame) -> None:
        """Offer the course's line items, and what tells its people."""
        self._items = items
        self._labels = dict(zip(items["item_id"], items["label"], strict=True))
        parts.offer(self.item, [("Choose…", ""), *items_named(items), ("a new one…", _NEW)])
        parts.offer(self.match, [("Choose…", ""), *((IDENTITIES[name], name) for name in identities(roster))])

    def wish(self, *, item: object, match: str | None) -> None:
        """Choose what the caller named.

        Raises:
            UsageError: there is no such thing here, or more than one.
        """
        if match is not None and match not in [value for _, value in self.match.options]:
            raise UsageError(f"People cannot be told by “{match}” here.", hint="Choose in the form what tells them.")
        self.match.value = match or ""
        if item is not None:
            self.item.value = id_of(self._items, item)

    def know_sheet(self, sheet: Sheet, *, score: str | None, key: str | None) -> None:
        """Offer the sheet's columns; choose those that leave no doubt, and those that the caller named."""
        self._sheet, self._export = sheet, exports.recognise(sheet, self.item_label or None)
        named = list(dict.fromkeys(column for column in self._export.sheet.columns if column))
        self._quiet = True
        parts.offer(self.key, _listed("", named), key if key in named else "")
        parts.offer(self.score, self._scores(""), score or self._likely(named))
        parts.offer(self.comment, _listed("none", named), "")
        if not self.match.value:
            self.match.value = self._telling(named)
        self._quiet = False
        self._found_by_itself()

    def _scores(self, first: str) -> list[tuple[str, str]]:
        """Return what may be chosen as scores: a column, or an assignment of those below each other."""
        export = self._export
        if export is None:
            return []
        columns = dict.fromkeys(name for name in export.sheet.columns if name and name not in export.unusable)
        return [*_listed(first, columns), *((f"assignment “{name}”", name) for name in export.assignments)]

    def _likely(self, named: Sequence[str]) -> str:
        """Return the one column of a plain table that can only be its scores."""
        if self._export is None or self._export.name is not None:
            return ""
        label = self.item_label
        likely = [name for name in named if same_label(name, label) or name.casefold() in _SCORES]
        return likely[0] if len(likely) == 1 else ""

    def _telling(self, named: Sequence[str]) -> str:
        """Return what surely tells people in this sheet; never a name, which two may share."""
        keys = {name.casefold() for name in named} | set(self._export.keys if self._export else ())
        return next((value for _, value in self.match.options if value in keys and value != "name"), "")

    def _choice_changed(self) -> None:
        if not self._quiet:
            parts.shown(self._new, when=self.item.value == _NEW)
            self._found_by_itself()
            self._changed()

    def _found_by_itself(self) -> None:
        """Say which columns are taken where none is chosen."""
        if self._sheet is None:
            return
        self._export = exports.recognise(self._sheet, self.assignment or None)
        self._quiet = True
        parts.offer(self.key, [_first(self._key_found()), *self.key.options[1:]])
        parts.offer(self.score, self._scores(_first(self._score_found())[0]))
        self._quiet = False

    def _key_found(self) -> str | None:
        if self._export is None or not self.match.value:
            return None
        try:
            found = exports.key_column(self._export, None, self.match.value)
        except LtixError:
            return None
        return found if found in self._export.sheet.columns else None

    @property
    def item_label(self) -> str:
        """The label of the line item that is chosen, or of the one to be made."""
        return self.label.value.strip() if self.item.value == _NEW else self._labels.get(self.item.value, "")

    @property
    def assignment(self) -> str:
        """Which one is meant of assignments below each other: the one chosen, else the line item's."""
        chosen = self.score.value or ""
        known = self._sheet.columns if self._sheet is not None else ()
        return chosen if chosen and chosen not in known else self.item_label

    def _score_found(self) -> str | None:
        if self._export is None or not self.item_label:
            return None
        try:
            return exports.score_column(self._export, None, self.item_label)
        except LtixError:
            return None

    def score_column(self, export: Export) -> str:
        """Return the column that holds the scores. Raises as `exports.score_column` does."""
        return exports.score_column(export, self.score.value or None, self.item_label)

    def made(self) -> Choice:
        """Return what was chosen.

        Raises:
            UsageError: something is not chosen yet.
        """
        new = self.item.value == _NEW
        item = self.item_label if new else self.item.value
        if not item:
            raise UsageError("No line item is chosen yet.", hint="Choose one, or give the new one a label.")
        if not self.match.value:
            raise UsageError("Nothing says yet whose a row is.", hint="Choose by what people are told.")
        if self.key.value == "" and self._key_found() is None:
            raise UsageError("Nothing says yet which column tells whose a row is.", hint="Choose the column.")
        how = {"key": self.key.value, "scale": self.scale.value, "comment": self.comment.value}
        chosen: dict[str, Any] = {name: value for name, value in how.items() if value}
        maximum = _number(self.maximum if new else self.out_of)
        if new and maximum is None:
            raise UsageError("The new line item needs a maximum.", hint="Write it in points.", spec="AGS §3.2.8")
        chosen |= {"out_of": maximum, "create": new, "overwrite": bool(self.overwrite.value)}
        return Choice(item, self.match.value, self.score.value or None, chosen)


def _first(found: str | None) -> tuple[str, str]:
    return (f"found: {found}" if found else "Choose…", "")


def _listed(first: str, names: Iterable[str]) -> list[tuple[str, str]]:
    return [(first, ""), *((name, name) for name in names)]


def _number(box: ipywidgets.Text) -> float | None:
    found = points(box.value, decimal="," if "," in box.value else ".")
    if found is None:
        return None
    if not isinstance(found, float) or found <= 0:
        raise UsageError(f"“{box.description}” must be a number above 0.")
    return found
