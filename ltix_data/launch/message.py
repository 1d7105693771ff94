"""What LTI asks of a launch whose signature holds: each claim that must be there, one by one. [Core §5.3, DL §4.4]"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from .. import spec, urls
from ..errors import LaunchError, UsageError
from ..registration import Registration

#: Messages of other specifications, which may be named because they are nobody's secret.
_OTHER_MESSAGES = frozenset(
    {
        "LtiAssetProcessorSettingsRequest",
        "LtiContextLaunchRequest",
        "LtiDataPrivacyLaunchRequest",
        "LtiDeepLinkingResponse",
        "LtiEndAssessment",
        "LtiEulaRequest",
        "LtiReportReviewRequest",
        "LtiStartAssessment",
        "LtiStartProctoring",
        "LtiSubmissionReviewRequest",
    }
)
#: The specification says ASCII; Open edX's ids hold the letters of a course key, whatever they are
#: (lti-consumer-xblock 11.4.4, observed).
_ID = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,255}")
_FAULT = "This is a fault of the platform; report it to its administrator."


def check(
    claims: Mapping[str, Any], registration: Registration, *, tool_urls: Sequence[str], allow_anonymous: bool
) -> None:
    """Check the message in *claims*.

    Args:
        claims: a launch whose signature holds.
        registration: may name the deployment to expect.
        tool_urls: where this tool's links may lead; anywhere, where there are none.
        allow_anonymous: take a launch that does not say who the person is. [Core §5.3.6.1]

    Raises:
        LaunchError: a claim is missing, or not what it must be; `code` and message name it.
    """
    _check_version(claims)
    kind = _check_type(claims)
    _check_deployment(claims, registration)
    _check_target(claims, tool_urls, required=kind == spec.RESOURCE_LINK_REQUEST)
    _check_roles(claims, required=kind == spec.RESOURCE_LINK_REQUEST)
    if kind == spec.RESOURCE_LINK_REQUEST:
        _check_resource_link(claims)
    if claims.get("sub") is not None or not allow_anonymous:
        _require_id(claims, "sub", "user (sub)", code="user", section="Core §5.3.6")
    if isinstance(context := claims.get(spec.CLAIM_CONTEXT), dict):
        _require_id(context, "id", "context's id", code="context", section="Core §5.4.1")


def _check_version(claims: Mapping[str, Any]) -> None:
    version = claims.get(spec.CLAIM_VERSION)
    if version is None:
        raise _refused("The launch does not name its LTI version.", "no_version", section="Core §5.3.2")
    if version != spec.LTI_VERSION:
        raise _refused(
            f"The launch is of another LTI version than {spec.LTI_VERSION}.", "wrong_version", section="Core §5.3.2"
        )


def _check_type(claims: Mapping[str, Any]) -> str:
    kind = claims.get(spec.CLAIM_MESSAGE_TYPE)
    if kind is None:
        raise _refused("The launch does not say what it is (message_type).", "no_message_type", section="Core §5.3.1")
    if kind in (spec.RESOURCE_LINK_REQUEST, spec.DEEP_LINKING_REQUEST):
        return str(kind)
    name = kind if isinstance(kind, str) and kind in _OTHER_MESSAGES else "a message of an unknown type"
    raise _refused(
        f"The launch is {name}, which this tool does not answer.",
        "wrong_message_type",
        hint="Open the tool from a link in a course, or where the platform adds content to one.",
        section="Core §5.3.1",
    )


def _check_deployment(claims: Mapping[str, Any], registration: Registration) -> None:
    deployment = _require_id(
        claims, spec.CLAIM_DEPLOYMENT_ID, "deployment_id", code="deployment_id", section="Core §5.3.3"
    )
    if registration.deployment_id and deployment != registration.deployment_id:
        raise _refused(
            f"The launch is of another deployment than {registration.deployment_id} (deployment_id).",
            "wrong_deployment",
            hint="Compare the registration's deployment_id with the platform's, or register without one.",
            section="Core §5.3.3",
        )


def _check_target(claims: Mapping[str, Any], tool_urls: Sequence[str], *, required: bool) -> None:
    """Check where the link leads: only what was signed counts, and only what is this tool's. [Core §5.3.4]"""
    target = claims.get(spec.CLAIM_TARGET_LINK_URI)
    if target is None and not required:
        return
    if not isinstance(target, str) or not target:
        raise _refused(
            "The launch does not say where its link leads (target_link_uri).",
            "no_target_link_uri",
            section="Core §5.3.4",
        )
    try:
        urls.require(target, "target_link_uri")
    except UsageError:
        raise _refused(
            "The launch's target_link_uri is no address.", "wrong_target_link_uri", section="Core §5.3.4"
        ) from None
    if tool_urls and not any(_lies_under(target, url) for url in tool_urls):
        raise _refused(
            "The launch's link leads to another address than this tool's (target_link_uri).",
            "foreign_target_link_uri",
            hint=f"Let the link on the platform lead below {tool_urls[0]}.",
            section="Core §5.3.4",
        )


def _lies_under(target: str, base: str) -> bool:
    """Return whether *target* is *base* or a path below it; dots, and what a browser takes for a slash, are refused."""
    path, allowed = unquote(urlsplit(target).path), urlsplit(base).path.rstrip("/")
    if "\\" in path or ".." in path.split("/") or urls.origin(target) != urls.origin(base):
        return False
    return path == allowed or path.startswith(f"{allowed}/")


def _check_roles(claims: Mapping[str, Any], *, required: bool) -> None:
    """Check the roles: an empty list is one, and deep linking may leave it out. [Core §5.3.7, DL §4.4.9]"""
    found = claims.get(spec.CLAIM_ROLES)
    if found is None and not required:
        return
    if found is None:
        raise _refused("The launch lacks the roles of its person.", "no_roles", section="Core §5.3.7")
    if not isinstance(found, list):
        raise _refused("The launch's roles are no list.", "wrong_roles", section="Core §5.3.7")


def _check_resource_link(claims: Mapping[str, Any]) -> None:
    link = claims.get(spec.CLAIM_RESOURCE_LINK)
    if not isinstance(link, dict):
        raise _refused(
            "The launch does not say which link was opened (resource_link).", "no_resource_link", section="Core §5.3.5"
        )
    _require_id(link, "id", "resource_link's id", code="resource_link", section="Core §5.3.5")


def _require_id(claim: Mapping[str, Any], key: str, name: str, *, code: str, section: str) -> str:
    """Return an identifier: text of 1 to 255 ASCII characters."""
    value = claim.get(key)
    if value is None or value == "":
        raise _refused(f"The launch lacks the {name}.", f"no_{code}", section=section)
    if not isinstance(value, str) or not _ID.fullmatch(value) or not value.strip():
        raise _refused(f"The launch's {name} is no text of at most 255 characters.", f"wrong_{code}", section=section)
    return value


def _refused(what: str, code: str, *, section: str, hint: str = _FAULT) -> LaunchError:
    return LaunchError(what, hint=hint, spec=section, code=code)
