"""Checks of what tools send: numbers, texts, times. Each refusal says the field and the section."""

from __future__ import annotations

import math
import re
from datetime import datetime

from .model import Json, Number, RequestError

_TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?P<fraction>[.,]\d+)?(Z|[+-]\d\d(:?\d\d)?)", flags=re.IGNORECASE | re.ASCII
)


def number(body: Json, field: str, section: str) -> Number:
    """Return a finite number; text and booleans are none."""
    value = body.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RequestError(400, f"{field} must be a number. {section}")
    return value


def positive_number(body: Json, field: str, section: str) -> Number:
    """Return a number strictly greater than 0."""
    value = number(body, field, section)
    if value <= 0:
        raise RequestError(400, f"{field} must be greater than 0. {section}")
    return value


def text(body: Json, field: str, section: str) -> str:
    """Return a text that is not blank."""
    value = body.get(field)
    if not isinstance(value, str) or not value.strip():
        raise RequestError(400, f"{field} must be a text that is not blank. {section}")
    return value


def optional_text(body: Json, field: str, section: str) -> str | None:
    """Return a text, or None where it is absent, null or blank."""
    value = body.get(field)
    if value is not None and not isinstance(value, str):
        raise RequestError(400, f"{field} must be a text. {section}")
    return value if value and value.strip() else None


def word(body: Json, field: str, words: tuple[str, ...], section: str) -> str:
    """Return one of the *words*."""
    value = body.get(field)
    if not isinstance(value, str) or value not in words:
        raise RequestError(400, f"{field} must be one of {', '.join(words)}. {section}")
    return value


def moment(body: Json, field: str, section: str, *, fraction: bool = True) -> datetime:
    """Return a point in time: ISO 8601 with a zone, and with sub-seconds unless *fraction* is False."""
    value = body.get(field)
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise RequestError(
            400, f"{field} must be ISO 8601 with a time zone, such as 2026-01-31T09:30:00.000Z. {section}"
        )
    if fraction and not match["fraction"]:
        raise RequestError(400, f"{field} must have sub-second precision, such as 2026-01-31T09:30:00.000Z. {section}")
    try:
        return datetime.fromisoformat(match[0].upper())
    except ValueError as error:  # the 31st of February
        raise RequestError(400, f"{field} is no date that there is. {section}") from error


def only_known(body: Json, known: frozenset[str]) -> None:
    """Refuse fields that are neither the specification's nor an extension, whose name is a URL. [AGS §3.1.2]"""
    for field in body:
        if field not in known and not re.match(r"https?://[^/\s]+", field):
            raise RequestError(400, f"{field!r} is no field here; an extension's name is a whole URL. [AGS §3.1.2]")
