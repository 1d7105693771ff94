"""Moodle 4.5.5, observed on the wire: line items, scores and results."""

from __future__ import annotations

import html
from datetime import UTC, datetime

from flask import Response, request

from ... import spec
from ..claims import item_url
from ..model import Cell, Course, Json, LineItem, RequestError, Tool
from ..paging import Changes, Page, T, lenient_number, offset
from ..rules.scores import moment
from ..web import base_url, here, json_answer, practice
from .lenient import Lenient

_KEPT = ("label", "scoreMaximum", "resourceId", "tag", "resourceLinkId")
#: What the database can hold.
_LONGEST = {"tag": 255, "resourceId": 512}
_NO_PAGE = "<!DOCTYPE html><html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>"
_BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"


def bad_gateway() -> RequestError:
    """Return what nginx says when Moodle has died behind it. (Moodle 4.5.5, observed)"""
    return RequestError(502, "Bad Gateway", body=_BAD_GATEWAY)


class MoodleGrades(Lenient):
    """Echoes what it was sent, and keeps some of it."""

    # --- Pages ----------------------------------------------------------------------------------

    def grade_links(self, more: Changes | None) -> dict[str, str]:
        """Write the link with curly quotes and `&amp;`. (Moodle 4.5.5, observed)"""
        link = "" if more is None else f"<{html.escape(here(**more))}>; rel=“next”"
        return {"Link": link.encode().decode("latin-1")} if link else {}

    def item_page(self, found: list[LineItem]) -> Page[LineItem]:
        """Give everything unless `limit` is sent. (Moodle 4.5.5, observed)"""
        return self._page(found)

    def _page(self, found: list[T]) -> Page[T]:
        return offset(found, lenient_number("limit"), "from")

    # --- Line items -----------------------------------------------------------------------------

    def odd_number(self) -> RequestError:
        """Die of an id that is no number. (Moodle 4.5.5, observed)"""
        return bad_gateway()

    def item_fields(self, body: Json) -> Json:
        """Want label and maximum; drop dates and extensions. (Moodle 4.5.5, observed)"""
        fields = super().item_fields(body)
        return {field: fields[field] for field in _KEPT if field in fields}

    def new_item(self, course: Course, tool: Tool, body: Json) -> Json:
        """Die of long texts after the column was made: an orphan that no tool sees. (Moodle 4.5.5, observed)"""
        fields = super().new_item(course, tool, body)
        if any(len(fields.get(field, "")) > longest for field, longest in _LONGEST.items()):
            with practice().changing():
                practice().add_item(course, LineItem(practice().next_item, "", fields))
            raise bad_gateway()
        return fields

    def item_json(self, course: Course, item: LineItem, tool: Tool) -> Json:
        """Tell what is kept, without nulls. (Moodle 4.5.5, observed)"""
        return {"id": item_url(course, item, tool, base_url()), **item.fields}

    def created(self, course: Course, item: LineItem, tool: Tool, sent: Json) -> Response:
        """Echo what was sent, and not what is kept. (Moodle 4.5.5, observed)"""
        body = {**sent, "id": item_url(course, item, tool, base_url())}
        return json_answer(body, status=201, media_type=spec.LINE_ITEM)

    def replaced(self, course: Course, item: LineItem, tool: Tool, sent: Json) -> Response:
        """Echo what was sent, and not what is kept. (Moodle 4.5.5, observed)"""
        body = {**sent, "id": item_url(course, item, tool, base_url())}
        return json_answer(body, media_type=spec.LINE_ITEM)

    def check_deletable(self, item: LineItem) -> None:
        """Delete even the coupled one. (Moodle 4.5.5, observed)"""

    # --- Scores ---------------------------------------------------------------------------------

    def read_score(self) -> Json:
        """Answer 200 to a body with line breaks, and store nothing. (Moodle 4.5.5, observed)"""
        score = super().read_score()
        if b"\n" in request.get_data().strip():
            raise RequestError(200, "OK", body=[])
        return score

    def check_score(self, score: Json) -> None:
        """Repeat the score in the reason (Moodle 4.5.5, observed); a maximum may be missing. (Moodle source)"""
        score.setdefault("scoreMaximum", 1)
        try:
            super().check_score(score)
        except RequestError as problem:
            raise self._incorrect() from problem

    def check_people(self, course: Course, item: LineItem, score: Json) -> None:
        """Grade who is a student. (Moodle source; assumed: suspended ones too)"""
        member = course.member(score["userId"])
        if member is None or not member.has("Learner"):
            raise self._incorrect()

    def _incorrect(self) -> RequestError:
        return RequestError(400, f"Incorrect score received {request.get_data(as_text=True)}")

    def record(self, item: LineItem, score: Json, now: float) -> None:
        """Keep the time of receipt for a coupled item. (Moodle 4.5.5, observed)"""
        super().record(item, score, now)
        if item.coupled:
            item.cells[score["userId"]].timestamp = datetime.fromtimestamp(now, UTC).isoformat()

    def check_later(self, item: LineItem, cell: Cell, score: Json) -> None:
        """Compare whole seconds, and answer 409 for an equal one; 500 for a locked grade. (Moodle 4.5.5, observed)"""
        if cell.locked:
            raise RequestError(500, "Internal Server Error")
        if cell.timestamp is None:
            return
        if int(moment(score["timestamp"]).timestamp()) <= int(moment(cell.timestamp).timestamp()):
            about = f"item {item.number} and user {score['userId']}"
            raise RequestError(409, f"Refusing score with an earlier timestamp for {about}")

    def grade(self, cell: Cell, score: Json) -> None:
        """Wipe the grade unless fully graded; cut it at the maximum. (Moodle 4.5.5, observed)"""
        given = score.get("scoreGiven")
        if given is None or score["gradingProgress"] != "FullyGraded":
            cell.given = None
        else:
            cell.given, cell.given_out_of = min(given, score["scoreMaximum"]), score["scoreMaximum"]

    def score_answer(self, score: Json, result_url: str) -> Response:
        """Answer 200 and nothing else. (Moodle 4.5.5, observed)"""
        return Response(b"", content_type=spec.SCORE)

    # --- Results --------------------------------------------------------------------------------

    def result_page(self, course: Course, users: list[str]) -> Page[str]:
        """Answer 404 and a page for people when `limit` is sent. (Moodle 4.5.5, observed)"""
        if "limit" in request.args:
            raise RequestError(404, "Not Found", body=_NO_PAGE)
        return Page(users)

    def result(self, course: Course, item: LineItem, tool: Tool, user_id: str) -> Json:
        """Tell no more than the id and the user of a cleared grade. (Moodle 4.5.5, observed; the time is assumed)"""
        result = super().result(course, item, tool, user_id)
        if "resultScore" not in result:
            return {"id": result["id"], "userId": user_id}
        return {**result, "timestamp": item.cells[user_id].timestamp}
