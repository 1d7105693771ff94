"""Text in pictures: whatever a platform calls its things and people, it is drawn as text, and it fits.

A `$` is no formula, a line break no second line. A letter that no font of this computer has is drawn
as an empty box, without a warning.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any

from matplotlib.backends.backend_agg import RendererAgg as _Untyped
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

_Ruler: Any = _Untyped

#: Comes with matplotlib: Latin, Greek, Cyrillic, Arabic, Hebrew and more.
_OWN = "DejaVu Sans"
#: Where these are installed, names in other scripts are drawn too.
_OTHERS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "PingFang SC",
    "Hiragino Sans",
    "Apple SD Gothic Neo",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "WenQuanYi Micro Hei",
    "Noto Sans Devanagari",
    "Nirmala UI",
    "Arial Unicode MS",
)
_DPI = 100.0
_SLACK = 1.04  # letters are fitted to pixels: finer or coarser ones make a line a little longer
_NARROWEST = 0.2  # of its height: no letter that takes space is narrower
_BOX = "\u25a1"
_JOINERS = "\u200c\u200d"  # Persian and Hindi need them to write a word
_CONTROLS = {"Cc", "Cf", "Cs", "Co", "Cn"}


def families() -> list[str]:
    """Return the fonts to draw with; the later ones have what the earlier lack."""
    installed = {font.name for font in fontManager.ttflist}
    return [_OWN, *(name for name in _OTHERS if name in installed)]


@cache
def _path(family: str) -> str:
    return str(findfont(FontProperties(family=family)))


def one_line(text: object) -> str:
    """Return *text* without line breaks and without characters that cannot be seen or that turn the rest around."""
    words = " ".join(str(text).split())
    return "".join(char for char in words if char in _JOINERS or unicodedata.category(char) not in _CONTROLS)


def cut(text: object, most: int) -> str:
    """Return *text* as one line of at most *most* characters."""
    line = one_line(text)
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def tidy(text: object) -> str:
    """Return one line that can be drawn: a box stands for what no font has."""
    fonts = [get_font(_path(family)) for family in families()]
    known = {char: any(font.get_char_index(ord(char)) for font in fonts) for char in set(one_line(text))}
    return "".join(char if char in _JOINERS or known[char] else _BOX for char in one_line(text))


def legible(text: str) -> bool:
    """Return whether a font has every letter of *text*."""
    return bool(tidy(text)) and _BOX not in tidy(text)


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a line of text is, in inches."""
    font = FontProperties(family=families(), size=size, weight="bold" if bold else "normal")
    ruler = _Ruler(1, 1, _DPI)
    return _SLACK * float(ruler.get_text_width_height_descent(text, font, ismath=False)[0]) / _DPI


def shortened(text: str, size: float, most: float, *, bold: bool = False) -> str:
    """Return *text*, cut with “…” where it is wider than *most* inches."""
    if len(text) * _NARROWEST * size / 72 <= most and width(text, size, bold=bold) <= most:
        return text
    low, high = 0, min(len(text), int(most * 72 / (size * _NARROWEST)))
    while low < high:
        middle = (low + high + 1) // 2
        fits = width(f"{text[:middle].rstrip()}…", size, bold=bold) <= most
        low, high = (middle, high) if fits else (low, middle - 1)
    return f"{text[:low].rstrip()}…"


def wrapped(text: str, size: float, most: float) -> list[str]:
    """Return *text* as lines of at most *most* inches; a word that is wider by itself is cut."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width(joined, size) <= most:
            lines[-1] = joined
        else:
            lines.append(shortened(word, size, most))
    return lines
