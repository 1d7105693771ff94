"""The answer: an LtiDeepLinkingResponse, signed by the tool, for the browser to carry back. [DL §4.5]"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import jwt

from .. import spec, urls
from ..errors import LaunchError, UsageError
from ..registration import Registration
from . import limits
from .items import ContentItem
from .parts import check_text
from .request import Request

_BACKDATE = 5  # as in `tokens`: Moodle allows no leeway at all on iat
_LIFETIME = 300


@dataclass(frozen=True, slots=True, repr=False)
class Answered:
    """An answer that is ready: post *jwt* to *return_url* as the form's one field, ``JWT``. [DL §2.3]"""

    return_url: str
    jwt: str

    def __repr__(self) -> str:
        return f"<Deep linking answer for {urls.host(self.return_url)}>"


def answer(
    registration: Registration,
    claims: Mapping[str, Any],
    items: Sequence[ContentItem] = (),
    *,
    message: str | None = None,
    error_message: str | None = None,
    log: str | None = None,
    error_log: str | None = None,
    now: Callable[[], float] = time.time,
) -> Answered:
    """Return the signed answer to a deep linking request.

    It says nothing of the person: such a message asserts no identity, and has no ``sub``. [Security §5.2]

    Args:
        registration: the tool's registration with the platform that asked.
        claims: the request's claims, verified.
        items: what to place in the course; none at all is a cancel.
        message: what the platform may show the person.
        error_message: what it may show of something that went wrong.
        log: what it may write into its log.
        error_log: what it may log of something that went wrong.
        now: the clock, in seconds since 1970.

    Raises:
        LaunchError: *claims* are no deep linking request that can be answered.
        UsageError: they were sent to another registration's tool, or an item is not what the platform takes;
            nothing was signed.
        KeyStorageError: the registration's key cannot be read.
    """
    request = Request.from_claims(claims)
    _check_addressee(registration, claims)
    listed = _checked(items)
    limits.check(request, listed)
    said = {
        spec.CLAIM_MESSAGE: message,
        spec.CLAIM_ERROR_MESSAGE: error_message,
        spec.CLAIM_LOG: log,
        spec.CLAIM_ERROR_LOG: error_log,
        spec.CLAIM_DATA: request.data,
    }
    for name, text in {"message": message, "error_message": error_message, "log": log, "error_log": error_log}.items():
        check_text("a deep linking answer", name, text, "DL §4.5")
    payload = {
        **_envelope(registration, claims, int(now()) - _BACKDATE),
        spec.CLAIM_CONTENT_ITEMS: [item.to_json() for item in listed],
        **{claim: value for claim, value in said.items() if value is not None},
    }
    key = registration.signing_key()
    signed = jwt.encode(payload, key.private, algorithm=spec.SIGNING_ALGORITHM, headers={"kid": key.kid})
    return Answered(request.return_url, signed)


def _envelope(registration: Registration, claims: Mapping[str, Any], issued: int) -> dict[str, Any]:
    """Return what every message of a tool says. ``aud`` is one text: the platform alone. [Security §5.2.2]"""
    deployment = claims.get(spec.CLAIM_DEPLOYMENT_ID)
    if not isinstance(deployment, str) or not deployment:
        raise LaunchError(
            "The deep linking request has no deployment_id.",
            hint="This is a fault of the platform; report it to its administrator.",
            spec="DL §4.4.4",
            code="missing_deployment_id",
        )
    return {
        "iss": registration.client_id,
        "aud": registration.issuer,
        "iat": issued,
        "exp": issued + _LIFETIME,
        "nonce": str(uuid.uuid4()),
        spec.CLAIM_MESSAGE_TYPE: spec.DEEP_LINKING_RESPONSE,
        spec.CLAIM_VERSION: spec.LTI_VERSION,
        spec.CLAIM_DEPLOYMENT_ID: deployment,
    }


def _check_addressee(registration: Registration, claims: Mapping[str, Any]) -> None:
    """Refuse a request that another registration was sent: all Canvas schools in the cloud share one issuer."""
    named = claims.get("aud")
    audience = named if isinstance(named, list) else [named]
    if claims.get("iss") != registration.issuer or registration.client_id not in audience:
        raise UsageError(
            f"This request was not sent to the tool of “{registration.name}” (iss, aud).",
            hint="Answer with the registration that received the launch.",
            spec="DL §4.5.1",
        )


def _checked(items: object) -> tuple[ContentItem, ...]:
    kinds = get_args(ContentItem)
    if isinstance(items, Sequence) and all(isinstance(item, kinds) for item in items):
        return tuple(items)
    raise UsageError(
        "items must be a list of content items.",
        hint=f"Give a list of {', '.join(kind.__name__ for kind in kinds)}.",
        spec="DL §4.5.6",
    )
