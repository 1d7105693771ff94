r"""A text as somebody reads it, and where each letter of that stands in what is stored.

Stored text writes letters in many ways: ``&eacute;``, ``\u00e9``, ``%C3%A9``; a terminal's colours, a tag or an
invisible character may stand in the middle of a word. A reading has the letters alone.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache

Piece = tuple[str, int, int, bool]

_HEX = "[0-9a-fA-F]"
_TAIL = "(?:%[89abAB][0-9a-fA-F])"
#: How a letter is written, or what is no letter -> its pattern. What is opaque is a picture or a file in base64.
_FORMS = {
    "opaque": r"data:[\w/+.;=-]{0,100};base64,[A-Za-z0-9+/=]+|[A-Za-z0-9+/]{200,}={0,2}",
    "colour": r"(?:\x1b|\\x1b|\\u001b|\\033)\[[0-9;?]{0,40}[ -/]{0,2}[@-~]",
    "entity": r"&(?:amp;)*(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});",
    "pair": rf"\\u[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}",
    "code": rf"\\+(?:u{_HEX}{{4}}|x{_HEX}{{2}}|U000{_HEX}{{5}})",
    "percent": rf"%[2-7]{_HEX}|%[cdCD]{_HEX}{_TAIL}|%[eE]{_HEX}{_TAIL}{{2}}|%[fF][0-7]{_TAIL}{{3}}",
    "escape": r"\\+[nrtbf\"'/]",
    "invisible": "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+",
}
_TAG = (
    r"<style\b[^>]*>.*?</style>|</?(?P<name>[a-z][A-Za-z0-9:-]*)(?P<inside>(?:\s+[^<>\"'=\s/]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?)*)"
    r"\s*/?>"
)
_VALUE = re.compile(r"([^<>\"'=\s/]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
#: Tags that stand within a line, and so within a word.
_INLINE = frozenset(
    (
        *("a", "abbr", "b", "bdi", "bdo", "big", "code", "em", "font", "i", "ins", "kbd", "mark", "s", "small", "span"),
        *("strong", "sub", "sup", "tt", "tspan", "u", "wbr"),
    )
)
#: Parts what does not belong together: it is no blank, so no name goes across it.
_BORDER = "\0"
#: Attributes that say how something looks.
_OF_LOOKS = frozenset({"class", "style", "d", "transform", "viewbox", "points"})


class Reading:
    """What a stored text reads as.

    Args:
        pieces: what each reads as, where it stands in the stored text, and whether letter by letter.
    """

    def __init__(self, pieces: Iterator[Piece]) -> None:
        texts: list[str] = []
        self._starts: list[int] = []
        self._places: list[tuple[int, int, bool]] = []
        self._invisible: dict[int, int] = {}
        length = 0
        for text, stored, end, plain in pieces:
            if plain and not text:
                self._invisible[stored] = end
            if text:
                self._starts.append(length)
                self._places.append((stored, end, plain))
                texts.append(text)
                length += len(text)
        self.text = "".join(texts)

    def stored(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return where a part of the reading stands in the stored text; several places where tags part it."""
        places: list[tuple[int, int]] = []
        for number in range(bisect_right(self._starts, start) - 1, len(self._starts)):
            begins = self._starts[number]
            if begins >= end:
                break
            first, last, plain = self._places[number]
            if plain:
                last = min(last, first + end - begins)
                first += max(0, start - begins)
            if first == last:
                continue
            if places and self._invisible.get(places[-1][1], places[-1][1]) == first:
                places[-1] = (places[-1][0], last)
            else:
                places.append((first, last))
        return places


def plain(text: str, *, escapes: bool = True) -> Reading:
    """Return the reading of a text without markup; without *escapes*, a backslash is a backslash."""
    return Reading(_spelled(text, 0, len(text), escapes))


def marked_up(text: str) -> Reading:
    """Return the reading of HTML or SVG: its text, and the values of attributes on lines of their own."""
    return Reading(_tagged(text))


def is_marked_up(text: str) -> bool:
    """Return whether there is a tag in a text."""
    return "<" in text and _tag().search(text) is not None


@cache
def _forms(escapes: bool) -> re.Pattern[str]:
    left_out = () if escapes else ("escape", "code", "pair")
    return re.compile("|".join(f"(?P<{name}>{form})" for name, form in _FORMS.items() if name not in left_out))


@cache
def _tag() -> re.Pattern[str]:
    return re.compile(_TAG, re.DOTALL)


def _spelled(text: str, start: int, end: int, escapes: bool = True) -> Iterator[Piece]:
    """Yield the pieces of a stretch of text: what they read as, where they stand, whether letter by letter."""
    at = start
    for match in _forms(escapes).finditer(text, start, end):
        if match.start() > at:
            yield text[at : match.start()], at, match.start(), True
        name = match.lastgroup or ""
        yield _READ[name](match.group()), match.start(), match.end(), name == "invisible"
        at = match.end()
    if end > at:
        yield text[at:end], at, end, True


def _entity(text: str) -> str:
    return html.unescape("&" + text.rpartition("amp;")[2].lstrip("&")) if "amp;" in text[1:-1] else html.unescape(text)


def _pair(text: str) -> str:
    return (chr(int(text[2:6], 16)) + chr(int(text[8:12], 16))).encode("utf-16", "surrogatepass").decode("utf-16")


def _percent(text: str) -> str:
    return bytes.fromhex(text.replace("%", "")).decode("utf-8", "replace")


_READ: dict[str, Callable[[str], str]] = {
    "opaque": lambda text: _BORDER,
    "colour": lambda text: "",
    "entity": _entity,
    "pair": _pair,
    "code": lambda text: chr(int(text.lstrip("\\")[1:], 16)),
    "percent": _percent,
    "escape": lambda text: text[-1] if text[-1] in "\"'/" else "\n",
    "invisible": lambda text: "",
}


def _tagged(text: str) -> Iterator[Piece]:
    at = 0
    for tag in _tag().finditer(text):
        yield from _spelled(text, at, tag.start())
        if tag["name"] not in _INLINE:
            yield _BORDER, tag.start(), tag.start(), False
        at = tag.end()
    yield from _spelled(text, at, len(text))
    for tag in _tag().finditer(text):
        if not tag["inside"]:
            continue
        for value in _VALUE.finditer(text, *tag.span("inside")):
            if value[1].lower() not in _OF_LOOKS:
                group = next(number for number in (2, 3, 4) if value[number] is not None)
                yield _BORDER, value.start(), value.start(), False
                yield from _spelled(text, *value.span(group))
