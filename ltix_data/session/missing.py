"""What a frame of many courses lacks: listed in its attrs, and warned about."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from .. import frames
from ..choosing import counted
from ..errors import LtixError, LtixWarning
from .gathering import Gathering

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 5


def told(frame: pd.DataFrame, gatherings: Sequence[Gathering[Any]], *, failures: frames.Failures) -> pd.DataFrame:
    """Return the frame with what must be known of it in its attrs; warn, for the caller's caller, of what it lacks."""
    frame.attrs["errors"] = failures
    frame.attrs["from_cache"] = sum(gathering.from_cache for gathering in gatherings)
    oldest = min((gathering.oldest for gathering in gatherings), default=None)
    frame.attrs["read_at"] = None if oldest is None else datetime.fromtimestamp(oldest, UTC).isoformat()
    if failures:
        reasons = dict.fromkeys(gathering.stopped for gathering in gatherings if gathering.stopped)
        warnings.warn(" ".join([_missing(failures), *reasons]), LtixWarning, stacklevel=3)
    for trouble in dict.fromkeys(gathering.trouble for gathering in gatherings if gathering.trouble):
        warnings.warn(
            f"Courses that were read could not be kept ({trouble}); this frame has them all the same. Check the "
            "permissions and free space of the data folder, or set LTIX_DATA_DIR to another one.",
            LtixWarning,
            stacklevel=3,
        )
    return frame


def failure(name: str | None, error: LtixError, **platform: str) -> dict[str, str | None]:
    """Return one thing that is missing as plain data: frames' attrs must survive to_parquet."""
    return {**platform, "course": name, "error": type(error).__name__, "message": str(error)}


def interrupted(gatherings: Sequence[Gathering[Any]]) -> KeyboardInterrupt:
    """Return the interrupt that says how to go on."""
    total = counted(sum(map(len, gatherings)), "course")
    kept = [gathering.kept for gathering in gatherings]
    if all(count is not None for count in kept):
        return KeyboardInterrupt(f"{sum(filter(None, kept))} of {total} are kept; run it again to go on.")
    read = f"{sum(len(gathering.found) for gathering in gatherings)} of {total} had been read"
    if trouble := next((gathering.trouble for gathering in gatherings if gathering.trouble), None):
        return KeyboardInterrupt(f"{read}, and could not all be kept ({trouble}).")
    return KeyboardInterrupt(
        f'{read}. With max_age="2h" they would have been kept, and running it again would go on with the others.'
    )


def _missing(failures: frames.Failures) -> str:
    names = [str(one["course"] or one.get("platform")) for one in failures]
    whole = sum(one["course"] is None for one in failures)
    some = [(len(failures) - whole, "course"), (whole, "registration")]
    what = " and ".join(counted(count, noun) for count, noun in some if count)
    listed = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    verb = "is" if len(failures) == 1 else "are"
    return f"{what} could not be read ({listed}) and {verb} missing from this frame; see .attrs['errors']."
