"""A page of members as columns. [NRPS §2.2]"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from typing import Any

from ..records import MEMBER_TEXTS, USERNAME_FIELDS, Member, roles_of, status_of
from . import plain, tables
from .tables import Columns

_UNSEEN = ("picture", "lti11_legacy_user_id")  # they must be text, and are in no frame
_NAMES = frozenset({"name", "given_name", "family_name", "middle_name"})


def members_from_json(entries: Sequence[Any]) -> Columns:
    """Return the members in a page, as `Member.from_json` reads them one by one.

    Raises:
        MalformedResponseError: as `Member.from_json` does.
    """
    if set(map(type, entries)) <= {dict}:
        found = _plain(entries)
        if found is not None:
            return found
    return tables.roster(map(Member.from_json, entries))


def _plain(entries: Sequence[Mapping[str, Any]]) -> Columns | None:
    fields = plain.Fields(entries)
    if not fields.are_texts(*_UNSEEN):
        return None
    shown = {wire: ours for wire, ours in MEMBER_TEXTS.items() if wire not in _UNSEEN}
    texts = {ours: fields.texts(wire, unescape=ours in _NAMES) for wire, ours in shown.items()}
    user_ids, statuses, held = fields.texts("user_id"), fields.texts("status"), _roles(fields)
    usernames = [fields.texts(wire) for wire in USERNAME_FIELDS if fields.has(wire)]
    if user_ids is None or statuses is None or held is None or None in texts.values() or None in usernames:
        return None
    if None in user_ids:
        return None
    words = {status: status_of(status) for status in set(statuses)}
    return {
        **{name: values or [] for name, values in texts.items()},
        "user_id": user_ids,
        "username": _first(usernames) if usernames else [None] * len(entries),
        **tables.of_roles(held),
        "status": [words[status] for status in statuses],
    }


def _first(columns: Sequence[list[str | None] | None]) -> list[str | None]:
    """Return for each row what the first column has that has something."""
    return [next(filter(None, row), None) for row in zip(*(column or [] for column in columns), strict=True)]


def _roles(fields: plain.Fields) -> list[tuple[str, ...]] | None:
    raw = fields.values("roles")
    if not set(map(type, raw)) <= {list}:
        return None
    written = list(map(tuple, raw))
    try:
        meant = {some: roles_of(list(some)) for some in set(written) if all(type(role) is str for role in some)}
        return [meant[some] for some in written]
    except (TypeError, KeyError):  # a role that is no text
        return None


def selected(columns: Columns, fits: Callable[[tuple[str, ...]], bool], status: str | None) -> Columns:
    """Return the rows whose roles fit, and whose status is *status* (any, where that is None)."""
    fitting = {some: fits(some) for some in set(columns["roles"])}
    if all(fitting.values()) and status is None:
        return columns
    kept = [
        fitting[held] and status in (None, word) for held, word in zip(columns["roles"], columns["status"], strict=True)
    ]
    return {name: list(compress(values, kept)) for name, values in columns.items()}


def united(columns: Columns, merged: Callable[[Member, Member], Member]) -> Columns:
    """Return everybody once, where they were first; *merged* puts two entries of one person together."""
    user_ids = columns["user_id"]
    if len(set(user_ids)) == len(user_ids):
        return columns
    found: dict[str, Member] = {}
    for place, user_id in enumerate(user_ids):
        member = Member(**{name: columns[name][place] for name in (*tables.OF_MEMBERS, "roles", "status")})
        found[user_id] = merged(found[user_id], member) if user_id in found else member
    return tables.roster(found.values())
