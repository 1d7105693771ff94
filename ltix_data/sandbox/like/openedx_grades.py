"""Open edX: lti-consumer-xblock 11.4.4, its line items, scores and results."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, request

from ... import spec
from ..claims import item_url
from ..model import Cell, Course, Json, LineItem, RequestError, Tool
from ..paging import Page
from ..rules.results import result_url
from ..rules.scores import moment
from ..web import base_url, json_answer
from .lenient import Lenient

_TEXTS = ("label", "resourceId", "resourceLinkId", "tag", "startDateTime", "endDateTime")
_SCORE_FIELDS = (
    "timestamp",
    "scoreGiven",
    "scoreMaximum",
    "comment",
    "activityProgress",
    "gradingProgress",
    "userId",
)
_LONGEST = {"label": 100, "tag": 50}
_REQUIRED = "This field is required."
_CRASH = "<!doctype html><html><head><title>Server Error (500)</title></head><body></body></html>"


def crash() -> RequestError:
    """Return what an error that nobody has caught looks like."""
    return RequestError(500, "Server Error", body=_CRASH)


def invalid(field: str, problem: str) -> RequestError:
    """Return the refusal of one field, by its name."""
    return RequestError(400, problem, body={field: [problem]})


class OpenEdxGrades(Lenient):
    """Keeps the tool's scores, and tells these, whatever the gradebook shows."""

    # --- Line items -----------------------------------------------------------------------------

    def items(self, course: Course, tool: Tool) -> list[LineItem]:
        """Fail over a link that cannot be one; here they all begin alike. (Open edX, observed)"""
        if not request.args.get("resource_link_id", "link-").startswith("link-"):
            raise crash()
        return super().items(course, tool)

    def item_page(self, found: list[LineItem]) -> Page[LineItem]:
        """Ignore `limit`. (Open edX, observed)"""
        return Page(found)

    def item_fields(self, body: Json) -> Json:
        """Want a whole number as maximum, a resource or a link, and no nulls. (Open edX, observed)"""
        for field in ("label", "scoreMaximum"):
            if field not in body:
                raise invalid(field, _REQUIRED)
        for field in (*_TEXTS, "scoreMaximum"):
            if field in body and body[field] is None:
                raise invalid(field, "This field may not be null.")
        for field in _TEXTS:
            if not isinstance(body.get(field, ""), str):
                raise invalid(field, "Not a valid string.")
        if not body["label"].strip():
            raise invalid("label", "This field may not be blank.")
        for field, longest in _LONGEST.items():
            if len(body.get(field, "")) > longest:
                raise invalid(field, f"Ensure this field has no more than {longest} characters.")
        if not (body.get("resourceId") or body.get("resourceLinkId")):
            raise invalid("non_field_errors", "Must provide at least one of resource_id or resource_link_id")
        return {**{field: body[field] for field in _TEXTS if field in body}, "scoreMaximum": _integer(body)}

    def new_item(self, course: Course, tool: Tool, body: Json) -> Json:
        """Refuse a foreign link as any other field. (Open edX source)"""
        fields = self.item_fields(body)
        link = fields.get("resourceLinkId")
        if link is not None and not course.has_link(tool.client_id, link):
            raise invalid("resourceLinkId", "Invalid usage key")
        return fields

    def changed_item(self, course: Course, item: LineItem, tool: Tool, body: Json) -> Json:
        """Keep optional fields that a PUT leaves out. (Open edX source)"""
        return item.fields | self.item_fields(body)

    def item_json(self, course: Course, item: LineItem, tool: Tool) -> Json:
        """Write null for what is not set, which a PUT then refuses. (Open edX, observed)"""
        unset = {field: "" if field in ("tag", "resourceId") else None for field in _TEXTS}
        return {"id": item_url(course, item, tool, base_url()), **unset, **item.fields}

    def created(self, course: Course, item: LineItem, tool: Tool, sent: Json) -> Response:
        """Answer 201 without Location. (Open edX, observed)"""
        return json_answer(self.item_json(course, item, tool), status=201, media_type=spec.LINE_ITEM)

    def check_deletable(self, item: LineItem) -> None:
        """Forbid it always. (Open edX, observed)"""
        raise RequestError(403, "You do not have permission to perform this action.")

    # --- Scores ---------------------------------------------------------------------------------

    def check_score(self, score: Json) -> None:
        """Name the field that is wrong; what the database refuses is a crash. (Open edX, observed)"""
        for field in ("timestamp", "activityProgress", "gradingProgress", "userId"):
            if field not in score:
                raise invalid(field, _REQUIRED)
            if not isinstance(score[field], str) or not score[field].strip():
                raise invalid(field, "This field may not be blank.")
        if not _is_time(score["timestamp"]):
            raise invalid("timestamp", "Datetime has wrong format.")
        for field in ("scoreGiven", "scoreMaximum"):
            if not isinstance(score.get(field), int | float | None) or isinstance(score.get(field), bool):
                raise invalid(field, "A valid number is required.")
        if score.get("scoreGiven") is not None and not score.get("scoreMaximum"):
            raise invalid("scoreMaximum", "scoreMaximum is a required field when providing a scoreGiven value.")
        known = (
            score["activityProgress"] in spec.ACTIVITY_PROGRESS and score["gradingProgress"] in spec.GRADING_PROGRESS
        )
        if not known or (score.get("scoreGiven") or 0) < 0 or (score.get("scoreMaximum") or 0) < 0:
            raise crash()

    def check_people(self, course: Course, item: LineItem, score: Json) -> None:
        """Take anybody on an unlinked item; on a linked one a stranger's grade is a crash. (Open edX source)"""
        published = score["gradingProgress"] == "FullyGraded" and score.get("scoreGiven")
        if "resourceLinkId" in item.fields and published and course.member(score["userId"]) is None:
            raise crash()

    def check_later(self, item: LineItem, cell: Cell, score: Json) -> None:
        """Answer 400 for an equal or an older time. (Open edX, observed)"""
        if cell.timestamp is None or moment(score["timestamp"]) > moment(cell.timestamp):
            return
        if moment(score["timestamp"]) == moment(cell.timestamp):
            raise invalid("timestamp", "Score already exists for the provided timestamp")
        raise invalid("timestamp", "Score timestamp can only be updated to a later point in time")

    def comment(self, cell: Cell, comment: str | None) -> None:
        """Keep the earlier comment when none is sent. (Open edX, observed)"""
        if "comment" in _score(cell):
            cell.comment = comment

    def score_answer(self, score: Json, result_url: str) -> Response:
        """Answer 201 and the score, with nulls. (Open edX, observed)"""
        body = {field: score.get(field) for field in _SCORE_FIELDS}
        return json_answer(body, status=201, media_type=spec.SCORE)

    # --- Results --------------------------------------------------------------------------------

    def result_users(self, course: Course, item: LineItem) -> list[str]:
        """Tell of all who have a score, the latest first, whomever `user_id` names. (Open edX, observed)"""
        scored = [
            (moment(cell.timestamp), user_id)
            for user_id, cell in item.cells.items()
            if cell.timestamp and _score(cell).get("scoreGiven") is not None
        ]
        if any("." in user_id for _, user_id in scored):  # no URL of theirs can hold it (Open edX, observed)
            raise crash()
        return [user_id for _, user_id in sorted(scored, reverse=True)]

    def result_page(self, course: Course, users: list[str]) -> Page[str]:
        """Cut at `limit` without a link to the rest. (Open edX, observed)"""
        asked = request.args.get("limit")
        if asked and not asked.isdigit():
            raise crash()
        return Page(users[: int(asked)] if asked else users)

    def result(self, course: Course, item: LineItem, tool: Tool, user_id: str) -> Json:
        """Tell the tool's own score, out of its own maximum, graded or not. (Open edX, observed)"""
        score = _score(item.cells[user_id])
        return {
            "id": result_url(course, item, tool, user_id),
            "scoreOf": item_url(course, item, tool, base_url()),
            "userId": user_id,
            "resultScore": score.get("scoreGiven"),
            "resultMaximum": score.get("scoreMaximum") or 1,
            "comment": item.cells[user_id].comment,
        }


def _score(cell: Cell) -> dict[str, Any]:
    return cell.score or {}


def _integer(body: Json) -> int:
    value = body["scoreMaximum"]
    if isinstance(value, bool) or not isinstance(value, int | float) or int(value) != value:
        raise invalid("scoreMaximum", "A valid integer is required.")
    return int(value)


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text.upper()).tzinfo is not None
    except ValueError:
        return False
