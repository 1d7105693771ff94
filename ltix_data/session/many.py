"""Many courses in one frame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal, TypeVar

from .. import columns, frames
from ..client import ServiceClient
from ..errors import UsageError
from ..progress import Progress
from ..services.memberships import selecting
from . import ages, missing
from .ages import Age
from .courses import Courses
from .gathering import RESULTS, ROSTERS, Gathering, Task, books

if TYPE_CHECKING:
    import pandas as pd

Found = TypeVar("Found")


class ManyCourses(Courses):
    """What a session reads of several courses at once.

    One token and one client serve them all. Up to 32 courses are read at once, as many as the platform bears. The
    rows come in the order of the courses asked for; a course that is named twice is read once.

    **What could not be read** is listed in ``.attrs["errors"]``: a list of dicts with course, error (its class) and
    message, which shows itself as a table and has ``.frame()``; a warning says so too. Where 8 courses in a row fail
    the same way after every try (the platform is down), or 100 are refused the same way and none was read, the others
    are not asked for, and listed too.

    **Going on.** With ``max_age="2h"`` each course is kept on this computer once it is read. A later call, after an
    interrupt, an outage or a crash, takes from there what was read in the last two hours and asks for the rest.
    The files are their owner's alone, and personal data: names, e-mail addresses, grades and comments, or
    pseudonyms alone in a pseudonymous session. They are kept apart by registration, addresses, what was asked and
    pseudonyms. Those older than *max_age* are removed whenever it is used (``max_age=0`` removes all, and keeps what
    it reads anew), and all of them by `ltix_data.forget`. ``.attrs["from_cache"]`` counts the courses that were
    kept, and ``.attrs["read_at"]`` tells when the oldest in the frame was read (UTC, as ISO 8601).

    Ctrl-C ends it within two seconds, and says what was kept.
    """

    _client: ServiceClient

    def rosters(self, courses: str | Iterable[str] | None = None, *, max_age: Age | None = None) -> pd.DataFrame:
        """Return the rosters of several courses in one frame, one row for each course and member.

        Args:
            courses: their names, labels, titles or context ids; all known ones, where None.
            max_age: take courses that were read so recently from this computer, and keep what is read: "2h",
                "30min", "7 days", seconds or a timedelta. None does neither.

        Returns:
            Column course (text, the name it is known by), then those of `Course.roster` with the same dtypes:
            user_id, name, given_name, family_name, middle_name, email, sourcedid, username (text, missing where the
            platform shares none), role (category), roles (tuple of URIs), status (category), test_user (bool).
            ``.attrs``: errors, from_cache, read_at; see this class.

        Raises:
            UnknownNameError: no course is called so; near misses are suggested. Nothing was read.
            AmbiguousError: a title or label fits several.
            UsageError: *max_age* is no age; this session was closed.
            KeyboardInterrupt: within two seconds, with how to go on.
        """
        found = self._gather(ROSTERS, courses, max_age)
        frame = frames.roster_of(columns.stacked(found.parts, columns.ROSTER))
        return missing.told(frame, [found], failures=_failures(found))

    def results(self, courses: str | Iterable[str] | None = None, *, max_age: Age | None = None) -> pd.DataFrame:
        """Return the results of several courses in one frame, one row for each course, line item and person.

        Args and errors are those of `rosters`.

        Returns:
            Column course (text), then those of `Course.results` with the same dtypes: user_id, item_id, label
            (text), score, out_of (float64, points), percent (float64, 0-100), comment (text), scored_at
            (datetime64[us, UTC]). No row is no grade, and neither is a missing score. A course in which the tool
            has no line items has no rows. ``.attrs``: errors, from_cache, read_at; see this class.
        """
        found = self._gather(RESULTS, courses, max_age)
        frame = frames.results_of(columns.stacked(found.parts, columns.RESULTS))
        return missing.told(frame, [found], failures=_failures(found))

    def gradebooks(
        self,
        courses: str | Iterable[str] | None = None,
        *,
        values: Literal["score", "percent"] = "score",
        status: str | None = None,
        max_age: Age | None = None,
    ) -> pd.DataFrame:
        """Return the gradebooks of several courses in one frame, one row for each course and learner.

        Line items of one label share a column. Where they are out of different maxima, points of several courses
        stand side by side in it: ``values="percent"`` makes them comparable.

        Args:
            courses: as in `rosters`.
            values: "score" in points of each line item, or "percent" 0-100.
            status: only learners of this status, such as "Active"; those who left are not shown then.
            max_age: as in `rosters`.

        Returns:
            Columns course, user_id, name (text, name missing as in `Course.gradebook`), then one float64 column for
            each label, missing (NaN) where a learner has no grade and where a course has no such line item.
            ``.attrs["out_of"]`` and ``.attrs["item_id"]`` say by course and column what it is out of, and its URL;
            also errors, from_cache, read_at; see this class.

        Raises:
            TooLargeError: so many different labels that one table cannot hold them; `results` can.
            UsageError: *values* or *status* is no such word; and those of `rosters`.
        """
        check_values(values, status)
        found = self._gather(books(status), courses, max_age)
        frame = frames.gradebooks_of(found.parts, values=values)
        return missing.told(frame, [found], failures=_failures(found))

    def _gather(self, task: Task[Found], courses: str | Iterable[str] | None, max_age: Age | None) -> Gathering[Found]:
        gathering = self._gathering(task, courses, ages.seconds(max_age))
        try:
            with Progress(len(gathering), "courses done") as progress:
                gathering.recall(progress)
                gathering.read(progress)
        except KeyboardInterrupt:
            raise missing.interrupted([gathering]) from None
        return gathering

    def _gathering(
        self, task: Task[Found], courses: str | Iterable[str] | None, max_age: float | None
    ) -> Gathering[Found]:
        self._client.http.require_open()  # that is no fault of any course
        known = self.registration.courses
        if courses is not None:
            asked = map(self._find, [courses] if isinstance(courses, str) else courses)
            known = tuple({course.name: course for course in asked}.values())
        return Gathering(task, self._client, [(one, self._open(one)) for one in known], max_age=max_age)


def gathering_of(session: ManyCourses, task: Task[Found], max_age: float | None) -> Gathering[Found]:
    """Return a task over all courses of a session, before anything is read."""
    return session._gathering(task, None, max_age)  # noqa: SLF001 - this module's own class


def shows_names(session: ManyCourses) -> bool:
    """Return whether a session shows who people are."""
    return session._client.veil is None  # noqa: SLF001 - this module's own class


def check_values(values: str, status: str | None) -> None:
    """Refuse what no gradebook can show, before anything is read.

    Raises:
        UsageError: *values* or *status* is no such word.
    """
    if values not in ("score", "percent"):
        raise UsageError("values must be “score” or “percent”.")
    selecting("Learner", status)


def _failures(found: Gathering[Found]) -> frames.Failures:
    return frames.Failures(missing.failure(name, error) for name, error in found.failures)
