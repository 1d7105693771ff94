"""From what a caller wrote to the sheet's column: the one of the scores, and the one that names people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

from ..cells import is_data
from ..errors import AmbiguousError, UnknownNameError, UsageError
from .export import Export, plain

#: What platforms write around an assignment's title: “Quiz: … (Real)”, “… (12345)”, “… [Total Pts: 10 Score] |1”.
_AROUND = r"(?:[^:]+: ?)?{}(?: \(.*\)| \[.*| Points Grade.*)"
_MOST_LISTED = 8


def score_column(export: Export, score: str | None, label: str) -> str:
    """Return the sheet's column of scores.

    Args:
        export: what `recognise` made of the sheet.
        score: a column, or what people call it (“Quiz 1”); None for the column of *label*, or for the
            one column of scores in kinds that have but one.
        label: the line item's label.

    Raises:
        UnknownNameError: there is none; near misses are suggested.
        AmbiguousError: several columns are called so; they are listed.
        UsageError: a plain table, and no *score*; or the column must not be uploaded: a total, letters,
            ids, another assignment's.
    """
    if score is None and export.name is None:
        hint = f"Name it with score=. Its columns: {_listed(export.sheet.columns)}."
        raise UsageError(f"Nothing says which column of {export.sheet.source} holds the scores.", hint=hint)
    wanted = plain(label if score is None else score)
    column = _found(export, wanted, _scores(export) if score is None else export.sheet.columns)
    if column is None and (score is None or export.main in export.unusable):
        column = export.main
    if column is None:
        raise _unknown(export, wanted)
    return _usable(export, column)


def key_column(export: Export, key: str | None, match: str) -> str:
    """Return the sheet's column that names people: *key*, or the one that holds the roster's *match*.

    Raises:
        UnknownNameError: no *key* is given, and this kind of export is known to hold no such column.
    """
    if key is not None:
        return key
    if match in export.keys:
        return export.keys[match]
    same = [column for column in export.sheet.columns if column.casefold() == match.casefold()]
    if len(same) == 1:
        return same[0]
    if export.keys and not same:
        ways = " or ".join(f'match="{known}"' for known in export.keys)
        raise UnknownNameError(
            f"{export.sheet.source} ({export.name}) holds no {match} as the roster has it.",
            hint=f"Use {ways}, or name the column that holds it with key=.",
        )
    return match


def _found(export: Export, wanted: str, columns: Iterable[str]) -> str | None:
    exact = [column for column in columns if plain(column) == wanted]
    if len(exact) > 1:
        raise AmbiguousError(f"{export.sheet.source} has {len(exact)} columns “{wanted}”.", hint="Rename all but one.")
    if exact:
        return exact[0]
    if wanted in export.labels:
        return export.labels[wanted]
    around = re.compile(_AROUND.format(re.escape(wanted)))
    called = [column for column in export.sheet.columns if around.fullmatch(plain(column))]
    usable = [column for column in called if column not in export.unusable]
    if len(usable) > 1:
        raise AmbiguousError(
            f"“{wanted}” is more than one column of {export.sheet.source}.",
            hint=f"Say which with score=: {_listed(usable)}.",
        )
    return called[0] if called and not usable else None


def _scores(export: Export) -> list[str]:
    known = {*export.labels.values(), *export.maxima, *export.row_maxima, *export.units}
    return [column for column in export.sheet.columns if column in known and column not in export.unusable]


def _usable(export: Export, column: str) -> str:
    why = export.unusable.get(column)
    if why is None and column in export.keys.values():
        why = "it says whose row it is"
    if why is None:
        return column
    others = _scores(export)
    raise UsageError(
        f"Column “{column}” of {export.sheet.source} ({export.name}) must not be uploaded: {why}.",
        hint=f"Name another with score=: {_listed(others)}." if others else None,
    )


def _unknown(export: Export, wanted: str) -> UnknownNameError:
    scores = _scores(export) or export.sheet.columns
    folded = {name.casefold(): name for name in (*export.labels, *scores)}
    near = (
        []
        if is_data(folded)
        else [folded[name] for name in get_close_matches(wanted.casefold(), folded, n=3, cutoff=0.5)]
    )
    suggestion = f"Did you mean {' or '.join(f'“{name}”' for name in near)}? " if near else ""
    return UnknownNameError(
        f"{export.sheet.source} has no column of scores “{wanted}”.",
        hint=f"{suggestion}Name it with score=: {_listed(scores)}.",
    )


def _listed(columns: Iterable[str]) -> str:
    names = list(dict.fromkeys(column for column in columns if column))
    if is_data(names):
        return "no header can be seen, for the first row looks like a person's"
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    return (", ".join(f"“{name}”" for name in names[:_MOST_LISTED]) or "it has none") + more
