"""What is remembered between a login and its launch: each state opens once, for the browser that began."""

from __future__ import annotations

import hashlib
import hmac
import threading
from dataclasses import dataclass, replace

from ..errors import LaunchError
from ..registration import Registration
from .logins import Login

_RESPONSE, _CSRF = "Security §5.1.1.3", "Security §7.3.1"
_MOST_LOGINS = 10_000
_AGAIN = "Open the tool again from the platform."


@dataclass(frozen=True, slots=True)
class _Pending:
    """One login; of the browser's secret only the hash."""

    registration: tuple[str, str, str]
    nonce: str
    browser: bytes
    begun: float
    used: bool = False


class Gate:
    """Remembers logins, in bounded memory: the oldest are forgotten first.

    Args:
        lifetime: seconds between a login and its launch.
    """

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._pending: dict[str, _Pending] = {}

    def remember(self, login: Login, registration: Registration, *, now: float) -> None:
        """Keep what the launch that answers *login* must fit."""
        pending = _Pending(_identity(registration), login.nonce, _hash(login.browser), now)
        with self._lock:
            self._pending[login.state] = pending
            while len(self._pending) > _MOST_LOGINS:
                del self._pending[next(iter(self._pending))]

    def discard(self, state: str) -> None:
        """Let *state* open nothing any more."""
        self._use(state)

    def open(self, state: str, browser: str | None, registration: Registration, *, now: float) -> str:
        """Return the nonce that belongs to *state*, which is used up by that, whatever comes of it.

        Raises:
            LaunchError: it is unknown, used, expired, or another browser's or registration's.
        """
        found = self._use(state)
        if found is None:
            raise _refused(
                "The launch answers no login that this tool knows (state).",
                "unknown_state",
                hint=f"{_AGAIN} If the tool was started anew meanwhile, it has forgotten what it began.",
            )
        if found.used:
            raise _refused(
                "This launch was used already (state): it was sent twice, or its page was reloaded.",
                "used_state",
                hint=_AGAIN,
            )
        if now - found.begun >= self._lifetime:
            raise _refused("Too much time passed between login and launch (state).", "expired_state", hint=_AGAIN)
        _check_browser(found, browser)
        if found.registration != _identity(registration):
            raise _refused(
                "The launch answers a login with another registration (state).", "other_registration", hint=_AGAIN
            )
        return found.nonce

    def _use(self, state: str) -> _Pending | None:
        """Return the login as it was; of two threads one sees it unused."""
        with self._lock:
            found = self._pending.get(state)
            if found is not None:
                self._pending[state] = replace(found, used=True)
            return found


def _check_browser(found: _Pending, browser: str | None) -> None:
    """Check that the browser that began is the one that came back. [Security §5.1.1.4, §7.3.1]"""
    if not browser:
        raise _refused(
            "The browser sent no cookie of this login: it blocks cookies in frames of other sites, or never got one.",
            "no_cookie",
            hint="Open the tool in a window of its own: set its link on the platform to “new window”.",
            section=_CSRF,
        )
    if not hmac.compare_digest(_hash(browser), found.browser):
        raise _refused(
            "The launch was begun in another browser, or another launch was begun in this one since.",
            "other_browser",
            hint=_AGAIN,
            section=_CSRF,
        )


def _identity(registration: Registration) -> tuple[str, str, str]:
    return registration.name, registration.issuer, registration.client_id


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def _refused(what: str, code: str, *, hint: str, section: str = _RESPONSE) -> LaunchError:
    return LaunchError(what, hint=hint, spec=section, code=code)
