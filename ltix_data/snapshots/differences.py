"""A roster brought up to date by a platform's own report of differences. [NRPS §2.4.3]"""

from __future__ import annotations

from typing import Any

import pandas as pd

from ..cells import is_missing


def updated(roster: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame | None:
    """Return the roster as it is now: *told* lists who was added, changed or removed (status Deleted) since.

    Returns:
        None where the report is not to be believed: it lists somebody who is as before. A platform that
        takes no notice of its own link sends the whole roster, which does not tell who left.
    """
    before, after = _entries(roster), _entries(told)
    if any(before.get(user_id) == entry for user_id, entry in after.items()):
        return None
    kept = roster[~roster["user_id"].isin(told["user_id"])]
    added = told[told["status"].ne("Deleted")]
    return pd.concat([kept.astype(object), added.astype(object)], ignore_index=True)


def _entries(roster: pd.DataFrame) -> dict[str, tuple[Any, ...]]:
    """Return what is known of each person, by user_id."""
    rows = zip(*(roster[name].astype(object) for name in roster.columns), strict=True)
    names = list(roster.columns)
    return {str(row[names.index("user_id")]): tuple(map(_comparable, row)) for row in rows}


def _comparable(value: Any) -> Any:
    """Return a cell as it can be compared: in whatever order roles come."""
    if isinstance(value, tuple):
        return frozenset(value)
    return None if is_missing(value) else value
