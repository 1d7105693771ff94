"""Which stored snapshots there are of a course, and of all courses on this computer."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

from .. import coursebook
from ..choosing import counted
from ..courses import KnownCourse
from ..errors import LtixWarning, SnapshotError
from ..veil import Veil
from . import store
from .about import Owner
from .snapshot import Snapshot, opened


def all_of(registration: str | None = None) -> Iterator[Snapshot]:
    """Yield every snapshot on this computer, or those taken under one registration's name, read as they are asked for.

    Ordinary and pseudonymous ones come, of registrations that were forgotten too. One that is damaged is
    warned of and left out.
    """
    for path in store.everywhere():
        snapshot = _readable(path)
        if snapshot is not None and registration in (None, snapshot.owner.registration):
            yield snapshot


def paths_of(owner: Owner) -> list[Path]:
    """Return where the snapshots of a course may be, the oldest first; damaged ones are among them."""
    places = store.places(owner.issuer, owner.client_id, owner.course)
    found = [path for place in places for path in store.listed(place)]
    return sorted(found, key=lambda path: path.name)


def of_course(owner: Owner, veil: Veil | None) -> tuple[list[Snapshot], tuple[str, ...]]:
    """Return a course's snapshots as a session may see them, the oldest first, and notes on those that are left out.

    An ordinary session sees ordinary ones. One with pseudonyms sees those of its own key, and ordinary
    ones under its own pseudonyms. What is damaged is warned of.
    """
    found, left = [], 0
    for path in paths_of(owner):
        snapshot = _readable(path)
        if snapshot is None or not same_course(snapshot.owner, owner):
            continue
        seen = seen_by(snapshot, veil)
        if seen is None:
            left += 1
        else:
            found.append(seen)
    return found, (_left_out(left, veil),) if left else ()


def seen_by(snapshot: Snapshot, veil: Veil | None) -> Snapshot | None:
    """Return a snapshot as a session may see it, or None where its people could not be told from those now."""
    if snapshot.mark == (None if veil is None else veil.mark):
        return snapshot
    return snapshot.covered(veil) if veil is not None and snapshot.mark is None else None


def same_course(theirs: Owner, owner: Owner) -> bool:
    """Return whether two are the same course of the same registration, whatever they are called."""
    same = (theirs.issuer, theirs.client_id) == (owner.issuer, owner.client_id)
    return same and _same(theirs.course, owner.course)


def _same(one: KnownCourse, other: KnownCourse) -> bool:
    """Return what `coursebook` says of them; where only one line item is known of a course, that tells."""
    alone = one.lineitem_url is not None and one.lineitem_url == other.lineitem_url
    contexts = {one.context_id, other.context_id} - {None}
    return coursebook.same_course((one,), other) is not None or (alone and len(contexts) < 2)


def sound(snapshot: Snapshot) -> bool:
    """Return whether every frame of a snapshot can be read; one that cannot is warned of."""
    try:
        snapshot.check()
    except SnapshotError as error:
        _warn(error)
        return False
    return True


def _left_out(count: int, veil: Veil | None) -> str:
    """Return a note on snapshots whose people cannot be told from those now."""
    which = "with pseudonyms" if veil is None else "with pseudonyms of another key"
    how = " Connect with pseudonyms=True to use them." if veil is None else ""
    return f"{counted(count, 'snapshot')} {which} {'is' if count == 1 else 'are'} left out.{how}"


def _readable(path: Path) -> Snapshot | None:
    try:
        return opened(path)
    except SnapshotError as error:
        _warn(error)
        return None


def _warn(error: SnapshotError) -> None:
    warnings.warn(f"{error} It is left out.", LtixWarning, stacklevel=4)
