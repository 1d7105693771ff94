"""What a platform and a registration hold, as frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any

import pandas as pd

from .. import columns, roles, spec
from ..columns import Columns
from ..courses import KnownCourse
from ..records import LineItem, Member, Result
from .kinds import (
    Kind,
    Table,
    attributes,
    build,
    flag,
    half,
    keys,
    maybe,
    moment,
    number,
    percent,
    text,
    thing,
    whole,
    words,
)

#: What may stand before the columns of one course, where there are several courses or platforms.
_BEFORE: Mapping[str, Kind] = {"platform": text, "course": text}
_ROSTER: Mapping[str, Kind] = {
    **dict.fromkeys(("user_id", "name", "given_name", "family_name", "middle_name"), text),
    **dict.fromkeys(("email", "sourcedid", "username"), text),
    "role": words(*roles.WORDS),
    "roles": thing,
    "status": words(*spec.MEMBERSHIP_STATUS),
    "test_user": flag,
}
_RESULTS: Mapping[str, Kind] = {
    **dict.fromkeys(("user_id", "item_id", "label"), text),
    **dict.fromkeys(("score", "out_of"), number),
    "comment": text,
    "scored_at": moment,
}
_LINE_ITEMS: Table = {
    **half(0, item_id=text, label=text, out_of=number, tag=text, resource_id=text, resource_link_id=text),
    **half(0, starts_at=moment, ends_at=moment),
    "coupled": (flag, itemgetter(1)),
    **half(0, grades_released=maybe),
}
_COURSES: Table = {
    **attributes(name=text, label=text, title=text, context_id=text),
    **attributes(memberships_url=text, lineitems_url=text, lineitem_url=text, resource_link_id=text),
    **attributes(scopes=thing),
}
_ADDED: Table = keys(id=text, name=text, context_id=text, label=text, title=text, added=flag, reason=text)
_REGISTRATIONS: Table = {
    **attributes(name=text, platform=text, issuer=text, client_id=text),
    "courses": (whole, lambda row: len(row.courses)),
    **attributes(key_storage=text),
}


def roster(members: Iterable[Member]) -> pd.DataFrame:
    """Return one row per member, in the order given.

    user_id (text, never missing); name, given_name, family_name, middle_name, email, sourcedid, username (text,
    missing where the platform does not share it); role (category over `roles.WORDS`, the most privileged,
    missing without a role in the course); roles (object, a tuple of URIs); status (category: Active,
    Inactive, Deleted, then words of the platform's own); test_user (bool).
    """
    return roster_of(columns.roster(members))


def roster_of(found: Columns) -> pd.DataFrame:
    """Return what `roster` does, of columns; behind the columns platform and course (text), where they have these."""
    return _frame(_ROSTER, found)


def line_items(items: Iterable[LineItem], coupled: Callable[[LineItem], bool]) -> pd.DataFrame:
    """Return one row per line item, in the order given.

    item_id (text, its URL), label (text), out_of (float64, points); tag, resource_id, resource_link_id (text,
    missing where there is none); starts_at, ends_at (datetime64[us, UTC], missing where open); coupled (bool,
    what *coupled* says of it); grades_released (``boolean``, missing where the platform does not say).
    """
    return build(_LINE_ITEMS, ((item, coupled(item)) for item in items))


def results(pairs: Iterable[tuple[LineItem, Result]]) -> pd.DataFrame:
    """Return one row per result: (line item, user).

    user_id, item_id, label (text; the line item's own id and label); score (float64, points, missing is no
    grade); out_of (float64, points: the maximum that the platform reports for this score, on Open edX not
    always the line item's); percent (float64, 0-100 of that maximum, missing without a score); comment
    (text, missing without one); scored_at (datetime64[us, UTC], missing where the platform does not say).
    """
    return results_of(columns.results(pairs))


def results_of(found: Columns) -> pd.DataFrame:
    """Return what `results` does, of columns; behind the columns platform and course (text), where they have these."""
    frame = _frame(_RESULTS, found)
    shares = percent(frame["score"].to_numpy(), frame["out_of"].to_numpy())
    frame.insert(list(frame).index("out_of") + 1, "percent", shares)
    return frame


def _frame(kinds: Mapping[str, Kind], found: Columns) -> pd.DataFrame:
    before = {name: kind for name, kind in _BEFORE.items() if name in found}
    return pd.DataFrame({name: kind(found[name]) for name, kind in {**before, **kinds}.items()}, copy=False)


def courses(known: Iterable[KnownCourse]) -> pd.DataFrame:
    """Return one row per known course.

    name (text, never missing); label, title, context_id, memberships_url, lineitems_url,
    lineitem_url, resource_link_id (text, missing where no launch said); scopes (object, a tuple of
    scope URIs, None where nobody said).
    """
    return build(_COURSES, known)


def added_courses(rows: Iterable[Mapping[str, Any]], *, notes: Iterable[str] = ()) -> pd.DataFrame:
    """Return one row per course that was to be added, see `Session.add_courses`; *notes* go into ``.attrs``."""
    frame = build(_ADDED, rows)
    frame.attrs = {"notes": list(notes)}
    return frame


def registrations(rows: Iterable[Any]) -> pd.DataFrame:
    """Return one row per registration: any objects with these attributes, `courses` a collection.

    name, platform, issuer, client_id, key_storage (text, missing is NaN), courses (int64, how many are known).
    """
    return build(_REGISTRATIONS, rows)
