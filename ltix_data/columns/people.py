"""A page of members as columns. [NRPS §2.2]"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from typing import Any

from ..records import MEMBER_TEXTS, USERNAME_FIELDS, Member, roles_of, status_of
from . import plain, tables
from .tables import Columns

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
    texts = {ours: plain.texts(entries, wire, unescape=ours in _NAMES) for wire, ours in MEMBER_TEXTS.items()}
    user_ids, statuses, held = plain.texts(entries, "user_id"), plain.texts(entries, "status"), _roles(entries)
    usernames = [plain.texts(entries, wire) for wire in USERNAME_FIELDS]
    if None in (user_ids, statuses, held, *texts.values(), *usernames) or None in (user_ids or []):
        return None
    words = {status: status_of(status) for status in set(statuses or [])}
    return {
        **{name: texts[name] or [] for name in tables.OF_MEMBERS if name in texts},
        "user_id": user_ids or [],
        "username": [next(filter(None, some), None) for some in zip(*usernames, strict=True)],
        **tables.of_roles(held or []),
        "status": [words[status] for status in statuses or []],
    }


def _roles(entries: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]] | None:
    raw: list[Any] = [entry.get("roles") for entry in entries]
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
