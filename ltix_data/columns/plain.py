"""One field of many entries at once, where each of them is as plain as they usually are.

Each function says by None that an entry is not: then all are to be read one by one, by the rules of `parsing`,
which also say what is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .. import parsing

_TEXT, _NUMBER = {str, type(None)}, {int, float, type(None)}


def texts(entries: Sequence[Mapping[str, Any]], key: str, *, unescape: bool = False) -> list[str | None] | None:
    """Return a field as `parsing.text` (and `parsing.unescaped`) would; None where one is neither text nor absent."""
    values: list[Any] = [entry.get(key) for entry in entries]
    kinds = set(map(type, values))
    if not kinds <= _TEXT:
        return None
    if str not in kinds:
        return values
    there = values if type(None) not in kinds else [value for value in values if value is not None]
    together = "".join(there)
    if not together.isascii() and _has_lone_surrogates(together):
        return None
    if not all(map(str.strip, there)):
        values = [value if value and value.strip() else None for value in values]
    return list(map(parsing.unescaped, values)) if unescape and "&" in together else values


def numbers(entries: Sequence[Mapping[str, Any]], key: str) -> list[float | None] | None:
    """Return a field as `parsing.number` would; None where one is neither a finite number nor absent."""
    values: list[Any] = [entry.get(key) for entry in entries]
    kinds = set(map(type, values))
    if not kinds <= _NUMBER:
        return None
    try:
        there = map(float, values if type(None) not in kinds else [value for value in values if value is not None])
        if not all(map(math.isfinite, there)):
            return None
    except OverflowError:  # an integer beyond all floats
        return None
    return [None if value is None else float(value) for value in values]


def _has_lone_surrogates(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
