"""Blackboard Learn, as its documentation has it."""

from __future__ import annotations

from typing import ClassVar

from flask import request

from ... import spec
from ..model import Course, Json, LineItem, Membership, Tool
from ..paging import Page, lenient_number
from .lenient import Lenient


class Blackboard(Lenient):
    """Never says that a roster ends. (Its user_ids are uuids, in 32 digits: see `USER_IDS`.)"""

    product_family: ClassVar[str] = "BlackboardLearn"  # Blackboard documentation
    wants_key_address: ClassVar[bool] = True  # Blackboard documentation

    def messages(self) -> list[object]:
        """Add a launch of its own. (Blackboard documentation)"""
        return [*super().messages(), {"type": "ContextLaunchRequest"}]

    def configuration(self, found: Json) -> Json:
        """Leave the scope of rosters out, though it is granted. (Blackboard documentation)"""
        scopes = [scope for scope in found["scopes_supported"] if scope != spec.SCOPE_MEMBERSHIPS]
        return {**found, "scopes_supported": scopes}

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
