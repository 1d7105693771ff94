"""Forgetting a registration, with what was kept of its courses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from .. import coursecache, registration, registry, snapshots
from ..errors import RegistrationError, UnknownNameError
from ..registration import Registration


def forget(name: str, *, keep_snapshots: bool = False) -> None:
    """Delete a stored registration, or a draft of one: its secret keys first, then its file, courses and snapshots.

    With the key of its pseudonyms goes the way to find out who they are; `Registration.export` can keep it.
    Snapshots stay where another registration is of the same client id at the same issuer. What ``max_age=`` has kept
    of its courses goes in any case, also that of a registration made by hand.

    Args:
        name: what it is called.
        keep_snapshots: leave the snapshots of its courses (`Course.snapshot`) on this computer. They hold names and
            grades, and nothing lists them once the registration is forgotten.

    Raises:
        UnknownNameError: there is none, and nothing is kept under this name; the message suggests near misses.
        KeyStorageError: the keyring cannot be used; nothing but earlier keys of it is gone then.
        RegistrationError: what is kept of its courses cannot be removed; the registration is gone.
        SnapshotError: a snapshot cannot be removed; the registration is gone.
    """
    known = registration.load(name) if name in registry.names() else None
    try:
        registration.forget(name)
    except UnknownNameError:
        if not coursecache.forget(name):
            raise
        return
    coursecache.forget(name)
    if known is not None and not keep_snapshots and not any(map(_same_tool(known), registry.names())):
        snapshots.forget_registration(known.issuer, known.client_id)


def _same_tool(known: Registration) -> Callable[[str], bool]:
    """Return what tells whether a stored registration is, or may be, of the same client id at the same issuer."""

    def same(name: str) -> bool:
        with suppress(RegistrationError):
            other = registration.load(name)
            return (other.issuer, other.client_id) == (known.issuer, known.client_id)
        return True  # it is damaged: nobody knows

    return same
