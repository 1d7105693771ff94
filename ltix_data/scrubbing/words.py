"""Words of a text, and when two of them are the same: in capitals or not, however their accents are composed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

#: Scripts that write no spaces between words: each letter counts as a word of its own.
_UNSPACED = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"


def _ranges(codes: Iterable[int]) -> str:
    """Return code points as what stands between the brackets of a pattern."""
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


@cache
def _marks() -> str:
    """Return the accents and vowel signs that follow a letter: Python's letters lack them."""
    return _ranges(code for code in range(0x300, 0x20000) if unicodedata.category(chr(code)) in ("Mn", "Mc"))


@cache
def pattern() -> re.Pattern[str]:
    """Return what a word is: letters and digits with their accents. An underscore parts words."""
    return re.compile(rf"[{_UNSPACED}][{_marks()}]*|(?:[^\W_{_UNSPACED}][{_marks()}]*)+")


def is_unspaced(word: str) -> bool:
    """Return whether the script of a word writes no spaces."""
    return re.match(f"[{_UNSPACED}]", word) is not None


@lru_cache(2**16)
def _known(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word)
    folded = unicodedata.normalize("NFD", decomposed.casefold())
    return folded.replace("i\u0307", "i").replace("\u0131", "i")  # Turkish: İ, ı


def folded(text: str) -> str:
    """Return text so that what reads the same is the same."""
    return text.lower() if text.isascii() else _known(text)


def split(text: str) -> tuple[str, ...]:
    """Return the words of a text, folded."""
    return tuple(folded(word) for word in pattern().findall(text))


def core(text: str) -> str:
    """Return a text from its first word to its last, folded: “_4_1” is found as “4_1”."""
    found = list(pattern().finditer(text))
    return folded(text[found[0].start() : found[-1].end()]) if found else ""
