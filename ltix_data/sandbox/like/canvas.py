"""Canvas, as its documentation and its source have it."""

from __future__ import annotations

from typing import ClassVar

from flask import Response, request

from ... import spec
from ..model import Cell, Course, Json, LineItem, Membership, Number, RequestError, TokenError, Tool
from ..paging import Page, T, lenient_number, numbered
from ..rules.scores import moment
from ..web import base_url, json_answer, practice
from .lenient import Lenient

_LARGEST_PAGE = 50
#: Where each launch can begin, some of many.
_PLACES = {
    spec.RESOURCE_LINK_REQUEST: ("course_navigation", "link_selection", "assignment_selection"),
    spec.DEEP_LINKING_REQUEST: ("assignment_selection", "link_selection", "editor_button"),
}
_GRADED = ("FullyGraded", "PendingManual")


class Canvas(Lenient):
    """Counts submissions, comments and requests."""

    product_family: ClassVar[str] = "canvas"  # Canvas source
    hides_configuration: ClassVar[bool] = True  # Canvas source
    wants_key_address: ClassVar[bool] = True  # Canvas source
    starts_active: ClassVar[bool] = False  # Canvas documentation: an administrator turns the key on
    registered_status: ClassVar[int] = 200  # Canvas source

    # --- Registration ---------------------------------------------------------------------------

    def messages(self) -> list[object]:
        """Say where each can be launched from. (Canvas documentation)"""
        return [{"type": kind, "placements": list(places)} for kind, places in _PLACES.items()]

    def configuration(self, found: Json) -> Json:
        """Name an authorization server by its host alone. (Canvas source)"""
        return {**found, "authorization_server": base_url().partition("://")[2]}

    def dead_registration_token(self) -> RequestError:
        """Answer 401 without a challenge. (Canvas source)"""
        return RequestError(401, "JWT did not include expected contents", body={"errorMessage": "unauthorized"})

    def registered(self, accepted: Json, tool: Tool) -> Json:
        """Name no deployment: the tool has none before it is installed. (Canvas documentation)"""
        told = super().registered(accepted, tool)
        return {**told, spec.TOOL_CONFIGURATION: {**accepted[spec.TOOL_CONFIGURATION]}}

    # --- Tokens ---------------------------------------------------------------------------------

    def check_audience(self, named: object, wanted: str) -> None:
        """Take the one text, to the letter; a final slash is 400. (Canvas documentation)"""
        if named != wanted:
            raise TokenError("invalid_request", "the 'aud' is invalid")

    # --- Rosters --------------------------------------------------------------------------------

    def is_told(self, member: Membership, since: int | None) -> bool:
        """List active members only; the Test Student is one. (Canvas documentation)"""
        return member.status == "Active"

    def has_role(self, member: Membership, role: str) -> bool:
        """Take context roles as whole URNs; anything else filters everybody out. (Canvas source)"""
        return role.startswith((spec.CONTEXT_ROLE, spec.CONTEXT_SUB_ROLE)) and member.has(role)

    def check_resource_link(self, course: Course, tool: Tool) -> None:
        """Answer 400 for a resource link that is not the tool's. (Canvas documentation)"""
        link = request.args.get("rlid")
        if link is not None and not course.has_link(tool.client_id, link):
            raise RequestError(400, "Tool does not have access to rlid or rlid does not exist")

    def roster_page(self, found: list[Membership]) -> Page[Membership]:
        """Give 50 at most, whatever `limit` says. (Canvas documentation)"""
        return self._page(found)

    def item_page(self, found: list[LineItem]) -> Page[LineItem]:
        """Give counted pages. (assumed: as its rosters are)"""
        return self._page(found)

    def result_page(self, course: Course, users: list[str]) -> Page[str]:
        """Give counted pages. (assumed: as its rosters are)"""
        return self._page(users)

    def _page(self, found: list[T]) -> Page[T]:
        """Drop `limit` from the next link and go on with `per_page`. (Canvas source)"""
        most = min(_LARGEST_PAGE, self.options.page_size)
        limit = min(most, lenient_number("limit") or lenient_number("per_page") or most)
        page = numbered(found, limit)
        more = page.more and {**page.more, "per_page": limit, "limit": None}
        return Page(page.entries, more)

    # --- Line items -----------------------------------------------------------------------------

    def check_deletable(self, item: LineItem) -> None:
        """Answer 401 for the coupled one. (Canvas documentation)"""
        if item.coupled:
            raise RequestError(401, "Line item cannot be deleted: it belongs to its resource link")

    # --- Scores ---------------------------------------------------------------------------------

    def check_people(self, course: Course, item: LineItem, score: Json) -> None:
        """Say the same of strangers, teachers, those who left and the Test Student. (Canvas documentation)"""
        member = course.member(score["userId"])
        student = member and member.has("Learner") and member.status == "Active"
        if not student or spec.TEST_USER in member.roles:  # type: ignore[union-attr]  # a student is a member
            raise RequestError(422, "User not found in course or is not a student")

    def check_numbers(self, score: Json) -> None:
        """Answer 422 for a maximum that is 0 or missing. (Canvas documentation)"""
        if score.get("scoreMaximum") is None:
            raise RequestError(422, "ScoreMaximum not supplied when ScoreGiven present.")
        if score["scoreMaximum"] == 0:
            raise RequestError(422, "ScoreMaximum must be greater than 0")
        super().check_numbers(score)

    def check_later(self, item: LineItem, cell: Cell, score: Json) -> None:
        """Answer 400 for an older time; an equal one is taken again. (Canvas documentation)"""
        if cell.timestamp is not None and moment(score["timestamp"]) < moment(cell.timestamp):
            stamps = f"{score['timestamp']} before last updated timestamp of {cell.timestamp}"
            raise RequestError(400, f"Provided timestamp of {stamps}")

    def grade(self, cell: Cell, score: Json) -> None:
        """Null the grade, unless it is given and graded, by hand or fully. (Canvas documentation)"""
        if score.get("scoreGiven") is None or score["gradingProgress"] not in _GRADED:
            cell.given = None
        else:
            cell.given, cell.given_out_of = score["scoreGiven"], score["scoreMaximum"]

    def comment(self, cell: Cell, comment: str | None) -> None:
        """Append each comment to the submission; none clears nothing. (Canvas documentation)"""
        if comment is not None:
            cell.comments.append(comment)
            cell.comment = comment

    def submission(self, cell: Cell, score: Json) -> None:
        """Count each post as a new submission, unless the extension says otherwise. (Canvas documentation)"""
        extension = score.get(spec.CANVAS_SUBMISSION)
        asked = extension if isinstance(extension, dict) else {}
        if asked.get("new_submission", True) and asked.get("submission_type") != "none":
            cell.submissions += 1
        super().submission(cell, score)

    def score_answer(self, score: Json, result_url: str) -> Response:
        """Label the answer as a score. (Canvas source)"""
        return json_answer({"resultUrl": result_url}, media_type=spec.SCORE)

    # --- Results --------------------------------------------------------------------------------

    def result_users(self, course: Course, item: LineItem) -> list[str]:
        """Leave out those whom only a teacher has graded. (Canvas documentation)"""
        return [user_id for user_id in super().result_users(course, item) if item.cells[user_id].score is not None]

    def result_maximum(self, item: LineItem, cell: Cell) -> Number:
        """Scale results to the tool's own maximum. (Canvas source)"""
        return cell.given_out_of if cell.given is not None else item.out_of

    # --- Refusals and quota ---------------------------------------------------------------------

    def refusal(self, problem: RequestError) -> Response:
        """Wrap the reason in a list of errors. (Canvas documentation)"""
        if problem.body is None:
            problem.body = {"errors": {"type": "invalid" if problem.status < 500 else "error", "message": str(problem)}}
        return super().refusal(problem)

    def too_many(self, status: int | None) -> RequestError:
        """Answer 403, or 429 where it is newer; without Retry-After. (Canvas documentation)"""
        status = status or 403
        spent = {"X-Rate-Limit-Remaining": "0.0"}
        return RequestError(status, "Rate Limit Exceeded", spent, body=f"{status} (Rate Limit Exceeded)")

    def finish(self, response: Response) -> None:
        """Say what a request cost and what is left; a refusal has no cost. (Canvas documentation and source)"""
        if "X-Rate-Limit-Remaining" not in response.headers:
            quota = practice().quota
            response.headers["X-Request-Cost"] = str(quota.cost)
            response.headers["X-Rate-Limit-Remaining"] = str(quota.remaining)
