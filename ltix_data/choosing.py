"""From what a user writes to the one thing that is meant: a line item, a person, a name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from .cells import BadCell, id_text
from .errors import AmbiguousError, UnknownNameError, UsageError
from .records import LineItem


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
    """Return the user_id that *user* is, or that a row of the roster holds."""
    found = id_text(user if isinstance(user, (str, int, float)) else _field(user, "user_id"))
    if found is None or isinstance(found, BadCell):
        raise UsageError("user must be a user_id, or a row of the roster.", spec="AGS §3.4.5")
    return found


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
