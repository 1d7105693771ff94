"""Access tokens: one for a registration, shared by its courses and threads, renewed by itself.

client assertion -> token request -> `Token`; `TokenSource` keeps it. A token is renewed a minute
before it expires (at most half its life), when a platform refuses it, and when it lacks a scope that
may have been granted since. Tokens stay in memory.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

import jwt

from . import grant, markup, spec, urls
from .answers import Answer
from .errors import LtixError, ScopeError, StoppedError, TokenError
from .grant import Token
from .http import HttpClient
from .keys import SigningKey
from .markup import words
from .registration import Registration

_BACKDATE = 5  # Moodle allows no leeway at all on iat
_ASSERTION_LIFETIME = 300
_NOTICEABLE_OFFSET = 3.0
_GRANT_SETTLED = 30.0  # after this many seconds an administrator may have granted more
_PAUSE = {401: 10.0, 403: 300.0}  # seconds that a token made after a refusal is trusted…
_PAUSE_PROVEN = {401: 0.0, 403: 1.0}  # …and if it has worked: then it may well have died since
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": spec.JSON}


class TokenSource:
    """Gives out the current token of a registration, and a new one when needed.

    Args:
        registration: who asks.
        http: the client to ask through.
        offered: the scopes that may be asked for now; read anew at every request, so that a partial
            grant never becomes permanent.
        now: the local clock, in seconds since 1970.
    """

    def __init__(
        self,
        registration: Registration,
        http: HttpClient,
        offered: Callable[[], frozenset[str]],
        now: Callable[[], float],
    ) -> None:
        self._registration = registration
        self._http = http
        self._offered = offered
        self._now = now
        self._lock = threading.RLock()
        self._token: Token | None = None
        self._proven: Token | None = None
        self._failure: tuple[float, LtixError] | None = None

    @property
    def current(self) -> Token | None:
        """Return the token held now, perhaps expired, without asking the platform."""
        return self._token

    def token(self, needed: Iterable[str] = ()) -> Token:
        """Return a token that is fresh and has one of the scopes *needed* (any, where none are named).

        Raises:
            ScopeError: none of *needed* was offered or granted. [AGS §3.1]
            TokenError: the platform refused to issue a token, or sent something that is none.
        """
        wanted = tuple(needed)
        held = self._token
        if held is not None and not held.granted.isdisjoint(wanted) and held.is_fresh(self._now()):
            return held  # so it is nearly always, and who offers what need not be looked up
        offered = self._offered()
        if wanted and not offered.intersection(wanted):
            raise _not_offered(self._registration, wanted, offered)
        arrived = self._now()
        with self._lock:
            token = self._token
            if token is None or not self._suits(token, wanted, offered):
                self._share_failure(arrived)
                token = self._renew()
        if wanted and not token.granted.intersection(wanted):
            raise _not_granted(self._registration, wanted, token.granted)
        return token

    def replace(self, refused: Token) -> Token:
        """Return a token other than the one a platform just *refused*; threads share the new one."""
        with self._lock:
            held = self._token
            return self._renew(after_refusal=True) if held is None or held is refused else held

    def refresh(self) -> Token:
        """Return a new token, whatever the state of the old one."""
        with self._lock:
            return self._renew()

    def worth_replacing(self, refused: Token, status: int) -> bool:
        """Return whether a 401 or 403 may mean a dead token and not a missing right.

        Sakai and Open edX answer 403 for a dead token. A token that was itself the answer to a
        refusal is not replaced again for a while, or every forbidden row would ask for one.
        """
        pause = _PAUSE[status] if refused is not self._proven else _PAUSE_PROVEN[status]
        return not refused.after_refusal or self._now() - refused.obtained >= pause

    def prove(self, token: Token) -> None:
        """Take note that a platform accepted *token*: refused later, it may well have died."""
        self._proven = token

    def _suits(self, token: Token, wanted: tuple[str, ...], offered: frozenset[str]) -> bool:
        """Return whether *token* will do, or asking again could give no better one."""
        if not token.is_fresh(self._now()):
            return False
        lacking = bool(wanted) and not token.granted.intersection(wanted)
        return not lacking or (offered == token.requested and self._now() - token.obtained < _GRANT_SETTLED)

    def _renew(self, *, after_refusal: bool = False) -> Token:
        scopes = self._offered()
        if not scopes:
            raise ScopeError(
                f"There is nothing to ask a token for: “{self._registration.name}” knows no course yet.",
                scopes=(),
                granted=frozenset(),
                hint="Launch the tool from a course, or add one with session.add_course(…).",
            )
        try:
            self._token = self._request(scopes, after_refusal=after_refusal)
        except StoppedError:  # this thread's alone
            raise
        except LtixError as error:
            self._failure = (self._now(), error)
            raise
        return self._token

    def _share_failure(self, arrived: float) -> None:
        """Raise what another thread met while this one waited for it: eight need not all wait for a dead host."""
        if self._failure is not None and self._failure[0] > arrived:
            raise self._failure[1]

    def _request(self, scopes: frozenset[str], *, after_refusal: bool = False) -> Token:
        """Ask for all *scopes*; where the platform refuses them all for one, for those it would give.

        Sakai answers 400 invalid_scope when a single scope is not allowed, and does not say which.
        """
        answer = self._ask(scopes)
        if _is_scope_refusal(answer) and len(scopes) > 1:
            allowed = frozenset(scope for scope in sorted(scopes) if self._would_give(scope))
            answer = self._ask(allowed) if allowed else answer
        if not answer.ok:
            raise self._refusal(answer)
        return grant.read(answer, scopes, self._now(), after_refusal=after_refusal)

    def _would_give(self, scope: str) -> bool:
        answer = self._ask(frozenset({scope}))
        if not answer.ok and not _is_scope_refusal(answer):  # failing is not refusing: no smaller token for that
            raise self._refusal(answer)
        return answer.ok

    def _ask(self, scopes: frozenset[str]) -> Answer:
        clock = self._http.clock
        before = clock.offset
        answer = self._post(scopes)
        clock.learn(answer.headers)
        if answer.status in (400, 401, 403) and abs(clock.offset - before) > _NOTICEABLE_OFFSET:
            answer = self._post(scopes)  # the assertion was dated by a clock that is not the platform's
        if answer.status in (400, 401) and not _is_scope_refusal(answer):
            # while keys rotate, the platform may know another of them: one that was pasted over, or a set it cached
            others = (self._post(scopes, key) for key in self._registration.spare_keys())
            answer = next((other for other in others if other.ok), answer)
        return answer

    def _post(self, scopes: frozenset[str], key: SigningKey | None = None) -> Answer:
        def content() -> bytes:  # for every try anew: a lost one may have used up its jti (Canvas remembers them)
            form = {
                "grant_type": spec.GRANT_TYPE,
                "client_assertion_type": spec.ASSERTION_TYPE,
                "client_assertion": client_assertion(self._registration, self._http.clock.now(), key),
                "scope": " ".join(sorted(scopes)),
            }
            return urlencode(form).encode()

        url = self._registration.token_url
        return self._http.send("POST", url, headers=_FORM, content=content, repeatable=True)

    def _refusal(self, answer: Answer) -> TokenError:
        """Return the error for a refused token request. [RFC 6749 §5.2]"""
        code = answer.code() or ("invalid_scope" if _is_scope_refusal(answer) else None)
        busy = answer.status == 429 or answer.status >= 500
        hint = _BUSY if busy else _TOKEN_HINTS.get(code or "", _CHECK_KEY)
        if self._http.clock.is_far_off:
            hint = f"This computer's clock and the platform's are more than a day apart: set it right. {hint}"
        return TokenError(
            f"{urls.host(answer.url)} refused an access token to “{self._registration.name}” "
            f"(status {answer.status}{f', {code}' if code else ''}).",
            hint=hint,
            spec="Security §4.1.1",
            status=answer.status,
            code=code,
        )


_BUSY = "The platform is busy or failing; try again later."
_CHECK_KEY = (
    "Check that client_id, token_url and audience are the platform's values, and that it holds this tool's "
    "public key (registration.public_jwk)."
)
_TOKEN_HINTS = {
    "invalid_client": _CHECK_KEY,
    "invalid_scope": "It grants none of the scopes asked for; ask its administrator to enable the tool's services.",
    "unauthorized_client": "The tool may not ask for tokens; ask the platform's administrator to activate it.",
    "unsupported_grant_type": "Check token_url: this endpoint serves another kind of token.",
}


def client_assertion(registration: Registration, now: float, key: SigningKey | None = None) -> str:
    """Return the signed JWT that proves who asks. [Security §4.1.1, RFC 7523]

    *now* is the platform's time; *key* signs, or the current one. ``aud`` is one text, never a list:
    Brightspace fails on a list.
    """
    key = key or registration.signing_key()
    issued = int(now) - _BACKDATE
    claims = {
        "iss": registration.client_id,
        "sub": registration.client_id,
        "aud": registration.audience or registration.token_url,
        "iat": issued,
        "exp": issued + _ASSERTION_LIFETIME,
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, key.private, algorithm=spec.SIGNING_ALGORITHM, headers={"kid": key.kid})


def _is_scope_refusal(answer: Answer) -> bool:
    return answer.status in (400, 403) and (answer.code() == "invalid_scope" or b"invalid_scope" in answer.body[:2000])


def _not_offered(registration: Registration, wanted: tuple[str, ...], offered: frozenset[str]) -> ScopeError:
    return ScopeError(
        f"No course of “{registration.name}” offers the scope {' or '.join(wanted)}.",
        scopes=wanted,
        granted=offered,
        hint="Ask the platform's administrator to enable this service for the tool, then launch it again.",
        spec="AGS §3.1",
    )


def _not_granted(registration: Registration, wanted: tuple[str, ...], granted: frozenset[str]) -> ScopeError:
    return ScopeError(
        f"{urls.host(registration.token_url)} did not grant the scope {' or '.join(wanted)}; nothing was sent.",
        scopes=wanted,
        granted=granted,
        hint=f"Ask the platform's administrator to allow it for the tool with client id {registration.client_id}.",
        spec="Security §4.1",
    )


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """What is known of the access token; the token itself is not shown.

    `granted` and `missing` are scopes; `minutes_left` counts to its expiry, 0 where there is none.
    """

    granted: tuple[str, ...]
    missing: tuple[str, ...]
    minutes_left: float

    @classmethod
    def of(cls, token: Token | None, now: float) -> Self:
        """Return what is known of *token* at *now*, by the local clock."""
        if token is None:
            return cls((), (), 0.0)
        left = max(0.0, token.expires - now) / 60
        return cls(tuple(sorted(token.granted)), tuple(sorted(token.requested - token.granted)), left)

    def __str__(self) -> str:
        if not (self.granted or self.missing):
            return "no token yet"
        refused = f", not granted {_short(self.missing)}" if self.missing else ""
        return f"token for {self.minutes_left:.0f} more min, granted {_short(self.granted)}{refused}"

    def __repr__(self) -> str:
        return f"<{self}>"

    def _repr_html_(self) -> str:
        return markup.render(
            "token.html",
            validity=words.validity(self.minutes_left, known=bool(self.granted or self.missing)),
            granted=", ".join(words.rights(self.granted)),
            missing=", ".join(words.lacking(self.granted, self.missing)),
        )


def _short(scopes: Iterable[str]) -> str:
    """Return scopes by their last word, for people."""
    return ", ".join(scope.rsplit("/", 1)[-1] for scope in scopes) or "nothing"
