"""What is to be sent, and what became of it, as frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from .kinds import Table, build, flag, keys, moment, number, shown, text, whole, words

_PROBLEMS = keys(row=whole, column=text, value=shown, problem=text, hint=text)
_CHANGES: Table = {
    **keys(row=whole, user_id=text, name=text, old=number, new=number, out_of=number),
    **keys(change=words("new", "raise", "lower", "same", "clear"), overwrites=flag),
}
_OUTCOMES: Table = {
    **keys(row=whole, user_id=text, score=number),
    **keys(outcome=words("confirmed", "unchanged", "skipped", "refused", "differs", "unknown"), reason=text),
    **keys(held=number),
}
_UPLOADS: Table = {
    **keys(upload_id=text, kind=words("upload", "undo"), platform=text, course=text, item=text),
    **keys(started_at=moment, rows=whole, confirmed=whole, failed=whole),
    **keys(state=words("complete", "partial", "running", "interrupted", "damaged"), undoes=text),
}


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
