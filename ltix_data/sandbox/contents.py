"""Content items as tools send them: which fields there are, what they hold, what a request takes. [DL §3]"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

from . import checks
from .model import Json, RequestError
from .options import Accepts

_COMMON = ("type", "title", "text")
_PICTURES = ("icon", "thumbnail")
#: type -> its section, the fields it must have, those it may have.
_TYPES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "link": ("§3.1", ("url",), (*_PICTURES, "embed", "window", "iframe")),
    "ltiResourceLink": (
        "§3.2",
        (),
        (*_PICTURES, "url", "window", "iframe", "custom", "lineItem", "available", "submission"),
    ),
    "file": ("§3.3", ("url",), (*_PICTURES, "mediaType", "expiresAt")),
    "html": ("§3.4", ("html",), ()),
    "image": ("§3.5", ("url",), (*_PICTURES, "width", "height")),
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the answer something stands, and the section that describes it."""

    path: str
    section: str

    def of(self, field: str) -> _Place:
        return _Place(f"{self.path}.{field}", self.section)

    def refuse(self, must: str) -> NoReturn:
        raise RequestError(400, f"{self.path} must be {must}. [DL {self.section}]")


def checked(items: object, accepts: Accepts) -> list[Json]:
    """Return the items of an answer, if each is whole and of a kind that the request takes.

    Raises:
        RequestError: one is not; the reason names its place, the field and the section.
    """
    if not isinstance(items, list):
        _Place("content_items", "§4.5.6").refuse("a list")
    if accepts.multiple is False and len(items) > 1:
        _Place("content_items", "§4.4.1").refuse("one item at most: accept_multiple is false")
    return [_item(item, _Place(f"content_items[{number}]", "§3"), accepts) for number, item in enumerate(items)]


def _item(item: object, place: _Place, accepts: Accepts) -> Json:
    if not isinstance(item, dict):
        place.refuse("an object")
    kind = item.get("type")
    if not isinstance(kind, str) or kind not in accepts.types:
        _Place(f"{place.path}.type", "§4.4.1").refuse(f"one of {', '.join(accepts.types)}")
    if kind not in _TYPES:  # a type of somebody's own, which was asked for
        return item
    section, required, optional = _TYPES[kind]
    place = _Place(place.path, section)
    _fields(item, place, (*_COMMON, *required, *optional), required)
    _special(item, place, kind, accepts)
    return item


def _special(item: Json, place: _Place, kind: str, accepts: Accepts) -> None:
    """Check what depends on more than one field, or on the request."""
    if kind == "ltiResourceLink" and "src" in item.get("iframe", {}):
        place.of("iframe.src").refuse("left out: a resource link is launched")
    if kind == "link" and "iframe" in item and "src" not in item["iframe"]:
        place.of("iframe.src").refuse("the URL to show")
    if "lineItem" in item and not (item["lineItem"].get("label") or item.get("title")):
        place.of("lineItem.label").refuse("a text, or the item must have a title")
    if kind == "file" and accepts.media_types and "mediaType" in item:
        named = item["mediaType"].partition(";")[0].strip().lower()
        taken = [wanted.strip().lower() for wanted in accepts.media_types.split(",")]
        if not {named, f"{named.partition('/')[0]}/*", "*/*"}.intersection(taken):
            _Place(f"{place.path}.mediaType", "§4.4.1").refuse(f"one of {accepts.media_types}")


def _fields(body: Json, place: _Place, known: tuple[str, ...], required: tuple[str, ...] = ()) -> None:
    """Check every field by its name; what is not known must be an extension under a URL. [DL §3.6]"""
    for field in required:
        if field not in body:
            place.of(field).refuse("there")
    for field, value in body.items():
        if field in known:
            _CHECKS[field](value, place.of(field))
        elif not re.match(r"https?://[^/\s]+", field):
            _Place(f"{place.path}.{field}", "§3.6").refuse("left out, or named by a whole URL")


def _text(value: object, place: _Place) -> None:
    if not isinstance(value, str) or not value.strip():
        place.refuse("a text that is not blank")


def _url(value: object, place: _Place) -> None:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        place.refuse("a fully qualified http(s) URL")


def _pixels(value: object, place: _Place) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        place.refuse("a whole number of pixels")


def _flag(value: object, place: _Place) -> None:
    if not isinstance(value, bool):
        place.refuse("true or false")


def _points(value: object, place: _Place) -> None:
    checks.positive_number({place.path: value}, place.path, f"[DL {place.section}]")


def _moment(value: object, place: _Place) -> None:
    checks.moment({place.path: value}, place.path, f"[DL {place.section}]", fraction=False)


def _custom(value: object, place: _Place) -> None:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        place.refuse("an object whose values are texts")


def _object(*known: str, required: tuple[str, ...] = ()) -> Callable[[Any, _Place], None]:
    """Return the check of an object with these fields."""

    def check(value: Any, place: _Place) -> None:
        if not isinstance(value, dict):
            place.refuse("an object")
        _fields(value, place, known, required)

    return check


_picture = _object("url", "width", "height", required=("url",))
_period = _object("startDateTime", "endDateTime")
#: A field -> its check; a name means the same wherever it stands.
_CHECKS: dict[str, Callable[[Any, _Place], None]] = {
    "available": _period,
    "custom": _custom,
    "embed": _object("html", required=("html",)),
    "endDateTime": _moment,
    "expiresAt": _moment,
    "gradesReleased": _flag,
    "height": _pixels,
    "html": _text,
    "icon": _picture,
    "iframe": _object("src", "width", "height"),
    "label": _text,
    "lineItem": _object("label", "scoreMaximum", "resourceId", "tag", "gradesReleased", required=("scoreMaximum",)),
    "mediaType": _text,
    "resourceId": _text,
    "scoreMaximum": _points,
    "src": _url,
    "startDateTime": _moment,
    "submission": _period,
    "tag": _text,
    "targetName": _text,
    "text": _text,
    "thumbnail": _picture,
    "title": _text,
    "type": _text,
    "url": _url,
    "width": _pixels,
    "window": _object("targetName", "width", "height", "windowFeatures"),
    "windowFeatures": _text,
}
