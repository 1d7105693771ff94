"""Open edX: lti-consumer-xblock 11.4.4, observed on the wire and read in its source."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, ClassVar

from flask import Response

from ..model import Course, Json, Membership, RequestError, TokenError, Tool
from ..paging import Page, lenient_number, numbered
from ..web import json_answer
from .openedx_grades import OpenEdxGrades

if TYPE_CHECKING:
    from ..options import Options

#: How many members a course may have before its roster is refused (Open edX, the default of a setting).
_MOST_MEMBERS = 1000
#: Errors of the token endpoint that are told by their name; all others are not identified. (Open edX source)
_NAMED = ("invalid_request", "invalid_client", "invalid_grant", "unsupported_grant_type")


class OpenEdx(OpenEdxGrades):
    """Answers 403 whatever is wrong with a token."""

    registers_tools: ClassVar[bool] = False  # Open edX source: each component of a course is set up by hand

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._told = count()

    # --- Tokens ---------------------------------------------------------------------------------

    def check_audience(self, named: object, wanted: str) -> None:
        """Answer a word of its own for another audience. (Open edX, observed)"""
        if wanted not in (named if isinstance(named, list) else [named]):
            raise TokenError("unidentified_error", "aud")

    def grant(self, wanted: list[str], allowed: set[str]) -> list[str]:
        """Leave out what is unknown, and be it everything. (Open edX, observed)"""
        return [scope for scope in wanted if scope in allowed]

    def token_answer(self, token: Json) -> Response:
        """Write `bearer`. (Open edX source)"""
        return super().token_answer({**token, "token_type": "bearer"})

    def token_refusal(self, refusal: TokenError) -> Response:
        """Answer 400 whatever it is, and one word. (Open edX, observed)"""
        error = refusal.error if refusal.error in _NAMED else "unidentified_error"
        return json_answer({"error": error}, status=400)

    def no_token(self) -> RequestError:
        """Answer 403 without a challenge. (Open edX, observed)"""
        return RequestError(403, "Authentication credentials were not provided.")

    def dead_token(self) -> RequestError:
        """Answer 403 without a challenge. (Open edX, observed)"""
        return RequestError(403, "Invalid token signature.")

    def missing_scope(self, scopes: tuple[str, ...]) -> RequestError:
        """Answer 403 without a challenge. (Open edX, observed)"""
        return RequestError(403, "You do not have permission to perform this action.")

    def refusal(self, problem: RequestError) -> Response:
        """Say the reason as `detail`. (Open edX, observed)"""
        if problem.body is None:
            problem.body = {"detail": problem.reason}
        return super().refusal(problem)

    # --- Rosters --------------------------------------------------------------------------------

    def check_resource_link(self, course: Course, tool: Tool) -> None:
        """Ignore `rlid`. (Open edX, observed)"""

    def is_told(self, member: Membership, since: int | None) -> bool:
        """List active enrolments only. (Open edX source)"""
        return member.status == "Active"

    def has_role(self, member: Membership, role: str) -> bool:
        """Ignore `role`. (Open edX, observed)"""
        return True

    def roster(self, course: Course) -> list[Membership]:
        """Refuse a course that is too large, with or without `limit`. (Open edX source)"""
        found = super().roster(course)
        if len(found) > _MOST_MEMBERS:
            explanation = "The number of retrieved users is bigger than the maximum allowed in the configuration."
            body = {"error": "above_response_limit", "explanation": explanation}
            raise RequestError(403, explanation, body=body)
        return found

    def roster_page(self, found: list[Membership]) -> Page[Membership]:
        """Give everybody, or counted pages when `limit` is sent. (Open edX, observed)"""
        return numbered(found, lenient_number("limit"))

    def member(self, course: Course, tool: Tool, member: Membership) -> Json:
        """Tell name and email at most, and no message. (Open edX, observed)"""
        person = member.person
        entry: Json = {"status": "Active", "user_id": person.user_id, "roles": self.roles(member)}
        named = {} if self.options.withhold_names else {"name": person.name, "email": person.email}
        return entry | {field: value for field, value in named.items() if value}

    def roles(self, member: Membership) -> list[str]:
        """Write roles in an order that changes: it is a set. (Open edX, observed)"""
        return list(member.roles) if next(self._told) % 2 else list(reversed(member.roles))
