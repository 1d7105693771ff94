"""What a form asks of a course: its public frames, and plans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ..cells import trim
from ..choosing import item_url, near_misses, same_label
from ..errors import AmbiguousError, UnknownNameError
from ..exports import Export

if TYPE_CHECKING:
    import pandas as pd

    from ..grading import Plan


class Course(Protocol):
    """The part of a course that forms use."""

    @property
    def name(self) -> str: ...  # noqa: D102
    def roster(self) -> pd.DataFrame: ...  # noqa: D102
    def line_items(self) -> pd.DataFrame: ...  # noqa: D102
    def results(self, item: object = None) -> pd.DataFrame: ...  # noqa: D102
    def plan_grades(self, frame_or_path: Export, item: object, match: str, score: str | None, **how: Any) -> Plan: ...  # noqa: D102


#: The roster's columns that tell who somebody is, the surest first -> what people call them.
IDENTITIES = {
    "user_id": "the platform's id (user_id)",
    "sourcedid": "student number (sourcedid)",
    "username": "login name (username)",
    "email": "e-mail address (email)",
    "name": "whole name (name)",
}


def identities(roster: pd.DataFrame) -> list[str]:
    """Return the columns by which people of this roster can be told, the surest first."""
    return [column for column in IDENTITIES if roster[column].notna().any()]


class People:
    """The people of a roster, to know them where they must not be: in the lists of a form.

    A sheet with a column for each person has them in its header. One given or family name is no sign: “Mark” and
    “Page” are columns too, and Canvas' test student is called “Student”.
    """

    def __init__(self, roster: pd.DataFrame) -> None:
        people = roster[~roster["test_user"].astype(bool)]
        self._whole = _words_in(people, list(IDENTITIES))
        self._parts = _words_in(people, ["given_name", "family_name"])

    def are_in(self, words: Iterable[str]) -> bool:
        """Return whether some of these words tell a person."""
        folded = {trim(word).casefold() for word in words}
        return bool(folded & self._whole) or len(folded & self._parts) > 1


def _words_in(people: pd.DataFrame, columns: Sequence[str]) -> frozenset[str]:
    return frozenset(trim(str(cell)).casefold() for column in columns for cell in people[column].dropna())


def items_named(items: pd.DataFrame) -> list[tuple[str, str]]:
    """Return (what it is called, item_id) of line items; what two are called tells them apart."""
    called = [f"{label}, out of {out_of:g}" for label, out_of in zip(items["label"], items["out_of"], strict=True)]
    repeated = {name for name in called if called.count(name) > 1}
    ids = [str(item_id) for item_id in items["item_id"]]
    return [
        (f"{name} (…/{item_id.rstrip('/').rpartition('/')[2]})" if name in repeated else name, item_id)
        for name, item_id in zip(called, ids, strict=True)
    ]


def id_of(items: pd.DataFrame, item: object) -> str:
    """Return the item_id of what the caller names: a label, an item_id or a row of line items.

    Raises:
        UnknownNameError: there is none here; near misses are suggested.
        AmbiguousError: several are called so.
    """
    url = item_url(item)
    named = items["item_id"].eq(url) if url is not None else items["label"].map(lambda it: same_label(it, str(item)))
    found = [str(item_id) for item_id in items["item_id"][named.astype(bool)]]
    called = f" “{item}”" if url is None else ""
    if not found:
        raise UnknownNameError(f"There is no such line item here{called}.", hint=near_misses(called, items["label"]))
    if len(found) > 1:
        raise AmbiguousError(f"{len(found)} line items are called{called}.", hint="Choose in the form which is meant.")
    return found[0]
