"""Writing a file that holds grades: for its owner alone, whole, and over nothing that is there."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import UsageError


def write_new(path: str | Path, content: bytes) -> Path:
    """Write a new file that only its owner can read; return its path.

    Raises:
        UsageError: it is there already, or cannot be written.
    """
    place = Path(path).expanduser()
    try:
        handle = os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            place.unlink(missing_ok=True)
            raise
    except FileExistsError:
        raise UsageError(f"“{place.name}” is there already; nothing was written.", hint="Give another path.") from None
    except OSError as error:
        what = error.strerror or type(error).__name__
        raise UsageError(f"“{place.name}” cannot be written ({what}).", hint="Give another path.") from error
    return place
