"""The tool's key: where it is, whether it can be read, and what is published of it."""

from __future__ import annotations

import time

from .. import keystore
from ..choosing import counted
from ..errors import InvalidKeyError, KeyStorageError, LtixError
from ..keys import SigningKey
from ..registration import Registration
from .findings import YOU, Finding, ok, skipped

_SLOW = 5.0  # seconds; a keyring may wait for somebody to unlock it, which `keystore` bounds


def of_registration(registration: Registration) -> list[Finding]:
    """Return what there is to say of the key, the keyring it is in, and its published half."""
    name, began = registration.name, time.monotonic()
    try:
        key = registration.signing_key()
    except (KeyStorageError, InvalidKeyError) as error:
        lost = Finding("key", name, "problem", error.what, YOU, error.hint or "")
        return [lost, skipped("published keys", name, "The key could not be read.")]
    return [_found(registration, key, time.monotonic() - began), *_published(registration)]


def _found(registration: Registration, key: SigningKey, seconds: float) -> Finding:
    place = _place(registration)
    message = f"RSA, {key.bits} bits, from {place}, read in {seconds:.1f} s; it is the one that is registered."
    if seconds > _SLOW and place.startswith("the keyring"):
        hint = "Where nobody can answer its prompt (cron, containers), name a key file in LTIX_KEY_FILE."
        return Finding("key", registration.name, "warning", message, YOU, hint)
    return ok("key", registration.name, message)


def _place(registration: Registration) -> str:
    if registration.key_storage == "memory":
        return "memory"
    place = keystore.place(registration.name)
    return f"{place} ({_backend()})" if keystore.where(registration.name) == "keyring" else place


def _backend() -> str:
    import keyring

    ring = keyring.get_keyring()
    return f"{type(ring).__module__}.{type(ring).__qualname__}"


def _published(registration: Registration) -> list[Finding]:
    try:
        kids = [jwk["kid"] for jwk in registration.jwks()["keys"]]
    except LtixError as error:
        return [Finding("published keys", registration.name, "problem", error.what, YOU, error.hint or "")]
    if len(kids) == 1:
        return [ok("published keys", registration.name, f"One: {kids[0]}.")]
    message = f"{counted(len(kids) - 1, 'key')} published beside the current one, {kids[0]}."
    others = ", ".join(kids[1:])
    hint = f"When the platform knows the newest key, activate it if it is not current; retire the old: {others}."
    return [Finding("published keys", registration.name, "warning", message, YOU, hint)]
