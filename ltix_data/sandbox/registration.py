"""Dynamic registration: a tool introduces itself. [LTI Dynamic Registration 1.0, RFC 7591]"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from .. import spec
from .claims import VARIABLES
from .keysets import is_web_address, require_public
from .model import Json, RequestError, Tool
from .state import Platform
from .web import base_url, json_answer, parse_object, practice

blueprint = Blueprint("registration", __name__)

_TOOL_AUTHENTICATION = "private_key_jwt"


class MetadataError(Exception):
    """A registration that cannot be accepted. [RFC 7591 §3.2.2]"""

    def __init__(self, description: str, error: str = "invalid_client_metadata") -> None:
        super().__init__(description)
        self.error, self.description = error, description


@blueprint.errorhandler(MetadataError)
def _refused(refusal: MetadataError) -> Response:
    return json_answer({"error": refusal.error, "error_description": refusal.description}, status=400)


@blueprint.get("/.well-known/openid-configuration")
def openid_configuration() -> Response:
    """Answer what a tool needs to know of this platform."""
    base = base_url()
    return json_answer(
        {
            "issuer": base,
            "authorization_endpoint": f"{base}/auth",
            "token_endpoint": f"{base}/token",
            "token_endpoint_auth_methods_supported": [_TOOL_AUTHENTICATION],
            "token_endpoint_auth_signing_alg_values_supported": [spec.SIGNING_ALGORITHM],
            "jwks_uri": f"{base}/jwks",
            "registration_endpoint": f"{base}/register",
            "scopes_supported": ["openid", *spec.ALL_SCOPES],
            "response_types_supported": ["id_token"],
            "response_modes_supported": ["form_post"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [spec.SIGNING_ALGORITHM],
            "claims_supported": ["sub", "iss", "name", "given_name", "family_name", "email"],
            spec.PLATFORM_CONFIGURATION: {
                "product_family_code": "ltix-practice",
                "version": "1",
                "messages_supported": [{"type": spec.RESOURCE_LINK_REQUEST}],
                "variables": list(VARIABLES),
            },
        }
    )


@blueprint.post("/register")
def register() -> Response:
    """Register a tool; its registration token is spent by success only."""
    platform = practice()
    if request.mimetype != spec.JSON:
        raise RequestError(415, f"Send Content-Type: {spec.JSON}")
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    _require_live(platform, token)
    metadata = parse_object(request.get_data())
    arguments = _checked(metadata)
    with platform.changing():
        _require_live(platform, token)  # two at once: one wins
        tool = platform.add_tool(**arguments)
        del platform.registration_tokens[token]
    return json_answer(_registered(metadata, tool), status=201)


def _require_live(platform: Platform, token: str) -> None:
    if platform.registration_tokens.get(token, 0.0) <= platform.now():
        challenge = {"WWW-Authenticate": 'Bearer realm="ltix-practice", error="invalid_token"'}
        raise RequestError(401, "The registration token is unknown, used or expired.", challenge)


def _checked(metadata: Json) -> dict[str, Any]:
    """Return the arguments of `Platform.add_tool` that a registration stands for."""
    _require(metadata.get("application_type") == "web", 'application_type must be "web".')
    _require("id_token" in _texts(metadata, "response_types"), "response_types must hold id_token.")
    grants = _texts(metadata, "grant_types")
    _require({"implicit", spec.GRANT_TYPE} <= set(grants), "grant_types must hold implicit and client_credentials.")
    method = metadata.get("token_endpoint_auth_method")
    _require(method == _TOOL_AUTHENTICATION, f"token_endpoint_auth_method must be {_TOOL_AUTHENTICATION}.")
    name = metadata.get("client_name")
    _require(isinstance(name, str) and bool(name.strip()), "client_name is missing.")
    redirects = _texts(metadata, "redirect_uris")
    if not redirects or not all(is_web_address(uri) for uri in redirects):
        raise MetadataError("redirect_uris must be https (or http on this machine).", "invalid_redirect_uri")
    login = metadata.get("initiate_login_uri")
    _require(is_web_address(login), "initiate_login_uri must be https (or http on this machine).")
    return {
        "name": name,
        "redirect_uris": redirects,
        "initiate_login_uri": login,
        "scopes": _scopes(metadata),
        **_tool_configuration(metadata),
        **_keys(metadata),
    }


def _keys(metadata: Json) -> dict[str, Any]:
    uri, jwks = metadata.get("jwks_uri"), metadata.get("jwks")
    _require((uri is None) != (jwks is None), "Send jwks_uri or jwks, one of the two.")
    if uri is not None:
        _require(is_web_address(uri), "jwks_uri must be https (or http on this machine).")
        return {"jwks_uri": uri}
    try:
        return {"jwks": require_public(jwks)}
    except ValueError as error:
        raise MetadataError(str(error)) from error


def _scopes(metadata: Json) -> tuple[str, ...]:
    asked = metadata.get("scope", "")
    _require(isinstance(asked, str), "scope must be a text with scopes separated by spaces.")
    return tuple(scope for scope in spec.ALL_SCOPES if scope in asked.split())


def _tool_configuration(metadata: Json) -> dict[str, Any]:
    tool = metadata.get(spec.TOOL_CONFIGURATION)
    if not isinstance(tool, dict) or not isinstance(tool.get("domain"), str):
        raise MetadataError(f"{spec.TOOL_CONFIGURATION} must be an object with a domain.")
    target, custom = tool.get("target_link_uri"), tool.get("custom_parameters") or {}
    _require(target is None or is_web_address(target), "target_link_uri must be https (or http on this machine).")
    good = isinstance(custom, dict) and all(isinstance(value, str) for value in custom.values())
    _require(good, "custom_parameters must be an object of texts.")
    return {"target_link_uri": target, "custom": custom}


def _texts(metadata: Json, field: str) -> list[str]:
    values = metadata.get(field)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise MetadataError(f"{field} must be a list of texts.")
    return values


def _require(good: bool, otherwise: str) -> None:
    if not good:
        raise MetadataError(otherwise)


def _registered(metadata: Json, tool: Tool) -> Json:
    """Return the registration as accepted: with its client_id, the scopes granted and the deployment."""
    configuration = {**metadata[spec.TOOL_CONFIGURATION], "deployment_id": tool.deployment_id}
    accepted = {"client_id": tool.client_id, "scope": " ".join(tool.scopes), spec.TOOL_CONFIGURATION: configuration}
    return {**metadata, **accepted}
