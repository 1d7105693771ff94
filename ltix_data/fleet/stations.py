"""The sessions of this process: one for each registration, shared by its threads, kept while the process lives.

A session is opened from the registration's name, by whoever reads first. Nothing of it leaves the process.
"""

from __future__ import annotations

import atexit
import os
import threading
from dataclasses import dataclass

from .. import registration, registry
from ..session import Session, connect


@dataclass
class _Station:
    """A session, and the stamp of the file that its registration was loaded from."""

    session: Session
    stamp: tuple[int, ...] | None


#: By process too: one that was forked would share connections and a token with its parent.
_stations: dict[tuple[int, str, bool], _Station] = {}
_lock = threading.Lock()


def session(name: str, *, pseudonyms: bool) -> Session:
    """Return this process's session with the registration *name*, with a token.

    The token is asked for here: where there is none, no course is to blame, and asking again for each of them would
    not help. A registration that was changed on disk since, or forgotten, is loaded anew.

    Raises:
        UnknownNameError: there is no such registration on this machine.
        KeyStorageError: its private key cannot be read here.
        TokenError: the platform refused a token.
        LtixError: the session cannot be opened for another reason; the message says why.
    """
    place = os.getpid(), name, pseudonyms
    with _lock:
        stamp = registry.stamp(name)  # loading one of 100,000 courses takes seconds
        station = _stations.get(place)
        if station is None or (station.stamp != stamp and not _is_current(station.session, name)):
            _stations.pop(place, None)  # other threads may be reading through it: it goes when they are done
            station = _stations[place] = _Station(_opened(name, pseudonyms=pseudonyms), stamp)
        station.stamp = stamp
        return station.session


def close() -> None:
    """Close the sessions of this process; the next reading opens new ones."""
    with _lock:
        own = [place for place in _stations if place[0] == os.getpid()]
        for station in [_stations.pop(place) for place in own]:
            station.session.close()


atexit.register(close)


def _opened(name: str, *, pseudonyms: bool) -> Session:
    opened = connect(name, pseudonyms=pseudonyms)
    try:
        opened.token()
    except BaseException:
        opened.close()
        raise
    return opened


def _is_current(held: Session, name: str) -> bool:
    """Return whether the registration is what it was but for its courses, which it reads anew by itself."""
    found = registration.load(name)
    return found == held.registration and found.kid == held.registration.kid
