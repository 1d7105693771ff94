"""Pictures of a course: ``course.plot.distribution("Quiz 1")``, completion, gradebook, progress over time.

They are drawn with matplotlib: a picture is then an image within the notebook, which a saved notebook, also one that
nobody trusts yet, and an HTML page without network show alike. Altair's charts are JavaScript, which needs the network
or about a megabyte of scripts in each file, and they carry every grade and name as readable data.

All pictures count the active learners; who is inactive, has left, or is the platform's test student is said in words.
Missing is not zero: who has no result is hatched, or said in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UsageError
from .picture import Picture

if TYPE_CHECKING:
    from .reading import Course

__all__ = ["CoursePlots", "Picture"]


class CoursePlots:
    """The pictures of one course. Each call reads the course anew.

    Args:
        course: the course.

    Raises:
        UsageError: matplotlib is not installed.
    """

    def __init__(self, course: Course) -> None:
        try:
            import matplotlib  # noqa: F401
        except ImportError as error:
            raise UsageError(
                "Pictures need matplotlib, which is not installed.", hint='pip install "ltix-data[plots]"'
            ) from error
        self._course = course

    def distribution(self, item: object) -> Picture:
        """Return how the results of one line item are spread, with their median.

        Up to 60 results are a dot each, more are counted in bars of 10 or 5 percent.

        Args:
            item: a label, an item_id or a row of `line_items`.

        Returns:
            A picture; ``.data`` has one row for each active learner: user_id (text), score, out_of
            (float64, points), percent (float64, 0-100); missing is no result.

        Raises:
            UnknownNameError: there is no such line item.
        """
        from . import distribution

        return distribution.picture(self._course, item)

    def completion(self) -> Picture:
        """Return how many learners have a result for each line item.

        Returns:
            A picture; ``.data`` has one row for each line item: item_id, label (text), out_of (float64,
            points), with_result, without_result (int64, learners), share (float64, 0-100 percent of the learners
            have one; missing where there are no learners).
        """
        from . import completion

        return completion.picture(self._course)

    def gradebook(self) -> Picture:
        """Return the gradebook as a heat map.

        Up to 40 learners are in the roster's order, with their names (as `mask_names` shows them, or the
        user_id where there is no name). More are sorted by their mean; beyond 150 they are drawn as 60 bands.

        Returns:
            A picture; ``.data`` is `gradebook` in percent for the active learners, in the order they are
            drawn in: index user_id; name (text); one float64 column for each line item, 0-100; missing is no result.
        """
        from . import heatmap

        return heatmap.picture(self._course)

    def progress_over_time(self, since: object = None) -> Picture:
        """Return how many learners had a result, and the median, at each snapshot of this course.

        Up to six line items are a line each; of more the median is drawn, and where eight of ten are.

        Args:
            since: leave out snapshots before this, see `Course.snapshots_of`.

        Returns:
            A picture; ``.data`` has one row for each snapshot and line item: taken_at (datetime64 UTC), item_id,
            label (text), learners, with_result (int64), share (float64, 0-100 percent of the learners have a
            result; missing where there are no learners), median (float64, percent; missing without results).

        Raises:
            UsageError: *since* is no time.
        """
        from . import progress

        return progress.picture(self._course, since)
