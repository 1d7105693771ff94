"""The parts of a launch, typed: course, link, platform, presentation, information system. [Core §5.3.5, §5.4]"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from .. import parsing, urls
from ..errors import UsageError

_NOTHING: Mapping[str, Any] = {}
_MOST_PIXELS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseContext:
    """The course, or another place, that a launch came from. [Core §5.4.1]"""

    id: str
    label: str | None = None
    title: str | None = None
    types: tuple[str, ...] = ()

    @classmethod
    def from_claim(cls, claim: object) -> Self | None:
        """Read the claim; None where it is no object with an id."""
        raw = _object(claim)
        if (known := text(raw, "id")) is None:
            return None
        return cls(id=known, label=text(raw, "label"), title=text(raw, "title"), types=texts(raw.get("type")))


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceLink:
    """The link in the course that was opened. [Core §5.3.5]"""

    id: str
    title: str | None = None
    description: str | None = None

    @classmethod
    def from_claim(cls, claim: object) -> Self | None:
        """Read the claim; None where it is no object with an id."""
        raw = _object(claim)
        if (known := text(raw, "id")) is None:
            return None
        return cls(id=known, title=text(raw, "title"), description=text(raw, "description"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformInstance:
    """What the platform calls itself. [Core §5.4.2]"""

    guid: str | None = None
    name: str | None = None
    version: str | None = None
    product_family_code: str | None = None
    description: str | None = None
    contact_email: str | None = field(default=None, repr=False)
    url: str | None = None

    @classmethod
    def from_claim(cls, claim: object) -> Self:
        """Read the claim; what is missing is None."""
        raw = _object(claim)
        named = ("guid", "name", "version", "product_family_code", "description", "contact_email")
        return cls(**{key: text(raw, key) for key in named}, url=_address(raw, "url"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """How the platform shows the tool, and where it wants the browser back. [Core §5.4.4]

    Args:
        target: ``"frame"``, ``"iframe"`` or ``"window"``.
        return_url: an http(s) address; it may hold the platform's own tokens.
        locale: a language tag.
        width: in pixels.
        height: in pixels.
    """

    target: str | None = None
    return_url: str | None = field(default=None, repr=False)
    locale: str | None = None
    width: int | None = None
    height: int | None = None

    @classmethod
    def from_claim(cls, claim: object) -> Self:
        """Read the claim; what is missing is None."""
        raw = _object(claim)
        return cls(
            target=text(raw, "document_target"),
            return_url=_address(raw, "return_url"),
            locale=text(raw, "locale"),
            width=_pixels(raw, "width"),
            height=_pixels(raw, "height"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lis:
    """Ids of the student information system behind the platform. [Core §5.4.5]"""

    person_sourcedid: str | None = field(default=None, repr=False)
    course_offering_sourcedid: str | None = None
    course_section_sourcedid: str | None = None

    @classmethod
    def from_claim(cls, claim: object) -> Self:
        """Read the claim; what is missing is None."""
        raw = _object(claim)
        named = ("person_sourcedid", "course_offering_sourcedid", "course_section_sourcedid")
        return cls(**{key: text(raw, key) for key in named})


def custom(claim: object) -> dict[str, str]:
    """Return the custom parameters; a number or a truth value, which some platforms send, becomes its text.

    An empty text is a value; null is none. [Core §5.4.6]
    """
    found = {}
    for key, value in _object(claim).items():
        if isinstance(value, bool):
            found[key] = "true" if value else "false"
        elif isinstance(value, str):
            found[key] = parsing.clean(value)
        elif isinstance(value, (int, float)):
            with suppress(ValueError):  # an int of more than 4300 digits
                found[key] = str(value)
    return found


def text(raw: Mapping[str, Any], key: str) -> str | None:
    """Return a field that is text and not blank, else None."""
    value = raw.get(key)
    return parsing.clean(value) if isinstance(value, str) and value.strip() else None


def texts(value: object) -> tuple[str, ...]:
    """Return what is text in a list; nothing, where it is none."""
    return tuple(parsing.clean(one) for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _object(claim: object) -> Mapping[str, Any]:
    return claim if isinstance(claim, dict) else _NOTHING


def _address(raw: Mapping[str, Any], key: str) -> str | None:
    """Return an address that a person may be sent to: no script, no file."""
    with suppress(UsageError):
        return urls.require(raw.get(key), key)
    return None


def _pixels(raw: Mapping[str, Any], key: str) -> int | None:
    """Return a size in pixels; some platforms write it as text."""
    value = raw.get(key)
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,6}", value):
        value = int(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= _MOST_PIXELS:
        return int(value)
    return None
