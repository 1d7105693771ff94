"""One field of many entries at once, where each of them is as plain as they usually are.

None says that an entry is not: then all are to be read one by one, by the rules of `parsing`, which also say
what is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .. import parsing

_TEXT, _NUMBER = {str, type(None)}, {int, float, type(None)}


class Fields:
    """The fields of entries that are JSON objects."""

    def __init__(self, entries: Sequence[Mapping[str, Any]]) -> None:
        self._entries = entries
        self._there = frozenset().union(*entries)  # what none has need not be looked for in each

    def has(self, key: str) -> bool:
        """Return whether any entry has the field."""
        return key in self._there

    def values(self, key: str) -> list[Any]:
        """Return a field as it is, None where it is absent."""
        return [entry.get(key) for entry in self._entries] if key in self._there else [None] * len(self._entries)

    def are_texts(self, *keys: str) -> bool:
        """Return whether these fields are text wherever they are there."""
        return all(set(map(type, self.values(key))) <= _TEXT for key in keys if key in self._there)

    def texts(self, key: str, *, unescape: bool = False) -> list[str | None] | None:
        """Return a field as `parsing.text` (and `parsing.unescaped`) would; None where one is not text."""
        values = self.values(key)
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

    def numbers(self, key: str) -> list[float | None] | None:
        """Return a field as `parsing.number` would; None where one is not a finite number."""
        values = self.values(key)
        kinds = set(map(type, values))
        if not kinds <= _NUMBER:
            return None
        try:
            there = values if type(None) not in kinds else [value for value in values if value is not None]
            if not all(map(math.isfinite, there)):
                return None
            if kinds == {float}:
                return values
            return [None if value is None else float(value) for value in values]
        except OverflowError:  # an integer beyond all floats
            return None


def _has_lone_surrogates(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
