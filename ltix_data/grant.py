"""What a token endpoint grants: a token, its scopes, its lifetime; each may be missing or odd."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from . import urls
from .answers import Answer
from .errors import MalformedResponseError, TokenError

_EARLY = 60.0  # renewed this many seconds before expiry
_DEFAULT_LIFETIME = 3600.0  # what 1EdTech recommends, when a platform does not say [Security §4.1]
_DOUBTFUL_LIFETIME = 60.0  # when it says 0, or nothing that can be read
_LONGEST_LIFETIME = 86_400.0
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Token:
    """An access token. `obtained` and `expires` are seconds since 1970 by the local clock."""

    value: str
    granted: frozenset[str]
    requested: frozenset[str]
    obtained: float
    lifetime: float
    after_refusal: bool = False

    @property
    def expires(self) -> float:
        """Return when the platform says it ends."""
        return self.obtained + self.lifetime

    def is_fresh(self, now: float) -> bool:
        """Return whether it may still be used: a minute, at most half its life, before it expires."""
        return self.obtained - 1 <= now < self.expires - min(_EARLY, self.lifetime / 2)

    def __repr__(self) -> str:
        return f"<Token, {len(self.granted)} scopes, lifetime {self.lifetime:.0f} s>"


def read(answer: Answer, requested: frozenset[str], now: float, *, after_refusal: bool = False) -> Token:
    """Return the token in an answer of the token endpoint. [RFC 6749 §5.1]

    Args:
        answer: what came.
        requested: the scopes that were asked for.
        now: the local clock.
        after_refusal: the token before this one was refused.

    Raises:
        TokenError: there is no usable token in it.
    """
    try:
        data = answer.json("the token request")
    except MalformedResponseError as error:
        raise _no_token(answer, error.what) from None
    value = data.get("access_token") if isinstance(data, dict) else None
    if not isinstance(value, str) or not _VISIBLE_ASCII.fullmatch(value):
        raise _no_token(answer, f"{urls.host(answer.url)} answered without a usable access_token.")
    granted = _granted(data.get("scope"), requested)
    return Token(value, granted, requested, now, _lifetime(data), after_refusal)


def _no_token(answer: Answer, what: str) -> TokenError:
    return TokenError(
        what,
        hint="Check that token_url is the platform's token endpoint.",
        spec="Security §4.1.1",
        status=answer.status,
    )


def _granted(scope: Any, requested: frozenset[str]) -> frozenset[str]:
    """Return what was granted: no scope in the answer means all of it. [RFC 6749 §5.1]

    Open edX sends an empty text when it grants nothing; some platforms send a list.
    """
    if scope is None:
        return requested
    parts = scope.split() if isinstance(scope, str) else scope if isinstance(scope, list) else ()
    return frozenset(part for part in parts if isinstance(part, str) and _VISIBLE_ASCII.fullmatch(part))


def _lifetime(data: dict[str, Any]) -> float:
    """Return expires_in as seconds; it may be missing, zero, or a text."""
    raw = data.get("expires_in")
    if raw is None:
        return _DEFAULT_LIFETIME
    try:
        seconds = float(raw)
    except (TypeError, ValueError, OverflowError):
        return _DOUBTFUL_LIFETIME
    if isinstance(raw, bool) or not math.isfinite(seconds) or seconds <= 0:
        return _DOUBTFUL_LIFETIME
    return min(seconds, _LONGEST_LIFETIME)
