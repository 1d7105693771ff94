"""Colours that people with any colour vision can tell apart, and that never stand alone.

They are of the palette of Okabe and Ito; the scale of a heat map is cividis. Whatever a colour
says, a number, a shape or a hatch says too.
"""

from __future__ import annotations

from typing import TypeAlias

from matplotlib.colors import to_rgb
from matplotlib.patches import Patch

Colour: TypeAlias = "str | tuple[float, float, float]"

PAPER = "#ffffff"
INK = "#1a1a1a"
SOFT_INK = "#4d4d4d"
RULE = "#d0d0d0"
MISSING = "#8a8a8a"  # the strokes of a hatch

FILL = "#0072b2"
MARK = "#d55e00"
SCALE = "cividis"


def on(ground: Colour) -> str:
    """Return the ink that is read best on *ground*: dark or white. [WCAG 2.2 §1.4.3]"""
    light = luminance(ground)
    return INK if (light + 0.05) ** 2 > (luminance(INK) + 0.05) * 1.05 else PAPER


def luminance(colour: Colour) -> float:
    """Return how light a colour is, from 0 to 1. [WCAG 2.2, relative luminance]"""
    red, green, blue = (_linear(part) for part in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


#: Lines: each has a colour, a shape and a stroke of its own.
LINES = (
    ("#0072b2", "o", "-"),
    ("#d55e00", "s", "--"),
    ("#009e73", "^", "-."),
    ("#000000", "D", ":"),
    ("#e69f00", "v", "-"),
    ("#cc79a7", "P", "--"),
)

HATCH = "////"


def thin(patch: Patch) -> None:
    """Make the strokes of a patch's hatch thin, where matplotlib can: from 3.10 on."""
    if hasattr(patch, "set_hatch_linewidth"):
        patch.set_hatch_linewidth(0.6)
