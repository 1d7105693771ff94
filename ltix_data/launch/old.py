"""Launches: the login request a tool answers with, and the checks on what comes back.

Only what is needed to learn a course's endpoints; nothing here listens (see `receiver`).
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from .. import spec, urls
from ..courses import KnownCourse
from ..errors import LaunchError
from ..http import HttpClient
from ..registration import Registration

_LEEWAY = 60.0
_REQUIRED = ("exp", "iat", "sub", "nonce")


@dataclass(frozen=True, slots=True)
class Login:
    """An answer to a platform's login initiation: where to send the browser, and what to expect back."""

    url: str
    state: str
    nonce: str


@dataclass(frozen=True, slots=True)
class LaunchContext:
    """A launch whose claims were checked."""

    course: KnownCourse
    user_id: str
    roles: tuple[str, ...]
    claims: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"<Launch of course “{self.course.name}”>"


def login(registration: Registration, asked: Mapping[str, str], *, redirect_uri: str) -> Login:
    """Return the authentication request that answers a login initiation. [Security §5.1.1.2]

    Args:
        registration: who is being launched.
        asked: the parameters the platform sent: iss, login_hint, target_link_uri, …
        redirect_uri: where the platform shall post the launch.

    Raises:
        LaunchError: the issuer or client is another one, or a parameter is missing.
    """
    if asked.get("iss") != registration.issuer or asked.get("client_id") not in (None, registration.client_id):
        raise LaunchError(
            "The login came from another platform, or for another tool.",
            hint="Compare issuer and client_id of the registration with the platform's values.",
            spec="Security §5.1.1.1",
        )
    if not asked.get("login_hint") or not registration.auth_url:
        raise LaunchError(
            "The login has no login_hint, or the registration no auth_url.",
            hint="Register with the platform's authorization endpoint as auth_url.",
            spec="Security §5.1.1.1",
        )
    state, nonce = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    query = {
        "response_type": "id_token",
        "response_mode": "form_post",
        "scope": "openid",
        "prompt": "none",
        "client_id": registration.client_id,
        "redirect_uri": redirect_uri,
        "login_hint": asked["login_hint"],
        "lti_message_hint": asked.get("lti_message_hint"),
        "state": state,
        "nonce": nonce,
    }
    return Login(urls.add_query(registration.auth_url, query), state, nonce)


def read_launch(
    registration: Registration,
    posted: Mapping[str, str],
    expected: Login,
    *,
    http: HttpClient,
    now: Callable[[], float] = time.time,
) -> LaunchContext:
    """Return the launch in a posted form, after checking it. [Security §5.1.3, Core §5.3]

    Raises:
        LaunchError: anything about it is not as it must be; the message says what.
    """
    if not _same(posted.get("state", ""), expected.state):
        raise LaunchError("The launch answers no login of this browser (state).", spec="Security §5.1.1.5")
    if posted.get("error"):
        raise LaunchError("The platform refused the launch.", hint="Open the tool again.", spec="Security §5.1.1.5")
    claims = _verified(registration, posted.get("id_token", ""), http, now)
    if not _same(str(claims["nonce"]), expected.nonce):
        raise LaunchError("The launch answers another login (nonce).", spec="Security §5.1.3")
    _check_message(registration, claims)
    roles = claims.get(spec.CLAIM_ROLES)
    return LaunchContext(
        course=KnownCourse.from_claims(claims),
        user_id=str(claims["sub"]),
        roles=tuple(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else (),
        claims=claims,
    )


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="replace"), other.encode())


def _verified(registration: Registration, token: str, http: HttpClient, now: Callable[[], float]) -> dict[str, Any]:
    """Check signature, issuer, audience and times. [Security §5.1.3]"""
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        claims = jwt.decode(
            token,
            _platform_key(registration, kid, http),
            algorithms=[spec.SIGNING_ALGORITHM],
            audience=registration.client_id,
            issuer=registration.issuer,
            options={"require": list(_REQUIRED), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        expires, issued = float(claims["exp"]), float(claims["iat"])
    except (
        jwt.PyJWTError,
        ValueError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
        NotImplementedError,
    ) as error:  # a key set can be anything
        raise LaunchError(
            f"The launch's id_token cannot be trusted ({type(error).__name__}).",
            hint="Compare issuer, client_id and jwks_url of the registration with the platform's values.",
            spec="Security §5.1.3",
        ) from (error if isinstance(error, jwt.PyJWTError) else None)  # Python's own quote the claim
    if not issued - _LEEWAY <= now() <= expires + _LEEWAY:  # so written, a NaN is refused too
        raise LaunchError(
            "The launch is too old, or not yet valid.", hint="Check this computer's clock.", spec="Security §5.1.3"
        )
    if claims.get("azp", registration.client_id) != registration.client_id:
        raise LaunchError("The launch was made for another tool (azp).", spec="Security §5.1.3")
    return claims


def _platform_key(registration: Registration, kid: object, http: HttpClient) -> jwt.PyJWK:
    if not registration.jwks_url:
        raise LaunchError("The registration has no jwks_url to check a launch with.", hint="Register again with it.")
    answer = http.send("GET", registration.jwks_url, headers={"Accept": spec.JSON}, repeatable=True)
    if not answer.ok:
        raise answer.failure("its key set", spec="Security §6.3")
    keys = jwt.PyJWKSet.from_dict(answer.json("its key set", spec="Security §6.3"))
    found = next((key for key in keys.keys if key.key_id == kid), None)
    if found is None:
        raise LaunchError("The platform's key set lacks the key this launch was signed with.", spec="Security §6.3")
    return found


def _check_message(registration: Registration, claims: Mapping[str, Any]) -> None:
    """Check what LTI asks of a resource link launch. [Core §5.3]"""
    deployment = claims.get(spec.CLAIM_DEPLOYMENT_ID)
    expected = registration.deployment_id
    wrong = {
        "message_type": claims.get(spec.CLAIM_MESSAGE_TYPE) != spec.RESOURCE_LINK_REQUEST,
        "version": claims.get(spec.CLAIM_VERSION) != spec.LTI_VERSION,
        "deployment_id": not deployment or (expected is not None and deployment != expected),
        "target_link_uri": not claims.get(spec.CLAIM_TARGET_LINK_URI),
    }
    if any(wrong.values()):
        names = ", ".join(name for name, is_wrong in wrong.items() if is_wrong)
        raise LaunchError(
            f"The launch lacks or misstates {names}.",
            hint="Open the tool's resource link in a course, not another kind of link.",
            spec="Core §5.3",
        )


def registration_form(*, name: str, base_url: str, scopes: tuple[str, ...] = spec.ALL_SCOPES) -> dict[str, Any]:
    """Return what a tool at *base_url* says of itself in dynamic registration. [LTI Dynamic Registration 1.0]"""
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", spec.GRANT_TYPE],
        "initiate_login_uri": f"{base_url}/login",
        "redirect_uris": [f"{base_url}/launch"],
        "client_name": name,
        "jwks_uri": f"{base_url}/jwks",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scopes),
        spec.TOOL_CONFIGURATION: {
            "domain": urls.host(base_url),
            "target_link_uri": f"{base_url}/launch",
            "claims": ["iss", "sub"],
            "messages": [{"type": spec.RESOURCE_LINK_REQUEST}],
        },
    }
