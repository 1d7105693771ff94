"""What a report begins with: the session, and the earlier state of a course that it compares with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .. import registry
from ..errors import UsageError

if TYPE_CHECKING:
    from ..course import Course
    from ..session import Session
    from ..snapshots import Snapshot, Time

_HOW = "ltix.register(…) makes one; “ltix-data demo --keep” makes one called “practice”."


def connect(registration: str | None = None, *, pseudonyms: bool = False) -> Session:
    """Open a session; where *registration* is None and only one is stored, with that one.

    Raises:
        UsageError: none is named, and there is not exactly one.
        LtixError: as `ltix_data.connect` does.
    """
    from ..session import connect as open_session

    name = registration or only()
    return open_session(name, pseudonyms=True) if pseudonyms else open_session(name)


def earlier(course: Course, since: Time | None = None) -> Snapshot | None:
    """Return the snapshot that `Course.changes` would compare with, or None where there is none.

    Raises:
        UsageError: *since* is no time.
        SnapshotError: the snapshots cannot be read.
    """
    from .. import snapshots

    found = snapshots.chosen(course.snapshots_of(), since, datetime.now(UTC), lambda snapshot: True)
    return None if found is None else found[0]


def only() -> str:
    """Return the name of the only registration there is.

    Raises:
        UsageError: there is none, or several.
    """
    names = registry.names()
    if len(names) == 1:
        return names[0]
    known = f"There are {', '.join(f'“{name}”' for name in names)}." if names else "There is none on this computer."
    raise UsageError(f"Say which registration to use: registration=…. {known}", hint=None if names else _HOW)
