"""Which snapshot somebody means by a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

import pandas as pd

from ..cells import is_missing
from ..errors import UsageError
from .snapshot import Snapshot

#: A time, or a span before now, or either as text.
Time: TypeAlias = datetime | date | timedelta | str

#: What a snapshot may be younger than a span asked for, as a share of it: a weekly job does not start at the
#: same second each week, and a report of “7 days” must not cover fourteen then.
_SLACK = 0.05


def moment(time: Time, now: datetime, *, slack: float = 0.0) -> datetime:
    """Return the time that is meant, in UTC.

    Args:
        time: a datetime (without a zone, in local time), a date (its first moment, in local time), a timedelta
            before *now*, or a text for either: ISO 8601 such as "2026-11-18", or a span such as "7 days".
        now: the time now.
        slack: the share of a span by which the time may lie later.

    Raises:
        UsageError: it is none of these.
    """
    meant = _parsed(time) if isinstance(time, str) else time
    if isinstance(meant, timedelta):
        if is_missing(meant) or meant < timedelta(0):
            raise UsageError("A span of time before now cannot be negative.", hint='Write it such as "7 days".')
        return (now - _plain(meant) * (1 - slack)).astimezone(UTC)
    if isinstance(meant, datetime) and not is_missing(meant):
        plain = meant.to_pydatetime(warn=False) if isinstance(meant, pd.Timestamp) else meant
        return plain.astimezone(UTC)
    if isinstance(meant, date) and not is_missing(meant):
        return datetime(meant.year, meant.month, meant.day).astimezone(UTC)
    raise _unclear()


def _plain(span: timedelta) -> timedelta:
    return span.to_pytimedelta() if isinstance(span, pd.Timedelta) else span


def _parsed(text: str) -> datetime | timedelta:
    """Read a time, or a span, which has a unit: “7” alone is neither."""
    with suppress(ValueError):
        return datetime.fromisoformat(text.strip())
    found = span(text)
    if found is None:
        raise _unclear()
    return found


def span(text: str) -> timedelta | None:
    """Return the span of time that a text such as "7 days" or "2h" means; None where it means none."""
    with suppress(ValueError, OverflowError):
        if re.match(r"\s*[0-9.]+\s*[a-zA-Z]", text):
            return pd.Timedelta(text)
    return None


def _unclear() -> UsageError:
    return UsageError(
        "This is no time that can be understood.",
        hint='Give a datetime, a date such as "2026-11-18", a span such as "7 days", or a snapshot.',
    )


def chosen(
    snapshots: Sequence[Snapshot], since: Time | None, now: datetime, sound: Callable[[Snapshot], bool]
) -> tuple[Snapshot, tuple[str, ...]] | None:
    """Return the last sound snapshot at or before a time (None: before *now*), else the oldest after it, with a note.

    Returns:
        None where no snapshot is sound.
    """
    at = now if since is None else moment(since, now, slack=_SLACK)
    before = [snapshot for snapshot in snapshots if snapshot.taken_at <= at]
    later = [snapshot for snapshot in snapshots if at < snapshot.taken_at <= now]
    found = next(filter(sound, reversed(before)), None)
    if found is not None:
        return found, ()
    found = next(filter(sound, later), None)
    if found is None:
        return None
    return found, (
        f"There is no snapshot as old as was asked for; the oldest is of {found.taken_at:%Y-%m-%d %H:%M} UTC.",
    )
