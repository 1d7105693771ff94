"""Results: whose, how many, in which shape. [AGS §3.3]"""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, request

from ... import spec
from ..claims import item_url
from ..model import Cell, Course, Json, LineItem, Number, Tool
from ..paging import Page, keyset
from ..web import base_url, json_answer
from .answers import AnswerRules


class ResultRules(AnswerRules):
    """What the result service tells."""

    def result_users(self, course: Course, item: LineItem) -> list[str]:
        """Return whose results the request asks for: members who have a cell, emptied cells included."""
        asked = request.args.get("user_id")
        members = [course.members[key] for key in item.cells if course.member(key) and asked in (None, key)]
        return [member.person.user_id for member in sorted(members, key=lambda member: member.number)]

    def result_page(self, course: Course, users: list[str]) -> Page[str]:
        """Return the page that the request asks for."""
        return keyset(users, lambda user_id: course.members[user_id].number, self.page_limit())

    def result(self, course: Course, item: LineItem, tool: Tool, user_id: str) -> Json:
        """Return one result. [AGS §3.3.5]"""
        cell = item.cells.get(user_id, Cell())
        maximum = self.result_maximum(item, cell)
        result: Json = {
            "id": result_url(course, item, tool, user_id),
            "scoreOf": item_url(course, item, tool, base_url()),
            "userId": user_id,
            "resultMaximum": maximum,
        }
        optional = {"resultScore": cell.visible(maximum), "comment": cell.comment}
        if cell.override is None:
            optional["scoringUserId"] = cell.scoring_user_id
        return result | {field: value for field, value in optional.items() if value is not None}

    def result_maximum(self, item: LineItem, cell: Cell) -> Number:
        """Return what a result's score is out of."""
        return item.out_of

    def result_answer(self, rows: list[Json], links: dict[str, str]) -> Response:
        """Return a page of results as an answer."""
        return json_answer(rows, media_type=spec.RESULT_CONTAINER, headers=links)


def result_url(course: Course, item: LineItem, tool: Tool, user_id: str) -> str:
    """Return a result's id."""
    path, _, query = item_url(course, item, tool, base_url()).partition("?")
    return f"{path}/results/{quote(user_id, safe='')}?{query}"
