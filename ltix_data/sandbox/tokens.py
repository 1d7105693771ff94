"""Access tokens: client credentials with a signed assertion. [Security §4.1.1, RFC 7523]"""

from __future__ import annotations

import json
import secrets

import jwt
from flask import Blueprint, Response, request

from .. import spec
from .model import Json, TokenError, Tool
from .state import AccessToken, Platform
from .web import base_url, practice

blueprint = Blueprint("tokens", __name__)

#: An assertion may not be older than this, whatever it says of its own end; seconds.
_OLDEST = 3600
#: How many assertions are remembered; they are forgotten when they can no longer be used.
_MOST_REMEMBERED = 100_000


@blueprint.errorhandler(TokenError)
def _refused(refusal: TokenError) -> Response:
    return practice().rules.token_refusal(refusal)


@blueprint.post("/token")
def grant() -> Response:
    """Answer a verified assertion with an access token."""
    platform = practice()
    if request.mimetype != "application/x-www-form-urlencoded":
        raise TokenError("invalid_request", "Send a form: application/x-www-form-urlencoded.")
    if _field("grant_type") != spec.GRANT_TYPE:
        raise TokenError("unsupported_grant_type", f"grant_type must be {spec.GRANT_TYPE}.")
    if _field("client_assertion_type") != spec.ASSERTION_TYPE:
        raise TokenError("invalid_request", f"client_assertion_type must be {spec.ASSERTION_TYPE}.")
    tool = authenticate(platform, _field("client_assertion"), audience=platform.rules.audience(base_url()))
    scopes = platform.rules.grant(_field("scope").split(), platform.allowed_scopes(tool))
    token = _issue(platform, tool, scopes)
    lifetime = platform.options.token_lifetime
    return platform.rules.token_answer(
        {"access_token": token, "token_type": "Bearer", "expires_in": lifetime, "scope": " ".join(scopes)}
    )


def authenticate(platform: Platform, assertion: str, *, audience: str) -> Tool:
    """Return the tool that signed *assertion*.

    Raises:
        TokenError: anything about it is wrong.
        RequestError: the same, on platforms that do not say so as OAuth has it.
    """
    header, claims = _unverified(assertion)
    tool = platform.tools.get(str(claims.get("sub")))
    if tool is None:
        raise TokenError("invalid_client", "No tool is registered under the assertion's sub.", 401)
    _verify_signature(platform, tool, assertion, header)
    platform.rules.check_active(tool)
    if claims.get("iss") != tool.client_id:
        raise TokenError("invalid_client", "iss and sub must both be the client_id.")
    platform.rules.check_audience(claims.get("aud"), audience)
    _check_times(claims, platform.now(), platform.rules.leeway)
    _use_once(platform, tool, claims)
    return tool


def _unverified(assertion: str) -> tuple[Json, Json]:
    """Return header and claims of a JWT, to learn whose key to verify it with."""
    try:
        parts = jwt.PyJWS().decode_complete(assertion, options={"verify_signature": False})
        claims = json.loads(parts["payload"])
    except (jwt.PyJWTError, ValueError) as error:
        raise TokenError("invalid_client", "client_assertion is no JWT.") from error
    if not isinstance(claims, dict):
        raise TokenError("invalid_client", "The assertion's claims are no JSON object.")
    return parts["header"], claims


def _verify_signature(platform: Platform, tool: Tool, assertion: str, header: Json) -> None:
    if header.get("alg") != spec.SIGNING_ALGORITHM:
        raise TokenError("invalid_client", f"The assertion must be signed with {spec.SIGNING_ALGORITHM}.", 401)
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise TokenError("invalid_client", "The assertion's header has no kid.", 401)
    try:
        key = platform.tool_keys.find(tool, kid)
    except (OSError, ValueError) as error:
        raise platform.rules.unreadable_key_set() from error
    if key is None:
        raise TokenError("invalid_client", "The tool's key set has no RSA key (2048 bits or more) of that kid.", 401)
    try:
        jwt.PyJWS().decode(assertion, key, algorithms=[spec.SIGNING_ALGORITHM])
    except jwt.PyJWTError as error:
        raise TokenError("invalid_client", "The assertion's signature does not verify.", 401) from error


def _check_times(claims: Json, now: float, leeway: float) -> None:
    issued, expires, begins = (_seconds(claims, name) for name in ("iat", "exp", "nbf"))
    if issued is None or expires is None:
        raise TokenError("invalid_client", "The assertion needs iat and exp.")
    if issued > now + leeway:
        raise TokenError("invalid_client", "iat lies in the future: check the tool's clock.")
    if begins is not None and begins > now + leeway:
        raise TokenError("invalid_client", "nbf lies in the future: check the tool's clock.")
    if expires <= now or expires <= issued:
        raise TokenError("invalid_client", "The assertion has expired.")
    if issued < now - _OLDEST:
        raise TokenError("invalid_client", "The assertion is older than an hour.")


def _seconds(claims: Json, name: str) -> float | None:
    value = claims.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise TokenError("invalid_client", f"{name} must be a number of seconds.")
    return value


def _use_once(platform: Platform, tool: Tool, claims: Json) -> None:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not jti:
        raise TokenError("invalid_client", "The assertion needs a jti, a text used only once.")
    now = platform.now()
    with platform.lock:
        used = platform.used_assertions
        if (tool.client_id, jti) in used and used[tool.client_id, jti] > now:
            raise TokenError("invalid_client", "This assertion's jti was used before: make a new assertion each time.")
        if len(used) >= _MOST_REMEMBERED:
            platform.used_assertions = used = {known: end for known, end in used.items() if end > now}
        if len(used) >= _MOST_REMEMBERED:  # forgetting one would let it be used again
            raise TokenError("temporarily_unavailable", "Too many tokens were asked for. Wait.", 503)
        used[tool.client_id, jti] = min(float(claims["exp"]), float(claims["iat"]) + _OLDEST) + platform.rules.leeway


def _issue(platform: Platform, tool: Tool, scopes: list[str]) -> str:
    token, now = secrets.token_urlsafe(32), platform.now()
    with platform.lock:
        for known in [known for known, about in platform.access_tokens.items() if about.expires <= now]:
            del platform.access_tokens[known]
        expires = now + platform.options.token_lifetime
        platform.access_tokens[token] = AccessToken(tool.client_id, frozenset(scopes), expires)
    return token


def _field(name: str) -> str:
    values = request.form.getlist(name)
    if len(values) != 1 or not values[0]:
        if name == "scope":
            return ""
        raise TokenError("invalid_request", f"The form needs {name}, once.")
    return values[0]
