"""What a report lacks: noted while the rest is read, told at the end."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import LtixError, LtixWarning, PartialDataError
from .showing import Shown, note

if TYPE_CHECKING:
    import pandas as pd

#: What a session says where some of many courses could not be read: `Gaps.courses` says it course by course.
_SUMMARY = ".attrs['errors']"


class Gaps:
    """Collects what could not be read, so that a report shows the rest and still ends as one that lacks something."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []

    def __bool__(self) -> bool:
        return bool(self.found)

    def __repr__(self) -> str:
        return "Nothing is lacking." if not self else "\n".join(["It lacks:", *self._lines()])

    @contextmanager
    def noting(self, part: str) -> Iterator[None]:
        """Read *part* in this block: what goes wrong ends the block, is noted, and the report goes on.

        A warning of this package says that something may be missing: what came is not used then.

        Args:
            part: what is read, such as “the results of Quiz 1”.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("error", LtixWarning)
            try:
                yield
            except (LtixError, LtixWarning) as problem:
                self.note(part, problem)

    @contextmanager
    def needing(self, part: str) -> Iterator[None]:
        """Read in this block what there is no report without: an error ends the report, a warning is noted."""
        with warnings.catch_warnings():
            warnings.simplefilter("always", LtixWarning)
            warnings.showwarning = self._instead(part, warnings.showwarning)
            yield

    def note(self, part: str, problem: object) -> None:
        """Note that *part* is lacking, and why; the same is noted once."""
        gap = (part, " ".join(str(problem).split()))
        if gap not in self.found:
            self.found.append(gap)

    def courses(self, frame: pd.DataFrame, part: str) -> list[str]:
        """Note the courses that *frame* lacks, as `Session.rosters` and `.results` list them; return their names."""
        failed: list[Mapping[str, Any]] = frame.attrs.get("errors", [])
        missing = {str(failure["course"] or failure.get("platform")): failure["message"] for failure in failed}
        for course, message in missing.items():
            self.note(f"{part} of {course}", message)
        return list(missing)

    def check(self) -> Shown:
        """Return a note that nothing is lacking; the last line of a report.

        Raises:
            PartialDataError: something is; the message lists it.
        """
        if self:
            raise PartialDataError("\n".join(["This report is not complete. It lacks:", *self._lines()]))
        return note("Everything was read.", kind="done")

    def _lines(self) -> list[str]:
        return [f"{part}: {why}" for part, why in self.found]

    def _instead(self, part: str, usual: Any) -> Any:
        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if not issubclass(category, LtixWarning):
                usual(message, category, *where, **more)
            elif _SUMMARY not in str(message):
                self.note(part, message)

        return show
