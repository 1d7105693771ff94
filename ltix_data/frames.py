"""Records as DataFrames: each frame is one table of columns, built in one go.

The dtypes are the ones `pandas.read_csv` gives, so that a merge with the analyst's own frame keeps
its types, and an empty answer has the same columns and dtypes as a full one:

    text    pandas' default text dtype (``str`` on pandas 3, ``object`` on 2.x), missing is NaN
    number  float64, missing is NaN
    whole   int64, never missing
    flag    bool, never missing
    maybe   ``boolean``, missing is NA: true, false, or the platform does not say
    moment  datetime64[us, UTC], missing is NaT
    words   category: the known words in their order, then any others as they came; missing is NaN
    thing   object, as it is (tuples), missing is None
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from operator import attrgetter, itemgetter, methodcaller
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from . import roles, spec
from .cells import is_missing
from .courses import KnownCourse
from .records import LineItem, Member, Result

Kind: TypeAlias = "Callable[[list[Any]], pd.Series[Any]]"
Table: TypeAlias = "Mapping[str, tuple[Kind, Callable[[Any], Any]]]"


def text_dtype() -> Any:
    """Return the dtype `pandas.read_csv` gives text here; asked each time, for it is an option of pandas'."""
    return pd.Series(["a"]).dtype


def _text(values: list[Any]) -> pd.Series[Any]:
    # None must go first: object keeps it beside NaN, and dtype="str" on pandas 2 makes it the word 'None'.
    column: pd.Series[Any] = pd.Series([np.nan if value is None else value for value in values], dtype=text_dtype())
    return column


def _shown(values: list[Any]) -> pd.Series[Any]:
    """A cell of somebody's sheet, of any type, as the text it reads as."""
    return _text([value if isinstance(value, str) else None if is_missing(value) else str(value) for value in values])


def _typed(dtype: str) -> Kind:
    return lambda values: pd.Series(values, dtype=dtype)


_number, _whole, _flag, _thing = _typed("float64"), _typed("int64"), _typed("bool"), _typed("object")
# An object column would do what read_csv does, and then ~column is -2 where it should be False.
_maybe = _typed("boolean")
# Microseconds, as datetime has: nanoseconds end in 2262, and platforms write 9999 for “no end”.
_moment = _typed("datetime64[us, UTC]")


def _words(*known: str) -> Kind:
    def column(values: list[Any]) -> pd.Series[Any]:
        found = dict.fromkeys(value for value in values if value is not None)
        return pd.Series(pd.Categorical(values, categories=list(dict.fromkeys((*known, *found)))))

    return column


def _attributes(**kinds: Kind) -> Table:
    return {name: (kind, attrgetter(name)) for name, kind in kinds.items()}


def _keys(**kinds: Kind) -> Table:
    return {name: (kind, methodcaller("get", name)) for name, kind in kinds.items()}


def _half(position: int, **kinds: Kind) -> Table:
    """Return columns that are attributes of the first or the second of a pair."""
    return {name: (kind, partial(_attribute_of, position, name)) for name, kind in kinds.items()}


def _attribute_of(position: int, name: str, pair: Sequence[Any]) -> Any:
    return getattr(pair[position], name)


_ROSTER: Table = {
    **_attributes(user_id=_text, name=_text, given_name=_text, family_name=_text, middle_name=_text),
    **_attributes(email=_text, sourcedid=_text, username=_text),
    "role": (_words(*roles.WORDS), lambda member: roles.main_role(member.roles)),
    **_attributes(roles=_thing, status=_words(*spec.MEMBERSHIP_STATUS)),
    "test_user": (_flag, lambda member: roles.is_test_user(member.roles)),
}
_LINE_ITEMS: Table = {
    **_half(0, item_id=_text, label=_text, out_of=_number, tag=_text, resource_id=_text, resource_link_id=_text),
    **_half(0, starts_at=_moment, ends_at=_moment),
    "coupled": (_flag, itemgetter(1)),
    **_half(0, grades_released=_maybe),
}
_RESULTS: Table = {
    **_half(1, user_id=_text),
    **_half(0, item_id=_text, label=_text),  # a result's own scoreOf may differ from it by a query
    **_half(1, score=_number, out_of=_number, percent=_number, comment=_text, scored_at=_moment),
}
_COURSES: Table = {
    **_attributes(name=_text, label=_text, title=_text, context_id=_text),
    **_attributes(memberships_url=_text, lineitems_url=_text, lineitem_url=_text, resource_link_id=_text),
    **_attributes(scopes=_thing),
}
_ADDED: Table = _keys(id=_text, name=_text, context_id=_text, label=_text, title=_text, added=_flag, reason=_text)
_REGISTRATIONS: Table = {
    **_attributes(name=_text, platform=_text, issuer=_text, client_id=_text),
    "courses": (_whole, lambda row: len(row.courses)),
    **_attributes(key_storage=_text),
}
_PROBLEMS = _keys(row=_whole, column=_text, value=_shown, problem=_text, hint=_text)
_CHANGES: Table = {
    **_keys(row=_whole, user_id=_text, name=_text, old=_number, new=_number, out_of=_number),
    **_keys(change=_words("new", "raise", "lower", "same", "clear"), overwrites=_flag),
}
_OUTCOMES: Table = {
    **_keys(row=_whole, user_id=_text, score=_number),
    **_keys(outcome=_words("confirmed", "unchanged", "skipped", "refused", "differs", "unknown"), reason=_text),
    **_keys(held=_number),
}
_UPLOADS: Table = {
    **_keys(upload_id=_text, kind=_words("upload", "undo"), platform=_text, course=_text, item=_text),
    **_keys(started_at=_moment, rows=_whole, confirmed=_whole, failed=_whole),
    **_keys(state=_words("complete", "partial", "running", "interrupted", "damaged"), undoes=_text),
}


def build(table: Table, rows: Iterable[Any]) -> pd.DataFrame:
    """Return one frame: a column for each entry of *table*, a row for each of *rows*.

    *table* maps its name to a kind (turns a list into a Series) and a getter (takes the value from a row).
    """
    rows = list(rows)
    return pd.DataFrame({name: kind([get(row) for row in rows]) for name, (kind, get) in table.items()})


def roster(members: Iterable[Member]) -> pd.DataFrame:
    """Return one row per member, in the order given.

    user_id (text, never missing); name, given_name, family_name, middle_name, email, sourcedid, username (text,
    missing where the platform does not share it); role (category over `roles.WORDS`, the most privileged,
    missing without a role in the course); roles (object, a tuple of URIs); status (category: Active,
    Inactive, Deleted, then words of the platform's own); test_user (bool).
    """
    return build(_ROSTER, members)


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
    return build(_RESULTS, pairs)


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


def problems(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per problem of a grade sheet; a key that a mapping lacks is missing.

    row (int64, as in the file, 1-based with the header counted), column, value (text, the cell as it
    reads, missing where it is empty), problem (text, a code), hint (text, what to do).
    """
    return build(_PROBLEMS, rows)


def changes(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per score that would be sent; a key that a mapping lacks is missing.

    row (int64, as in the file), user_id, name (text), old, new, out_of (float64, points out of out_of; old
    is missing where there is no grade), change (category: new, raise, lower, same, clear), overwrites (bool).
    """
    return build(_CHANGES, rows)


def outcomes(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per input row of an upload; a key that a mapping lacks is missing.

    row (int64, as in the file), user_id (text), score (float64, points, missing where none was to be sent),
    outcome (category: confirmed, unchanged, skipped, refused, differs, unknown), reason (text), held (float64,
    what the platform shows on the same scale, missing where it shows none or was not asked).
    """
    return build(_OUTCOMES, rows)


def uploads(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return one row per upload, see `ltix_data.recovery.uploads`; a key that a mapping lacks is missing."""
    return build(_UPLOADS, rows)


def stacked(
    parts: Sequence[tuple[str, pd.DataFrame]],
    *,
    errors: Sequence[Mapping[str, str]] = (),
    like: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the frames of several courses in one, after a column course (text), their categories united.

    ``.attrs["errors"]`` holds *errors*. Where there are no parts, the columns are those of *like*.
    """
    tables = [table for _, table in parts] or [pd.DataFrame() if like is None else like.iloc[:0]]
    dtypes = {
        name: pd.CategoricalDtype(list(dict.fromkeys(word for table in tables for word in table[name].cat.categories)))
        for name in tables[0].select_dtypes("category")
    }
    whole = pd.concat([table.astype(dtypes) for table in tables], ignore_index=True)
    whole.insert(0, "course", _text([course for course, table in parts for _ in range(len(table))]))
    whole.attrs = {"errors": list(errors)}
    return whole


def gradebook(
    members: Iterable[Member],
    pairs: Iterable[tuple[LineItem, Result]],
    items: Iterable[LineItem],
    *,
    values: Literal["score", "percent"] = "score",
    known: Collection[str] = (),
) -> pd.DataFrame:
    """Return one row per learner and one column per line item.

    Index: user_id (text): *members* in their order, then whoever has a score and is neither among them
    nor among *known*, the user_ids of the whole roster: the grade of a student who left must not vanish.
    Columns: name (text, missing for those who left), then a float64 column per line item, called by its label
    and numbered where two would be called the same. ``values="score"``: points of the line item,
    rescaled where the score stands on another maximum (Open edX). ``values="percent"``: 0-100.
    Missing is no grade, never 0. ``.attrs["out_of"]`` and ``.attrs["item_id"]`` say both for each column.
    """
    people = {member.user_id: member.name for member in members}
    columns = {item.item_id: item for item in items}
    cells = {  # a later result replaces an earlier one, unless it has no score
        (result.user_id, item.item_id): _cell(result, None if values == "percent" else item.out_of)
        for item, result in pairs
        if result.score is not None and item.item_id in columns
    }
    here = people.keys() | frozenset(known)
    return _wide({**people, **{user: None for user, _ in cells if user not in here}}, list(columns.values()), cells)


def _cell(result: Result, out_of: float | None) -> float:
    """Return a score in points of *out_of*, or as a percentage where that is None."""
    if result.score is None or out_of is None:
        return np.nan if result.percent is None else result.percent
    if result.out_of in (None, out_of):
        return result.score
    rescaled = result.score * out_of / result.out_of if result.out_of and result.out_of > 0 else np.nan
    return rescaled if np.isfinite(rescaled) else np.nan


def _wide(
    people: Mapping[str, str | None], items: Sequence[LineItem], cells: Mapping[tuple[str, str | None], float]
) -> pd.DataFrame:
    row = {user: number for number, user in enumerate(people)}
    column = {item.item_id: number for number, item in enumerate(items)}
    grid = np.full((len(row), len(column)), np.nan)
    for (user, item_id), value in cells.items():
        if user in row:
            grid[row[user], column[item_id]] = value
    names = _unique([item.label for item in items])
    index = pd.Index(list(people), dtype=text_dtype(), name="user_id")
    frame = pd.DataFrame(grid, index=index, columns=pd.Index(names, dtype=text_dtype()))
    frame.insert(0, "name", _text(list(people.values())).set_axis(index))
    for key in ("out_of", "item_id"):
        frame.attrs[key] = {name: getattr(item, key) for name, item in zip(names, items, strict=True)}
    return frame


def _unique(labels: Sequence[str]) -> list[str]:
    """Name the columns; a label that somebody wrote keeps its name before one that was made up here."""
    wanted = [label if label.strip() else "(no label)" for label in labels]
    taken, used, count = {*wanted, "name", "user_id"}, {"name", "user_id"}, dict.fromkeys(wanted, 1)
    names = []
    for label in wanted:
        name = label
        while name in used or (name != label and name in taken):
            count[label] += 1
            name = f"{label} ({count[label]})"
        used.add(name)
        names.append(name)
    return names
