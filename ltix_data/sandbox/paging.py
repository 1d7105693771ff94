"""Ways to cut a list into pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask import request

from .web import positive

T = TypeVar("T")
Changes = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page, and how the query of its URL changes to the next one's; None where there is no next."""

    entries: list[T]
    more: Changes | None = None


def keyset(found: list[T], number: Callable[[T], int], limit: int) -> Page[T]:
    """Cut by the number of the last entry seen: who leaves meanwhile hides nobody."""
    after = positive(request.args.get("after", "0"), "after", least=0)
    found = [entry for entry in found if number(entry) > after]
    more = {"after": number(found[limit - 1])} if len(found) > limit else None
    return Page(found[:limit], more)


def offset(found: list[T], limit: int | None, name: str) -> Page[T]:
    """Cut by how many entries went before; None is everything that is left."""
    start = lenient_number(name) or 0
    if limit is None:
        return Page(found[start:])
    more = {name: start + limit, "limit": limit} if len(found) > start + limit else None
    return Page(found[start : start + limit], more)


def numbered(found: list[T], limit: int | None) -> Page[T]:
    """Cut into pages counted from 1; None is one page for everything."""
    if limit is None:
        return Page(found)
    page = lenient_number("page") or 1
    more = {"page": page + 1} if len(found) > page * limit else None
    return Page(found[(page - 1) * limit : page * limit], more)


def lenient_number(name: str) -> int | None:
    """Return a whole number greater than 0 out of the query; None for anything else."""
    asked = request.args.get(name, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 and int(asked) else None
