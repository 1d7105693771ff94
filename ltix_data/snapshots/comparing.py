"""Two states of a course, compared: people, line items and grades."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..frames import text_dtype
from ..rows import SAME

MEMBERS = ("joined", "left", "role", "status")
LINE_ITEMS = ("new", "removed", "renamed", "maximum")
GRADES = ("new", "raise", "lower", "clear")

_TEXT, _NUMBER = "text", "number"
_MEMBERS = {"user_id": _TEXT, "name": _TEXT, "old": _TEXT, "new": _TEXT}
_LINE_ITEMS = {"item_id": _TEXT, "label": _TEXT, "old_label": _TEXT, "out_of": _NUMBER, "old_out_of": _NUMBER}
_GRADES = dict.fromkeys(("user_id", "name", "item_id", "label"), _TEXT) | dict.fromkeys(
    ("old", "new", "out_of"), _NUMBER
)


def _frame(parts: Sequence[pd.DataFrame], changes: Sequence[str], columns: Mapping[str, str]) -> pd.DataFrame:
    """Return the parts as one frame of these columns and dtypes, after the column change."""
    table = (
        pd.concat([part.astype(object) for part in parts], ignore_index=True)
        if parts
        else pd.DataFrame(columns=["change", *columns], dtype=object)
    )
    found: dict[str, Any] = {"change": pd.Categorical(table["change"], categories=list(changes))}
    for name, kind in columns.items():
        values = table[name].astype(object)
        plain = values.where(values.notna(), np.nan)
        found[name] = plain.astype("float64" if kind == _NUMBER else text_dtype())
    return pd.DataFrame(found).reset_index(drop=True)


# --- People ---------------------------------------------------------------------------------------


def people(roster: pd.DataFrame) -> pd.DataFrame:
    """Return name, role and status by user_id of those who are there; the platform's test student is nobody."""
    there = roster[~roster["test_user"].astype(bool) & roster["status"].ne("Deleted")]
    columns = there[["user_id", "name", "role", "status"]].astype(object)
    return columns.drop_duplicates("user_id", keep="last").set_index("user_id")


def members(old: pd.DataFrame | None, new: pd.DataFrame | None) -> pd.DataFrame:
    """Return who joined, who left, and whose role or status changed, between two rosters; see `Changes.members`."""
    if old is None or new is None:
        return _frame([], MEMBERS, _MEMBERS)
    then, now = people(old), people(new)
    stayed = now.index.intersection(then.index)
    parts = [
        _people("joined", now.loc[now.index.difference(then.index)], new="role"),
        _people("left", then.loc[then.index.difference(now.index)], old="role"),
    ]
    for what in ("role", "status"):
        before, after = then.loc[stayed, what], now.loc[stayed, what]
        moved = before.ne(after) & ~(before.isna() & after.isna())
        found = now.loc[stayed][moved].assign(before=before[moved])
        parts.append(_people(what, found, old="before", new=what))
    table = _frame([part for part in parts if len(part)], MEMBERS, _MEMBERS)
    return table.sort_values(["change", "name", "user_id"], ignore_index=True)


def _people(change: str, found: pd.DataFrame, *, old: str | None = None, new: str | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "change": change,
            "user_id": found.index.to_numpy(),
            "name": found["name"].to_numpy(),
            "old": found[old].to_numpy() if old else np.nan,
            "new": found[new].to_numpy() if new else np.nan,
        }
    )


# --- Line items -----------------------------------------------------------------------------------


def line_items(old: pd.DataFrame | None, new: pd.DataFrame | None) -> pd.DataFrame:
    """Return which line items are new, gone, renamed or out of another maximum; see `Changes.line_items`."""
    if old is None or new is None:
        return _frame([], LINE_ITEMS, _LINE_ITEMS)
    both = _items(new).merge(_items(old), on="item_id", how="outer", suffixes=("", "_old"), sort=False)
    order = {item_id: place for place, item_id in enumerate([*new["item_id"], *old["item_id"]][::-1])}
    both = both.sort_values("item_id", key=lambda ids: -ids.map(order), ignore_index=True)
    here, was = both["out_of"].notna(), both["out_of_old"].notna()
    stayed = here & was
    tests: dict[str, pd.Series[bool]] = {
        "new": here & ~was,
        "removed": was & ~here,
        "renamed": stayed & both["label"].ne(both["label_old"]),
        "maximum": stayed & _differ(both["out_of_old"], both["out_of"], both["out_of"]),
    }
    parts = [_item_rows(change, both[test]) for change, test in tests.items() if test.any()]
    return _frame(parts, LINE_ITEMS, _LINE_ITEMS)


def _items(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[["item_id", "label", "out_of"]].astype({"item_id": object, "label": object})


def _item_rows(change: str, found: pd.DataFrame) -> pd.DataFrame:
    gone = change == "removed"
    return pd.DataFrame(
        {
            "change": change,
            "item_id": found["item_id"],
            "label": found["label_old" if gone else "label"],
            "old_label": found["label_old"] if change == "renamed" else np.nan,
            "out_of": found["out_of_old" if gone else "out_of"],
            "old_out_of": found["out_of_old"] if change == "maximum" else np.nan,
        }
    )


# --- Grades ---------------------------------------------------------------------------------------


def grades(old: Mapping[str, pd.DataFrame], new: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return which grades changed between two states of a course, each by part; see `Changes.grades`."""
    if not all("results" in side and "line_items" in side for side in (old, new)):
        return _frame([], GRADES, _GRADES)
    items = _items(new["line_items"]).assign(place=range(len(new["line_items"])))
    items = items.merge(
        old["line_items"][["item_id", "out_of"]].rename(columns={"out_of": "old_maximum"}).astype({"item_id": object}),
        on="item_id",
        how="left",
    )
    pairs = _graded(old["results"]).merge(
        _graded(new["results"]), on=["user_id", "item_id"], how="outer", suffixes=("_old", "_new")
    )
    pairs = pairs.merge(items, on="item_id").rename(columns={"out_of": "maximum"})
    changed = _changed(pairs)
    found = changed[changed["change"].notna() & _counts(changed, old, new)]
    found = found.assign(name=found["user_id"].map(_names(old, new))).rename(columns={"maximum": "out_of"})
    found = found.sort_values(["place", "name", "user_id"])
    return _frame([found] if len(found) else [], GRADES, _GRADES)


def _graded(results: pd.DataFrame) -> pd.DataFrame:
    """Return the results that have a score, each once."""
    columns = results[["user_id", "item_id", "score", "percent"]].assign(stands_on=results["out_of"])
    there = columns[results["score"].notna()].astype({"user_id": object, "item_id": object})
    return there.drop_duplicates(["user_id", "item_id"], keep="last")


def _changed(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs with old and new points of the line item as it is now, and what changed.

    A new maximum changes no grade: the points, or their share of the maximum, are the same then.
    """
    maximum = pairs["maximum"]
    old, new = (_points(pairs, side, maximum) for side in ("_old", "_new"))
    same_share = ~_differ(old, new, maximum)
    rescaled = _differ(pairs["old_maximum"], maximum, maximum)
    same_points = rescaled & ~_differ(pairs["score_old"], pairs["score_new"], maximum)
    tests: list[tuple[str, pd.Series[bool]]] = [
        ("new", old.isna() & new.notna()),
        ("clear", old.notna() & new.isna()),
        ("raise", new.gt(old) & ~same_share & ~same_points),
        ("lower", new.lt(old) & ~same_share & ~same_points),
    ]
    change = np.full(len(pairs), None, dtype=object)
    for word, test in tests:
        change[test.to_numpy()] = word
    return pairs.assign(old=old, new=new, change=change)


def _points(pairs: pd.DataFrame, side: str, maximum: pd.Series[float]) -> pd.Series[float]:
    """Return scores in points of the line item; a score without a share, of a maximum of 0, stands as it is."""
    score, percent = pairs[f"score{side}"], pairs[f"percent{side}"]
    as_it_is = pairs[f"stands_on{side}"].eq(maximum) | percent.isna()
    return score.where(as_it_is, percent / 100 * maximum)


def _differ(one: pd.Series[float], other: pd.Series[float], out_of: pd.Series[float]) -> pd.Series[bool]:
    """Return where two numbers differ by more than rounding, as `PlannedRow.same` has it; a missing one never does."""
    return (one - other).abs().gt(SAME * out_of.where(out_of.ne(0), 1.0))


def _counts(changed: pd.DataFrame, old: Mapping[str, pd.DataFrame], new: Mapping[str, pd.DataFrame]) -> pd.Series[bool]:
    """Return which changes are somebody's doing: no grade is cleared by leaving, and no test student's counts."""
    tests = set[str]().union(*(_tests(side["roster"]) for side in (old, new) if "roster" in side))
    counts = ~changed["user_id"].isin(tests)
    if "roster" not in new:
        return counts
    here = people(new["roster"])
    active = here.index[here["status"].ne("Inactive")]
    return counts & (changed["change"].ne("clear") | changed["user_id"].isin(active))


def _tests(roster: pd.DataFrame) -> set[str]:
    return set(roster.loc[roster["test_user"].astype(bool), "user_id"])


def _names(old: Mapping[str, pd.DataFrame], new: Mapping[str, pd.DataFrame]) -> Callable[[str], Any]:
    """Return what tells a name, the latest one, by user_id."""
    known: dict[str, Any] = {}
    for side in (old, new):
        if "roster" in side:
            there = people(side["roster"])
            known.update(zip(there.index, there["name"], strict=True))
    return lambda user_id: known.get(user_id, np.nan)
