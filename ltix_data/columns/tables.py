"""The columns of a roster and of results; one after another; as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, TypeAlias

from .. import roles
from ..records import LineItem, Member, Result

Columns: TypeAlias = dict[str, list[Any]]

#: What stands in a member or a result by the same name.
OF_MEMBERS = ("user_id", "name", "given_name", "family_name", "middle_name", "email", "sourcedid", "username")
OF_RESULTS = ("user_id", "score", "out_of", "comment", "scored_at")
#: The columns of a roster; `role` and `test_user` are told by the roles.
ROSTER = (*OF_MEMBERS, "role", "roles", "status", "test_user")
#: The columns of results; a frame adds percent.
RESULTS = ("user_id", "item_id", "label", *OF_RESULTS[1:])


def roster(members: Iterable[Member]) -> Columns:
    """Return a row for each member, with the columns `ROSTER`."""
    found = list(members)
    texts: Columns = {name: [getattr(member, name) for member in found] for name in OF_MEMBERS}
    return texts | of_roles([member.roles for member in found]) | {"status": [member.status for member in found]}


def of_roles(held: list[tuple[str, ...]]) -> Columns:
    """Return the columns that roles amount to."""
    told = {some: (roles.main_role(some), roles.is_test_user(some)) for some in set(held)}
    return {
        "role": [told[some][0] for some in held],
        "roles": held,
        "test_user": [told[some][1] for some in held],
    }


def results(pairs: Iterable[tuple[LineItem, Result]]) -> Columns:
    """Return a row for each result, with the columns `RESULTS`; the line item's own id and label."""
    found = list(pairs)
    # a result's own scoreOf may differ from the item's id by a query
    names: Columns = {"item_id": [item.item_id for item, _ in found], "label": [item.label for item, _ in found]}
    return names | {name: [getattr(result, name) for _, result in found] for name in OF_RESULTS}


def named(item: LineItem, found: Columns) -> Columns:
    """Return the results of one line item with its own id and label."""
    count = len(found["user_id"])
    names: Columns = {"item_id": [item.item_id] * count, "label": [item.label] * count}
    return names | found


def stacked(parts: Sequence[tuple[str, Columns]], names: Sequence[str]) -> Columns:
    """Return the columns *names* of all parts one after another, behind a column course with each part's name."""
    courses = chain.from_iterable([course] * len(part[names[0]]) for course, part in parts)
    return {"course": list(courses)} | joined([part for _, part in parts], names)


def joined(parts: Sequence[Columns], names: Sequence[str]) -> Columns:
    """Return the columns *names* of all parts one after another."""
    return {name: list(chain.from_iterable([part[name] for part in parts])) for name in names}


def to_json(columns: Columns) -> dict[str, list[Any]]:
    """Return columns as JSON can hold them; `from_json` is the way back."""
    return {
        name: [value.isoformat() if isinstance(value, datetime) else value for value in values]
        for name, values in columns.items()
    }


def from_json(data: Mapping[str, list[Any]]) -> Columns:
    """Return what `to_json` was given: JSON knows neither tuples nor times."""
    columns = dict(data)
    if "roles" in columns:
        columns["roles"] = [tuple(held) for held in columns["roles"]]
    if "scored_at" in columns:
        columns["scored_at"] = [when and datetime.fromisoformat(when) for when in columns["scored_at"]]
    return columns
