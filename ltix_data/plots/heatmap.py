"""A gradebook at a glance: light is a high percentage, dark a low one, a hatch no result."""

from __future__ import annotations

from typing import Any, TypeAlias

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import privacy
from . import card, colours, lettering
from .card import Card, Words
from .people import learners
from .picture import Picture
from .reading import Course, percents

_Grid: TypeAlias = "np.ndarray[Any, Any]"

_NAMED = 40  # rows with names
_SINGLE = 150  # rows of one learner each
_BANDS = 60  # rows of several
_SLANTED, _UPRIGHT = 10, 30  # columns with names
_NUMBERS = 12  # columns with a number in each cell
_NAME, _LABEL = 1.7, 1.2  # inches


def picture(course: Course) -> Picture:
    """See `CoursePlots.gradebook`."""
    found, frame, left_out = percents(course)
    if len(found) > _NAMED:
        mean = frame.drop(columns="name").mean(axis="columns")
        frame = frame.loc[mean.sort_values(ascending=False, kind="stable", na_position="last").index]
    cells = frame.drop(columns="name").to_numpy(float)
    grid, lacking = _banded(cells) if len(cells) > _SINGLE else (cells, np.isnan(cells))
    remarks = [*_rows(len(cells), dotted=bool(_thin(grid, lacking).any())), *left_out]
    words = _words(course, cells, grid, remarks)
    return Picture(lambda: _draw(words, frame, grid, lacking), frame, words.alt("Heat map"))


def _words(course: Course, cells: _Grid, grid: _Grid, remarks: list[str]) -> Words:
    title = f"Gradebook, {course.name}"
    if not cells.size:
        what = "line items" if len(cells) else "learners"
        return Words(title, f"There are no {what} yet.", remarks)
    held = cells[~np.isnan(cells)]
    items = "1 line item" if cells.shape[1] == 1 else f"{cells.shape[1]:,} line items"
    median = f"; median {np.median(held):.4g}%" if held.size else ""
    summary = f"{learners(len(cells))}, {items}: {held.size:,} of {cells.size:,} results are there{median}."
    looks = ["Hatched: no result, which is not a 0."] if np.isnan(grid).any() else []
    if over := int((held > 100).sum()):
        looks.append(f"{over:,} {'is' if over == 1 else 'are'} above the maximum: drawn as 100.")
    return Words(title, summary, [*looks, *remarks])


def _rows(count: int, *, dotted: bool) -> list[str]:
    """Return what a row is, where it is not one learner with a name."""
    if count <= _NAMED:
        return []
    if count <= _SINGLE:
        return ["A row is a learner; they are sorted by their mean."]
    each = f"{count // _BANDS:,}" if count % _BANDS == 0 else f"{count // _BANDS:,} or {count // _BANDS + 1:,}"
    dots = "; dots: more than half of them have no result" if dotted else ""
    return [f"A row is the median of {each} learners, sorted by their mean{dots}."]


def _draw(words: Words, frame: pd.DataFrame, grid: _Grid, lacking: _Grid) -> Figure:
    if not grid.size:
        return card.empty(words)
    named = len(frame) <= _NAMED
    drawn = Card(words, (0.235 * len(grid) if named else 4.2) + 1.5)
    axes = card.plain_axes(drawn.figure.add_subplot())
    _cells(drawn, axes, grid, lines=named and grid.shape[1] <= _UPRIGHT)
    if len(grid) < len(frame):
        _dots(axes, grid, lacking)
    if named and grid.shape[1] <= _NUMBERS:
        _numbers(axes, grid)
    _down(axes, frame, len(grid), named=named)
    _across(axes, [str(name) for name in frame.columns[1:]])
    return drawn.finish()


def _banded(cells: _Grid) -> tuple[_Grid, _Grid]:
    """Return the median of each band of rows, and how large a share of it has no result."""
    bands = np.array_split(cells, _BANDS)
    lacking = np.array([np.isnan(band).mean(axis=0) for band in bands])
    return np.array([_medians(band) for band in bands]), lacking


def _thin(grid: _Grid, lacking: _Grid) -> _Grid:
    """Return which cells stand for less than half of their learners."""
    return (lacking > 0.5) & ~np.isnan(grid)


def _medians(band: _Grid) -> _Grid:
    columns = [column[~np.isnan(column)] for column in band.T]
    return np.array([np.median(column) if len(column) else np.nan for column in columns])


def _cells(drawn: Card, axes: Axes, grid: _Grid, *, lines: bool) -> None:
    """Draw all cells as one thing; where one is missing, the hatched ground shows."""
    axes.patch.set(hatch=colours.HATCH, edgecolor=colours.MISSING, linewidth=0)
    colours.thin(axes.patch)
    mesh = axes.pcolormesh(
        np.arange(grid.shape[1] + 1) - 0.5,
        np.arange(grid.shape[0] + 1) - 0.5,
        np.ma.masked_invalid(grid),
        cmap=colours.SCALE,
        vmin=0,
        vmax=100,
        shading="flat",
        edgecolors=colours.PAPER if lines else "none",
        linewidth=0.8 if lines else 0,
        snap=True,
    )
    axes.set_ylim(len(grid) - 0.5, -0.5)
    axes.set_xlim(-0.5, grid.shape[1] - 0.5)
    for spine in axes.spines.values():
        spine.set_visible(False)
    above = bool(np.nanmax(grid, initial=0) > 100)
    extend = "max" if above else "neither"
    bar = drawn.figure.colorbar(mesh, ax=axes, extend=extend, fraction=0.05, pad=0.02, aspect=30)
    bar.outline.set(visible=False)
    card.plain_ticks(bar.ax, right=True)
    card.number_ticks(bar.ax.yaxis, range(0, 101, 20))
    bar.set_label("percent", size=card.SMALL, color=colours.SOFT_INK)


def _dots(axes: Axes, grid: _Grid, lacking: _Grid) -> None:
    row, column = np.nonzero(_thin(grid, lacking))
    inks = [_ink(grid[place]) for place in zip(row, column, strict=True)]
    axes.scatter(column, row, s=3, c=inks, marker="o", linewidths=0, zorder=3)


def _numbers(axes: Axes, grid: _Grid) -> None:
    for (row, column), value in np.ndenumerate(grid):
        if not np.isnan(value):
            said = f"{value:.0f}" if value < 10_000 else ">9999"
            axes.text(column, row, said, size=8, color=_ink(value), ha="center", va="center")


def _ink(percent: float) -> str:
    """Return what is readable on the colour of *percent*."""
    return colours.on(mpl.colormaps[colours.SCALE](min(max(percent, 0), 100) / 100)[:3])


def _down(axes: Axes, frame: pd.DataFrame, rows: int, *, named: bool) -> None:
    axes.tick_params(axis="y", length=0 if named else 3)
    if named:
        axes.set_yticks(np.arange(rows), labels=[_who(*who) for who in frame["name"].items()], color=colours.INK)
        return
    ranks = [1, *(round(len(frame) * part / 4) for part in (1, 2, 3, 4))]
    places = [(rank - 0.5) / len(frame) * rows - 0.5 for rank in ranks]
    axes.set_yticks(places, labels=[f"{rank:,}" for rank in ranks])
    card.label_axes(axes, y="learners, highest mean first")


def _who(user_id: Any, name: Any) -> str:
    """Return what a row is called: the name, as the display shows names, or the user_id."""
    shown = privacy.shown(name) if isinstance(name, str) and name.strip() else ""
    chosen = shown if shown and lettering.legible(shown) else str(user_id)
    return lettering.shortened(lettering.tidy(chosen), card.SMALL, _NAME)


def _across(axes: Axes, names: list[str]) -> None:
    axes.tick_params(axis="x", length=3)
    at = np.arange(len(names))
    if len(names) > _UPRIGHT:
        step = max(1, 10 ** int(np.log10(len(names) / 5)))
        axes.set_xticks(at[step - 1 :: step], labels=[str(number + 1) for number in at[step - 1 :: step]])
        card.label_axes(axes, x="line item: its place among the columns of .data", y=axes.get_ylabel())
        return
    shown = [lettering.shortened(lettering.tidy(name), card.SMALL, _LABEL) for name in names]
    slanted = len(names) <= _SLANTED
    axes.set_xticks(
        at,
        labels=shown,
        color=colours.INK,
        rotation=30 if slanted else 90,
        ha="right" if slanted else "center",
        rotation_mode="anchor" if slanted else "default",
    )
