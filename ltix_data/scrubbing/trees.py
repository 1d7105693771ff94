"""JSON within a notebook: metadata, the state of widgets, plots and tables as data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import readings, tables, words
from .texts import REMOVED, Place, Scrubber, decoded, encoded

_DEEPEST = 200


class Tree:
    """Scrubs JSON that stands in one place.

    Args:
        scrubber: what removes and counts.
        place: where it stands.
        everything: see `Scrubber.text`.
    """

    def __init__(self, scrubber: Scrubber, place: Place, *, everything: bool = True) -> None:
        self.scrubber, self.place, self.everything = scrubber, place, everything

    def scrubbed(self, value: Any, depth: int = 0) -> Any:
        """Return the value without what tells people; the same where there is nothing."""
        if depth > _DEEPEST:
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self.scrubbed(one, depth + 1) for one in value]
        if isinstance(value, dict):
            return self._buffer(value) if _is_buffer(value) else self._object(value, depth)
        if isinstance(value, int) and not isinstance(value, bool):  # an id that was read as a number
            return REMOVED if self._text(str(value)) != str(value) else value
        return value

    def _object(self, value: dict[str, Any], depth: int) -> dict[str, Any]:
        clean: dict[str, Any] = {}
        for key, inner in value.items():
            clean[_free(self._key(key), clean)] = self._field(key, inner, depth)
        return clean

    def _field(self, key: str, value: Any, depth: int) -> Any:
        known = self.scrubber.needles.cells
        if known and self.everything and isinstance(value, (str, int)) and tables.is_ours(key):
            kind = known.get(words.folded(str(value)))
            if kind is not None and not isinstance(value, bool):
                self.scrubber.tally.counts[self.place, kind, "removed"] += 1
                return REMOVED
        if isinstance(value, (dict, list)) and tables.is_ours(key):
            return self._column(key, value, depth)
        return self.scrubbed(value, depth + 1)

    def _column(self, key: str, values: Any, depth: int) -> Any:
        """Return a column as data: {"user_id": ["4", "7"]} or {"user_id": {"0": "4"}}."""
        if isinstance(values, list):
            return [self._field(key, value, depth + 1) for value in values]
        return {self._key(name): self._field(key, value, depth + 1) for name, value in values.items()}

    def _text(self, text: str) -> str:
        return self.scrubber.text(text, self.place, everything=self.everything, markup=readings.is_marked_up(text))

    def _key(self, key: str) -> str:
        """Return a key; one in small letters is a word of the format (“bar”, “mark”), unless it tells on its own."""
        everything = self.everything and not (key.isascii() and key.islower())
        return self.scrubber.text(key, self.place, everything=everything)

    def _buffer(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return what a widget holds as bytes, such as a file that was chosen in an upload."""
        text = decoded(value["data"])
        if text is None:
            self.scrubber.tally.file("application/octet-stream")
            return value
        clean = self._text(text)
        return value if clean == text else {**value, "data": encoded(clean)}


def _is_buffer(value: dict[str, Any]) -> bool:
    return value.get("encoding") == "base64" and isinstance(value.get("data"), str)


def _free(key: str, taken: dict[str, Any]) -> str:
    number, free = 1, key
    while free in taken:
        number += 1
        free = f"{key} {number}"
    return free


def each(value: Any, change: Callable[[str], str]) -> Any:
    """Return text changed, whether it stands in one piece or, as notebooks keep it, as a list of lines."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        whole = "".join(value)
        clean = change(whole)
        return value if clean == whole else clean.splitlines(keepends=True)
    return value
