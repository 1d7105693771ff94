"""Dynamic registration: the tool introduces itself to a platform, and learns its client id.

[LTI Dynamic Registration 1.0, RFC 7591, RFC 8414]
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from . import spec, urls
from .answers import Answer
from .errors import LaunchError
from .http import HttpClient

_SECTION = "Dynamic Registration §3.5"


def enrol(
    configuration_url: str, registration_token: str | None, form: Mapping[str, Any], *, http: HttpClient
) -> dict[str, str | None]:
    """Register with a platform; return issuer, client_id, token_url, auth_url, jwks_url, deployment_id.

    Args:
        configuration_url: the ``openid_configuration`` the platform opened the tool with.
        registration_token: the ``registration_token`` beside it.
        form: what the tool says of itself (`ltix_data.launch.registration_form`).
        http: the client to ask through.

    Raises:
        LaunchError: an address is not safe, or an answer lacks the issuer or the client id.
        PlatformError: the platform refused.
    """
    configuration = _configuration(urls.require(configuration_url, "openid_configuration"), registration_token, http)
    endpoint = _address(configuration, "registration_endpoint")
    facts: dict[str, str | None] = {  # before anything is sent: a registration made in vain stays on the platform
        "issuer": str(configuration["issuer"]),
        "token_url": _address(configuration, "token_endpoint"),
        "auth_url": _address(configuration, "authorization_endpoint"),
        "jwks_url": _address(configuration, "jwks_uri"),
    }
    headers = {"Content-Type": spec.JSON, "Accept": spec.JSON, **_bearer(registration_token)}
    body = json.dumps(dict(form)).encode()
    answer = http.send("POST", endpoint, headers=headers, content=body, repeatable=False)
    registered = _object(answer, "the registration")
    client_id = registered.get("client_id")
    if not isinstance(client_id, str) or not client_id:
        raise LaunchError(f"{urls.host(endpoint)} answered the registration without a client_id.", spec=_SECTION)
    tool = registered.get(spec.TOOL_CONFIGURATION)
    deployment = tool.get("deployment_id") if isinstance(tool, dict) else None
    return facts | {"client_id": client_id, "deployment_id": deployment if isinstance(deployment, str) else None}


def _configuration(url: str, token: str | None, http: HttpClient) -> Mapping[str, Any]:
    if not urls.is_secure(url):
        raise LaunchError("The platform's openid_configuration is not on https; it was not read.", spec=_SECTION)
    answer = http.send("GET", url, headers={"Accept": spec.JSON, **_bearer(token)}, repeatable=True)
    configuration = _object(answer, "its openid_configuration")
    issuer = configuration.get("issuer")
    if not isinstance(issuer, str) or not issuer:
        raise LaunchError(f"{urls.host(url)} answered its openid_configuration without an issuer.", spec=_SECTION)
    return configuration


def _object(answer: Answer, what: str) -> Mapping[str, Any]:
    """Return the JSON object in an answer; any other JSON is an empty one, for it lacks what is needed."""
    if not answer.ok:
        raise answer.failure(what, spec=_SECTION)
    found = answer.json(what, spec=_SECTION)
    return found if isinstance(found, dict) else {}


def _address(configuration: Mapping[str, Any], key: str) -> str:
    value = urls.require(configuration.get(key), key)
    if not urls.is_secure(value):
        raise LaunchError(f"The platform's {key} is not on https.", spec=_SECTION)
    return value


def _bearer(token: str | None) -> dict[str, str]:
    """Canvas wants the token already for the configuration."""
    return {"Authorization": f"Bearer {token}"} if token else {}
