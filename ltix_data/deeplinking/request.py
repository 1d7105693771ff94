"""What a platform asks for: the settings of an LtiDeepLinkingRequest, typed. [DL §4.4.1]"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Self

from .. import parsing, spec, urls
from ..errors import LaunchError, UsageError

_SECTION = "DL §4.4.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a platform takes in one deep linking, and where the answer goes.

    Neither the return address nor *data* is shown: platforms put their own tokens there.

    Args:
        return_url: where the browser takes the answer.
        accept_types: the types of content items it takes, such as ``"ltiResourceLink"``.
        accept_presentation_targets: how it can show them: ``"iframe"``, ``"window"``, ``"embed"``.
        accept_media_types: the media types it takes of files; None where it did not say.
        accept_multiple: whether it takes more than one item; None where it did not say, for which the
            specification has no default.
        accept_line_item: whether it makes the column of a resource link: False means that it will not, None
            that nobody knows.
        auto_create: whether items are kept without asking the person again.
        title: what it will call an item that has no title.
        text: what it will show of an item that has no text.
        data: what must come back as it is; None where there is none.
    """

    return_url: str = field(repr=False)
    accept_types: tuple[str, ...]
    accept_presentation_targets: tuple[str, ...]
    accept_media_types: tuple[str, ...] | None = None
    accept_multiple: bool | None = None
    accept_line_item: bool | None = None
    auto_create: bool = False
    title: str | None = None
    text: str | None = None
    data: Any = field(default=None, repr=False)

    @classmethod
    def from_claims(cls, claims: Mapping[str, Any]) -> Self:
        """Read the settings out of a verified launch.

        Raises:
            LaunchError: it is no deep linking request, or a setting is missing or of the wrong kind.
        """
        if claims.get(spec.CLAIM_MESSAGE_TYPE) != spec.DEEP_LINKING_REQUEST:
            raise LaunchError(
                "This launch asks for no content: it is no deep linking request.",
                hint="Open the tool with the platform's “add content” or “select content” button.",
                spec="DL §4.4.2",
                code="not_deep_linking",
            )
        settings = claims.get(spec.CLAIM_DEEP_LINKING_SETTINGS)
        if not isinstance(settings, Mapping):
            _wrong("deep_linking_settings", "is missing, or no JSON object")
        return cls(
            return_url=_return_url(settings),
            accept_types=_texts(settings, "accept_types"),
            accept_presentation_targets=_texts(settings, "accept_presentation_document_targets"),
            accept_media_types=_media_types(settings),
            accept_multiple=_flag(settings, "accept_multiple"),
            accept_line_item=_flag(settings, "accept_lineitem"),
            auto_create=_flag(settings, "auto_create") or False,
            title=_text(settings, "title"),
            text=_text(settings, "text"),
            data=_data(settings),
        )

    def accepts(self, kind: str) -> bool:
        """Return whether the platform takes content items of that type, such as ``"ltiResourceLink"``."""
        return kind in self.accept_types


def _return_url(settings: Mapping[str, Any]) -> str:
    raw = settings.get("deep_link_return_url")
    try:
        url = urls.require(raw, "deep_link_return_url")
    except UsageError:
        url = ""
    if not url or not urls.is_secure(url):
        _wrong("deep_link_return_url", "is missing, or no https address (http is good on this machine only)")
    return url


def _texts(settings: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = settings.get(name)
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        _wrong(name, "is missing, or no list of text")
    return tuple(values)


def _media_types(settings: Mapping[str, Any]) -> tuple[str, ...] | None:
    listed = _text(settings, "accept_media_types")
    if listed is None:
        return None
    return tuple(kind.strip().lower() for kind in listed.split(",") if kind.strip())


def _flag(settings: Mapping[str, Any], name: str) -> bool | None:
    value = settings.get(name)
    if not isinstance(value, bool | None):
        _wrong(name, "is neither true nor false")
    return value


def _text(settings: Mapping[str, Any], name: str) -> str | None:
    value = settings.get(name)
    if not isinstance(value, str | None):
        _wrong(name, "is not text")
    return parsing.clean(value) if value and value.strip() else None


def _data(settings: Mapping[str, Any]) -> Any:
    """Return what must come back; JSON read 1e999 as infinite, which no JSON can say again."""
    data = settings.get("data")
    try:
        json.dumps(data, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        _wrong("data", "cannot be sent back")
    return data


def _wrong(name: str, what: str) -> NoReturn:
    raise LaunchError(
        f"The deep linking request's “{name}” {what}.",
        hint="This is a fault of the platform; report it to its administrator.",
        spec=_SECTION,
        code="invalid_deep_linking_settings",
    )
