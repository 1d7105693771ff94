"""What a platform says of itself. [LTI Dynamic Registration 1.0 §3.4, RFC 8414]"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .. import presets, spec, urls
from ..answers import Answer
from ..errors import AccessError, ForeignHostError, LaunchError, MalformedResponseError, TooLargeError
from ..http import HttpClient
from ..presets import Preset
from . import trust

AUTHENTICATION = "private_key_jwt"
_SECTION = "Dynamic Registration §3.4"
_LARGEST = 2**20
#: What is asked of a platform -> what it must be among, where the platform says anything.
_WANTED = {
    "token_endpoint_auth_methods_supported": AUTHENTICATION,
    "token_endpoint_auth_signing_alg_values_supported": spec.SIGNING_ALGORITHM,
    "id_token_signing_alg_values_supported": spec.SIGNING_ALGORITHM,
    "response_types_supported": "id_token",
}
_BY_HAND = "Begin again on the platform's own page, or register by hand."


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A platform's configuration, checked.

    Args:
        url: where it was read.
        issuer: who the platform is.
        registration_endpoint: where tools introduce themselves.
        token_endpoint: where access tokens come from.
        authorization_endpoint: where launches are asked for.
        jwks_uri: where the platform's keys are.
        preset: the platform's preset, where it is a known one.
        platform: what the platform is called.
        audience: whom to address a request for a token to, where that is not the token endpoint.
        claims: the claims about a person that it can send; None where it does not say.
        messages: message type -> the places it can be launched from (None: it does not say), or None as a whole.
    """

    url: str
    issuer: str
    registration_endpoint: str
    token_endpoint: str
    authorization_endpoint: str
    jwks_uri: str
    preset: Preset | None
    platform: str
    audience: str | None
    claims: frozenset[str] | None
    messages: Mapping[str, frozenset[str] | None] | None


def fetch(url: str, token: str | None, *, http: HttpClient) -> Configuration:
    """Return the configuration behind an ``openid_configuration`` address.

    Raises:
        LaunchError: it is not on https, or not one that can be trusted and used.
        PlatformError: what is there is no configuration.
        AccessError: the platform refuses to show it.
        TransportError: the platform could not be reached.
        UsageError: *url* is no address.
    """
    url = urls.require(url, "openid_configuration")
    if not urls.is_secure(url):
        raise LaunchError(
            "The platform's openid_configuration is not on https; it was not read.",
            hint="Plain http is accepted on this computer (localhost) alone.",
            spec=_SECTION,
            code="insecure_address",
        )
    return parse(_object(_asked(url, token, http)), url)


def _asked(url: str, token: str | None, http: HttpClient) -> Answer:
    """Ask with the token in the header, and where that is not enough, in the query: Canvas looked there alone once."""
    headers = {"Accept": spec.JSON} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        answer = http.send("GET", url, headers=headers, repeatable=True)
        named = {key for key, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
        if answer.status == 401 and token and "registration_token" not in named:
            there = urls.add_query(url, {"registration_token": token})
            answer = http.send("GET", there, headers=headers, repeatable=True)
    except ForeignHostError as error:
        raise ForeignHostError(error.what, hint=f"This is often a login page. {_BY_HAND}", spec=_SECTION) from error
    return answer


def _object(answer: Answer) -> Mapping[str, Any]:
    """Return the JSON object in an answer; any other JSON is an empty one, for it lacks what is needed."""
    what, name = "its openid_configuration", urls.host(answer.url)
    if not answer.ok:
        failure = answer.failure(what, spec=_SECTION)
        if isinstance(failure, AccessError):
            hint = "The invitation to register is used up or has expired. Begin again on the platform's own page."
            failure = AccessError(failure.what, hint=hint, spec=_SECTION, status=answer.status, code=failure.code)
        raise failure
    if len(answer.body) > _LARGEST:
        raise TooLargeError(f"{name} sent an openid_configuration of more than 1 MiB.", hint=_BY_HAND, spec=_SECTION)
    try:
        found = answer.json(what, spec=_SECTION)
    except MalformedResponseError as error:
        hint = f"This is no configuration; it may be a login page. {_BY_HAND}"
        raise MalformedResponseError(error.what, hint=hint, spec=_SECTION, status=answer.status) from error
    return found if isinstance(found, dict) else {}


def parse(found: Mapping[str, Any], url: str) -> Configuration:
    """Return the configuration that was read at *url*, after checking it.

    Raises:
        LaunchError: it lacks something, names hosts that are not the platform's, or wants what LTI does not do.
    """
    about = found.get(spec.PLATFORM_CONFIGURATION)
    about = about if isinstance(about, dict) else {}
    preset = presets.of_family(_text(about.get("product_family_code")))
    issuer = _issuer(found, url, preset)
    endpoints: dict[str, str] = {}
    for key in ("registration_endpoint", "token_endpoint", "authorization_endpoint", "jwks_uri"):
        endpoints[key] = trust.address(found.get(key), key, section=_SECTION)
        trust.check_endpoint(key, endpoints[key], issuer, url, preset)
    _check_abilities(found, url)
    return Configuration(
        url=url,
        issuer=issuer,
        preset=preset,
        platform=preset.name if preset else presets.guess(issuer, *endpoints.values()),
        audience=_audience(found, endpoints["token_endpoint"], preset),
        claims=_texts(found.get("claims_supported")),
        messages=_messages(about.get("messages_supported")),
        **endpoints,
    )


def _issuer(found: Mapping[str, Any], url: str, preset: Preset | None) -> str:
    issuer = found.get("issuer")
    if not isinstance(issuer, str) or not issuer.strip():
        raise LaunchError(
            f"{urls.host(url)} answered its openid_configuration without an issuer.",
            hint=_BY_HAND,
            spec=_SECTION,
            code="no_issuer",
        )
    issuer = trust.address(issuer, "issuer", section=_SECTION)
    trust.check_issuer(issuer, url, preset)
    return issuer


def _check_abilities(found: Mapping[str, Any], url: str) -> None:
    for key, wanted in _WANTED.items():
        offered = _texts(found.get(key))
        if offered is not None and wanted not in offered:
            raise LaunchError(
                f"{urls.host(url)} does not offer {wanted} ({key}), which LTI 1.3 needs.",
                hint="Ask the platform's administrator; nothing was sent.",
                spec="Security §4.1, §5.1.3",
                code="unsupported_platform",
            )


def _audience(found: Mapping[str, Any], token_endpoint: str, preset: Preset | None) -> str | None:
    """Return the audience for requests for tokens, where it is not the token endpoint. [DR §3.4]"""
    known = presets.audience(token_endpoint)
    if known is not None or (preset is not None and preset.key == "canvas"):
        return known  # Canvas names a bare host there, and takes the token endpoint only
    return _text(found.get("authorization_server")) or None


def _messages(value: object) -> Mapping[str, frozenset[str] | None] | None:
    """Return what can be launched; Moodle lists bare names, the specification wants objects."""
    if not isinstance(value, list):
        return None
    found = {}
    for entry in value:
        about = entry if isinstance(entry, dict) else {"type": entry}
        if kind := _text(about.get("type")):
            found[kind] = _texts(about.get("placements"))
    return found


def _texts(value: object) -> frozenset[str] | None:
    """Return the texts in a list, or None where there is no list."""
    return frozenset(entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else None


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) and value.strip().isprintable() else ""
