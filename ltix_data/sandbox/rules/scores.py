"""Scores: who can be graded, when, and what becomes of the cell. [AGS §3.4]"""

from __future__ import annotations

from datetime import datetime

from flask import Response

from ... import spec
from .. import checks
from ..model import Cell, Course, Json, LineItem, RequestError
from ..web import json_answer, read_json
from .answers import AnswerRules

_FIELDS = frozenset(
    {
        "userId",
        "scoringUserId",
        "scoreGiven",
        "scoreMaximum",
        "comment",
        "timestamp",
        "activityProgress",
        "gradingProgress",
        "submission",
    }
)
_UNDER_WAY = ("Started", "InProgress")


class ScoreRules(AnswerRules):
    """What the score service takes, and what becomes of it."""

    def read_score(self) -> Json:
        """Return the score that was sent."""
        return read_json(spec.SCORE)

    def check_score(self, score: Json) -> None:
        """Refuse a score unless its every field is as the specification has it."""
        self.check_fields(score, _FIELDS)
        checks.text(score, "userId", "[AGS §3.4.5]")
        if "scoringUserId" in score:
            checks.text(score, "scoringUserId", "[AGS §3.4.6]")
        checks.word(score, "activityProgress", spec.ACTIVITY_PROGRESS, "[AGS §3.4.7]")
        checks.word(score, "gradingProgress", spec.GRADING_PROGRESS, "[AGS §3.4.8]")
        checks.moment(score, "timestamp", "[AGS §3.4.9]", fraction=self.wants_fractions)
        checks.optional_text(score, "comment", "[AGS §3.4.11]")
        if score.get("scoreGiven") is not None:
            self.check_numbers(score)
        self._check_submission(score.get("submission"))

    def check_numbers(self, score: Json) -> None:
        """Refuse a negative score, and a maximum that is none. [AGS §3.4.4]"""
        if checks.number(score, "scoreGiven", "[AGS §3.4.4]") < 0:
            raise RequestError(400, "scoreGiven must not be negative. [AGS §3.4.4]")
        checks.positive_number(score, "scoreMaximum", "[AGS §3.4.4]")

    def _check_submission(self, submission: object) -> None:
        if submission is None:
            return
        if not isinstance(submission, dict):
            raise RequestError(400, "submission must be an object. [AGS §3.4.10]")
        started, submitted = (
            checks.moment(submission, field, "[AGS §3.4.10]", fraction=self.wants_fractions)
            if submission.get(field) is not None
            else None
            for field in ("startedAt", "submittedAt")
        )
        if started and submitted and submitted < started:
            raise RequestError(400, "submittedAt must not be earlier than startedAt. [AGS §3.4.10.2]")

    def check_people(self, course: Course, item: LineItem, score: Json) -> None:
        """Refuse grades for anyone but an active learner of the course, as Canvas and Brightspace do."""
        member = course.member(score["userId"])
        if member is None:
            raise RequestError(404, "userId is nobody in this course. [AGS §3.4.5]")
        if not member.has("Learner"):
            raise RequestError(422, "userId is no learner in this course: the role cannot be graded. [AGS §3.4.5]")
        if member.status != "Active":
            raise RequestError(422, "userId is no longer active in this course. [AGS §3.4.5]")
        if "scoringUserId" in score and course.member(score["scoringUserId"]) is None:
            raise RequestError(422, "scoringUserId is nobody in this course. [AGS §3.4.6]")

    def record(self, item: LineItem, score: Json, now: float) -> None:
        """Put a score into its cell; *now* is the platform's time."""
        cell = item.cells.get(score["userId"]) or Cell()
        self.check_later(item, cell, score)
        cell.score, cell.timestamp = score, score["timestamp"]
        self.grade(cell, score)
        self.comment(cell, checks.optional_text(score, "comment", "[AGS §3.4.11]"))
        self.submission(cell, score)
        item.cells[score["userId"]] = cell

    def check_later(self, item: LineItem, cell: Cell, score: Json) -> None:
        """Refuse what is not strictly later than the last score, instead of dropping it in silence."""
        if cell.timestamp is not None and moment(score["timestamp"]) <= moment(cell.timestamp):
            raise RequestError(409, "timestamp must be later than that of the last score recorded. [AGS §3.4.9]")

    def grade(self, cell: Cell, score: Json) -> None:
        """Set the grade of a cell.

        A partial grade is kept but not shown; an absent one empties the cell, whatever its progress.
        [AGS §3.4.4, §3.4.8]
        """
        if score.get("scoreGiven") is None:
            cell.given = None
            cell.scoring_user_id = None
        elif score["gradingProgress"] == "FullyGraded":
            cell.given, cell.given_out_of = score["scoreGiven"], score["scoreMaximum"]
            cell.scoring_user_id = score.get("scoringUserId")

    def comment(self, cell: Cell, comment: str | None) -> None:
        """Set the tool's comment; none clears its earlier one, but not the teacher's. [AGS §3.4.11]"""
        if comment is not None or cell.comment_from_tool:
            cell.comment, cell.comment_from_tool = comment, comment is not None

    def submission(self, cell: Cell, score: Json) -> None:
        """Keep when the work was begun and handed in. [AGS §3.4.10]"""
        progress, submission = score["activityProgress"], score.get("submission") or {}
        if progress == "Initialized":
            cell.started_at = None
        if progress in ("Initialized", *_UNDER_WAY):
            cell.submitted_at = None
        started = score["timestamp"] if progress in _UNDER_WAY else None
        submitted = score["timestamp"] if progress in ("Submitted", "Completed") else None
        cell.started_at = submission.get("startedAt") or cell.started_at or started
        cell.submitted_at = submission.get("submittedAt") or cell.submitted_at or submitted

    def score_answer(self, score: Json, result_url: str) -> Response:
        """Return the answer to a score: where its result is, as Canvas does."""
        return json_answer({"resultUrl": result_url})


def moment(text: str) -> datetime:
    """Return a checked time as a point in time."""
    return datetime.fromisoformat(text.upper())
