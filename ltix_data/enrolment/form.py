"""What the tool says of itself when it registers. [LTI Dynamic Registration 1.0 §3.5.2, RFC 7591 §2]"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import spec, urls
from ..errors import LaunchError
from .configuration import AUTHENTICATION, Configuration

#: Names and addresses are what spreadsheets are matched by; a platform sends what it was registered for.
CLAIMS = ("iss", "sub", "name", "given_name", "family_name", "email")
_ALWAYS = ("iss", "sub")

#: These read a tool's keys at its address, whatever they are sent (Moodle and Canvas source, vendors' documentation).
_WANT_ADDRESS = frozenset({"canvas", "moodle", "blackboard", "brightspace"})
#: Of these, in whose settings no key can be pasted later.
_NO_PASTING = frozenset({"blackboard", "brightspace"})

#: Canvas: where the tool can be opened, and the places that open it to choose content. The editor wants an icon.
_CANVAS_PLACES = {
    spec.RESOURCE_LINK_REQUEST: ("course_navigation",),
    spec.DEEP_LINKING_REQUEST: ("assignment_selection", "link_selection"),
}
_CANVAS = "https://canvas.instructure.com/lti/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that registers. Addresses that are not given lie below *base_url*.

    Args:
        name: what it is called on the platform.
        base_url: where it can be reached, without a final slash.
        login_url: where a login begins; ``/login`` by default.
        launch_url: where launches are posted; ``/launch`` by default.
        jwks_url: where its public keys are; ``/jwks`` by default.
        jwks: its public keys themselves; sent instead of the address wherever the platform takes them.
        jwks_reachable: whether the platform can reach *jwks_url*.
        description: a sentence for those who choose tools.
        contacts: e-mail addresses of who runs it.
        scopes: what it wants to use.
        custom: parameters that every launch shall carry.
    """

    name: str
    base_url: str
    login_url: str = ""
    launch_url: str = ""
    jwks_url: str | None = None
    jwks: Mapping[str, Any] | None = None
    jwks_reachable: bool = True
    description: str = "Rosters, results and grades of a course in a notebook."
    contacts: tuple[str, ...] = ()
    scopes: tuple[str, ...] = spec.ALL_SCOPES
    custom: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        base = self.base_url.rstrip("/")
        object.__setattr__(self, "base_url", base)
        object.__setattr__(self, "login_url", self.login_url or f"{base}/login")
        object.__setattr__(self, "launch_url", self.launch_url or f"{base}/launch")
        if self.jwks is None and self.jwks_url is None:
            object.__setattr__(self, "jwks_url", f"{base}/jwks")


def form(tool: Tool, configuration: Configuration) -> dict[str, Any]:
    """Return the registration of *tool*, without what the platform says it does not do.

    Raises:
        LaunchError: the platform wants the tool's keys at an address, and there is none.
    """
    asked: dict[str, Any] = {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", spec.GRANT_TYPE],
        "initiate_login_uri": tool.login_url,
        "redirect_uris": [tool.launch_url],
        "client_name": tool.name,
        **_keys(tool, configuration),
        "token_endpoint_auth_method": AUTHENTICATION,
        "scope": " ".join(tool.scopes),
        spec.TOOL_CONFIGURATION: _tool_configuration(tool, configuration),
    }
    return asked | ({"contacts": list(tool.contacts)} if tool.contacts else {})


def _keys(tool: Tool, configuration: Configuration) -> dict[str, Any]:
    """Return the address of the keys, or the keys: never both. [RFC 7591 §2]"""
    key = configuration.preset.key if configuration.preset is not None else ""
    if tool.jwks is not None and key not in _WANT_ADDRESS:
        return {"jwks": dict(tool.jwks)}
    if tool.jwks_url is None or (key in _NO_PASTING and not tool.jwks_reachable):
        raise LaunchError(
            f"{configuration.platform} reads a tool's keys at an address, and this tool has none that it can reach; "
            "nothing was sent.",
            hint="Publish the key set where the platform can read it (ltix-data key export writes the file), and "
            "start the tool with that jwks_url.",
            spec="Dynamic Registration §3.5.2",
            code="keys_need_address",
        )
    return {"jwks_uri": tool.jwks_url}


def _tool_configuration(tool: Tool, configuration: Configuration) -> dict[str, Any]:
    supported = configuration.claims
    claims = [claim for claim in CLAIMS if supported is None or claim in supported or claim in _ALWAYS]
    about: dict[str, Any] = {
        "domain": urls.host(tool.base_url),
        "target_link_uri": tool.launch_url,
        "description": tool.description,
        "claims": claims,
        "messages": _messages(tool, configuration),
    }
    if tool.custom:
        about["custom_parameters"] = dict(tool.custom)
    if _is_canvas(configuration):
        about[f"{_CANVAS}privacy_level"] = "public"  # without it rosters name nobody
    return about


def _messages(tool: Tool, configuration: Configuration) -> list[dict[str, Any]]:
    """Return the launches the tool takes: of a link always, to choose content where the platform can."""
    supported = configuration.messages
    messages: list[dict[str, Any]] = [{"type": spec.RESOURCE_LINK_REQUEST}]
    if supported is None or spec.DEEP_LINKING_REQUEST in supported:
        messages.append(
            {"type": spec.DEEP_LINKING_REQUEST, "target_link_uri": tool.launch_url, "label": tool.name},
        )
    if _is_canvas(configuration):
        messages = [_placed(message, tool, supported or {}) for message in messages]
    return messages


def _placed(message: dict[str, Any], tool: Tool, supported: Mapping[str, frozenset[str] | None]) -> dict[str, Any]:
    """Return a message with its places: Canvas shows a tool nowhere else. In the course's menu teachers see it."""
    known = supported.get(message["type"])
    places = [place for place in _CANVAS_PLACES[message["type"]] if known is None or place in known]
    placed = message | {"target_link_uri": tool.launch_url, "label": tool.name, "placements": places}
    return placed | ({f"{_CANVAS}visibility": "admins"} if message["type"] == spec.RESOURCE_LINK_REQUEST else {})


def _is_canvas(configuration: Configuration) -> bool:
    return configuration.preset is not None and configuration.preset.key == "canvas"
