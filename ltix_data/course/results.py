"""Results of a course: the grades the platform holds now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .. import choosing, columns, frames
from ..errors import UsageError
from ..services.grades import Grades
from . import reading
from .base import CourseBase

if TYPE_CHECKING:
    import pandas as pd


class Results(CourseBase):
    """Results, long and wide."""

    def results(self, item: object = None, user: object = None) -> pd.DataFrame:
        """Return the platform's current results, one row for each line item and person that has one.

        A person without a row, or with a missing score, has no grade: that is not a zero. [AGS §3.3.5]

        Args:
            item: one line item; all of the tool's, where none is named.
            user: one person: a user_id or a row of `roster`.

        Returns:
            Columns user_id, item_id, label (text), score, out_of (float64 points, as the platform says
            them), percent (float64, 0-100), comment (text; missing in a pseudonymous session, for it may name
            somebody), scored_at (datetime64 UTC; missing where the platform does not say, as most do not).
        """
        items = self._items() if item is None else [self._item(item)]
        if user is None:
            return frames.results_of(reading.results(self, items))
        service, user_id = self.service(Grades), choosing.user_id(user)
        pairs = [(item, result) for item in items for result in service.results(item.item_id or "", user_id=user_id)]
        return frames.results_of(reading.uncommented(columns.results(pairs), service))

    def gradebook(self, *, values: Literal["score", "percent"] = "score", status: str | None = None) -> pd.DataFrame:
        """Return one row for each learner and one column for each of the tool's line items.

        A learner without a result is missing (NaN), not 0. People with a grade who have left the
        roster come last, without a name. Inactive learners and the platform's test student are learners
        too: `roster` tells who they are.

        Args:
            values: "score" in points of the line item, or "percent" 0-100.
            status: only learners of this status, such as "Active"; those who left are not shown then.

        Returns:
            Index user_id; name; float64 columns named by label, made unique where labels repeat.
            ``.attrs["out_of"]`` and ``.attrs["item_id"]`` say by column what it is out of, and its URL.
        """
        if values not in ("score", "percent"):
            raise UsageError("values must be “score” or “percent”.")
        return frames.gradebook_of(reading.book(self, status=status), values=values)
