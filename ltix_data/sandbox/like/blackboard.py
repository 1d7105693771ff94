"""Blackboard Learn, as its documentation has it."""

from __future__ import annotations

from flask import request

from ..model import Course, Json, LineItem, Membership, Tool
from ..paging import Page, lenient_number
from .lenient import Lenient


class Blackboard(Lenient):
    """Never says that a roster ends. (Its user_ids are uuids, in 32 digits: see `USER_IDS`.)"""

    def roster_page(self, found: list[Membership]) -> Page[Membership]:
        """Name a next page always: an empty one behind the last, and then again. (Blackboard documentation)"""
        start, limit = lenient_number("offset") or 0, self.page_limit()
        return Page(found[start : start + limit], {"offset": start + limit})

    def record(self, item: LineItem, score: Json, now: float) -> None:
        """Take a score without a number as a wish to delete the result. (Blackboard documentation)"""
        if score.get("scoreGiven") is None:
            item.cells.pop(score["userId"], None)
        else:
            super().record(item, score, now)

    def result(self, course: Course, item: LineItem, tool: Tool, user_id: str) -> Json:
        """Leave the comment out when one user is asked for. (Blackboard documentation)"""
        result = super().result(course, item, tool, user_id)
        if "user_id" in request.args:
            result.pop("comment", None)
        return result
