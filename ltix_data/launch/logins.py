"""The first half of a launch: what a platform asks, and where the browser is sent. [Security §5.1.1.1, §5.1.1.2]

Login parameters are unsigned and come from anybody. They decide nothing: the browser goes to the registration's
own address, and what it must bring back is drawn here.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from .. import urls
from ..errors import LaunchError
from ..registration import Registration

_INITIATION, _REQUEST = "Security §5.1.1.1", "Security §5.1.1.2"
_MOST_CHARACTERS = 16 * 1024  # some hints are whole tokens (Canvas)
_BY_HAND = "This address is for the platform: open the tool there, from a course."
#: What may be repeated of a stranger's issuer: a plain address, which tells what to register.
_PLAIN_ADDRESS = re.compile(r"https://[a-z0-9.-]{1,100}(:\d{1,5})?(/[A-Za-z0-9._-]{1,40}){0,4}/?")


@dataclass(frozen=True, slots=True)
class Login:
    """An answer to a login initiation.

    Args:
        url: where to send the browser.
        state: what the platform must post back beside the launch.
        browser: a secret for a cookie: who brings the launch must bring it too.
        nonce: what the launch must say.
    """

    url: str = field(repr=False)
    state: str = field(repr=False)
    browser: str = field(repr=False)
    nonce: str = field(repr=False)


def login(registration: Registration, asked: Mapping[str, str], *, redirect_uri: str) -> Login:
    """Return the authentication request that answers a login initiation. [Security §5.1.1.2]

    Raises:
        LaunchError: a parameter is missing, or the login is for another platform, tool or deployment.
    """
    _check_initiation(registration, asked)
    made = {name: secrets.token_urlsafe(24) for name in ("state", "browser", "nonce")}
    query = {
        "response_type": "id_token",
        "response_mode": "form_post",
        "scope": "openid",
        "prompt": "none",
        "client_id": registration.client_id,
        "redirect_uri": redirect_uri,
        "login_hint": asked["login_hint"],
        "lti_message_hint": asked.get("lti_message_hint"),
        "state": made["state"],
        "nonce": made["nonce"],
    }
    return Login(urls.add_query(_auth_url(registration), query), **made)


def _check_initiation(registration: Registration, asked: Mapping[str, str]) -> None:
    for name in ("iss", "login_hint", "target_link_uri"):
        if not asked.get(name):
            raise _refused(f"The login brings no “{name}”.", f"no_{name}", hint=_BY_HAND)
    if asked["iss"] != registration.issuer:
        raise _refused(
            f"The login came from another platform than {registration.issuer} (iss).",
            "wrong_issuer",
            hint=_about_issuer(asked["iss"], registration.issuer),
        )
    if asked.get("client_id") not in (None, "", registration.client_id):
        raise _refused(
            "The login is for another tool of this platform (client_id).",
            "wrong_client",
            hint="Compare the registration's client_id with the platform's.",
            section="Core §4.1.3",
        )
    if registration.deployment_id and asked.get("lti_deployment_id") not in (None, "", registration.deployment_id):
        raise _refused(
            "The login is for another deployment of this tool (lti_deployment_id).",
            "wrong_deployment",
            hint="Compare the registration's deployment_id with the platform's, or register without one.",
            section="Core §4.1.2",
        )
    for name in ("login_hint", "lti_message_hint"):
        _check_hint(name, asked.get(name, ""))


def _check_hint(name: str, value: str) -> None:
    """Refuse what cannot be passed back to the letter."""
    try:
        good = len(value.encode()) <= _MOST_CHARACTERS
    except UnicodeEncodeError:
        good = False
    if not good:
        raise _refused(
            f"The login's “{name}” cannot be passed back: it is too long, or no text.",
            f"wrong_{name}",
            hint="This is a fault of the platform; report it to its administrator.",
        )


def _about_issuer(theirs: str, ours: str) -> str:
    """Return what to do about an issuer; the commonest fault is one slash."""
    if theirs.rstrip("/").lower() == ours.rstrip("/").lower():
        return "They differ in upper case or in a final slash only: register the issuer to the letter."
    if len(theirs) <= 200 and _PLAIN_ADDRESS.fullmatch(theirs):
        return f"It says {theirs}; if that is your platform, register it with this issuer."
    return "Compare the registration's issuer with the platform's, to the letter."


def _auth_url(registration: Registration) -> str:
    url = registration.auth_url
    if url and urls.is_secure(url):
        return url
    raise _refused(
        "The registration's auth_url does not begin with https://." if url else "The registration has no auth_url.",
        "no_auth_url",
        hint="Register again with the platform's https address for authentication requests.",
        section=_REQUEST,
    )


def _refused(what: str, code: str, *, hint: str, section: str = _INITIATION) -> LaunchError:
    return LaunchError(what, hint=hint, spec=section, code=code)
