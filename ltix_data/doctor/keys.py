"""The tool's key: where it is, whether it can be read, and what is published of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from .. import keystore
from ..choosing import counted
from ..errors import InvalidKeyError, KeyStorageError, LtixError
from ..keys import SigningKey
from ..registration import Registration
from .findings import YOU, Finding, ok, skipped

_SLOW, _LONGEST = 5.0, 30.0  # seconds; a keyring may wait for somebody to unlock it
_Result = TypeVar("_Result")


class TooSlowError(Exception):
    """Something did not come to an end in its time."""


def of_registration(registration: Registration, *, longest: float = _LONGEST) -> list[Finding]:
    """Return what there is to say of the key, the keyring it is in, and its published half."""
    name, began = registration.name, time.monotonic()
    try:
        key = within(longest, registration.signing_key)
    except TooSlowError:
        message = f"The keyring did not give it within {longest:.0f} s; it may be waiting for somebody to unlock it."
        hint = "Unlock the keyring, or name a key file in LTIX_KEY_FILE where nobody can."
        return [Finding("key", name, "problem", message, YOU, hint), _unpublished(name)]
    except (KeyStorageError, InvalidKeyError) as error:
        return [Finding("key", name, "problem", error.what, YOU, error.hint or ""), _unpublished(name)]
    return [_found(registration, key, time.monotonic() - began), *_published(registration)]


def _unpublished(name: str) -> Finding:
    return skipped("published keys", name, "The key could not be read.")


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
    message = f"{counted(len(kids) - 1, 'old key')} published beside the current one."
    old = ", ".join(kids[1:])
    hint = f"When the platform has the current key ({kids[0]}): retire_key, for {old}."
    return [Finding("published keys", registration.name, "warning", message, YOU, hint)]


def within(seconds: float, call: Callable[[], _Result]) -> _Result:
    """Return what *call* returns, or raise what it raises.

    Raises:
        TooSlowError: it took longer; it is left to itself, in a thread that ends with the process.
    """
    results: list[_Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="ltix-doctor", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TooSlowError
    return results[0]
