"""A picture of how the window settles: a row for each platform; window, throughput and latency over time."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ltix_data.pace import MOST
from ltix_data.plots import card, colours

from .engine import Trace
from .scenarios import Scenario

_ROW = 1.42  # inches
_BINS = 60
_NAMES = ("window", "answers per s", "latency, ms")
_WORDS = card.Words(
    "How many requests are under way, as each platform bears them",
    "32 callers send one request after another through the gate to simulated platforms. The window is how many may be "
    "under way at once; it learns from the answers alone. Dashed is what is best for the platform in the long run.",
    [
        "Throughput and the median latency are those of each sixtieth of the time. Canvas starts with a full quota, "
        "and so may answer more than its leak for a while.",
    ],
)


def draw(runs: Sequence[tuple[Scenario, Trace]]) -> Figure:
    """Return the picture of what was simulated."""
    drawn = card.Card(_WORDS, _ROW * len(runs) + 0.3)
    grid = drawn.figure.subplots(len(runs), 3, squeeze=False)
    for row, (scenario, trace) in zip(grid, runs, strict=True):
        _window(row[0], scenario, trace)
        _throughput(row[1], scenario, trace)
        _latency(row[2], trace)
        for axes in row:
            axes.set_xlim(0, scenario.seconds)
            axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
        row[0].set_title(scenario.name, size=card.SMALL + 0.5, color=colours.INK, loc="left", weight="bold")
        for axes, name in zip(row, _NAMES, strict=True):
            axes.set_ylabel(name, size=card.SMALL, color=colours.SOFT_INK)
    for axes in grid[-1]:
        card.label_axes(axes, x="seconds", y=axes.get_ylabel())
        axes.yaxis.label.set_size(card.SMALL)
    return drawn.finish()


def _window(axes: Axes, scenario: Scenario, trace: Trace) -> None:
    card.plain_axes(axes, grid="y")
    times = [0.0, *(when for when, _ in trace.windows), trace.until]
    sizes = [4, *(size for _, size in trace.windows)]
    axes.step(times, [*sizes, sizes[-1]], where="post", color=colours.FILL, linewidth=1.1)
    if scenario.holds:
        _best(axes, scenario.holds)
    axes.set_ylim(0, MOST + 2)
    card.number_ticks(axes.yaxis, (0, 8, 16, 24, 32))


def _throughput(axes: Axes, scenario: Scenario, trace: Trace) -> None:
    card.plain_axes(axes, grid="y")
    width = trace.until / _BINS
    rates = [trace.rate(number * width, (number + 1) * width) for number in range(_BINS)]
    axes.plot(_middles(width), rates, color=colours.LINES[2][0], linewidth=1.4)
    _best(axes, scenario.best)
    axes.set_ylim(0, 1.15 * max(*rates, scenario.best))
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _latency(axes: Axes, trace: Trace) -> None:
    card.plain_axes(axes, grid="y")
    width = trace.until / _BINS
    found: list[list[float]] = [[] for _ in range(_BINS)]
    for when, took in trace.answers:
        found[min(_BINS - 1, int(when / width))].append(1000 * took)
    points = [(middle, median(values)) for middle, values in zip(_middles(width), found, strict=True) if values]
    axes.plot(*zip(*points, strict=True), color=colours.INK, linewidth=1.4)
    axes.set_ylim(0, 1.15 * max(value for _, value in points))
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _best(axes: Axes, value: float) -> None:
    axes.axhline(value, color=colours.MARK, linewidth=1.3, linestyle=(0, (4, 2)))


def _middles(width: float) -> list[float]:
    return [(number + 0.5) * width for number in range(_BINS)]
