"""The rows that cannot be sent: shown by kind, given another value, or left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets

from ..choosing import counted
from ..markup import words
from . import parts

if TYPE_CHECKING:
    from ..grading import Plan
    from ..rows import PlannedRow


class Mending:
    """The controls; in their state stand row numbers, columns and codes, and no cell.

    Args:
        put: called with a row, its column and the text to put there.
        leave_out: called with the numbers of rows.
        undo: called to take all changes back.
        filtered: called when other problems are to be shown.
    """

    def __init__(
        self,
        put: Callable[[int, str, str], object],
        leave_out: Callable[[list[int]], object],
        undo: Callable[[], object],
        filtered: Callable[[], object],
    ) -> None:
        self._put, self._leave_out, self._filtered = put, leave_out, filtered
        self._problems: list[PlannedRow] = []
        self._kind: str | None = ""  # which problems somebody wants to see; None while the list itself changes
        self.problem = parts.labelled(ipywidgets.Dropdown, "Show", tooltip="Which problems are shown")
        self.row = parts.labelled(ipywidgets.Dropdown, "Row", tooltip="The row to mend, as the file counts them")
        self.value = parts.text_box("The right value", tooltip="What should stand in that row's cell")
        self.put = parts.button("Put it there", self._mend, kind="primary", tooltip="Change the cell and plan again")
        self.leave = parts.button("Leave this row out", self._leave_one, tooltip="Send nothing for this row")
        self.leave_all = parts.button("Leave all shown out", self._leave_shown, tooltip="Send nothing for these rows")
        self.undo = parts.button("Take all changes back", undo, tooltip="Plan again with the sheet as it was read")
        self.controls: list[ipywidgets.Widget] = [
            *(self.problem, self.row, self.value, self.put, self.leave, self.leave_all, self.undo)
        ]
        self._rows = parts.column(
            parts.heading("Mend what cannot be sent"),
            parts.row(self.problem, self.leave_all),
            parts.row(self.row, self.value),
            parts.row(self.put, self.leave),
        )
        self.widget = parts.column(self._rows, parts.row(self.undo))
        parts.on_change(self.problem, self._problem_chosen)
        self.offer(None, mended=0)

    def offer(self, plan: Plan | None, *, mended: int) -> None:
        """Offer a plan's problems, and to take back what was changed in so many rows."""
        self._problems = [row for row in plan.rows if row.state == "problem"] if plan else []
        kinds = Counter(row.problem or "" for row in self._problems)
        every = f"all problems ({len(self._problems)})"
        options = [(every, ""), *((f"{_said(code)} ({n})", code) for code, n in kinds.most_common())]
        chosen, self._kind = self._kind, None  # what is offered now is nobody's choice
        parts.offer(self.problem, options, chosen)
        self._kind = chosen
        self._offer_rows()
        parts.shown(self._rows, when=self._problems)
        parts.shown(self.undo, when=mended)

    @property
    def shown(self) -> list[PlannedRow]:
        """The problems that are shown now."""
        return [row for row in self._problems if self.problem.value in ("", row.problem)]

    def _problem_chosen(self) -> None:
        if self._kind is not None:
            self._kind = self.problem.value or ""
            self._offer_rows()
            self._filtered()

    def _offer_rows(self) -> None:
        parts.offer(self.row, [(f"{row.row}: {row.column}, {_said(row.problem)}", row.row) for row in self.shown])

    def _mend(self) -> None:
        typed = parts.taken(self.value)
        problem = next((row for row in self.shown if row.row == self.row.value), None)
        if problem is not None and problem.column:
            self._put(problem.row, problem.column, typed)

    def _leave_one(self) -> None:
        if self.row.value is not None:
            self._leave_out([self.row.value])

    def _leave_shown(self) -> None:
        self._leave_out([row.row for row in self.shown])


def _said(code: str | None) -> str:
    return words.PROBLEMS.get(code or "", (code or "", ""))[0]


def summary(plan: Plan) -> str:
    """Return a plan in one sentence without anybody in it."""
    problems = plan.count("problem")
    rest = f"; {counted(problems, 'row')} cannot be sent" if problems else ""
    return f"{counted(plan.count('ready'), 'score')} ready to send{rest}."
