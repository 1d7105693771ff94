"""Sakai, as its source has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from flask import Response

from ... import spec
from ..model import Course, Json, LineItem, Membership, RequestError, TokenError, Tool
from ..paging import Page, lenient_number, offset
from .lenient import Lenient


class Sakai(Lenient):
    """Refuses all scopes for one, and lists everybody always."""

    product_family: ClassVar[str] = "sakailms.org"  # Sakai source
    registered_status: ClassVar[int] = 200  # assumed

    item_filters: ClassVar[Mapping[str, str]] = {  # Sakai source: the link's filter has another name
        "lti_link_id": "resourceLinkId",
        "resource_id": "resourceId",
        "tag": "tag",
    }

    # --- Tokens ---------------------------------------------------------------------------------

    def grant(self, wanted: list[str], allowed: set[str]) -> list[str]:
        """Refuse everything for one scope that is not allowed. (Sakai source)"""
        refused = [scope for scope in wanted if scope not in allowed]
        if refused or not wanted:
            raise TokenError("invalid_scope", " ".join(refused))
        return list(dict.fromkeys(wanted))

    def no_token(self) -> RequestError:
        """Answer 403, never 401. (Sakai source)"""
        return RequestError(403, "invalid_authorization")

    def dead_token(self) -> RequestError:
        """Answer 403, as for a scope that is missing. (Sakai source)"""
        return RequestError(403, "signature_error")

    def missing_scope(self, scopes: tuple[str, ...]) -> RequestError:
        """Answer 403 without a challenge. (Sakai source)"""
        return RequestError(403, "Scope not in access token")

    # --- Rosters --------------------------------------------------------------------------------

    def is_told(self, member: Membership, since: int | None) -> bool:
        """List active members only. (Sakai source)"""
        return member.status == "Active"

    def has_role(self, member: Membership, role: str) -> bool:
        """Ignore the filter. (Sakai source)"""
        return True

    def roster_page(self, found: list[Membership]) -> Page[Membership]:
        """Give everything, or from `start` on as many as `limit` says; the link keeps no more. (Sakai source)"""
        page = offset(found, lenient_number("limit"), "start")
        return Page(page.entries, page.more and {**page.more, "role": None, "rlid": None})

    def roster_answer(self, body: Json, links: dict[str, str]) -> Response:
        """Answer an empty body where a page holds nobody. (Sakai source)"""
        if not body["members"]:
            return Response(b"", headers=links, content_type=spec.JSON)
        return super().roster_answer(body, links)

    def member(self, course: Course, tool: Tool, member: Membership) -> Json:
        """Add its own words for a role. (Sakai source)"""
        role = "Instructor" if member.has("Instructor") else "Student"
        return {**super().member(course, tool, member), "sakai_ext": {"sakai_role": role}}

    # --- Scores and results ---------------------------------------------------------------------

    def score_answer(self, score: Json, result_url: str) -> Response:
        """Answer 200 and nothing else. (Sakai source)"""
        return Response(b"", content_type=spec.SCORE)

    def result_users(self, course: Course, item: LineItem) -> list[str]:
        """Tell of every member, whomever `user_id` names. (Sakai source)"""
        members = [member for member in course.members.values() if member.status != "Deleted"]
        return [member.person.user_id for member in sorted(members, key=lambda member: member.number)]

    def result_page(self, course: Course, users: list[str]) -> Page[str]:
        """Give everything at once. (assumed)"""
        return Page(users)

    def result(self, course: Course, item: LineItem, tool: Tool, user_id: str) -> Json:
        """Write null for who has no grade. (Sakai source)"""
        return {"resultScore": None, **super().result(course, item, tool, user_id)}
