"""What earlier journals say of a line item: which uploads went there, and what they last put in."""

from __future__ import annotations

import json
from typing import Any

from . import journal
from .errors import LtixError
from .target import Target
from .veil import Veil


def to(target: Target) -> list[journal.Upload]:
    """Return the uploads to one line item, the oldest first; where a first line is damaged, nobody can tell.

    Raises:
        JournalError: one of them cannot be read.
    """
    return [
        journal.read(name) for name in journal.names() if (head := _head(name)) and head["target"].key == target.key
    ]


def undone(upload_id: str) -> bool:
    """Return whether an upload was taken back, or that was begun."""
    return any((head := _head(name)) and head["undoes"] == upload_id for name in journal.names())


def _head(upload_id: str) -> dict[str, Any] | None:
    """Return the first line, which says where an upload goes; None where it cannot be read."""
    try:
        with journal.path_of(upload_id).open("rb") as file:
            head = json.loads(file.readline())
        return {"undoes": head["undoes"], "target": Target.from_json(head["target"])}
    except (OSError, ValueError, KeyError, TypeError, LtixError):
        return None


def last_sent(target: Target, *, veil: Veil | None = None) -> dict[str, float]:
    """Return, by user_id, the percentage that uploads from this computer last put into a line item.

    Where people are covered by a *veil*, it is by pseudonym.
    """
    last: dict[str, float] = {}
    for upload in to(target):
        for row in upload.rows:
            if row.row not in upload.confirmed or not row.user_id or not row.out_of:
                continue
            if row.score is None or row.grading != "FullyGraded":
                last.pop(row.user_id, None)
            else:
                last[row.user_id] = row.score / row.out_of * 100
    return last if veil is None else {veil.cover(user_id): percent for user_id, percent in last.items()}
