"""One score at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from .. import choosing
from ..cells import points
from ..errors import UsageError
from ..records import Score
from ..services.grades import Grades
from .base import CourseBase


class Scores(CourseBase):
    """Single scores."""

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
            UnknownNameError: the session shows pseudonyms, and nobody in the course has the one given.
            RefusedError: the platform does not take it.
            UnknownOutcomeError: no answer came; read `results` before sending it again.
        """
        given, maximum = _checked_points(score, clear=clear), choosing.amount(out_of, "out_of")
        user_id = choosing.user_id(user)
        scorer = choosing.text(scoring_user, "scoring_user")
        url, item_out_of = self._target(item, needs_maximum=given is not None and maximum is None)
        score_of = partial(
            Score,
            user_id=self._real_id(user_id),
            score=given,
            out_of=None if given is None else maximum or item_out_of,
            comment=choosing.text(comment, "comment"),
            activity=activity,
            grading=grading,
            scoring_user_id=scorer and self._real_id(scorer),
            started_at=choosing.moment(started_at, "started_at"),
            submitted_at=choosing.moment(submitted_at, "submitted_at"),
            extensions=self._score_extensions() | choosing.extensions(extensions),
        )
        service = self.service(Grades)
        with self._clock.alone(url, user_id):
            service.post_score(url, score_of(timestamp=self._clock.next(url, user_id)).to_bytes())

    def _target(self, item: object, *, needs_maximum: bool) -> tuple[str, float | None]:
        """Return a line item's URL and, where it is needed, its maximum: a score needs no other scope."""
        url = choosing.item_url(item)
        if url is not None and not needs_maximum:
            return url, None
        found = self._item(item)
        return found.item_id or "", found.out_of


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
