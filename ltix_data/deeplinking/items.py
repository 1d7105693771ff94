"""Content items: what a tool sends back to be placed in a course. [DL §3]

`ResourceLink` launches back into the tool and may bring a gradebook column; `Link`, `File`,
`HtmlFragment` and `Image` need no launch; `Custom` is a type of a platform's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, TypeAlias

from .. import parsing
from ..errors import UsageError
from .parts import (
    Column,
    Iframe,
    Period,
    Picture,
    Window,
    check_extensions,
    check_kind,
    check_moment,
    check_sizes,
    check_text,
    check_url,
    require_text,
    wire,
)


@dataclass(frozen=True, kw_only=True)
class _Item:
    """What all items have in common."""

    type: ClassVar[str]
    #: How messages call it, and the section of the specification that describes it.
    called: ClassVar[str]
    section: ClassVar[str]

    title: str | None = None
    text: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_text(self.called, "title", self.title, self.section)
        check_text(self.called, "text", self.text, self.section)
        check_extensions(self.called, self.extensions)
        self._check()

    def _check(self) -> None:
        """Check what this type alone has."""

    def _fields(self) -> dict[str, Any]:
        """Return what this type alone has, by the wire's names; None is left out."""
        return {}

    @property
    def targets(self) -> tuple[str, ...]:
        """Return how it says that it can be shown; empty where it leaves that to the platform."""
        shown = (target for target in ("embed", "iframe", "window") if getattr(self, target, None) is not None)
        return tuple(shown)

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        own = {"type": self.type, "title": self.title, "text": self.text, **self._fields()}
        return {**self.extensions, **wire(own)}


@dataclass(frozen=True, kw_only=True)
class _Pictured(_Item):
    """An item that may have an icon and a thumbnail."""

    icon: Picture | None = None
    thumbnail: Picture | None = None

    def _check(self) -> None:
        check_kind(self.called, "icon", self.icon, Picture, self.section)
        check_kind(self.called, "thumbnail", self.thumbnail, Picture, self.section)

    def _fields(self) -> dict[str, Any]:
        return {"icon": _json(self.icon), "thumbnail": _json(self.thumbnail)}


@dataclass(frozen=True, kw_only=True)
class ResourceLink(_Pictured):
    """A link that launches the tool. [DL §3.2]

    Args:
        url: what launches of it name as their target; None is the tool's usual address.
        title: its heading.
        text: what everybody who sees it reads.
        icon: a small picture.
        thumbnail: a picture to click on.
        window: how to open it in a window.
        iframe: how large a frame it wants; it has no *src*.
        custom: parameters that every launch of it carries; values are text, and may name the platform's variables.
        line_item: the gradebook column to make together with it.
        available: when learners can open it.
        submission: when learners can hand in.
        extensions: further fields, by their whole URL.
    """

    type: ClassVar[str] = "ltiResourceLink"
    called: ClassVar[str] = "a resource link"
    section: ClassVar[str] = "DL §3.2"

    url: str | None = None
    window: Window | None = None
    iframe: Iframe | None = None
    custom: Mapping[str, str] = field(default_factory=dict)
    line_item: Column | None = None
    available: Period | None = None
    submission: Period | None = None

    def _check(self) -> None:
        super()._check()
        if self.url is not None:
            check_url(self.called, "url", self.url, self.section)
        kinds = {"window": Window, "iframe": Iframe, "line_item": Column, "available": Period, "submission": Period}
        for name, kind in kinds.items():
            check_kind(self.called, name, getattr(self, name), kind, self.section)
        if self.iframe is not None and self.iframe.src is not None:
            raise UsageError("The iframe of a resource link has no “src”: its launch goes to “url”.", spec=self.section)
        _check_custom(self.called, self.custom, self.section)

    def _fields(self) -> dict[str, Any]:
        parts = {"window": self.window, "iframe": self.iframe, "lineItem": self.line_item}
        times = {"available": self.available, "submission": self.submission}
        return {
            "url": self.url,
            **super()._fields(),
            "custom": dict(self.custom) or None,
            **{name: _json(part) for name, part in (parts | times).items()},
        }


@dataclass(frozen=True, kw_only=True)
class Link(_Pictured):
    """A link to anything on the web that needs no launch. [DL §3.1]

    Best give every way that it can be shown (*embed*, *window*, *iframe*): the platform takes the one that
    fits the page. *embed* is HTML; *iframe* needs a *src*.
    """

    type: ClassVar[str] = "link"
    called: ClassVar[str] = "a link"
    section: ClassVar[str] = "DL §3.1"

    url: str
    embed: str | None = None
    window: Window | None = None
    iframe: Iframe | None = None

    def _check(self) -> None:
        super()._check()
        check_url(self.called, "url", self.url, self.section)
        check_text(self.called, "embed", self.embed, self.section)
        check_kind(self.called, "window", self.window, Window, self.section)
        check_kind(self.called, "iframe", self.iframe, Iframe, self.section)
        if self.iframe is not None and self.iframe.src is None:
            raise UsageError("The iframe of a link needs “src”, the address to show.", spec=self.section)

    def _fields(self) -> dict[str, Any]:
        return {
            "url": self.url,
            **super()._fields(),
            "embed": None if self.embed is None else {"html": self.embed},
            "window": _json(self.window),
            "iframe": _json(self.iframe),
        }


@dataclass(frozen=True, kw_only=True)
class File(_Pictured):
    """A file that the platform fetches from *url* within minutes and keeps. [DL §3.3]

    *media_type*, such as ``"application/pdf"``, tells the platform what it is before it fetches; *expires_at*
    is until when it can.
    """

    type: ClassVar[str] = "file"
    called: ClassVar[str] = "a file"
    section: ClassVar[str] = "DL §3.3"

    url: str
    media_type: str | None = None
    expires_at: datetime | None = None

    def _check(self) -> None:
        super()._check()
        check_url(self.called, "url", self.url, self.section)
        check_text(self.called, "media_type", self.media_type, self.section)
        if self.media_type is not None and not _is_media_type(self.media_type):
            raise UsageError(
                "“media_type” of a file must be a media type.", hint="Such as application/pdf.", spec=self.section
            )
        check_moment(self.called, "expires_at", self.expires_at, self.section)

    def _fields(self) -> dict[str, Any]:
        expires = None if self.expires_at is None else parsing.iso(self.expires_at)
        return {"url": self.url, **super()._fields(), "mediaType": self.media_type, "expiresAt": expires}


@dataclass(frozen=True, kw_only=True)
class HtmlFragment(_Item):
    """HTML to put into a page of the platform, which takes scripts out of it. [DL §3.4]

    What has an address of its own is better a `Link` with *embed*.
    """

    type: ClassVar[str] = "html"
    called: ClassVar[str] = "an HTML fragment"
    section: ClassVar[str] = "DL §3.4"

    html: str

    def _check(self) -> None:
        require_text(self.called, "html", self.html, self.section)

    def _fields(self) -> dict[str, Any]:
        return {"html": self.html}


@dataclass(frozen=True, kw_only=True)
class Image(_Pictured):
    """An image to show in a page; its size is in pixels. [DL §3.5]"""

    type: ClassVar[str] = "image"
    called: ClassVar[str] = "an image"
    section: ClassVar[str] = "DL §3.5"

    url: str
    width: int | None = None
    height: int | None = None

    def _check(self) -> None:
        super()._check()
        check_url(self.called, "url", self.url, self.section)
        check_sizes(self.called, self, self.section)

    def _fields(self) -> dict[str, Any]:
        return {"url": self.url, **super()._fields(), "width": self.width, "height": self.height}


@dataclass(frozen=True, slots=True)
class Custom:
    """An item of a type that a platform has defined itself: *type* is its whole URL. [DL §3.7]"""

    called: ClassVar[str] = "an item of a type of its own"
    section: ClassVar[str] = "DL §3.7"
    targets: ClassVar[tuple[str, ...]] = ()

    type: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_url(self.called, "type", self.type, self.section)
        if "type" in self.fields:
            raise UsageError("“fields” of an item of a type of its own must not name “type”.", spec=self.section)
        check_extensions(self.called, {self.type: dict(self.fields)})

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {"type": self.type, **self.fields}


ContentItem: TypeAlias = ResourceLink | Link | File | HtmlFragment | Image | Custom


def _json(part: Picture | Window | Iframe | Column | Period | None) -> dict[str, Any] | None:
    return None if part is None else part.to_json()


def _is_media_type(text: str) -> bool:
    kind, slash, name = text.partition(";")[0].strip().partition("/")
    return bool(kind and slash and name) and "*" not in text and " " not in kind + name


def _check_custom(owner: str, custom: object, section: str) -> None:
    """Raise `UsageError` unless *custom* maps names to text; an empty text is a value, None is none."""
    if not isinstance(custom, Mapping):
        raise UsageError(f"“custom” of {owner} must be a dictionary.", spec=section)
    for name, value in custom.items():
        require_text(owner, "custom", name, section)
        if not isinstance(value, str) or parsing.clean(value) != value:
            raise UsageError(f"Each value of “custom” of {owner} must be text.", hint="Write str(value).", spec=section)
