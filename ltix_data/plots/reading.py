"""What pictures read of a course: its public frames, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

from .people import Learners

if TYPE_CHECKING:
    import pandas as pd


class Snapshot(Protocol):
    """A course as it was at one time."""

    @property
    def taken_at(self) -> datetime: ...  # noqa: D102
    @property
    def parts(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def roster(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def line_items(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def results(self) -> pd.DataFrame: ...  # noqa: D102


class Course(Protocol):
    """What a picture asks of a course."""

    @property
    def name(self) -> str: ...  # noqa: D102
    def roster(self) -> pd.DataFrame: ...  # noqa: D102
    def line_items(self) -> pd.DataFrame: ...  # noqa: D102
    def results(self, item: object = None) -> pd.DataFrame: ...  # noqa: D102
    def gradebook(self, *, values: Literal["score", "percent"] = "score") -> pd.DataFrame: ...  # noqa: D102
    def snapshots_of(self, since: Any = None) -> Sequence[Snapshot]: ...  # noqa: D102


def percents(course: Course) -> tuple[Learners, pd.DataFrame, list[str]]:
    """Return the active learners, their gradebook in percent, and whom it leaves out, as sentences."""
    found = Learners.of(course.roster())
    whole = course.gradebook(values="percent")
    cells = whole.drop(columns="name")
    graded: pd.Index[Any] = cells.index[cells.notna().any(axis="columns")]
    frame = whole.reindex(found.frame.index)
    frame["name"] = found.frame["name"]
    frame.attrs = whole.attrs
    return found, frame, found.left_out(graded)
