"""Sheets of grades into a course: plan, look, send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack, cast

from .. import choosing, exports, history, matching, sheets, spec
from ..cells import Scale
from ..choosing import counted
from ..delivery import Opener
from ..errors import AmbiguousError, JournalError, PlanOutdatedError, ScopeError, UnknownOutcomeError, UsageError
from ..exports import Export
from ..grading import Plan, Report
from ..planning import Columns, plan_rows
from ..records import LineItem, Result
from ..rows import PlannedRow
from ..sending import Sender
from ..services.grades import Grades
from ..services.memberships import Memberships
from ..target import Target
from ..veil import Veil
from .base import CourseBase

if TYPE_CHECKING:
    import pandas as pd

_SCALES = ("points", "percent", "fraction")
_BY_PSEUDONYM = "This session knows people by pseudonym alone: the key column must hold the user_ids of its roster()."


class PlanOptions(TypedDict, total=False):
    """What `plan_grades` takes by name alone; it says what each means."""

    key: str | None
    out_of: float | str | None
    scale: Literal["points", "percent", "fraction"] | None
    comment: str | None
    activity: str
    grading: str
    submitted_at: str | None
    clear: str | None
    extensions: Mapping[str, Any] | None
    create: bool
    sheet: str | None
    overwrite: bool


class Uploads(CourseBase):
    """Sheets of grades."""

    def plan_grades(
        self,
        frame_or_path: pd.DataFrame | Export | str | Path,
        item: object,
        match: str | Mapping[str, str] | Callable[[str], str | None],
        score: str | None = None,
        *,
        key: str | None = None,
        out_of: float | str | None = None,
        scale: Literal["points", "percent", "fraction"] | None = None,
        comment: str | None = None,
        activity: str = "Completed",
        grading: str = "FullyGraded",
        submitted_at: str | None = None,
        clear: str | None = None,
        extensions: Mapping[str, Any] | None = None,
        create: bool = False,
        sheet: str | None = None,
        overwrite: bool = True,
    ) -> Plan:
        """Compare a sheet of grades with the course; send nothing.

        Blank cells (also "-", "N/A", "EX") are left alone: a blank is not a zero. The grade exports of
        Canvas, Moodle, Blackboard, Brightspace, Gradescope, nbgrader and Google Forms are recognised: their
        header rows, totals and test students are left out, their columns are found by the item's title.

        Args:
            frame_or_path: a DataFrame, or a .csv, .tsv, .xlsx, .xls or .ods file; or an `Export` of one.
            item: the line item.
            match: the roster column that tells who a row is (user_id, email, sourcedid, username, name, …), or
                a mapping or function from what the key column holds to the user_id.
            score: the sheet's column of grades; in a recognised export the item's own, where none is given.
            key: the sheet's column to match by, where it is not called as the roster's is.
            out_of: the maximum that the scores stand on, or the column that holds each row's. Where none is
                given, the one that the file states, else the line item's.
            scale: "points"; "percent": 85 or 85 %; "fraction": 0.85, or 8 / 10. They are sent as they stand, with
                their maximum: platforms rescale. [AGS §3.4.4]
            comment: the sheet's column of comments.
            activity: activityProgress of all rows, or the column that holds each row's. [AGS §3.4.7]
            grading: gradingProgress, likewise; platforms may show no grade that is not "FullyGraded".
            submitted_at: the column of the times at which work was handed in. [AGS §3.4.10]
            clear: the word that takes a grade away where it stands in the score column; none by itself.
            extensions: further fields of every score, by fully qualified URL.
            create: make the line item when the plan is sent, if there is none of this label; needs *out_of*.
            sheet: which sheet of a workbook, where several are filled.
            overwrite: whether a grade may be replaced that somebody changed on the platform since it was
                uploaded from this computer; `Plan.changes` shows which. If not, such a row is a problem.

        Returns:
            A `Plan`: look at `.problems` and `.changes`, then `.send()` or `.save()`.

        Raises:
            UsageError: the file cannot be read, has no such column, or an argument cannot be used.
            UnknownNameError: there is no such line item, and *create* is not set.
        """
        wish = _Wish(match, score, key, out_of, scale, comment, activity, grading, submitted_at, clear)
        covered = self._client.veil is not None
        _check_match(match, covered=covered)
        table = None if isinstance(frame_or_path, Export) else sheets.read(frame_or_path, sheet=sheet)
        number = wish.number()
        target = self._planned_item(item, number) if create else self._item(item)
        export = _recognised(frame_or_path if table is None else table, wish.score, target.label)
        columns = wish.columns(export, target)
        finder = matching.finder(self.service(Memberships).roster().members, match)
        current, notes = self._current(target)
        goal = self._goal(target, self._score_extensions() | choosing.extensions(extensions))
        sent, unread = _last_sent(goal, self._client.veil, must=not overwrite)
        rows = plan_rows(export, finder, current, columns, sent=sent, overwrite=overwrite, covered=covered)
        path = Path(frame_or_path).expanduser() if isinstance(frame_or_path, (str, Path)) else None
        noted = (*export.sheet.notes, *export.notes, *notes, *unread, *_remarks(rows, columns))
        if covered and any(row.problem == "unknown_user" for row in rows):
            noted += (_BY_PSEUDONYM,)
        return Plan(rows, target=goal, opener=self.opener(), notes=tuple(dict.fromkeys(noted)), source=path)

    def upload_grades(
        self,
        frame_or_path: pd.DataFrame | str | Path,
        item: object,
        match: str | Mapping[str, str] | Callable[[str], str | None],
        score: str | None = None,
        *,
        skip_problems: bool = False,
        **options: Unpack[PlanOptions],
    ) -> Report:
        """Plan and send in one call. See `plan_grades`; here *overwrite* is False unless it is set.

        Raises:
            GradeProblemsError: a row cannot be sent and *skip_problems* is not set; nothing was sent.
        """
        plan = self.plan_grades(frame_or_path, item, match, score, **({"overwrite": False} | options))
        if not skip_problems:
            plan.check()
        return plan.send()

    def _goal(self, item: LineItem, extensions: Mapping[str, Any]) -> Target:
        known = self._client.registration
        return Target(known.name, known.issuer, known.client_id, self._known, item, extensions)

    def _planned_item(self, item: object, out_of: float | None) -> LineItem:
        """Return the line item of this label, or one that is yet to be made."""
        label = item if isinstance(item, str) and choosing.item_url(item) is None else None
        if label is None:
            return self._item(item)
        if found := self._made_before(label):
            return found
        if out_of is None:
            raise UsageError("create=True needs out_of, the new line item's maximum.", spec="AGS §3.2.8")
        name = label.strip()
        return LineItem(label=name, out_of=out_of, resource_id=name)  # Open edX wants a mark of the tool's own

    def _made_before(self, label: str) -> LineItem | None:
        """Return the line item of this label, or the one that was made for it and renamed since."""
        items = self._items()
        there = [item for item in items if choosing.same_label(item.label, label)]
        there = there or [item for item in items if item.resource_id == label.strip()]
        if len({item.label for item in there}) > 1:
            listed = "; ".join(f"{item.item_id} (“{item.label}”)" for item in there)
            raise AmbiguousError(
                f"{len(there)} line items were made for “{label}”.", hint=f"Pass one's item_id: {listed}."
            )
        return choosing.labelled(there[0].label, there, self.name) if there else None

    def opener(self, *, strict: bool = False) -> Opener:
        """Return what finds or makes an upload's line item; if *strict*, one that is as it was planned."""

        def find(target: Target) -> tuple[Target, Sender]:
            item = self._ready_item(target.item)
            if strict and target.item.item_id:
                self._check_unchanged(target.item)
            sender = Sender(self.service(Grades), item.item_id or "", self._clock, target.extensions)
            return self._goal(item, target.extensions), sender

        return Opener(find, self._client.veil, self._meet)

    def _check_unchanged(self, planned: LineItem) -> None:
        if self._item(planned.item_id).out_of != planned.out_of:
            raise PlanOutdatedError(
                f"The maximum of “{planned.label}” changed since this plan was saved; nothing was sent.",
                hint="Plan again.",
            )

    def _ready_item(self, planned: LineItem) -> LineItem:
        """Return the line item to send to; make it if there is none yet, and only then."""
        if planned.item_id:
            return planned
        if found := self._made_before(planned.label):  # by a plan that was sent before
            return found
        try:
            return self.service(Grades).create(planned)
        except UnknownOutcomeError:  # never made twice: it may be there
            found = self._made_before(planned.label)
            if found is None:
                raise
            return found

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


def _check_match(match: object, *, covered: bool) -> None:
    """Refuse to match by what pseudonyms withhold."""
    if covered and isinstance(match, str) and match in matching.MATCHABLE and match != "user_id":
        raise UsageError(
            f"This session knows people by pseudonym alone: {match} is withheld.",
            hint='Match by the pseudonyms, match="user_id", with the key column that holds them: key=….',
        )


def _last_sent(target: Target, veil: Veil | None, *, must: bool) -> tuple[dict[str, float], list[str]]:
    """Return what was sent from here before; a journal that cannot be read bars no plan that somebody looks at."""
    try:
        return history.last_sent(target, veil=veil), []
    except JournalError as error:
        if must:
            raise
        return {}, [f"Whether grades changed since the last upload is unknown. {error}"]


def _recognised(table: Any, score: str | None, label: str) -> Export:
    """Return what kind of export it is; of one with several assignments below each other (nbgrader), which is meant."""
    if isinstance(table, Export):
        return table
    return exports.recognise(table, score if score is not None and score not in table.columns else label)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a caller wrote of the sheet."""

    match: object
    score: str | None
    key: str | None
    out_of: object
    scale: str | None
    comment: str | None
    activity: str
    grading: str
    submitted_at: str | None
    clear: str | None

    def __post_init__(self) -> None:
        if isinstance(self.match, str) and not self.match.strip():
            raise UsageError("match must name a column.")
        for name in ("score", "key", "comment", "activity", "grading", "submitted_at", "clear"):
            value = choosing.text(getattr(self, name), name)
            if value is not None and not value.strip():
                raise UsageError(f"{name} must not be blank.")
        if self.scale not in (None, *_SCALES):
            raise UsageError(f"scale must be one of {', '.join(_SCALES)}.")
        if not isinstance(self.match, str) and self.key is None:
            raise UsageError("A mapping or function as match= needs key=, the sheet's column to look up.")

    def number(self) -> float | None:
        """Return out_of where it is a number and no column."""
        return None if isinstance(self.out_of, str) else choosing.amount(self.out_of, "out_of")

    def columns(self, export: Export, target: LineItem) -> Columns:
        """Return which of the sheet's columns to read, and how."""
        score = exports.score_column(export, self.score, target.label)
        unit = self.scale or export.units.get(score, "points")
        match = self.match if isinstance(self.match, str) else ""
        extra = {"comment": self.comment, "submitted_at": self.submitted_at}
        fixed: dict[str, str] = {}
        for name, words in (("activity", spec.ACTIVITY_PROGRESS), ("grading", spec.GRADING_PROGRESS)):
            given = getattr(self, name)
            (fixed if given in words else extra)[name] = given
        extra["out_of"] = self.out_of if isinstance(self.out_of, str) else None
        if unit == "points" and self.out_of is None:
            extra["out_of"] = export.row_maxima.get(score)
        maximum = {"percent": 100.0, "fraction": 1.0}.get(unit)
        maximum = maximum or self.number() or export.maxima.get(score) or target.out_of
        if maximum <= 0:
            raise UsageError("The line item is out of 0.", hint="Give the scores' maximum: out_of=.", spec="AGS §3.4.4")
        return Columns(
            key=exports.key_column(export, self.key, match),
            score=score,
            out_of=maximum,
            scale=cast(Scale, unit),
            clear=self.clear and self.clear.strip().casefold(),
            extra={name: column for name, column in extra.items() if column is not None},
            fixed=fixed,
        )


def _remarks(rows: list[PlannedRow], columns: Columns) -> list[str]:
    """Return what deserves a look before sending."""
    notes = []
    ready = [row for row in rows if row.state == "ready"]
    lost = [row for row in ready if not row.comment and row.before is not None and row.before.comment]
    if lost:
        notes.append(f"Sending removes {counted(len(lost), 'comment')}: a score without one does. [AGS §3.4.11]")
    if any(row.grading != "FullyGraded" for row in ready):
        notes.append("Platforms may take a grade away, or show none, where gradingProgress is not FullyGraded.")
    scores = [row.score for row in ready if row.score is not None]
    most = columns.out_of or 0
    if len(scores) > 1 and 0 < max(scores) <= 1 and most >= 5:
        notes.append(f'No score is above 1 of {most:g}. If these are shares of the whole, give scale="fraction".')
    return notes
