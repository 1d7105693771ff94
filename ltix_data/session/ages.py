"""How old something may be that was read before."""

from __future__ import annotations

import math
from datetime import timedelta
from numbers import Real
from typing import TypeAlias

from .. import snapshots
from ..cells import is_missing
from ..errors import UsageError

#: Seconds, or a span as text or timedelta.
Age: TypeAlias = float | str | timedelta


def seconds(max_age: Age | None) -> float | None:
    """Return an age such as "2h", "30min", "7 days", 600 or a timedelta in seconds; None for None.

    Raises:
        UsageError: it is none, or negative.
    """
    if max_age is None:
        return None
    span = snapshots.span(max_age) if isinstance(max_age, str) else max_age
    if isinstance(span, timedelta) and not is_missing(span):
        span = span.total_seconds()
    if not isinstance(span, Real) or isinstance(span, bool) or not math.isfinite(span) or span < 0:
        raise UsageError(
            "max_age is no age that can be understood.",
            hint='Give a span such as "2h", "30min" or "7 days", seconds, or a timedelta.',
        )
    return float(span)
