"""The platform: can it be reached, what time it has, what tokens it gives, and its own keys."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from .. import keys, spec, urls
from ..answers import Answer
from ..client import ServiceClient
from ..errors import ForeignHostError, InvalidKeyError, LtixError, TransportError
from ..grant import Token
from ..http import HttpClient
from ..parsing import http_date
from ..registration import Registration
from . import causes
from .findings import ADMINISTRATOR, YOU, Finding, ok, skipped

_NOTICEABLE, _HARMFUL = 5.0, 60.0  # seconds; launches are believed for a minute or so on either side
_SHORT = 120.0  # seconds that a token should live at least
#: What a tool may want -> the scopes of which one is needed, and what it is called where it is lacking.
_WANTS = {
    "rosters": ((spec.SCOPE_MEMBERSHIPS,), "Names and Roles"),
    "line items": ((spec.SCOPE_LINE_ITEM, spec.SCOPE_LINE_ITEM_READONLY), "line items (Assignment and Grades)"),
    "results": ((spec.SCOPE_RESULT_READONLY,), "results (Assignment and Grades)"),
    "scores": ((spec.SCOPE_SCORE,), "scores (Assignment and Grades)"),
}


def reach(registration: Registration, http: HttpClient) -> tuple[Finding, Answer | None]:
    """Ask the token address for anything at all: whatever it answers, it is there."""
    host = urls.host(registration.token_url)
    try:
        answer = http.send("GET", registration.token_url, headers={"Accept": spec.JSON}, repeatable=True)
    except TransportError as error:
        who, message, hint = causes.of_transport(error, registration.token_url)
        return Finding("network", host, "problem", message, who, hint), None
    except ForeignHostError as error:
        hint = "Check token_url: this is often a login page."
        return Finding("network", host, "warning", error.what, YOU, hint), None
    except LtixError:  # too large, or in a circle: it does answer
        return ok("network", host, "It answers."), None
    return ok("network", host, "It answers."), answer


def clock(registration: Registration, http: HttpClient, answer: Answer | None) -> Finding:
    """Compare this computer's clock with the Date of a fresh answer."""
    host = urls.host(registration.token_url)
    if answer is None:
        return skipped("clock", host, "The platform did not answer, so its time is not known.")
    sent = http_date(answer.headers.get("date", ""))
    if sent is None or answer.headers.get("age", "0").strip() not in ("", "0"):
        return skipped("clock", host, "The platform's answer does not tell its time.")
    off = http.clock.now() - http.clock.offset - (sent + 0.5)  # Date is cut to the second
    if abs(off) < _NOTICEABLE:
        return ok("clock", host, "This computer's clock and the platform's agree.")
    message = f"This computer's clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} the platform's."
    verdict = "problem" if abs(off) > _HARMFUL else "warning"
    return Finding("clock", host, verdict, message, YOU, "Set this computer's clock (NTP).")


def token(client: ServiceClient) -> tuple[Finding, Token | None]:
    """Ask for a token, and say what came."""
    registration = client.registration
    try:
        found = client.tokens.refresh()
    except LtixError as error:
        return causes.of_token(error, registration, far_off=client.http.clock.is_far_off), None
    if found.lifetime < _SHORT:
        message = f"The platform gives one, for {found.lifetime:.0f} s only."
        hint = "Raise the lifetime of access tokens: an hour is recommended. [Security §4.1]"
        return Finding("token", registration.name, "warning", message, ADMINISTRATOR, hint), found
    return ok("token", registration.name, f"The platform gives one, for {found.lifetime / 60:.0f} min."), found


def scopes(registration: Registration, granted: Token | None, offered: Collection[str]) -> list[Finding]:
    """Compare what was granted with what courses offer; *offered* is empty where no course is known."""
    if granted is None:
        return [skipped("scope", want, "There is no token.") for want in _WANTS]
    findings = []
    for want, (needed, called) in _WANTS.items():
        findings.append(_scope(registration, want, called, granted.granted.intersection(needed), set(needed), offered))
    return findings


def _scope(
    registration: Registration, want: str, called: str, got: Collection[str], needed: set[str], offered: Collection[str]
) -> Finding:
    if got:
        if spec.SCOPE_LINE_ITEM in needed and spec.SCOPE_LINE_ITEM not in got:
            return ok("scope", want, "Granted, for reading alone: line items cannot be made or changed.")
        return ok("scope", want, "Granted.")
    if needed.intersection(offered):
        message = "The courses offer it, and the platform does not grant it."
        hint = f"Allow {called} for the tool with client id {registration.client_id}."
        return Finding("scope", want, "problem", message, ADMINISTRATOR, hint)
    if offered:
        message = "No course that was examined offers it."
        hint = f"To have it: enable {called} for the tool, then launch it again from a course."
        return Finding("scope", want, "warning", message, ADMINISTRATOR, hint)
    hint = f"To have it: enable {called} for the tool."
    return Finding("scope", want, "warning", "The platform does not grant it.", ADMINISTRATOR, hint)


def launches(registration: Registration, http: HttpClient) -> list[Finding]:
    """Look at what launches need: the platform's key set and its authorization address."""
    return [_key_set(registration, http), _authorization(registration)]


def _authorization(registration: Registration) -> Finding:
    if registration.auth_url:
        return ok("launch address", registration.name, "The registration names it.")
    message = "There is no auth_url: the tool can be used for its services, and not be launched."
    hint = "To capture courses by launching, register again with auth_url."
    return Finding("launch address", registration.name, "warning", message, YOU, hint)


def _key_set(registration: Registration, http: HttpClient) -> Finding:
    url, check = registration.jwks_url, "platform keys"
    if url is None:
        message = "There is no jwks_url: launches cannot be verified."
        hint = "To capture courses by launching, register again with jwks_url."
        return Finding(check, registration.name, "warning", message, YOU, hint)
    host = urls.host(url)
    try:
        answer = http.send("GET", url, headers={"Accept": spec.JSON}, repeatable=True)
        if not answer.ok:
            raise answer.failure("the platform's key set")
        count = _rsa_keys(answer.json("the platform's key set"))
    except TransportError as error:
        who, message, hint = causes.of_transport(error, url)
        return Finding(check, host, "problem", message, who, hint)
    except LtixError as error:
        hint = "Correct jwks_url: it must be the address of the platform's key set."
        return Finding(check, host, "problem", f"Launches cannot be verified. {error.what}", YOU, hint)
    if count:
        return ok(check, host, f"RSA keys in it: {count}.")
    hint = "Correct jwks_url, or report it: without an RSA key no launch can be verified. [Security §5.1.3]"
    return Finding(check, host, "problem", "There is no RSA key in the platform's key set.", YOU, hint)


def _rsa_keys(key_set: object) -> int:
    found = key_set.get("keys") if isinstance(key_set, dict) else None
    count = 0
    for jwk in found if isinstance(found, list) else ():
        with suppress(InvalidKeyError):
            count += bool(isinstance(jwk, dict) and keys.thumbprint(jwk))
    return count
