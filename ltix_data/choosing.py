"""From what a user writes to the one thing that is meant: a line item, a person, a name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from .cells import id_text, is_missing, points
from .errors import AmbiguousError, UnknownNameError, UsageError
from .records import LineItem

_URL = re.compile(r"https?://[^\s/]+/?")


def counted(count: int, noun: str) -> str:
    """Return “1 course”, “2 courses”, “2 launches”."""
    ending = "es" if noun.endswith("ch") else "s"
    return f"{count} {noun}{'' if count == 1 else ending}"


def near_misses(name: str, known: Iterable[str]) -> str:
    """Return a hint: names like *name*, or else the first few there are."""
    names = list(dict.fromkeys(known))
    folded = {candidate.casefold(): candidate for candidate in names}
    close = [folded[match] for match in get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)]
    if close:
        return f"Did you mean {' or '.join(f'“{candidate}”' for candidate in close)}?"
    if names:
        more = f" and {len(names) - 8} more" if len(names) > 8 else ""
        return f"There are {', '.join(f'“{candidate}”' for candidate in names[:8])}{more}."
    return "There are none yet."


def _field(thing: object, name: str) -> object:
    """Return a field of a row (a Series or mapping), or of a record; None where there is none."""
    if isinstance(thing, Mapping) or (hasattr(thing, "index") and hasattr(thing, "get")):
        return thing.get(name)
    return getattr(thing, name, None)


def user_id(user: object) -> str:
    """Return the user_id that *user* is, or that a row of the roster holds.

    A number is refused: it has lost its leading zeros, or is on the way to losing its last digits.
    """
    value = user if isinstance(user, str) else _field(user, "user_id")
    found = id_text(value) if isinstance(value, str) else None
    if not isinstance(found, str):
        raise UsageError(
            "user must be a user_id as text, or a row of the roster.",
            hint="Read ids as text: pd.read_csv(…, dtype=str).",
            spec="AGS §3.4.5",
        )
    return found


def text(value: object, what: str) -> str | None:
    """Return a text, or None for any missing value (None, NaN, NA: a cell of somebody's frame)."""
    if is_missing(value):
        return None
    if not isinstance(value, str):
        raise UsageError(f"{what} must be text.")
    return value


def moment(value: object, what: str) -> datetime | None:
    """Return a time, or None for any missing value; a time without a zone is local time."""
    if is_missing(value):
        return None
    if not isinstance(value, datetime):
        raise UsageError(f"{what} must be a datetime.", hint="Such as pd.Timestamp('2026-03-01 12:00', tz='UTC').")
    plain = value.to_pydatetime() if hasattr(value, "to_pydatetime") else value  # a pandas Timestamp
    return plain.astimezone(UTC)


def amount(value: object, what: str, *, spec: str = "AGS §3.4.4") -> float | None:
    """Return a number above 0, or None for None alone: a NaN here would be another scale than meant."""
    if value is None:
        return None
    found = points(value)
    if not isinstance(found, float) or found <= 0:
        raise UsageError(f"{what} must be a number above 0.", spec=spec)
    return found


def extensions(value: object) -> dict[str, Any]:
    """Return fields beyond the specification: keys are URLs, so that none replaces a field of its own.

    Raises:
        UsageError: a key is no URL, or a value no JSON. [AGS §3.1.2]
    """
    if is_missing(value):
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) and _URL.match(key) for key in value):
        raise UsageError("The keys of extensions must be whole URLs.", spec="AGS §3.1.2")
    try:
        return dict(json.loads(json.dumps(dict(value), allow_nan=False)))
    except (TypeError, ValueError) as error:
        raise UsageError("The values of extensions must be plain JSON.", spec="AGS §3.1.2") from error


def item_url(item: object) -> str | None:
    """Return the URL where *item* is an item_id or a row of line_items; None where it is a label."""
    if isinstance(item, str):
        return item.strip() if item.strip().lower().startswith(("https://", "http://")) else None
    found = _field(item, "item_id")
    if not isinstance(found, str) or not found:
        raise UsageError("item must be a label, an item_id, or a row of line_items().")
    return found


def same_label(one: str, other: str) -> bool:
    """Return whether two labels read the same."""
    return " ".join(one.split()) == " ".join(other.split())


def labelled(label: object, items: Sequence[LineItem], course_name: str) -> LineItem:
    """Return the one item with this label.

    Raises:
        UnknownNameError: there is none; near misses are suggested.
        AmbiguousError: there are several; they are listed.
    """
    wanted = str(label)
    found = [item for item in items if same_label(item.label, wanted)]
    if not found:
        raise UnknownNameError(
            f"Course “{course_name}” has no line item “{wanted}” that this tool can see.",
            hint=near_misses(wanted, [item.label for item in items]) + " See line_items().",
            spec="AGS §3.1",
        )
    if len(found) > 1:
        listed = "; ".join(_described(item) for item in found)
        raise AmbiguousError(
            f"Course “{course_name}” has {len(found)} line items “{wanted}”.", hint=f"Pass one's item_id: {listed}."
        )
    return found[0]


def _described(item: LineItem) -> str:
    marks = [f"out of {item.out_of:g}", *(f"tag {item.tag}" for _ in [0] if item.tag)]
    return f"{item.item_id} ({', '.join(marks)})"
