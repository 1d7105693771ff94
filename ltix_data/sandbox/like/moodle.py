"""Moodle 4.5.5, observed on the wire: tokens, answers and rosters."""

from __future__ import annotations

import html
import json
from typing import ClassVar

from flask import Response, request

from ... import spec
from ..model import Course, Json, Membership, RequestError, TokenError, Tool
from ..paging import Page, lenient_number, offset
from ..rules.registration import MetadataError
from ..web import html_answer
from .moodle_grades import MoodleGrades

_KNOWN_ROLES = {role: spec.CONTEXT_ROLE + role for role in ("Instructor", "Learner")}
_NOT_FOUND = "<!DOCTYPE html><html><head><title>Error</title></head><body>{}</body></html>"
_LARGE_PAGE = 26_000


class Moodle(MoodleGrades):
    """Mislabels its token answers, and speaks in the reason phrase."""

    leeway: ClassVar[float] = 0  # Moodle 4.5.5, observed: not one second
    product_family: ClassVar[str] = "moodle"  # Moodle source
    wants_key_address: ClassVar[bool] = True  # Moodle source
    starts_active: ClassVar[bool] = False  # Moodle source: a tool that registers itself is pending
    registered_status: ClassVar[int] = 200  # Moodle source

    # --- Registration ---------------------------------------------------------------------------

    def messages(self) -> list[object]:
        """List names, where the specification wants objects. (Moodle source)"""
        return [spec.RESOURCE_LINK_REQUEST, spec.DEEP_LINKING_REQUEST]

    def dead_registration_token(self) -> RequestError:
        """Answer 401 and a word, labelled as HTML. (Moodle source)"""
        word = "token_already_used" if "Authorization" in request.headers else "missing_registration_token"
        return RequestError(401, "Unauthorized", body=word)

    def metadata_refusal(self, refusal: MetadataError) -> Response:
        """Answer 400 and plain words, labelled as HTML. (Moodle source)"""
        return html_answer(refusal.description, status=400)

    def check_active(self, tool: Tool) -> None:
        """Answer as for a client that is unknown. (assumed)"""
        if not tool.active:
            raise TokenError("invalid_client", "Invalid client")

    def inactive(self) -> RequestError:
        """Answer a page for people: a pending tool is in no course. (assumed)"""
        return RequestError(404, "Not Found", body=_NOT_FOUND.format("Sorry, this external tool is not configured"))

    # --- Tokens ---------------------------------------------------------------------------------

    def token_answer(self, token: Json) -> Response:
        """Label the token as HTML. (Moodle 4.5.5, observed)"""
        return Response(json.dumps(token), content_type="text/html; charset=utf-8")

    def token_refusal(self, refusal: TokenError) -> Response:
        """Answer 400, labelled as HTML; the body can be no JSON. (Moodle 4.5.5, observed)

        That it is so for an unknown kid, whose message has quotes, is assumed.
        """
        words = refusal.description
        if "kid" in words:
            words = '"kid" invalid, unable to lookup correct key'
        body = f'{{"error":"{refusal.error}","error_description":"{words}"}}'
        return Response(body, status=400, content_type="text/html; charset=utf-8")

    def unreadable_key_set(self) -> TokenError | RequestError:
        """Answer 404 with a large page. (Moodle 4.5.5, observed)"""
        page = _NOT_FOUND.format("<p>Sorry, the requested file could not be found</p>".ljust(_LARGE_PAGE, "\n"))
        return RequestError(404, "Not Found", body=page)

    def dead_token(self) -> RequestError:
        """Answer 401, with no word why. (Moodle 4.5.5, observed)"""
        return RequestError(401, "Unauthorized")

    def no_token(self) -> RequestError:
        """Answer as for a dead token. (assumed)"""
        return self.dead_token()

    def missing_scope(self, scopes: tuple[str, ...]) -> RequestError:
        """Answer as for a dead token. (Moodle 4.5.5, observed)"""
        return self.dead_token()

    # --- Answers --------------------------------------------------------------------------------

    def check_accept(self, media_type: str) -> None:
        """Refuse with 400 or 406. (Moodle 4.5.5, observed; which one when is assumed)"""
        if "," in request.headers.get("Accept", ""):
            raise RequestError(400, "Bad Request")
        super().check_accept(media_type)

    def refusal(self, problem: RequestError) -> Response:
        """Say the reason in the status line; a refused score has an empty list for a body. (Moodle 4.5.5, observed)"""
        if problem.body is None and request.path.endswith("/scores"):
            problem.body = []
        answer = super().refusal(problem)
        if problem.status >= 400:
            answer.status = f"{problem.status} {_phrase(problem.reason)}"
        return answer

    def maintenance(self) -> RequestError:
        """Answer a page for people. (Moodle 4.5.5, observed)"""
        page = _NOT_FOUND.format("This site is undergoing maintenance and is currently not available")
        return RequestError(503, "Moodle under maintenance", {"Retry-After": "300"}, body=page)

    # --- Rosters --------------------------------------------------------------------------------

    def is_told(self, member: Membership, since: int | None) -> bool:
        """List suspended accounts too. (Moodle 4.5.5, observed)"""
        return member.status != "Deleted"

    def has_role(self, member: Membership, role: str) -> bool:
        """Filter by two roles; any other lets everyone through. (Moodle 4.5.5, observed)"""
        short = next((short for short, full in _KNOWN_ROLES.items() if role in (short, full)), None)
        return short is None or [short] == self.roles(member)

    def roster_page(self, found: list[Membership]) -> Page[Membership]:
        """Give everybody, or pages whose next link has lost the role. (Moodle 4.5.5, observed)"""
        page = offset(found, lenient_number("limit"), "from")
        return Page(page.entries, page.more and {**page.more, "role": None})

    def member(self, course: Course, tool: Tool, member: Membership) -> Json:
        """Tell an active member with a sourcedid, always; it may be "". (Moodle 4.5.5, observed)"""
        entry = super().member(course, tool, member)
        return {**entry, "status": "Active", "lis_person_sourcedid": member.person.sourcedid}

    def names(self, member: Membership) -> Json:
        """Escape names as HTML. (Moodle 4.5.5, observed)"""
        named = super().names(member)
        return {
            field: html.escape(value, quote=False) if field.endswith("name") else value
            for field, value in named.items()
        }

    def roles(self, member: Membership) -> list[str]:
        """Write one short name; a teacher without editing rights is a Learner. (Moodle 4.5.5, observed)"""
        assists = any("#TeachingAssistant" in role for role in member.roles)
        return ["Instructor" if member.has("Instructor") and not assists else "Learner"]


def _phrase(reason: str) -> str:
    """Return a reason phrase as its bytes go over the wire, on one line."""
    return " ".join(reason.split()).encode().decode("latin-1")
