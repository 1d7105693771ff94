"""Access tokens: to whom, when, for what. [Security §4.1.1, RFC 7523]"""

from __future__ import annotations

from typing import ClassVar

from flask import Response

from ..model import Json, RequestError, TokenError
from ..web import json_answer
from .answers import AnswerRules

_UNSTORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class TokenRules(AnswerRules):
    """What the token endpoint believes and grants."""

    #: How far into the future a tool's clock may run, in seconds. Moodle grants nothing at all.
    leeway: ClassVar[float] = 1

    def audience(self, base: str) -> str:
        """Return whom assertions must be addressed to."""
        return self.options.audience or f"{base}/token"

    def check_audience(self, named: object, wanted: str) -> None:
        """Refuse an assertion for somebody else."""
        if wanted not in (named if isinstance(named, list) else [named]):
            raise TokenError("invalid_client", f"aud must be this platform's token URL, {wanted}.")

    def unreadable_key_set(self) -> TokenError | RequestError:
        """Return the refusal when the tool's key set cannot be read."""
        return TokenError("invalid_client", "The tool's key set cannot be read.", 401)

    def grant(self, wanted: list[str], allowed: set[str]) -> list[str]:
        """Return the scopes that the token is for."""
        granted = [scope for scope in dict.fromkeys(wanted) if scope in allowed]
        if not wanted:
            raise TokenError("invalid_scope", "Ask for at least one scope.")
        if not granted or (self.options.strict_scopes and len(granted) < len(set(wanted))):
            refused = ", ".join(scope for scope in wanted if scope not in allowed)
            raise TokenError("invalid_scope", f"Not allowed for this tool: {refused}")
        return granted

    def token_answer(self, token: Json) -> Response:
        """Return a token as an answer."""
        return json_answer(token, headers=_UNSTORED)

    def token_refusal(self, refusal: TokenError) -> Response:
        """Return a refused token as an answer. [RFC 6749 §5.2]"""
        challenge = {"WWW-Authenticate": 'Bearer realm="ltix-practice"'} if refusal.status == 401 else {}
        body = {"error": refusal.error, "error_description": refusal.description}
        return json_answer(body, status=refusal.status, headers={**_UNSTORED, **challenge})
