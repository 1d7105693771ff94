"""How a course came along: from its snapshots, how many have a result, and how high they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from ..choosing import counted
from ..frames import text_dtype
from . import card, colours, lettering
from .card import Card, Words
from .people import Learners
from .picture import Picture
from .reading import Course, Snapshot

_Finder: Any = AutoDateLocator
_Shape: Any = ConciseDateFormatter

_WHOLE = {"roster", "line_items", "results"}
_LINES = len(colours.LINES)  # line items with a line each
_NAME = 1.7  # inches
_GAP = 10.0  # percent: as tall as a name beside a line's end
_TOP = 150.0  # percent: a median above is drawn at the edge
_End: TypeAlias = tuple[float, str, str, str]  # where a line ends, its name, colour and shape


def picture(course: Course, since: Any) -> Picture:
    """See `CoursePlots.progress_over_time`."""
    found = course.snapshots_of(since)
    whole = [snapshot for snapshot in found if set(snapshot.parts) >= _WHOLE]
    frame = pd.concat([_at(snapshot) for snapshot in whole], ignore_index=True) if whole else _table()
    words = _words(course, frame, len(whole), len(found) - len(whole))
    return Picture(lambda: _draw(words, frame), frame, words.alt("Line chart"))


def _at(snapshot: Snapshot) -> pd.DataFrame:
    found = Learners.of(snapshot.roster)
    held = snapshot.results[snapshot.results["user_id"].isin(found.frame.index)].dropna(subset=["percent"])
    percent = held.drop_duplicates(["item_id", "user_id"], keep="last").groupby("item_id", observed=True)["percent"]
    items = snapshot.line_items
    count = percent.count().reindex(items["item_id"], fill_value=0).to_numpy("int64")
    return _table(
        taken_at=[snapshot.taken_at] * len(items),
        item_id=items["item_id"].to_list(),
        label=items["label"].to_list(),
        learners=[len(found)] * len(items),
        with_result=count,
        share=100 * count / len(found) if len(found) else np.full(len(items), np.nan),
        median=percent.median().reindex(items["item_id"]).to_numpy("float64"),
    )


def _table(**columns: Any) -> pd.DataFrame:
    kinds = {"taken_at": "datetime64[us, UTC]", "item_id": text_dtype(), "label": text_dtype()}
    numbers = {"learners": "int64", "with_result": "int64", "share": "float64", "median": "float64"}
    dtypes = {**kinds, **numbers}
    return pd.DataFrame({name: pd.Series(columns.get(name, []), dtype=dtype) for name, dtype in dtypes.items()})


def _words(course: Course, frame: pd.DataFrame, count: int, partial: int) -> Words:
    title = f"Progress, {course.name}"
    left_out = [f"Left out: {counted(partial, 'snapshot')} without roster or results."] if partial else []
    if not count:
        return Words(title, "There is no snapshot of this time yet. course.snapshot() takes one.", left_out)
    if not len(frame):
        return Words(title, f"{counted(count, 'snapshot')}, without line items.", left_out)
    remarks = [_COUNTED, *left_out]
    if (frame["median"] > _TOP).any():
        remarks.append(f"Medians above {_TOP:g}% are drawn as {_TOP:g}.")
    ends = [frame[frame["taken_at"].eq(when)] for when in (frame["taken_at"].min(), frame["taken_at"].max())]
    first, last = (f"{_share(end):.0f}%" for end in ends)
    when = [f"{end['taken_at'].iloc[0]:%Y-%m-%d %H:%M} UTC" for end in ends]
    if count == 1:
        return Words(title, f"One snapshot, {when[0]}: {first} of the results are there.", remarks)
    summary = f"{count} snapshots, {when[0]} to {when[1]}. Results that are there: {first} then, {last} at the end."
    return Words(title, summary, remarks)


_COUNTED = "Of the learners who were active at each time. Who has no result is not in a median."


def _share(frame: pd.DataFrame) -> float:
    cells = int(frame["learners"].sum())
    return 100 * int(frame["with_result"].sum()) / cells if cells else 0.0


def _draw(words: Words, frame: pd.DataFrame) -> Figure:
    if not len(frame):
        return card.empty(words)
    drawn = Card(words, 4.4)
    shares, medians = drawn.figure.subplots(2, 1, sharex=True)
    _panel(shares, frame, "share", "learners with\na result, %")
    _panel(medians, frame, "median", "median, percent")
    _dates(medians, frame["taken_at"])
    shares.tick_params(axis="x", labelbottom=False)
    return drawn.finish()


def _panel(axes: Axes, frame: pd.DataFrame, column: str, name: str) -> None:
    card.plain_axes(axes, grid="y")
    wide = frame.pivot_table(index="taken_at", columns="item_id", values=column, sort=False).sort_index()
    wide = wide.clip(0, _TOP)
    if frame["item_id"].nunique() <= _LINES:
        _lines(axes, wide, frame.drop_duplicates("item_id", keep="last").set_index("item_id")["label"])
    else:
        _spread(axes, wide)
    top = max(104.0, float(np.nanmax(wide.to_numpy(float), initial=0)) * 1.04)
    axes.set_ylim(-4, top)
    card.number_ticks(axes.yaxis, range(0, int(top) + 1, 20))
    card.label_axes(axes, y=name)


def _lines(axes: Axes, wide: pd.DataFrame, labels: pd.Series[Any]) -> None:
    """Draw a line for each line item, named at its end."""
    ends: list[_End] = []
    for (item_id, label), (colour, shape, stroke) in zip(labels.items(), colours.LINES, strict=False):
        line: pd.Series[Any] = wide[item_id].dropna() if item_id in wide else pd.Series(dtype="float64")
        if len(line):
            _line(axes, _times(line.index), line.to_numpy(), colour, shape, stroke)
            name = lettering.shortened(lettering.tidy(label), card.SMALL, _NAME)
            ends.append((float(line.iloc[-1]), name, colour, shape))
    _names(axes, ends)


def _line(axes: Axes, when: Any, values: Any, colour: str, shape: str, stroke: str) -> None:
    (line,) = axes.plot(when, values, color=colour, linestyle=stroke, linewidth=1.8)
    line.set(marker=shape, markersize=6, markeredgecolor=colours.PAPER, markeredgewidth=0.8)


def _times(index: pd.Index[Any]) -> Any:
    return pd.DatetimeIndex(index).to_pydatetime()


def _names(axes: Axes, ends: list[_End]) -> None:
    """Write the names of lines beside their ends, one above the other where the ends are close."""
    ends = sorted(ends)
    where = axes.get_yaxis_transform()
    for place, (_, name, colour, shape) in zip(_apart([end[0] for end in ends]), ends, strict=True):
        axes.plot([1.025], [place], color=colour, marker=shape, markersize=6, transform=where, clip_on=False)
        axes.text(1.045, place, name, transform=where, size=card.SMALL, color=colours.INK, va="center", ha="left")


def _apart(values: Sequence[float]) -> list[float]:
    """Return places near the ascending *values*, each a line's height above the one before, none above the top."""
    places: list[float] = []
    for value in values:
        places.append(max(value, places[-1] + _GAP) if places else value)
    ceiling = max(100.0, *values) if values else 100.0
    for number in reversed(range(len(places))):
        places[number] = min(places[number], ceiling)
        ceiling = places[number] - _GAP
    return places


def _spread(axes: Axes, wide: pd.DataFrame) -> None:
    """Draw the median of all line items, and the band that holds the middle eight of ten."""
    wide = wide.dropna(how="all")
    if wide.empty:
        return
    when, rows = _times(wide.index), [row[~np.isnan(row)] for row in wide.to_numpy(float)]
    low, middle, high = (np.array([np.quantile(row, share) for row in rows]) for share in (0.1, 0.5, 0.9))
    axes.fill_between(when, low, high, facecolor=colours.FILL, alpha=0.22, linewidth=0)
    for edge in (low, high):
        axes.plot(when, edge, color=colours.FILL, linewidth=0.8, linestyle=":", marker="None")
    _line(axes, when, middle, colours.FILL, "o", "-")
    named = ((low, "lowest tenth", "None"), (middle, "median of the items", "o"), (high, "highest tenth", "None"))
    _names(axes, [(float(line[-1]), name, colours.FILL, shape) for line, name, shape in named])


def _dates(axes: Axes, taken: pd.Series[Any]) -> None:
    first, last = taken.min().to_pydatetime(), taken.max().to_pydatetime()
    margin = (last - first) * 0.04 or timedelta(hours=12)
    axes.set_xlim(first - margin, last + margin)
    finder = _Finder(tz=UTC, minticks=2, maxticks=5)
    shape = _Shape(finder, tz=UTC, show_offset=False, usetex=False)
    shape.formats = shape.zero_formats = ["%Y", "%b %Y", "%d %b", "%d %b %H:%M", "%d %b %H:%M", "%H:%M:%S"]
    found = [sum(axes.get_xlim()) / 2] if first == last else finder.tick_values(first, last)
    ticks = [tick for tick in found if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
    names = [f"{first:%d %b %H:%M}"] if first == last else shape.format_ticks(ticks)
    axes.set_xticks(ticks, labels=names)
    card.label_axes(axes, x="when the snapshot was taken (UTC)", y=axes.get_ylabel())
