"""The card that every picture is drawn on: white on any page, a heading above, remarks in words below.

Each figure stands by itself, without pyplot: nothing global changes, nothing stays open, and threads
do not meet. What a user has set in matplotlib's rcParams for pictures of their own does not come in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from . import colours, lettering

WIDTH = 7.2  # inches
_EDGE = 0.18
_TITLE, _PLAIN, SMALL = 12.0, 9.5, 8.5  # points
_LEADING = 1.45
_DPI = 100.0


@dataclass(frozen=True, slots=True)
class Words:
    """What a picture says in words: its title, the main numbers, and remarks on what it leaves out."""

    title: str
    summary: str
    remarks: Sequence[str] = ()

    def alt(self, kind: str) -> str:
        """Return the same as one text, for those who do not see the picture."""
        return " ".join([f"{kind}: {lettering.cut(self.title, 80)}.", self.summary, *self.remarks])


class Card:
    """A figure with a heading and remarks, and room for axes between them.

    Args:
        words: what stands above and below.
        height: of the room between, in inches.
    """

    def __init__(self, words: Words, height: float) -> None:
        room = WIDTH - 2 * _EDGE
        title = lettering.shortened(lettering.tidy(words.title), _TITLE, room, bold=True)
        above = lettering.wrapped(lettering.tidy(words.summary), _PLAIN, room)
        below = [line for text in words.remarks for line in lettering.wrapped(lettering.tidy(text), SMALL, room)]
        top = 2 * _EDGE + _tall(_TITLE) + len(above) * _tall(_PLAIN)
        bottom = (2 * _EDGE if below else 0.06) + len(below) * _tall(SMALL)
        self._whole = top + height + bottom
        self.figure = Figure(
            figsize=(WIDTH, self._whole), dpi=_DPI, facecolor=colours.PAPER, edgecolor="none", frameon=True
        )
        FigureCanvasAgg(self.figure)
        self.figure.set_layout_engine(
            "constrained",
            rect=(0, bottom / self._whole, 1, height / self._whole),
            w_pad=_EDGE,
            h_pad=0.06,
            wspace=0.0,
            hspace=0.0,
        )
        self._lines([title], _TITLE, _EDGE, colours.INK, bold=True)
        self._lines(above, _PLAIN, _EDGE + _tall(_TITLE), colours.INK)
        self._lines(below, SMALL, self._whole - bottom + _EDGE, colours.SOFT_INK)

    def _lines(self, lines: Sequence[str], size: float, top: float, colour: str, *, bold: bool = False) -> None:
        for number, line in enumerate(lines):
            at = 1 - (top + number * _tall(size)) / self._whole
            weight = "bold" if bold else "normal"
            self.figure.text(_EDGE / WIDTH, at, line, size=size, color=colour, weight=weight, va="top", ha="left")

    def finish(self) -> Figure:
        """Return the figure, every text in it plain text in our own font."""
        families = lettering.families()
        for text in self.figure.findobj(Text):
            text.set_parse_math(False)
            text.set_usetex(False)
            text.set_fontfamily(families)
        return self.figure


def _tall(size: float) -> float:
    return size * _LEADING / 72


def plain_axes(axes: Axes, *, grid: Literal["x", "y"] | None = None) -> Axes:
    """Give axes the look of all our pictures; *grid* is "x" or "y" for faint lines across it."""
    axes.set_facecolor(colours.PAPER)
    axes.set_axisbelow(True)
    axes.grid(visible=False)
    for side, spine in axes.spines.items():
        spine.set(visible=side in ("left", "bottom"), color=colours.RULE, linewidth=0.8)
    plain_ticks(axes)
    if grid is not None:
        axes.grid(visible=True, axis=grid, color=colours.RULE, linewidth=0.6, linestyle="-", alpha=1.0)
    return axes


def plain_ticks(axes: Axes, *, right: bool = False) -> None:
    """Draw ticks below and to the left (for the scale of colours to the right), and no small ones between."""
    axes.minorticks_off()
    axes.tick_params(
        which="both", colors=colours.SOFT_INK, labelsize=SMALL, length=3, width=0.8, direction="out", pad=3.5
    )
    axes.tick_params(axis="x", bottom=not right, labelbottom=not right, top=False, labeltop=False)
    axes.tick_params(axis="y", left=not right, labelleft=not right, right=right, labelright=right)


def number_ticks(axis: Axis, numbers: Iterable[float]) -> None:
    """Put ticks at whole numbers, and say so in words of our own: matplotlib's would follow rcParams."""
    places = list(numbers)
    axis.set_ticks(places, labels=[f"{place:.0f}" for place in places])


def label_axes(axes: Axes, *, x: str = "", y: str = "") -> None:
    """Name the axes."""
    axes.set_xlabel(x, size=_PLAIN, color=colours.SOFT_INK, weight="normal")
    axes.set_ylabel(y, size=_PLAIN, color=colours.SOFT_INK, weight="normal")


def empty(words: Words) -> Figure:
    """Return a card without axes: there is nothing to draw, and the words say so."""
    card = Card(words, 0.25)
    return card.finish()
