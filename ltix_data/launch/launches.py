"""Launches from the login to the context: each checked to the letter. [Security §5.1, Core §5.3]"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import idtoken
from ..errors import LaunchError
from ..http import HttpClient
from ..registration import Registration
from . import logins, message
from .context import LaunchContext
from .gate import Gate
from .logins import Login

_AGAIN = "Open the tool again from the platform."
_REGISTERED = "Compare client id, redirect address and login address with what the platform has registered."
_LATER = "Try again in a minute; if it stays, tell the platform's administrator."
_LOG_IN = "Log in to the platform in this browser, and open the tool there again."
#: What platforms answer instead of a launch -> what to do. Nothing else they say is repeated. [RFC 6749 §4.1.2.1,
#: OpenID Connect §3.1.2.6; the last one is Canvas']
_ANSWERS = {
    "login_required": _LOG_IN,
    "interaction_required": _LOG_IN,
    "account_selection_required": _LOG_IN,
    "consent_required": _LOG_IN,
    "access_denied": "Ask the platform's administrator whether this tool may be used in the course.",
    "invalid_request": _REGISTERED,
    "invalid_scope": _REGISTERED,
    "invalid_client": _REGISTERED,
    "unauthorized_client": _REGISTERED,
    "unsupported_response_type": _REGISTERED,
    "request_not_supported": _REGISTERED,
    "server_error": _LATER,
    "temporarily_unavailable": _LATER,
    "launch_no_longer_valid": "It expired, or was opened already. Open the tool again from the platform.",
}


class Launches:
    """Takes part in launches, for any number of platforms and threads.

    Args:
        http: the client to ask for key sets through.
        now: the clock.
        lifetime: seconds between a login and its launch.
        allow_anonymous: take launches that do not say who the person is. [Core §5.3.6.1]
        parsers: claim URI -> what reads it; its result is in `LaunchContext.parsed`. A claim that a launch does
            not bring is not read.
    """

    def __init__(
        self,
        *,
        http: HttpClient,
        now: Callable[[], float] = time.time,
        lifetime: float = 600.0,
        allow_anonymous: bool = False,
        parsers: Mapping[str, Callable[[Any], Any]] | None = None,
    ) -> None:
        self._keys = idtoken.KeySets(http, now)
        self._now = now
        self._gate = Gate(lifetime)
        self._allow_anonymous = allow_anonymous
        self._parsers = dict(parsers or {})

    def begin(self, registration: Registration, asked: Mapping[str, str], *, redirect_uri: str) -> Login:
        """Return the answer to a login initiation, and remember what its launch must fit. [Security §5.1.1.2]

        Args:
            registration: who is being launched.
            asked: the parameters the platform sent by GET or POST: iss, login_hint, target_link_uri, …
            redirect_uri: where the platform shall post the launch.

        Raises:
            LaunchError: a parameter is missing, or the login is for another platform, tool or deployment.
        """
        login = logins.login(registration, asked, redirect_uri=redirect_uri)
        self._gate.remember(login, registration, now=self._now())
        return login

    def finish(
        self,
        registration: Registration,
        posted: Mapping[str, str],
        *,
        browser: str | None,
        tool_urls: Sequence[str] = (),
    ) -> LaunchContext:
        """Return the launch in a posted form, after checking all of it. It is good for this one time.

        Args:
            registration: who is being launched.
            posted: the form: state and id_token, or an error.
            browser: the secret of `Login.browser` that came back in the cookie; None where none came.
            tool_urls: where this tool's links may lead; anywhere, where there are none.

        Raises:
            LaunchError: anything about it is not as it must be; message, hint and `code` say what.
        """
        _check_form(posted)
        if "error" in posted:
            self._gate.discard(posted.get("state", ""))
            raise _platform_refused(posted["error"])
        nonce = self._gate.open(posted["state"], browser, registration, now=self._now())
        claims = idtoken.verify(posted.get("id_token", ""), registration, keys=self._keys, now=self._now())
        _check_nonce(claims, nonce)
        message.check(claims, registration, tool_urls=tool_urls, allow_anonymous=self._allow_anonymous)
        return LaunchContext.from_claims(registration, claims, parsed=_parsed(claims, self._parsers))


def _check_form(posted: Mapping[str, str]) -> None:
    """Check that this can be an answer to an authentication request. [Security §5.1.1.3]"""
    if "oauth_consumer_key" in posted:
        raise LaunchError(
            "The platform launched this tool by LTI 1.1.",
            hint="Add the tool to the platform as an LTI 1.3 tool.",
            spec="Core §5.3.2",
            code="lti_1p1",
        )
    if not posted.get("state") and "error" not in posted:
        raise LaunchError(
            "This address is for launches, and no launch came: there is no “state”.",
            hint=_AGAIN,
            spec="Security §5.1.1.3",
            code="no_state",
        )


def _platform_refused(error: str) -> LaunchError:
    known = error if error in _ANSWERS else None
    return LaunchError(
        f"The platform did not launch the tool{f' ({known})' if known else ''}.",
        hint=_ANSWERS.get(error, f"{_AGAIN} {_REGISTERED}"),
        spec="Security §5.1.1.5",
        code=known or "platform_refused",
    )


def _check_nonce(claims: Mapping[str, Any], expected: str) -> None:
    """Check that the id_token was made for this login: an old one never was. [Security §5.1.3 step 9]"""
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not nonce:
        raise LaunchError(
            "The id_token has no “nonce”.",
            hint="This is a fault of the platform; report it to its administrator.",
            spec="Security §5.1.2",
            code="no_nonce",
        )
    if not hmac.compare_digest(nonce.encode(errors="replace"), expected.encode()):
        raise LaunchError(
            "The id_token was made for another launch than this one (nonce).",
            hint=_AGAIN,
            spec="Security §5.1.3",
            code="wrong_nonce",
        )


def _parsed(claims: Mapping[str, Any], parsers: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    return {uri: _parse(uri, parser, claims[uri]) for uri, parser in parsers.items() if uri in claims}


def _parse(uri: str, parser: Callable[[Any], Any], value: Any) -> Any:
    try:
        return parser(value)
    except Exception as error:  # anybody's code
        problem = type(error).__name__
    raise LaunchError(  # outside the except: the parser's own error may quote the value
        f"The claim {uri} could not be read: its parser raised {problem}.",
        hint="Mend the parser given for it, or leave it out.",
        spec="Core §5.4.7",
        code="claim_parser_failed",
    )
