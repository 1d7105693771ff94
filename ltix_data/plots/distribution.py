"""How the results of one line item are spread: a dot for each learner, or bars where there are many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .. import choosing
from . import card, colours
from .card import Card, Words
from .people import Learners, have, learners
from .picture import Picture
from .reading import Course

_FEW = 60  # a dot each
_SPREAD = 8  # results that have a middle half worth telling
_MANY = 200  # bars of 5 percent
_DOT = 2.0  # percent: as wide as a dot is drawn
_DOT_TALL = 0.135  # inches
_STACK = 15  # dots; where one stands higher, bars
_OVER = 107.0  # where whatever is above the maximum is drawn


def picture(course: Course, item: object) -> Picture:
    """See `CoursePlots.distribution`."""
    results = course.results(item)  # the course's own error for an item that is not there
    found = Learners.of(course.roster())
    frame = found.held(results)[["score", "out_of", "percent"]].reset_index()
    row = _row(course, item, results)
    words = _words(row, frame["percent"], found, results)
    percent = frame["percent"].dropna().to_numpy(float)
    axis = "percent of the maximum" + (f" ({row['out_of']:g} points)" if pd.notna(row["out_of"]) else "")
    return Picture(lambda: _draw(words, percent, axis), frame, words.alt("Distribution of results"))


def _row(course: Course, item: object, results: pd.DataFrame) -> dict[str, Any]:
    """Return label and maximum of the line item, also where nobody has a result."""
    items, url = course.line_items(), choosing.item_url(item)
    if url is None:
        fits = items["label"].map(lambda label: choosing.same_label(str(label), str(item))).astype(bool)
    else:
        fits = items["item_id"].eq(results["item_id"].iloc[0] if len(results) else url)
    rows = items[fits]
    known = {"label": str(rows["label"].iloc[0]), "out_of": float(rows["out_of"].iloc[0])} if len(rows) else None
    return known or {"label": url or str(item), "out_of": float("nan")}


def _words(row: dict[str, Any], percent: pd.Series[Any], found: Learners, results: pd.DataFrame) -> Words:
    held = percent.dropna()
    remarks = []
    if len(held) and len(held) < len(percent):
        without = len(percent) - len(held)
        remarks.append(f"{have(without)} no result, which is not counted as 0.")
    if over := int((held > 100).sum()):
        remarks.append(f"{over:,} {'is' if over == 1 else 'are'} above the maximum; the highest has {held.max():.5g}%.")
    if not len(held):
        summary = f"None of {learners(len(percent))} has a result yet." if len(percent) else "There are no learners."
    else:
        summary = (
            f"{have(len(held))} a result, of {learners(len(percent))}. Median {held.median():.4g}%{_middle(held)}."
        )
    graded = pd.Index(results.dropna(subset=["percent"])["user_id"])
    return Words(row["label"], summary, [*remarks, *found.left_out(graded)])


def _middle(held: pd.Series[Any]) -> str:
    if len(held) < _SPREAD:
        return ""
    low, high = held.quantile([0.25, 0.75])
    return f"; the middle half is from {low:.4g}% to {high:.4g}%"


def _draw(words: Words, percent: np.ndarray[Any, Any], axis: str) -> Figure:
    if not len(percent):
        return card.empty(words)
    at = np.where(percent > 100, _OVER, np.clip(percent, 0, 100))
    dots = _stacked(at) if len(at) <= _FEW else []
    highest = max((level for _, level in dots), default=_STACK)
    single = bool(dots) and highest < _STACK
    drawn = Card(words, max(1.1, (highest + 2) * _DOT_TALL + 0.75) if single else 2.9)
    axes = card.plain_axes(drawn.figure.add_subplot(), grid=None if single else "y")
    if single:
        _dots(axes, dots)
    else:
        _bars(axes, percent)
    _across(axes, axis, over=bool((percent > 100).any()))
    _median(axes, float(np.median(percent)))
    return drawn.finish()


def _stacked(values: np.ndarray[Any, Any]) -> list[tuple[float, int]]:
    """Return where each dot goes: those that would overlap are stacked over their middle."""
    dots: list[tuple[float, int]] = []
    group: list[float] = []
    for value in [*np.sort(values), np.inf]:
        if group and value - group[0] >= _DOT:
            dots += [(float(np.mean(group)), level) for level in range(len(group))]
            group = []
        group.append(value)
    return dots


def _dots(axes: Axes, dots: Sequence[tuple[float, int]]) -> None:
    x, level = zip(*dots, strict=True)
    axes.scatter(
        x, level, s=72, marker="o", c=colours.FILL, edgecolors=colours.PAPER, linewidths=0.8, clip_on=False, zorder=3
    )
    axes.set_ylim(-0.8, max(max(level) + 1.2, 3))
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)


def _bars(axes: Axes, percent: np.ndarray[Any, Any]) -> None:
    step = 5 if len(percent) >= _MANY else 10
    edges = np.arange(0, 101, step)
    counts, _ = np.histogram(np.clip(percent[percent <= 100], 0, 100), bins=edges)
    bars = axes.bar(
        edges[:-1], counts, width=step, align="edge", color=colours.FILL, edgecolor=colours.PAPER, linewidth=1.2
    )
    axes.bar_label(bars, labels=[str(count) if count else "" for count in counts], size=8, color=colours.INK, padding=1)
    if over := int((percent > 100).sum()):
        more = axes.bar(
            [_OVER], [over], width=5, color=colours.PAPER, edgecolor=colours.FILL, linewidth=1.2, hatch=colours.HATCH
        )
        colours.thin(more.patches[0])
        axes.bar_label(more, labels=[str(over)], size=8, color=colours.INK, padding=1)
    top = max(1, *counts, over)
    ticks = MaxNLocator(6, steps=[1, 2, 5, 10], integer=True).tick_values(0, top)
    card.number_ticks(axes.yaxis, (tick for tick in ticks if tick <= top * 1.12))
    axes.set_ylim(0, top * 1.12)
    axes.set_ylabel("learners", size=card.SMALL, color=colours.SOFT_INK)


def _across(axes: Axes, name: str, *, over: bool) -> None:
    axes.set_xlim(-2.5, _OVER + 4 if over else 102.5)
    ticks, names = list(range(0, 101, 20)), [str(tick) for tick in range(0, 101, 20)]
    axes.set_xticks([*ticks, *([_OVER] if over else [])], labels=[*names, *(["above"] if over else [])])
    card.label_axes(axes, x=name, y=axes.get_ylabel())


def _median(axes: Axes, median: float) -> None:
    at = _OVER if median > 100 else max(median, 0)
    axes.axvline(at, color=colours.MARK, linewidth=1.6, linestyle="--", marker="None", zorder=2.5)
    near_end = at > 85
    axes.text(
        at,
        1.01,
        f"median {median:.4g}",
        transform=axes.get_xaxis_transform(),
        size=card.SMALL,
        color=colours.MARK,
        weight="bold",
        ha="right" if near_end else "left",
        va="bottom",
    )
