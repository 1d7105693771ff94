"""Scores, which tools send, and results, which the gradebook shows. [AGS §3.3, §3.4]"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from flask import Blueprint, Response, request

from .. import spec
from . import checks
from .claims import item_url
from .items import find
from .model import Cell, Course, Json, LineItem, RequestError, Tool
from .web import (
    base_url,
    bearer,
    here,
    json_answer,
    link_header,
    page_limit,
    positive,
    practice,
    read_json,
    require_accept,
)

blueprint = Blueprint("scores", __name__)

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


@blueprint.post("/courses/<course_id>/lineitems/<item_id>/scores")
def post_score(course_id: str, item_id: str) -> Response:
    """Take a score; answer where its result is, as Canvas does."""
    tool = bearer(spec.SCOPE_SCORE)
    course, item = find(course_id, item_id, tool)
    score = _checked(read_json(spec.SCORE))
    with practice().changing():
        _check_people(course, score)
        cell = item.cells.get(score["userId"]) or Cell()
        _check_later(cell, score)
        _record(cell, score)
        item.cells[score["userId"]] = cell
    return json_answer({"resultUrl": _result_url(course, item, tool, score["userId"])})


@blueprint.get("/courses/<course_id>/lineitems/<item_id>/results")
def results(course_id: str, item_id: str) -> Response:
    """Answer one page of results: those of members who have a cell, emptied cells included. [AGS §3.3.5]"""
    tool = bearer(spec.SCOPE_RESULT_READONLY)
    require_accept(spec.RESULT_CONTAINER)
    user_id = request.args.get("user_id")
    after = positive(request.args.get("after", "0"), "after", least=0)
    with practice().lock:
        course, item = find(course_id, item_id, tool)
        members = [course.members[key] for key in item.cells if course.member(key) and user_id in (None, key)]
        found = sorted((m for m in members if m.number > after), key=lambda member: member.number)
        limit = page_limit()
        page = [_result(course, item, tool, member.person.user_id) for member in found[:limit]]
    more = here(after=found[limit - 1].number) if len(found) > limit else None
    return json_answer(page, media_type=spec.RESULT_CONTAINER, headers=link_header(next=more))


@blueprint.get("/courses/<course_id>/lineitems/<item_id>/results/<user_id>")
def one_result(course_id: str, item_id: str, user_id: str) -> Response:
    """Answer the result that lives at a result's id."""
    tool = bearer(spec.SCOPE_RESULT_READONLY)
    with practice().lock:
        course, item = find(course_id, item_id, tool)
        if user_id not in item.cells or course.member(user_id) is None:
            raise RequestError(404, "There is no such result.")
        return json_answer(_result(course, item, tool, user_id))


def _checked(score: Json) -> Json:
    """Return a score whose every field is as the specification has it."""
    checks.only_known(score, _FIELDS)
    checks.text(score, "userId", "[AGS §3.4.5]")
    if "scoringUserId" in score:
        checks.text(score, "scoringUserId", "[AGS §3.4.6]")
    checks.word(score, "activityProgress", spec.ACTIVITY_PROGRESS, "[AGS §3.4.7]")
    checks.word(score, "gradingProgress", spec.GRADING_PROGRESS, "[AGS §3.4.8]")
    checks.moment(score, "timestamp", "[AGS §3.4.9]")
    checks.optional_text(score, "comment", "[AGS §3.4.11]")
    if score.get("scoreGiven") is not None:
        if checks.number(score, "scoreGiven", "[AGS §3.4.4]") < 0:
            raise RequestError(400, "scoreGiven must not be negative. [AGS §3.4.4]")
        checks.positive_number(score, "scoreMaximum", "[AGS §3.4.4]")
    _check_submission(score.get("submission"))
    return score


def _check_submission(submission: object) -> None:
    if submission is None:
        return
    if not isinstance(submission, dict):
        raise RequestError(400, "submission must be an object. [AGS §3.4.10]")
    started, submitted = (
        checks.moment(submission, field, "[AGS §3.4.10]") if submission.get(field) is not None else None
        for field in ("startedAt", "submittedAt")
    )
    if started and submitted and submitted < started:
        raise RequestError(400, "submittedAt must not be earlier than startedAt. [AGS §3.4.10.2]")


def _check_people(course: Course, score: Json) -> None:
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


def _check_later(cell: Cell, score: Json) -> None:
    """Refuse what is not strictly later than the last score, instead of dropping it in silence."""
    if cell.timestamp is None:
        return
    if _moment(score["timestamp"]) <= _moment(cell.timestamp):
        raise RequestError(409, "timestamp must be later than that of the last score recorded. [AGS §3.4.9]")


def _record(cell: Cell, score: Json) -> None:
    """Put a score into a cell.

    A partial grade is kept but not shown; an absent one empties the cell, whatever its progress.
    [AGS §3.4.4, §3.4.8]
    """
    cell.score, cell.timestamp = score, score["timestamp"]
    if score.get("scoreGiven") is None:
        cell.given = None
        cell.scoring_user_id = None
    elif score["gradingProgress"] == "FullyGraded":
        cell.given, cell.given_out_of = score["scoreGiven"], score["scoreMaximum"]
        cell.scoring_user_id = score.get("scoringUserId")
    comment = checks.optional_text(score, "comment", "[AGS §3.4.11]")
    if comment is not None or cell.comment_from_tool:
        cell.comment, cell.comment_from_tool = comment, comment is not None
    _record_submission(cell, score)


def _record_submission(cell: Cell, score: Json) -> None:
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


def _result(course: Course, item: LineItem, tool: Tool, user_id: str) -> Json:
    cell = item.cells[user_id]
    result: Json = {
        "id": _result_url(course, item, tool, user_id),
        "scoreOf": item_url(course, item, tool, base_url()),
        "userId": user_id,
        "resultMaximum": item.out_of,
    }
    shown = cell.visible(item.out_of)
    optional = {"resultScore": shown, "comment": cell.comment}
    if cell.override is None:
        optional["scoringUserId"] = cell.scoring_user_id
    return result | {field: value for field, value in optional.items() if value is not None}


def _result_url(course: Course, item: LineItem, tool: Tool, user_id: str) -> str:
    path, _, query = item_url(course, item, tool, base_url()).partition("?")
    return f"{path}/results/{quote(user_id, safe='')}?{query}"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.upper())
