"""Who may ask, in which media types, and what a refusal looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from flask import Response, request

from .. import checks
from ..model import Json, RequestError
from ..paging import Changes
from ..web import here, html_answer, json_answer, positive

if TYPE_CHECKING:
    from ..options import Options

_REALM = 'Bearer realm="ltix-practice"'


class AnswerRules:
    """What all services have in common."""

    #: Whether times must have sub-seconds, as the specification wants.
    wants_fractions: ClassVar[bool] = True

    def __init__(self, options: Options) -> None:
        self.options = options

    # --- Who may ask ----------------------------------------------------------------------------

    def no_token(self) -> RequestError:
        """Return the refusal of a request without a bearer token."""
        return RequestError(401, "Send an access token: Authorization: Bearer …", {"WWW-Authenticate": _REALM})

    def dead_token(self) -> RequestError:
        """Return the refusal of a token that is unknown or has expired. [RFC 6750 §3]"""
        challenge = f'{_REALM}, error="invalid_token", error_description="unknown or expired"'
        return RequestError(401, "The access token is unknown or has expired.", {"WWW-Authenticate": challenge})

    def missing_scope(self, scopes: tuple[str, ...]) -> RequestError:
        """Return the refusal of a token that has none of *scopes*. [RFC 6750 §3]"""
        challenge = f'{_REALM}, error="insufficient_scope", scope="{" ".join(scopes)}"'
        reason = f"The access token lacks the scope {' or '.join(scopes)}."
        return RequestError(403, reason, {"WWW-Authenticate": challenge})

    def too_many(self, status: int | None) -> RequestError:
        """Return the refusal of a request over the quota; *status* is what the administrator chose."""
        return RequestError(status or 429, "Too many requests. Wait.", {"Retry-After": "1"})

    def maintenance(self) -> RequestError:
        """Return the refusal of everything while the platform is being mended."""
        return RequestError(503, "The platform is under maintenance.", {"Retry-After": "300"})

    # --- What is sent ---------------------------------------------------------------------------

    def check_accept(self, media_type: str) -> None:
        """Refuse any Accept header but the one media type, to the letter.

        Moodle and Open edX refuse lists, ``*/*`` and ``application/json`` too.
        """
        if request.headers.get("Accept", "").strip() != media_type:
            raise RequestError(406, f"Send Accept: {media_type}")

    def check_fields(self, body: Json, known: frozenset[str]) -> None:
        """Refuse fields that are neither the specification's nor an extension. [AGS §3.1.2]"""
        checks.only_known(body, known)

    # --- What is answered -----------------------------------------------------------------------

    def refusal(self, problem: RequestError) -> Response:
        """Return a refusal as an answer."""
        if isinstance(problem.body, str):
            return html_answer(problem.body, status=problem.status, headers=problem.headers)
        plain = {"status": problem.status, "reason": problem.reason}
        body = plain if problem.body is None else problem.body
        return json_answer(body, status=problem.status, headers=problem.headers)

    def finish(self, response: Response) -> None:
        """Add what every answer of a service carries."""

    def page_limit(self) -> int:
        """Return how many entries this page may hold: the tool's limit, never more than the platform's."""
        asked = request.args.get("limit")
        most = self.options.page_size
        return most if asked is None else min(most, positive(asked, "limit"))

    def grade_links(self, more: Changes | None) -> dict[str, str]:
        """Return the Link header of a page of line items or results. [AGS §3.2.4, RFC 8288]"""
        return {} if more is None else {"Link": f'<{here(**more)}>; rel="next"'}
