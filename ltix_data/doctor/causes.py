"""From what went wrong to its cause in plain words: who must mend it, and how.

Two tables do the work, one for the token endpoint and one for the services of a course. What they say
is built from our own words, a status and a machine code: nothing that a platform wrote freely.
"""

from __future__ import annotations

from typing import Any

from .. import urls
from ..errors import (
    AccessError,
    ForeignHostError,
    LtixError,
    MalformedResponseError,
    NotFoundError,
    PlatformError,
    RateLimitError,
    ScopeError,
    TooLargeError,
    TransportError,
    UnavailableError,
)
from ..registration import Registration
from .addresses import wanted_audience
from .findings import ADMINISTRATOR, NETWORK, NOBODY, TEACHER, VENDOR, YOU, Finding

_PASTE = "Give the platform this tool's public key again: “registration.public_jwk”, or its key set's address."
_WAIT = "Wait a few minutes and examine it again; if it lasts, ask the platform's administrator."
_RELAUNCH = "Put the tool's link into the course again (or publish the course), then launch it from there."

#: A refused token's code -> who mends it, what it means, and how.
_TOKEN_CODES = {
    "invalid_client": (
        ADMINISTRATOR,
        "The platform does not accept the tool's signature: it does not have this key or cannot read the tool's "
        "key set, or the client id or the audience is another one.",
        _PASTE,
    ),
    "unauthorized_client": (
        ADMINISTRATOR,
        "The platform knows the tool, but does not let it ask for tokens.",
        "Activate the tool: it may still be pending, or switched off.",
    ),
    "access_denied": (
        ADMINISTRATOR,
        "The platform knows the tool, but does not let it ask for tokens.",
        "Activate the tool: it may still be pending, or switched off.",
    ),
    "invalid_scope": (
        ADMINISTRATOR,
        "The platform grants the tool none of its services.",
        "Enable the tool's services: Names and Roles, Assignment and Grades.",
    ),
    "unsupported_grant_type": (
        YOU,
        "This address serves another kind of token.",
        "Correct token_url: it must be the platform's LTI token endpoint.",
    ),
}


def of_token(error: LtixError, registration: Registration, *, far_off: bool) -> Finding:
    """Return why no token was given. *far_off*: this computer's clock is more than a day from the platform's."""
    who, message, hint = _of_token(error, registration, far_off=far_off)
    return Finding("token", registration.name, "problem", f"{message}{_code(error)}", who, hint)


def _of_token(error: LtixError, registration: Registration, *, far_off: bool) -> tuple[str, str, str]:
    status, code = getattr(error, "status", None), getattr(error, "code", None) or ""
    if far_off:
        return (YOU, "The platform refuses a token that this computer's clock dates days wrong.", "Set the clock.")
    if isinstance(error, TransportError):
        return of_transport(error, registration.token_url)
    if status is not None and (status == 429 or status in (502, 503, 504)):
        return (NOBODY, "The platform is busy or under maintenance.", _WAIT)
    if status is not None and status >= 500:
        return (ADMINISTRATOR, "The platform fails when it is asked for a token.", "Look into the platform's log.")
    if code == "invalid_client" and registration.audience != wanted_audience(registration):
        return (
            YOU,
            "The platform does not accept the tool's signature, which is addressed to another audience than it "
            "usually wants.",
            f"Register again without an audience of your own: it is then {wanted_audience(registration)}.",
        )
    if code in _TOKEN_CODES:
        return _TOKEN_CODES[code]
    if status in (404, 405, 410):
        return _no_endpoint(registration)
    if status is not None and status < 400:
        return (YOU, "What answers is no token endpoint.", "Correct token_url.")
    return (ADMINISTRATOR, "The platform refuses the tool a token, and does not say why in its code.", _PASTE)


def _no_endpoint(registration: Registration) -> tuple[str, str, str]:
    if registration.platform == "Moodle":  # 4.5: an unreadable key set of the tool is a 404 with a page
        return (
            ADMINISTRATOR,
            "Moodle cannot read the tool's key set at the address it was given, or the token address is wrong.",
            "Give the tool's public key itself (RSA key) instead of its address, or make the address reachable.",
        )
    return (YOU, "There is no token endpoint at this address.", "Correct token_url.")


def of_transport(error: TransportError, url: str) -> tuple[str, str, str]:
    """Return why a host could not be reached, from what the socket or TLS said."""
    said, host = str(error.__cause__ or "").casefold(), urls.host(url)
    if "certificate" in said:
        return (
            NETWORK,
            f"The certificate of {host} is not trusted on this computer.",
            "If a proxy or your institution has an authority of its own, name its file in SSL_CERT_FILE; "
            "an expired certificate is the platform's to renew.",
        )
    if any(word in said for word in ("name or service", "getaddrinfo", "nodename", "name resolution", "no address")):
        return (
            YOU,
            f"No host is called {host}, as far as this network knows.",
            "Check the spelling of the address; an internal host may need the VPN.",
        )
    return (
        NETWORK,
        f"{host} cannot be reached from this computer.",
        "Open the address in a browser on this computer: a firewall, a proxy or the VPN may be in between, "
        "or the platform is down.",
    )


def of_service(error: LtixError, check: str, course: str) -> Finding:
    """Return why a service of a course cannot be read."""
    who, message, hint = _of_service(error)
    return Finding(check, course, "problem", f"{message}{_code(error)}", who, hint)


def _of_service(error: LtixError) -> tuple[str, str, str]:
    status = getattr(error, "status", None)
    if getattr(error, "code", None) == "above_response_limit":
        return (ADMINISTRATOR, "The course is larger than the platform lists.", error.hint or "")
    if isinstance(error, TransportError):
        return (NETWORK, error.what, error.hint or _WAIT)
    for kind, answer in _SERVICE_ERRORS:
        if isinstance(error, kind):
            return answer
    if status == 401:
        return (
            ADMINISTRATOR,
            "The platform refuses a token that it has just given.",
            "Check that the tool is active, also in this course.",
        )
    if isinstance(error, (AccessError, NotFoundError)):
        return (
            TEACHER,
            "The platform does not let the tool in, or knows no such course: the tool was taken out of the course, "
            "or the course is unpublished, over or deleted.",
            _RELAUNCH,
        )
    if isinstance(error, UnavailableError) and status not in (502, 503, 504):
        return (ADMINISTRATOR, "The platform fails at this.", "Look into the platform's log.")
    if isinstance(error, UnavailableError):
        return (NOBODY, "The platform is busy or under maintenance.", _WAIT)
    if isinstance(error, PlatformError):
        return (VENDOR, "The platform refuses what the specification allows to ask.", error.hint or _WAIT)
    return (YOU, error.what, error.hint or "")


#: An error -> who mends it, what it means, and how. The first that fits counts.
_SERVICE_ERRORS: tuple[tuple[type[LtixError], tuple[str, str, str]], ...] = (
    (ScopeError, (ADMINISTRATOR, "The platform did not grant the scope for it.", "Enable this service for the tool.")),
    (
        ForeignHostError,
        (VENDOR, "The platform leads to another host, where the token must not go.", "Correct its own address."),
    ),
    (RateLimitError, (NOBODY, "The platform asks to slow down.", _WAIT)),
    (TooLargeError, (NOBODY, "There is more in it than is read here.", "")),
    (
        MalformedResponseError,
        (VENDOR, "The platform answers with something else than the specification says.", "Report it, with the host."),
    ),
)


def of_fault(error: Exception, check: str, subject: str) -> Finding:
    """Return that the check itself failed: ours to mend."""
    message = f"This check failed by itself ({type(error).__name__})."
    return Finding(check, subject, "warning", message, NOBODY, "Please report it to the makers of ltix_data.")


def _code(error: Any) -> str:
    status, code = getattr(error, "status", None), getattr(error, "code", None)
    said = ", ".join(filter(None, (f"status {status}" if status else None, code)))
    return f" ({said})" if said else ""
