"""Many courses in one frame."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from .. import columns, frames
from ..choosing import counted
from ..columns import Columns
from ..course import Course, reading
from ..errors import LtixError, LtixWarning
from ..progress import Progress
from .courses import Courses

if TYPE_CHECKING:
    import pandas as pd

_COURSES_AT_ONCE = 8


class ManyCourses(Courses):
    """What a session reads of several courses at once."""

    def rosters(self, courses: Iterable[str] | None = None) -> pd.DataFrame:
        """Return the rosters of several courses (of all known ones) in one frame.

        Returns:
            The columns of `Course.roster` after a column course. Courses that could not be read are
            listed in ``.attrs["errors"]`` (dicts with course, error, message), and warned about.
        """
        parts, errors = self._gather(courses, reading.roster)
        frame = frames.roster_of(columns.stacked(parts, columns.ROSTER))
        frame.attrs["errors"] = errors
        return frame

    def results(self, courses: Iterable[str] | None = None) -> pd.DataFrame:
        """Return the results of several courses (of all known ones) in one frame.

        Returns:
            The columns of `Course.results` after a column course; errors as in `rosters`.
        """
        parts, errors = self._gather(courses, reading.results)
        frame = frames.results_of(columns.stacked(parts, columns.RESULTS))
        frame.attrs["errors"] = errors
        return frame

    def _gather(
        self, courses: Iterable[str] | None, read: Callable[[Course], Columns]
    ) -> tuple[list[tuple[str, Columns]], frames.Failures]:
        asked = [courses] if isinstance(courses, str) else courses
        names = [known.name for known in self.registration.courses] if asked is None else list(asked)
        opened = [self.course(name) for name in names]

        def attempt(course: Course) -> Columns | LtixError:
            try:
                return read(course)
            except LtixError as error:
                return error

        answers = []
        with (
            ThreadPoolExecutor(max_workers=_COURSES_AT_ONCE, thread_name_prefix="ltix-courses") as pool,
            Progress(len(opened), "courses read") as progress,
        ):
            for answer in zip(opened, pool.map(attempt, opened), strict=True):
                answers.append(answer)
                progress.tick()
        failed = [(course.name, answer) for course, answer in answers if isinstance(answer, LtixError)]
        parts = [(course.name, answer) for course, answer in answers if not isinstance(answer, LtixError)]
        return parts, frames.Failures(_noted(failed))


def _noted(failed: Sequence[tuple[str, LtixError]]) -> list[dict[str, str]]:
    """Return the failures as plain data (frames' attrs must survive to_parquet), and warn of them."""
    if failed:
        names = ", ".join(name for name, _ in failed[:5]) + (", …" if len(failed) > 5 else "")
        warnings.warn(
            f"{counted(len(failed), 'course')} could not be read ({names}) and {'is' if len(failed) == 1 else 'are'} "
            "missing from this frame; see .attrs['errors'].",
            LtixWarning,
            stacklevel=4,
        )
    return [{"course": name, "error": type(error).__name__, "message": str(error)} for name, error in failed]
