"""A course as users meet it: rosters, line items, results and grades as DataFrames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from . import choosing, frames, roles, sheets, spec
from .cells import points
from .client import ServiceClient
from .courses import KnownCourse
from .errors import ScopeError, UsageError
from .grading import Plan, Report
from .planning import Columns, plan_rows
from .records import LineItem, Member, Result, Score
from .sending import NoJournal, Sender
from .services.base import AdvantageService
from .services.grades import Grades
from .services.memberships import MAX_MEMBERS, Memberships
from .timestamps import ScoreClock

if TYPE_CHECKING:
    import pandas as pd

Service = TypeVar("Service", bound=AdvantageService)
_READERS = 8  # line items whose results are read at once


class Course:
    """One course of a session. Made by `Session.course` and `Session.add_course`.

    A tool sees only the line items it owns, never the platform's whole gradebook. Every method asks
    the platform anew, and raises an `LtixError` that says what to do when it cannot give all of it.

    `item` arguments take a label, an item_id, or a row of `line_items`.
    """

    def __init__(
        self, known: KnownCourse, client: ServiceClient, clock: ScoreClock, allow: Callable[[Sequence[str]], None]
    ) -> None:
        self._known = known
        self._client = client
        self._clock = clock
        self._allow = allow

    @property
    def name(self) -> str:
        """The name this course is called by."""
        return self._known.name

    def __repr__(self) -> str:
        services = [word for word, url in (("roster", self._known.memberships_url), ("grades", self._grades)) if url]
        title = f", {self._known.title}" if self._known.title else ""
        return f"<Course {self.name}{title}: {' and '.join(services) or 'no services'}>"

    # --- Rosters ----------------------------------------------------------------------------------

    def roster(
        self,
        role: str | None = None,
        resource_link: str | None = None,
        status: str | None = None,
        *,
        max_members: int = MAX_MEMBERS,
    ) -> pd.DataFrame:
        """Return the members of the course, one row for each.

        Args:
            role: only members with this role, such as "Learner" or "Instructor"; its sub-roles count.
            resource_link: only those who may open this resource link (its id).
            status: "Active" or "Inactive".
            max_members: an error beyond so many; see `members` for rosters of any size.

        Returns:
            Columns user_id, name, given_name, family_name, middle_name, email, sourcedid, username
            (text; missing where the platform shares none), role (category, the most privileged of
            Administrator, Instructor, ContentDeveloper, TeachingAssistant, Manager, Mentor, Officer,
            Member, Learner; missing for no role in the course), roles (tuple of all URIs), status
            (category), test_user (bool: the platform's own test student).
            ``.attrs["differences_url"]`` is there where the platform offers one.

        Raises:
            ScopeError: the memberships scope was not offered or granted.
            TooLargeError: more than *max_members*.
            PlatformError: the answer is not a membership container. [NRPS §2.1]
        """
        service = self.service(Memberships)
        found = service.roster(role=role, resource_link=resource_link, status=status, max_members=max_members)
        return _roster_frame(found.members, found.differences_url)

    def members(
        self, role: str | None = None, resource_link: str | None = None, status: str | None = None
    ) -> Iterator[Member]:
        """Yield members one by one as pages arrive: for rosters too big to hold.

        Filters are those of `roster`. Somebody whom the platform lists twice comes twice.
        """
        return self.service(Memberships).members(role=role, resource_link=resource_link, status=status)

    def roster_changes(self, since: pd.DataFrame | str) -> pd.DataFrame:
        """Return who was added, changed or removed (status Deleted) since a roster was read.

        Args:
            since: a frame of `roster`, or its ``.attrs["differences_url"]``.

        Returns:
            The columns of `roster`.

        Raises:
            UsageError: the platform offered no differences link with that roster. [NRPS §2.4.3]
        """
        url = since if isinstance(since, str) else since.attrs.get("differences_url")
        if not url:
            raise UsageError(
                "That roster came without a differences link; few platforms offer one.",
                hint="Read the roster again and compare the two frames.",
                spec="NRPS §2.4.3",
            )
        found = self.service(Memberships).differences(url)
        return _roster_frame(found.members, found.differences_url)

    # --- Line items -------------------------------------------------------------------------------

    def line_items(
        self, tag: str | None = None, resource_id: str | None = None, resource_link: str | None = None
    ) -> pd.DataFrame:
        """Return this tool's line items (gradebook columns), one row for each.

        Returns:
            Columns item_id (the URL), label (text), out_of (float64, points), tag, resource_id,
            resource_link_id (text, missing where unset), starts_at, ends_at (datetime64 UTC, missing
            where unset), coupled (bool: the platform made it for its own link), grades_released
            (boolean, missing where the platform does not say).
        """
        service = self.service(Grades)
        items = service.line_items(tag=tag, resource_id=resource_id, resource_link=resource_link)
        return frames.line_items(items, service.is_coupled)

    def create_line_item(
        self,
        label: str,
        out_of: float,
        *,
        tag: str | None = None,
        resource_id: str | None = None,
        resource_link: str | None = None,
        starts: datetime | None = None,
        ends: datetime | None = None,
        grades_released: bool | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> pd.Series[Any]:
        """Create a line item; return it as a row of `line_items`, as the platform stored it.

        Creating twice makes two columns: look in `line_items` first. [AGS §3.2.5]

        Args:
            label: what the column is called.
            out_of: its maximum in points, above 0.
            tag: a mark of the tool's own, such as "grade".
            resource_id: the tool's own id of what is graded.
            resource_link: the id of a resource link of this course that it belongs to.
            starts: when submissions begin; a time without a zone is local time.
            ends: when they end.
            grades_released: whether learners may see the grades.
            extensions: further fields, by fully qualified URL. [AGS §3.1.2]
        """
        service = self.service(Grades)
        item = LineItem(
            label=label,
            out_of=out_of,
            tag=tag,
            resource_id=resource_id,
            resource_link_id=resource_link,
            starts_at=starts,
            ends_at=ends,
            grades_released=grades_released,
            extensions=dict(extensions or {}),
        )
        return self._row(service.create(item))

    def update_line_item(
        self,
        item: object,
        *,
        label: str | None = None,
        out_of: float | None = None,
        tag: str | None = None,
        resource_id: str | None = None,
        starts: datetime | None = None,
        ends: datetime | None = None,
        grades_released: bool | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> pd.Series[Any]:
        """Change a line item and keep what is not named; return it as the platform stored it.

        A blank text takes a field away. Platforms rescale the grades to a new maximum. [AGS §3.2.6]
        """
        service = self.service(Grades)
        before = self._item(item)
        changes = {
            "label": label,
            "out_of": out_of,
            "tag": tag,
            "resource_id": resource_id,
            "starts_at": starts,
            "ends_at": ends,
            "grades_released": grades_released,
            "extensions": {**before.extensions, **extensions} if extensions else None,
        }
        named = {key: value for key, value in changes.items() if value is not None}
        return self._row(service.update(before.item_id or "", **named))

    def delete_line_item(self, item: object, *, force: bool = False) -> None:
        """Delete a line item with all its grades; the coupled one needs ``force=True``. [AGS §4.3]"""
        self.service(Grades).delete(self._item(item), force=force)

    # --- Results ----------------------------------------------------------------------------------

    def results(self, item: object = None, user: object = None) -> pd.DataFrame:
        """Return the platform's current results, one row for each line item and person that has one.

        A person without a row, or with a missing score, has no grade: that is not a zero. [AGS §3.3.5]

        Args:
            item: one line item; all of the tool's, where none is named.
            user: one person: a user_id or a row of `roster`.

        Returns:
            Columns user_id, item_id, label (text), score, out_of (float64 points, as the platform says
            them), percent (float64, 0-100), comment (text), scored_at (datetime64 UTC; missing where the
            platform does not say, as most do not).
        """
        items = self._items() if item is None else [self._item(item)]
        return frames.results(self._results(items, None if user is None else choosing.user_id(user)))

    def gradebook(self, *, values: Literal["score", "percent"] = "score") -> pd.DataFrame:
        """Return one row for each learner and one column for each of the tool's line items.

        A learner without a result is missing (NaN), not 0. People with a grade who have left the
        roster come last, without a name.

        Args:
            values: "score" in points of the line item, or "percent" 0-100.

        Returns:
            Index user_id; name; float64 columns named by label, made unique where labels repeat.
            ``.attrs["out_of"]`` and ``.attrs["item_id"]`` say by column what it is out of, and its URL.
        """
        if values not in ("score", "percent"):
            raise UsageError("values must be “score” or “percent”.")
        members = self.service(Memberships).roster().members
        items = self._items()
        learner = roles.matcher("Learner")
        return frames.gradebook(
            [member for member in members if learner(member.roles)],
            self._results(items, None),
            items,
            values=values,
            known={member.user_id for member in members},
        )

    # --- Grades -----------------------------------------------------------------------------------

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
        given = _checked_points(score, clear=clear)
        url, item_out_of = self._target(item, needs_maximum=given is not None and out_of is None)
        user_id = choosing.user_id(user)
        body = Score(
            user_id=user_id,
            timestamp=self._clock.next(url, user_id),
            score=given,
            out_of=None if given is None else out_of if out_of is not None else item_out_of,
            comment=comment,
            activity=activity,
            grading=grading,
            scoring_user_id=scoring_user,
            started_at=started_at,
            submitted_at=submitted_at,
            extensions={**self._score_extensions(), **(extensions or {})},
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
            create: make the line item when the plan is sent, if there is none of this label; needs *out_of*.

        Returns:
            A `Plan`: look at `.problems` and `.changes`, then `.send()`.

        Raises:
            UsageError: the file cannot be read, or has no such column.
            UnknownNameError: there is no such line item, and *create* is not set.
        """
        sheet = sheets.read(frame_or_path)
        target = self._planned_item(item, out_of) if create else self._item(item)
        scale = float(out_of if out_of is not None else target.out_of)
        if scale <= 0:
            raise UsageError("out_of must be above 0.", hint="Give the maximum the scores stand on.", spec="AGS §3.4.4")
        columns = Columns(key or match, score, match, scale, comment)
        members = self.service(Memberships).roster().members
        current, notes = self._current(target)
        return Plan(
            plan_rows(sheet, members, current, columns),
            label=target.label,
            out_of=scale,
            sender=lambda: self._sender(target),
            notes=(*sheet.notes, *notes),
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
        skip_problems: bool = False,
    ) -> Report:
        """Plan and send in one call. See `plan_grades`.

        Raises:
            GradeProblemsError: a row cannot be sent and *skip_problems* is not set; nothing was sent.
        """
        plan = self.plan_grades(
            frame_or_path, item, match, score, key=key, out_of=out_of, comment=comment, create=create
        )
        if not skip_problems:
            plan.check()
        return plan.send()

    # --- Other services ---------------------------------------------------------------------------

    def service(self, kind: type[Service]) -> Service:
        """Return a service of this course: a subclass of `AdvantageService`.

        Raises:
            UsageError: no launch of this course offered it.
        """
        endpoint = self._known.endpoint(kind.claim)
        if endpoint is None:
            raise UsageError(
                f"Course “{self.name}” does not offer {kind.__name__}.",
                hint="Ask the platform's administrator to enable it and launch the tool from this course again, "
                "or give its URL to session.add_course(…).",
                spec="Core §6.1",
            )
        if kind not in (Memberships, Grades):
            self._allow(kind.scopes)
        return kind(self._client, endpoint, course_name=self.name)

    # --- Within -----------------------------------------------------------------------------------

    @property
    def _grades(self) -> str | None:
        return self._known.lineitems_url or self._known.lineitem_url

    def _items(self) -> list[LineItem]:
        return self.service(Grades).line_items()

    def _item(self, item: object) -> LineItem:
        url = choosing.item_url(item)
        if url is not None:
            return self.service(Grades).line_item(url)
        return choosing.labelled(item, self._items(), self.name)

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
        return LineItem(label=label.strip(), out_of=out_of)

    def _sender(self, target: LineItem) -> Sender:
        made = target if target.item_id else self.service(Grades).create(target)
        return Sender(self.service(Grades), made.item_id or "", self._clock, self._score_extensions(), NoJournal())

    def _current(self, target: LineItem) -> tuple[dict[str, Result], list[str]]:
        if not target.item_id:
            return {}, ["The line item does not exist yet; sending makes it."]
        try:
            return {result.user_id: result for result in self.service(Grades).results(target.item_id)}, []
        except ScopeError:
            return {}, ["The grades that are there now could not be read: the results scope was not granted."]

    def _results(self, items: Sequence[LineItem], user_id: str | None) -> list[tuple[LineItem, Result]]:
        service = self.service(Grades)

        def read(item: LineItem) -> list[tuple[LineItem, Result]]:
            return [(item, result) for result in service.results(item.item_id or "", user_id=user_id)]

        if len(items) <= 1:
            return [pair for item in items for pair in read(item)]
        with ThreadPoolExecutor(max_workers=_READERS, thread_name_prefix="ltix-results") as pool:
            return [pair for pairs in pool.map(read, items) for pair in pairs]

    def _score_extensions(self) -> dict[str, Any]:
        """Canvas takes every score as a new submission unless told otherwise."""
        if self._client.registration.platform == "Canvas":
            return {spec.CANVAS_SUBMISSION: {"new_submission": False}}
        return {}

    def _row(self, item: LineItem) -> pd.Series[Any]:
        return frames.line_items([item], self.service(Grades).is_coupled).iloc[0]


def _roster_frame(members: Sequence[Member], differences_url: str | None) -> pd.DataFrame:
    frame = frames.roster(members)
    if differences_url:
        frame.attrs["differences_url"] = differences_url
    return frame


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
