"""A page of results as columns. [AGS §3.3.4]"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from .. import parsing
from ..records import RESULT_TIMES, Result
from . import plain, tables
from .tables import Columns

_UNSEEN = ("id", "scoreOf", "scoringUserId")  # read, for they must be text, and in no frame


def results_from_json(entries: Sequence[Any]) -> Columns:
    """Return the results in a page, as `Result.from_json` reads them one by one.

    Columns user_id, score, out_of, comment, scored_at.

    Raises:
        MalformedResponseError: as `Result.from_json` does.
    """
    if set(map(type, entries)) <= {dict}:
        found = _plain(entries)
        if found is not None:
            return found
    return results_of_one(map(Result.from_json, entries))


def results_of_one(results: Iterable[Result]) -> Columns:
    """Return the results of one line item, without the columns that name it."""
    found = list(results)
    return {name: [getattr(result, name) for result in found] for name in tables.OF_RESULTS}


def _plain(entries: Sequence[Mapping[str, Any]]) -> Columns | None:
    fields = plain.Fields(entries)
    user_ids, comments = fields.texts("userId"), fields.texts("comment")
    scores, maxima = fields.numbers("resultScore"), fields.numbers("resultMaximum")
    if user_ids is None or comments is None or scores is None or maxima is None or None in user_ids:
        return None
    if not fields.are_texts(*_UNSEEN):
        return None
    if None in maxima:
        maxima = [
            1.0 if most is None and score is not None else most for score, most in zip(scores, maxima, strict=True)
        ]
    return {
        "user_id": user_ids,
        "score": scores,
        "out_of": maxima,
        "comment": comments,
        "scored_at": _times(entries, [key for key in RESULT_TIMES if fields.has(key)]),
    }


def _times(entries: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[datetime | None]:
    """Return for each entry the first of these times that it has and that can be read."""
    if not keys:
        return [None] * len(entries)
    return [next(filter(None, (parsing.moment(entry, key) for key in keys)), None) for entry in entries]


def without_repeats(columns: Columns) -> Columns:
    """Return each person's last result; an empty one hides no grade. Their order is that of the first ones."""
    if len(set(columns["user_id"])) == len(columns["user_id"]):
        return columns
    kept: dict[str, int] = {}
    for place, (user_id, score) in enumerate(zip(columns["user_id"], columns["score"], strict=True)):
        if score is not None or user_id not in kept:
            kept[user_id] = place
    return {name: [values[place] for place in kept.values()] for name, values in columns.items()}
