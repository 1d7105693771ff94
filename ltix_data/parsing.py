"""Taking hostile JSON apart: text that is text, numbers that are numbers, times with a zone.

A field of the wrong kind is a `MalformedResponseError` that names the field, never its value:
values here are names, e-mail addresses and grades.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from numbers import Real
from typing import Any, NoReturn

from .errors import MalformedResponseError


def malformed(what: str, where: str, spec: str) -> NoReturn:
    """Raise the error for a field that is not what the specification says."""
    raise MalformedResponseError(
        f"The platform sent {where} whose {what}.",
        hint="This is a fault of the platform (or of the URL asked); report it to its administrator.",
        spec=spec,
    )


def mapping(raw: object, where: str, spec: str) -> Mapping[str, Any]:
    """Return *raw* if it is a JSON object."""
    if not isinstance(raw, dict):
        raise MalformedResponseError(f"The platform sent {where} that is not a JSON object.", spec=spec)
    return raw


def text(raw: Mapping[str, Any], key: str, where: str, spec: str) -> str | None:
    """Return a field as text, or None where it is absent, null or blank.

    Numbers become their digits (ids are numbers on some platforms). Lone surrogates, which no file
    or terminal can hold, become U+FFFD.
    """
    value = raw.get(key)
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        malformed(f"“{key}” is not text", where, spec)
    return clean(value) if value.strip() else None


def required_text(raw: Mapping[str, Any], key: str, where: str, spec: str) -> str:
    """Return a field as text that must be there and not blank."""
    value = text(raw, key, where, spec)
    if value is None:
        malformed(f"“{key}” is missing", where, spec)
    return value


def clean(value: str) -> str:
    """Return *value* without lone surrogates."""
    if value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def unescaped(value: str | None) -> str | None:
    """Return *value* without HTML's escapes: Moodle writes ``D&amp;D`` and ``O&#039;Neil``.

    Only what ends in a semicolon is one, or ``AT&copy`` would lose its letters.
    """
    if not value or "&" not in value:
        return value
    text = clean(re.sub(r"&#?\w{1,32};", lambda escape: html.unescape(escape[0]), value))
    return text if text.strip() else None


def number(raw: Mapping[str, Any], key: str, where: str, spec: str) -> float | None:
    """Return a field as a finite float, or None where it is absent, null or blank."""
    value = raw.get(key)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        malformed(f"“{key}” is not a number", where, spec)
    parsed = None
    with suppress(ValueError, OverflowError):  # raised outside it: Python's own message quotes the value
        parsed = float(value)
    if parsed is None:
        malformed(f"“{key}” is not a number", where, spec)
    if not math.isfinite(parsed):
        malformed(f"“{key}” is not a finite number", where, spec)
    return parsed


def moment(raw: Mapping[str, Any], key: str) -> datetime | None:
    """Return a field as a UTC datetime, or None where it is absent or no ISO 8601 time.

    A time is a courtesy of the platform: one that cannot be read is missing, not fatal. A time
    without a zone is taken as UTC. [AGS §4.2]
    """
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        parsed = datetime.fromisoformat(value.strip())
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def iso(when: datetime) -> str:
    """Return *when* in UTC with milliseconds and an offset, as AGS asks. [AGS §3.4.9]"""
    return when.astimezone(UTC).isoformat(timespec="milliseconds")


def http_date(value: str) -> float | None:
    """Return an HTTP date as seconds since 1970, or None when it cannot be read."""
    try:
        when = parsedate_to_datetime(value)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def is_points(value: object) -> bool:
    """Return whether *value* is a finite number of 0 or more; text and True are none."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    try:
        return 0 <= float(value) < math.inf
    except OverflowError:
        return False


def wire_number(value: float) -> int | float:
    """Return a whole number as int: Open edX takes only integers as scoreMaximum."""
    plain = float(value)  # NumPy's smaller floats are numbers that json does not know
    return int(plain) if plain.is_integer() and abs(plain) < 2**53 else plain


_compact = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def wire_bytes(data: Any) -> bytes:
    """Return *data* as compact JSON: Moodle can store nothing of the pretty-printed kind."""
    try:
        return _compact(data).encode()
    except UnicodeEncodeError:  # a lone surrogate in an extension goes back as it came
        return json.dumps(data, allow_nan=False, separators=(",", ":")).encode()


def extensions(raw: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """Return the fields no specification names, untouched. [AGS §3.1.2]"""
    return {key: value for key, value in raw.items() if key not in known}


def returnable(fields: Mapping[str, Any], where: str, spec: str) -> dict[str, Any]:
    """Return *fields* if they can be sent back: 1e999 was read as infinite, which no JSON can say."""
    with suppress(ValueError, RecursionError):
        json.dumps(fields, allow_nan=False)
        return dict(fields)
    malformed("extensions hold a number beyond all bounds", where, spec)
