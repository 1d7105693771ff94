"""One text of a notebook: found, counted, replaced."""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from . import readings, tables, words
from .needles import Needles
from .readings import Reading

REMOVED = "[removed]"

Span = tuple[int, int]

_ADDRESS = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@((?:[\w-]{1,63}\.){1,8}[\w-]{2,63})")
#: A file within a text, such as a picture or a download.
_FILE = re.compile(r"data:([\w.+-]+/[\w.+-]+)?([\w.+;=-]*);base64,([A-Za-z0-9+/]+=*)")
_OF_TEXT = re.compile(r"text/|application/(?:json|csv|xml|javascript)|image/svg|.*\+(?:json|xml)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands: the number of the cell, from 1 on (None for the notebook itself), and what part of it."""

    cell: int | None
    part: str


@dataclass
class Tally:
    """What was found: how many of what kind, where; never what.

    Attributes:
        counts: (place, kind, state): state is “removed”, “left” or “suspect”.
        pictures: how many pictures were seen, and not looked into.
        files: how many other files were not looked into, such as workbooks and PDFs.
    """

    counts: Counter[tuple[Place, str, str]] = field(default_factory=Counter)
    pictures: int = 0
    files: int = 0

    def file(self, kind: str) -> None:
        """Note something that cannot be read; *kind* is its media type."""
        if kind.startswith("image/"):
            self.pictures += 1
        else:
            self.files += 1


@dataclass
class Scrubber:
    """Removes what the needles find, and counts it."""

    needles: Needles
    tally: Tally = field(default_factory=Tally)

    def text(self, text: str, place: Place, *, everything: bool, markup: bool = False) -> str:
        """Return a text without what tells people.

        Args:
            text: as it is stored.
            place: where it stands.
            everything: also remove names that stand alone, and short ids in tables; else only what tells a person
                on its own, and count the rest as left.
            markup: whether it is HTML or the like.
        """
        text = _FILE.sub(lambda file: self._file(file, place), text)
        tagged = markup and readings.is_marked_up(text)
        if everything:
            spans = []
            for span, kind in tables.cells(text, self.needles.cells, markup=tagged):
                spans.append([span])
                self.tally.counts[place, kind, "removed"] += 1
            text = _without(text, spans)
        text = self._read(text, place, readings.marked_up if tagged else readings.plain, everything, left=True)
        if "\\" in text:  # what follows one may be a letter of a path, and not an escape
            text = self._read(text, place, _unescaped, everything, left=False)
        return text

    def _read(self, text: str, place: Place, read: Callable[[str], Reading], everything: bool, *, left: bool) -> str:
        reading = read(text)
        spans, last = [], 0
        seen: list[str] = []  # the reading without what was found
        for found in self.needles.find(reading.text):
            removes = everything or found.strong
            if removes:
                spans.append(reading.stored(found.start, found.end))
                seen.append(reading.text[last : found.start])
                last = found.end
            if removes or left:
                self.tally.counts[place, found.kind, "removed" if removes else "left"] += 1
        if left and "@" in reading.text:
            self._suspect("\0".join([*seen, reading.text[last:]]), place)
        return _without(text, spans)

    def _suspect(self, text: str, place: Place) -> None:
        """Count addresses of nobody in the rosters whose host is one of theirs."""
        for address in _ADDRESS.finditer(text):
            host = words.folded(address[1])
            if any(host == known or host.endswith(f".{known}") for known in self.needles.domains):
                self.tally.counts[place, "e-mail", "suspect"] += 1

    def _file(self, file: re.Match[str], place: Place) -> str:
        """Return a file within a text, scrubbed where it holds text itself."""
        kind = file[1] or "text/plain"
        if not _OF_TEXT.match(kind):
            self.tally.file(kind)
            return file.group()
        inner = decoded(file[3])
        if inner is None:
            self.tally.file(kind)
            return file.group()
        clean = self.text(inner, place, everything=True, markup="html" in kind or "xml" in kind or "svg" in kind)
        return file.group() if clean == inner else f"data:{file[1] or ''}{file[2]};base64,{encoded(clean)}"


def decoded(content: str) -> str | None:
    """Return the text in base64, or None where it is no text."""
    with suppress(binascii.Error, UnicodeDecodeError, ValueError):
        text = base64.b64decode(content, validate=True).decode("utf-8")
        return None if "\0" in text else text
    return None


def encoded(text: str) -> str:
    """Return a text in base64."""
    return base64.b64encode(text.encode()).decode()


def _unescaped(text: str) -> Reading:
    return readings.plain(text, escapes=False)


def _without(text: str, found: list[list[Span]]) -> str:
    """Return a text with each thing replaced; where tags part it, they stay."""
    pieces, last = [], 0
    marks = {places[0]: REMOVED for places in found if places}
    for start, end in sorted(place for places in found for place in places):
        if start < last:
            continue
        pieces += [text[last:start], marks.get((start, end), "")]
        last = end
    return "".join([*pieces, text[last:]])
