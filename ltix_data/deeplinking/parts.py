"""What content items are made of: columns, pictures, windows, frames, periods. [DL §3]

Each is checked when it is made: a platform that stumbles over one field drops the item, or all of them,
and tells the person nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .. import parsing, urls
from ..errors import UsageError


def wire(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return *fields* without those that are not set."""
    return {key: value for key, value in fields.items() if value is not None}


def require_text(owner: str, name: str, value: object, section: str) -> None:
    """Raise `UsageError` unless *value* is text that is not blank and can be written as UTF-8."""
    good = isinstance(value, str) and bool(value.strip())
    if good and isinstance(value, str) and parsing.clean(value) == value:
        return
    raise UsageError(f"“{name}” of {owner} must be text that is not blank.", spec=section)


def check_text(owner: str, name: str, value: object, section: str) -> None:
    """Raise `UsageError` unless *value* is None or such a text."""
    if value is not None:
        require_text(owner, name, value, section)


def check_url(owner: str, name: str, value: object, section: str) -> None:
    """Raise `UsageError` unless *value* is a whole http(s) address, to the letter."""
    what = f"“{name}” of {owner}"
    if urls.require(value, what) != value:
        raise UsageError(f"{what} has spaces around it.", spec=section)


def check_sizes(owner: str, part: Any, section: str) -> None:
    """Raise `UsageError` unless the width and height of *part*, where given, are pixels."""
    for name in ("width", "height"):
        value = getattr(part, name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise UsageError(f"“{name}” of {owner} must be a whole number of pixels above 0.", spec=section)


def check_kind(owner: str, name: str, value: object, kind: type, section: str) -> None:
    """Raise `UsageError` unless *value* is None or of that *kind*."""
    if value is not None and not isinstance(value, kind):
        raise UsageError(f"“{name}” of {owner} must be a {kind.__name__}.", spec=section)


def check_moment(owner: str, name: str, value: object, section: str) -> None:
    """Raise `UsageError` unless *value* is None or a time with a zone."""
    if value is not None and (not isinstance(value, datetime) or value.tzinfo is None):
        raise UsageError(
            f"“{name}” of {owner} must be a datetime with a time zone.",
            hint="Write datetime(2026, 9, 1, 8, 0, tzinfo=ZoneInfo('Europe/Zurich')), for example.",
            spec=section,
        )


def check_extensions(owner: str, value: object) -> None:
    """Raise `UsageError` unless *value* is plain data under whole URLs. [DL §3.6]"""
    if not isinstance(value, Mapping):
        raise UsageError(f"“extensions” of {owner} must be a dictionary.", spec="DL §3.6")
    for key in value:
        check_url(owner, "extensions", key, "DL §3.6")
    try:
        json.dumps(dict(value), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"“extensions” of {owner} are not plain data.",
            hint="Give texts, numbers, lists and dictionaries.",
            spec="DL §3.6",
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An icon or a thumbnail of an item: where it is, and its size in pixels. [DL §3.1]

    Give both sizes where the platform may be Open edX: it fails on a picture or frame without, and places
    nothing at all then.
    """

    url: str
    width: int | None = None
    height: int | None = None

    def __post_init__(self) -> None:
        check_url("a picture", "url", self.url, "DL §3.1")
        check_sizes("a picture", self, "DL §3.1")

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return wire({"url": self.url, "width": self.width, "height": self.height})


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How to open an item in a window: one *target_name* is one window for many items. [DL §3.1]

    *features* are those of the browser's ``window.open``, such as ``"menubar=no"``.
    """

    target_name: str | None = None
    width: int | None = None
    height: int | None = None
    features: str | None = None

    def __post_init__(self) -> None:
        check_text("a window", "target_name", self.target_name, "DL §3.1")
        check_text("a window", "features", self.features, "DL §3.1")
        check_sizes("a window", self, "DL §3.1")

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        size = {"width": self.width, "height": self.height}
        return wire({"targetName": self.target_name, **size, "windowFeatures": self.features})


@dataclass(frozen=True, slots=True, kw_only=True)
class Iframe:
    """How to show an item inside the platform's page; *src* is for a `Link` alone, which needs it. [DL §3.1, §3.2]"""

    src: str | None = None
    width: int | None = None
    height: int | None = None

    def __post_init__(self) -> None:
        if self.src is not None:
            check_url("an iframe", "src", self.src, "DL §3.1")
        check_sizes("an iframe", self, "DL §3.1")

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return wire({"src": self.src, "width": self.width, "height": self.height})


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From when to when something holds; one end may stay open. Times have a zone. [DL §3.2]"""

    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def __post_init__(self) -> None:
        check_moment("a period", "starts_at", self.starts_at, "DL §3.2")
        check_moment("a period", "ends_at", self.ends_at, "DL §3.2")
        if self.starts_at is None and self.ends_at is None:
            raise UsageError("A period needs “starts_at” or “ends_at”.", spec="DL §3.2")
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise UsageError("“ends_at” of a period must be later than “starts_at”.", spec="DL §3.2")

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        times = {"startDateTime": self.starts_at, "endDateTime": self.ends_at}
        return {key: parsing.iso(when) for key, when in times.items() if when}


@dataclass(frozen=True, slots=True)
class Column:
    """The gradebook column that a platform makes together with a resource link. [DL §3.2]

    On platforms that let no tool make columns by itself this is the way to get one. The platform names
    it in launches of the link, and lists it under *tag* and *resource_id*. Open edX keeps it and makes no
    column: use `Course.create_line_item` there.

    Args:
        label: its heading.
        out_of: the points it is out of, above 0.
        tag: a word to find it by.
        resource_id: the tool's own id of what is graded.
        grades_released: whether learners see the grades; None leaves that to the platform.
        extensions: further fields, by their whole URL.
    """

    label: str
    out_of: float
    tag: str | None = None
    resource_id: str | None = None
    grades_released: bool | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require_text("a column", "label", self.label, "DL §3.2")
        if not parsing.is_points(self.out_of) or self.out_of == 0:
            raise UsageError("“out_of” of a column must be a number above 0.", spec="DL §3.2")
        check_text("a column", "tag", self.tag, "DL §3.2")
        check_text("a column", "resource_id", self.resource_id, "DL §3.2")
        if self.grades_released is not None and not isinstance(self.grades_released, bool):
            raise UsageError("“grades_released” of a column must be True, False or None.", spec="DL §3.2")
        check_extensions("a column", self.extensions)

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        fields = {
            "label": self.label,
            "scoreMaximum": parsing.wire_number(self.out_of),
            "tag": self.tag,
            "resourceId": self.resource_id,
            "gradesReleased": self.grades_released,
        }
        return {**self.extensions, **wire(fields)}
