"""Grades into a course: one by one, or from a sheet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import choosing, sheets, spec
from ..cells import points
from ..choosing import counted
from ..errors import ScopeError, UsageError
from ..grading import Plan, Report
from ..planning import Columns, plan_rows
from ..records import LineItem, Result, Score
from ..sending import NoJournal, Sender
from ..services.grades import Grades
from ..services.memberships import Memberships
from .base import CourseBase

if TYPE_CHECKING:
    import pandas as pd


class Uploads(CourseBase):
    """Scores, one at a time or a sheet at once."""

    def post_score(
        self,
        item: object,
        user: object,
        score: float | None,
        *,
        out_of: float | None = None,
        comment: str | None = None,
        activity: str = "Completed",
        grading: str = "FullyGraded",
        clear: bool = False,
        scoring_user: str | None = None,
        started_at: datetime | None = None,
        submitted_at: datetime | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        """Send one score. It is sent once, and never repeated blindly. [AGS §3.4]

        Platforms may ignore a score whose grading is not "FullyGraded"; Canvas and Moodle then clear the
        grade. A score without a comment clears the tool's earlier comment.

        Args:
            item: the line item.
            user: a user_id, or a row of `roster`.
            score: points; None only together with ``clear=True``, which takes the grade away.
            out_of: the maximum that *score* stands on; the line item's, where none is given.
            comment: plain text that learner and teachers see.
            activity: Initialized, Started, InProgress, Submitted or Completed.
            grading: FullyGraded, Pending, PendingManual, Failed or NotReady.
            clear: take the grade away.
            scoring_user: the user_id of who gave it.
            started_at: when work began.
            submitted_at: when it was handed in.
            extensions: further fields, by fully qualified URL.

        Raises:
            UsageError: the score is blank, negative, infinite or no number.
            RefusedError: the platform does not take it.
            UnknownOutcomeError: no answer came; read `results` before sending it again.
        """
        given, maximum = _checked_points(score, clear=clear), choosing.amount(out_of, "out_of")
        user_id = choosing.user_id(user)
        url, item_out_of = self._target(item, needs_maximum=given is not None and maximum is None)
        body = Score(
            user_id=user_id,
            timestamp=self._clock.next(url, user_id),
            score=given,
            out_of=None if given is None else maximum or item_out_of,
            comment=choosing.text(comment, "comment"),
            activity=activity,
            grading=grading,
            scoring_user_id=choosing.text(scoring_user, "scoring_user"),
            started_at=choosing.moment(started_at, "started_at"),
            submitted_at=choosing.moment(submitted_at, "submitted_at"),
            extensions=self._score_extensions() | choosing.extensions(extensions),
        ).to_bytes()
        self.service(Grades).post_score(url, body)

    def plan_grades(
        self,
        frame_or_path: pd.DataFrame | str | Path,
        item: object,
        match: str,
        score: str,
        *,
        key: str | None = None,
        out_of: float | None = None,
        comment: str | None = None,
        create: bool = False,
        sheet: str | None = None,
    ) -> Plan:
        """Compare a sheet of grades with the course; send nothing.

        Blank cells (also "-", "N/A", "EX") are left alone: a blank is not a zero.

        Args:
            frame_or_path: a DataFrame, or a .csv, .tsv or .xlsx file.
            item: the line item.
            match: the roster column that tells who a row is: user_id, email, sourcedid, username or name.
            score: the sheet's column of points.
            key: the sheet's column to match by, where it is not called as the roster's is.
            out_of: the maximum that the scores stand on; the line item's, where none is given.
            comment: the sheet's column of comments.
            sheet: which sheet of a workbook, where several are filled.
            create: make the line item when the plan is sent, if there is none of this label; needs *out_of*.

        Returns:
            A `Plan`: look at `.problems` and `.changes`, then `.send()`.

        Raises:
            UsageError: the file cannot be read, or has no such column.
            UnknownNameError: there is no such line item, and *create* is not set.
        """
        for name, column in {"match": match, "score": score}.items():
            if choosing.text(column, name) is None:
                raise UsageError(f"{name} must name a column.")
        maximum = choosing.amount(out_of, "out_of")
        table = sheets.read(frame_or_path, sheet=sheet)
        target = self._planned_item(item, maximum) if create else self._item(item)
        scale = maximum or target.out_of
        if scale <= 0:
            raise UsageError("The line item is out of 0.", hint="Give the scores' maximum: out_of=.", spec="AGS §3.4.4")
        columns = Columns(choosing.text(key, "key") or match, score, match, scale, choosing.text(comment, "comment"))
        members = self.service(Memberships).roster().members
        current, notes = self._current(target)
        rows = plan_rows(table, members, current, columns)
        lost = [r for r in rows if r.state == "ready" and not r.comment and _has_comment(current, r.user_id)]
        if lost:
            notes.append(f"Sending removes {counted(len(lost), 'comment')}: a score without one does. [AGS §3.4.11]")
        return Plan(
            rows,
            label=target.label,
            out_of=scale,
            sender=lambda: self._sender(target),
            notes=(*table.notes, *notes),
        )

    def upload_grades(
        self,
        frame_or_path: pd.DataFrame | str | Path,
        item: object,
        match: str,
        score: str,
        *,
        key: str | None = None,
        out_of: float | None = None,
        comment: str | None = None,
        create: bool = False,
        sheet: str | None = None,
        skip_problems: bool = False,
    ) -> Report:
        """Plan and send in one call. See `plan_grades`.

        Raises:
            GradeProblemsError: a row cannot be sent and *skip_problems* is not set; nothing was sent.
        """
        plan = self.plan_grades(
            frame_or_path, item, match, score, key=key, out_of=out_of, comment=comment, create=create, sheet=sheet
        )
        if not skip_problems:
            plan.check()
        return plan.send()

    def _target(self, item: object, *, needs_maximum: bool) -> tuple[str, float | None]:
        """Return a line item's URL and, where it is needed, its maximum: a score needs no other scope."""
        url = choosing.item_url(item)
        if url is not None and not needs_maximum:
            return url, None
        found = self._item(item)
        return found.item_id or "", found.out_of

    def _planned_item(self, item: object, out_of: float | None) -> LineItem:
        """Return the line item of this label, or one that is yet to be made."""
        label = item if isinstance(item, str) and choosing.item_url(item) is None else None
        if label is None or any(choosing.same_label(label, found.label) for found in self._items()):
            return self._item(item)
        if out_of is None:
            raise UsageError("create=True needs out_of, the new line item's maximum.", spec="AGS §3.2.8")
        name = label.strip()
        return LineItem(label=name, out_of=out_of, resource_id=name)  # Open edX wants a mark of the tool's own

    def _sender(self, target: LineItem) -> Sender:
        made = target
        if not made.item_id:  # perhaps a plan that is sent again, and made it the first time
            there = [item for item in self._items() if choosing.same_label(item.label, target.label)]
            made = choosing.labelled(target.label, there, self.name) if there else self.service(Grades).create(target)
        return Sender(self.service(Grades), made.item_id or "", self._clock, self._score_extensions(), NoJournal())

    def _current(self, target: LineItem) -> tuple[dict[str, Result], list[str]]:
        if not target.item_id:
            folded = target.label.casefold()
            like = [item.label for item in self._items() if item.label.casefold() == folded]
            near = f" There is “{like[0]}” already: is it meant?" if like else ""
            return {}, [f"The line item does not exist yet; sending makes it.{near}"]
        try:
            return {result.user_id: result for result in self.service(Grades).results(target.item_id)}, []
        except ScopeError:
            return {}, ["The grades that are there now could not be read: the results scope was not granted."]

    def _score_extensions(self) -> dict[str, Any]:
        """Canvas takes every score as a new submission unless told otherwise."""
        if self._client.registration.platform == "Canvas":
            return {spec.CANVAS_SUBMISSION: {"new_submission": False}}
        return {}


def _has_comment(current: Mapping[str, Result], user_id: str | None) -> bool:
    result = current.get(user_id or "")
    return result is not None and bool(result.comment)


def _checked_points(score: object, *, clear: bool) -> float | None:
    """Return the points of a single score, or None to clear. A blank is not a zero, nor a clearing."""
    given = points(score)
    if given is None:
        if not clear:
            raise UsageError("The score is blank.", hint="To take a grade away pass score=None, clear=True.")
        return None
    if not isinstance(given, float) or clear:
        raise UsageError("The score must be a number of 0 or more, without clear=True.", spec="AGS §3.4.4")
    return given
