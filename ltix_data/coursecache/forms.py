"""What is kept of a course, as JSON; on the way back each value must be what was written."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import NoneType
from typing import Any, Generic, TypeVar

from .. import columns
from ..columns import Book, Columns
from ..records import LineItem

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Form(Generic[Found]):
    """One kind of thing that is kept of a course.

    Args:
        name: what tells it from others.
        pack: returns it as JSON can hold it.
        unpack: returns it again. Raises ValueError, TypeError, KeyError or LtixError where that is not what was packed.
    """

    name: str
    pack: Callable[[Found], Any]
    unpack: Callable[[Any], Found]


def _texts(values: Sequence[Any]) -> bool:
    return set(map(type, values)) <= {str, NoneType} and _is_encodable(values)


def _names(values: Sequence[Any]) -> bool:
    return set(map(type, values)) <= {str} and _is_encodable(values)


def _numbers(values: Sequence[Any]) -> bool:
    if not set(map(type, values)) <= {float, NoneType}:
        return False
    return all(value is None or math.isfinite(value) for value in values)


def _flags(values: Sequence[Any]) -> bool:
    return set(map(type, values)) <= {bool}


def _roles(values: Sequence[Any]) -> bool:
    return set(map(type, values)) <= {list} and all(map(_names, values))


def _times(values: Sequence[Any]) -> bool:
    written = [value for value in values if value is not None]
    return _names(written) and all(datetime.fromisoformat(value).tzinfo is not None for value in written)


def _is_encodable(values: Sequence[Any]) -> bool:
    """Return whether there is no lone surrogate in them, which JSON can hold and no table can."""
    together = "".join(filter(None, values))
    return together.isascii() or not any("\ud800" <= character <= "\udfff" for character in set(together))


_Checks = Mapping[str, Callable[[Sequence[Any]], bool]]

_ROSTER: _Checks = {
    **dict.fromkeys(columns.ROSTER, _texts),
    "user_id": _names,
    "roles": _roles,
    "status": _names,
    "test_user": _flags,
}
_RESULTS: _Checks = {
    **dict.fromkeys(columns.RESULTS, _texts),
    "user_id": _names,
    "score": _numbers,
    "out_of": _numbers,
    "scored_at": _times,
}
_RESULTS_OF_ONE: _Checks = {name: fits for name, fits in _RESULTS.items() if name not in ("item_id", "label")}
_PEOPLE: _Checks = {"user_id": _names, "name": _texts}


def _checked(data: Any, checks: _Checks) -> Columns:
    """Return columns that are all there, of one length, and of values of their kind."""
    if type(data) is not dict or data.keys() != checks.keys() or not set(map(type, data.values())) <= {list}:
        raise ValueError("no columns")
    if len(set(map(len, data.values()))) > 1 or not all(fits(data[name]) for name, fits in checks.items()):
        raise ValueError("no such columns")
    return columns.from_json({name: data[name] for name in checks})


def _packed(book: Book) -> dict[str, Any]:
    """Return a book as JSON, without comments: no gradebook shows them, and they may name somebody."""
    results = [found | {"comment": [None] * len(found["comment"])} for found in book.results]
    items = [item.to_json() for item in book.items]
    return {"people": book.people, "items": items, "results": list(map(columns.to_json, results))}


def _book(data: Any) -> Book:
    if type(data) is not dict or data.keys() != {"people", "items", "results"}:
        raise ValueError("no book")
    items, results = data["items"], data["results"]
    if type(items) is not list or type(results) is not list or len(items) != len(results):
        raise ValueError("no such book")
    return Book(
        _checked(data["people"], _PEOPLE),
        tuple(map(LineItem.from_json, items)),
        tuple(_checked(found, _RESULTS_OF_ONE) for found in results),
    )


ROSTER: Form[Columns] = Form("roster", columns.to_json, lambda data: _checked(data, _ROSTER))
RESULTS: Form[Columns] = Form("results", columns.to_json, lambda data: _checked(data, _RESULTS))
BOOK: Form[Book] = Form("book", _packed, _book)
