"""How many learners have a result for each line item: a bar each, side by side where there are many."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ..choosing import counted
from . import card, colours, lettering
from .card import Card, Words
from .people import learners
from .picture import Picture
from .reading import Course, percents

_FEW = 40  # a line with its name each
_NAME = 2.3  # inches for a name


def picture(course: Course) -> Picture:
    """See `CoursePlots.completion`."""
    found, gradebook, left_out = percents(course)
    items = course.line_items().set_index("item_id")
    cells = gradebook.drop(columns="name")
    count = cells.notna().sum().to_numpy("int64")
    ids = list(gradebook.attrs["item_id"].values())
    frame = pd.DataFrame(
        {
            "item_id": ids,
            "label": [items["label"].get(item_id, name) for item_id, name in zip(ids, cells.columns, strict=True)],
            "out_of": np.array(list(gradebook.attrs["out_of"].values()), dtype="float64"),
            "with_result": count,
            "without_result": len(found) - count,
            "share": 100 * count / len(found) if len(found) else np.full(len(count), np.nan),
        }
    ).astype({"item_id": items.index.dtype, "label": items["label"].dtype})
    words = _words(course, frame, len(found), left_out)
    return Picture(
        lambda: _draw(words, frame, [str(name) for name in cells], len(found)), frame, words.alt("Bar chart")
    )


def _words(course: Course, frame: pd.DataFrame, count: int, left_out: list[str]) -> Words:
    title = f"Who has a result, {course.name}"
    if not len(frame):
        return Words(title, f"There are no line items yet; {learners(count)}.", left_out)
    if not count:
        return Words(title, "There are no learners.", left_out)
    cells, held = count * len(frame), int(frame["with_result"].sum())
    items = "1 line item" if len(frame) == 1 else f"{len(frame):,} line items"
    summary = f"{learners(count)}, {items}: {held:,} of {cells:,} results are there ({100 * held / cells:.0f}%)."
    return Words(title, summary, [*_lowest(frame, count), *left_out])


def _lowest(frame: pd.DataFrame, count: int) -> list[str]:
    """Return which line item has the fewest results, where one has fewer than others."""
    least = frame["with_result"].min()
    lowest = frame.loc[frame["with_result"].eq(least), "label"]
    if len(lowest) == len(frame):
        return []
    more = f" and {counted(len(lowest) - 1, 'other')}" if len(lowest) > 1 else ""
    return [f"Fewest results: {least:,} of {count:,} in “{lettering.cut(lowest.iloc[0], 60)}”{more}."]


def _draw(words: Words, frame: pd.DataFrame, names: list[str], count: int) -> Figure:
    if not len(frame) or not count:
        return card.empty(words)
    return _lines(words, frame, names, count) if len(frame) <= _FEW else _columns(words, frame)


def _lines(words: Words, frame: pd.DataFrame, names: list[str], count: int) -> Figure:
    """Draw a bar for each line item, below each other, with its name and its numbers."""
    drawn = Card(words, 0.55 + 0.27 * len(frame))
    axes = card.plain_axes(drawn.figure.add_subplot(), grid="x")
    at = np.arange(len(frame))
    for bar in axes.barh(at, np.full(len(frame), 100.0), height=0.68):
        _hatch(bar)
    axes.barh(at, frame["share"], height=0.68, color=colours.FILL, linewidth=0)
    for row, (held, share) in enumerate(zip(frame["with_result"], frame["share"], strict=True)):
        axes.text(102, row, f"{held:,} of {count:,} ({share:.0f}%)", size=card.SMALL, color=colours.INK, va="center")
    shown = [lettering.shortened(lettering.tidy(name), card.SMALL, _NAME) for name in names]
    axes.set_yticks(at, labels=shown, color=colours.INK)
    axes.set_ylim(len(frame) - 0.4, -0.6)
    axes.set_xlim(0, 100)
    card.number_ticks(axes.xaxis, range(0, 101, 20))
    axes.tick_params(axis="y", length=0)
    card.label_axes(axes, x="percent of the learners; hatched: no result")
    return drawn.finish()


def _columns(words: Words, frame: pd.DataFrame) -> Figure:
    """Draw a column for each line item, numbered as the rows of the frame."""
    drawn = Card(words, 2.9)
    axes = card.plain_axes(drawn.figure.add_subplot(), grid="y")
    at = np.arange(len(frame))
    (ground,) = axes.bar([0], [100.0], width=2 * len(frame))
    _hatch(ground)
    axes.stairs(frame["share"], np.arange(len(frame) + 1) - 0.5, fill=True, color=colours.FILL, linewidth=0)
    axes.set_xlim(-0.5, len(frame) - 0.5)
    axes.set_ylim(0, 100)
    card.number_ticks(axes.yaxis, range(0, 101, 20))
    step = max(1, 10 ** int(np.log10(len(at) / 5)))
    axes.set_xticks(at[::step], labels=[str(number) for number in at[::step]])
    card.label_axes(axes, x="line item, as numbered in .data; hatched: no result", y="percent of the learners")
    return drawn.finish()


def _hatch(patch: Patch) -> None:
    """Make a bar one of learners without a result."""
    patch.set(facecolor=colours.PAPER, edgecolor=colours.MISSING, linewidth=0.6, hatch=colours.HATCH, zorder=1)
    colours.thin(patch)
