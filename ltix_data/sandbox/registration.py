"""Dynamic registration: a tool introduces itself. [LTI Dynamic Registration 1.0, RFC 7591]"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from .. import spec
from .claims import VARIABLES
from .keysets import is_web_address, require_public
from .model import Json, RequestError
from .rules.registration import MetadataError
from .state import Platform
from .web import base_url, json_answer, parse_object, practice

blueprint = Blueprint("registration", __name__)

_TOOL_AUTHENTICATION = "private_key_jwt"


@blueprint.errorhandler(MetadataError)
def _refused(refusal: MetadataError) -> Response:
    return practice().rules.metadata_refusal(refusal)


@blueprint.before_request
def _only_where_there_is_any() -> None:
    if not practice().rules.registers_tools:
        raise RequestError(404, "Tools cannot register themselves here.")


@blueprint.get("/.well-known/openid-configuration")
def openid_configuration() -> Response:
    """Answer what a tool needs to know of this platform."""
    platform, base = practice(), base_url()
    rules = platform.rules
    if rules.hides_configuration:
        _require_live(platform, _bearer() or request.args.get("registration_token", ""))
    about = {
        "product_family_code": rules.product_family,
        "version": "1",
        "messages_supported": rules.messages(),
        "variables": list(VARIABLES),
    }
    found = {
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
        spec.PLATFORM_CONFIGURATION: about,
    }
    return json_answer(rules.configuration(found))


@blueprint.post("/register")
def register() -> Response:
    """Register a tool; its registration token is spent by success only."""
    platform = practice()
    if request.mimetype != spec.JSON:
        raise RequestError(415, f"Send Content-Type: {spec.JSON}")
    token = _bearer()
    _require_live(platform, token)
    metadata = parse_object(request.get_data())
    arguments = _checked(metadata, wants_key_address=platform.rules.wants_key_address)
    with platform.changing():
        _require_live(platform, token)  # two at once: one wins
        tool = platform.add_tool(**arguments)
        tool.active = platform.rules.starts_active
        del platform.registration_tokens[token]
    return json_answer(platform.rules.registered(metadata, tool), status=platform.rules.registered_status)


def _bearer() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if kind == "Bearer" else ""


def _require_live(platform: Platform, token: str) -> None:
    if platform.registration_tokens.get(token, 0.0) <= platform.now():
        raise platform.rules.dead_registration_token()


def _checked(metadata: Json, *, wants_key_address: bool) -> dict[str, Any]:
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
        **_keys(metadata, wants_key_address),
    }


def _keys(metadata: Json, wants_address: bool) -> dict[str, Any]:
    uri, jwks = metadata.get("jwks_uri"), metadata.get("jwks")
    _require(uri is not None or not wants_address, "missing required attribute jwks_uri")
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
    _texts(tool, "claims")
    return {"target_link_uri": target, "custom": custom, **_messages(tool)}


def _messages(tool: Json) -> dict[str, Any]:
    """Return the launches that the tool takes; a link's always. [LTI Dynamic Registration §3.5.2]"""
    messages = tool.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise MetadataError("messages must be a list of objects.")
    for message in messages:
        known = message.get("type") in (spec.RESOURCE_LINK_REQUEST, spec.DEEP_LINKING_REQUEST)
        _require(known, f"A message's type is {spec.RESOURCE_LINK_REQUEST} or {spec.DEEP_LINKING_REQUEST}.")
        address = message.get("target_link_uri")
        _require(address is None or is_web_address(address), "A message's target_link_uri must be https.")
    chooses = [message for message in messages if message["type"] == spec.DEEP_LINKING_REQUEST]
    return {
        "messages": (spec.RESOURCE_LINK_REQUEST, *(message["type"] for message in chooses[:1])),
        "deep_linking_uri": chooses[0].get("target_link_uri") if chooses else None,
    }


def _texts(metadata: Json, field: str) -> list[str]:
    values = metadata.get(field)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise MetadataError(f"{field} must be a list of texts.")
    return values


def _require(good: bool, otherwise: str) -> None:
    if not good:
        raise MetadataError(otherwise)
