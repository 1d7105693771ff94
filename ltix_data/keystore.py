"""Where private keys live: the keyring of the operating system, or a file or variable where there is none.

A key is looked for in this order (one given by hand comes before all of them):

1. ``LTIX_KEY_FILE``: the path of a file;
2. ``LTIX_DATA_KEY_<NAME>``: the key's text itself; the registration's name in capitals, with ``_`` for
   everything that is no letter or digit (``uni-moodle`` -> ``LTIX_DATA_KEY_UNI_MOODLE``);
3. ``$CREDENTIALS_DIRECTORY`` (systemd's LoadCredential): a file ``<name>``, ``ltix_data-<name>`` or ``ltix_key``;
4. the keyring: service ``ltix_data``, entry ``<name>/<key id>``.

Backends that keep secrets in plain text, or nowhere, are refused: `keyring` picks them silently when
nothing better is installed. ``LTIX_ALLOW_INSECURE_KEYRING=1`` allows them.

A keyring may wait for a prompt that nobody sees, or for a service that has died. It is given 60 seconds,
time enough to type a password, or ``LTIX_KEYRING_TIMEOUT`` seconds; then the call is an error.

`ltix_data.recipes` has what to copy for places without a keyring: cron, containers, JupyterHub, CI.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from .errors import InvalidKeyError, KeyStorageError, LtixWarning, UsageError
from .keys import SigningKey
from .waiting import NoAnswerError, Patience

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "ltix_data"
_KEY_FILE = "LTIX_KEY_FILE"
_CREDENTIALS = "CREDENTIALS_DIRECTORY"
_CREDENTIAL_NAMES = ("{name}", "ltix_data-{name}", "ltix_key")
_ALLOW_INSECURE = "LTIX_ALLOW_INSECURE_KEYRING"
_TIMEOUT = "LTIX_KEYRING_TIMEOUT"
_TIMEOUT_SECONDS = 60.0
_LONGEST = 86_400

#: The class of a keyring's error, where it says what is wrong -> what to do about it.
_REMEDIES = {
    "NoAnswerError": f"Answer its prompt if there is one, allow more seconds with {_TIMEOUT}",
    "KeyringLocked": "Unlock the keyring (log in to the desktop, or answer its prompt) and try again",
    "NoKeyringError": "Install one (on Linux: gnome-keyring or KWallet, with a D-Bus session)",
    "InitError": "Check that its service runs and is unlocked",
    "PasswordSetError": "Check that the keyring is unlocked and may be written to",
}
_Result = TypeVar("_Result")
_patience = Patience("The keyring has not answered yet: it may wait for a prompt.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One secret in the keyring: its entry, what messages call it, the variable that may name a file instead."""

    name: str
    called: str
    file: str = _KEY_FILE


def save(name: str, key: SigningKey, *, allow_insecure: bool = False) -> None:
    """Store *key* for the registration *name* in the keyring, and read it back.

    Raises:
        KeyStorageError: there is no keyring, it is locked or refused, or it did not keep the whole key.
    """
    keep_text(_entry(name, key.kid), key.compact(), allow_insecure=allow_insecure)


def _entry(name: str, kid: str) -> Entry:
    return Entry(f"{name}/{kid}", f"the key of “{name}”")


def keep_text(entry: Entry, secret: str, *, allow_insecure: bool = False) -> None:
    """Store a secret in the keyring, and read it back; raises as `save` does."""
    ring = _keyring(entry.file, allow_insecure)
    _ask(
        lambda: ring.set_password(SERVICE, entry.name, secret),
        f"could not store {entry.called}",
        file=entry.file,
        secret=secret,
        undo=lambda: ring.delete_password(SERVICE, entry.name),
    )
    asking = partial(_ask, file=entry.file, secret=secret)
    kept = asking(lambda: ring.get_password(SERVICE, entry.name), f"could not read back {entry.called}")
    if kept == secret:
        return
    what = "nothing" if kept is None else f"{len(kept)} of {len(secret)} characters" if kept else "an empty text"
    if kept is not None:
        asking(lambda: ring.delete_password(SERVICE, entry.name), f"damaged {entry.called} and keeps it")
    raise KeyStorageError(
        f"The keyring ({_title(ring)}) did not keep {entry.called}: it stored {what}.",
        hint=f"Use another keyring backend, or keep the key in a file and set {entry.file}.",
    )


def load(name: str, *, kid: str | None = None, allow_insecure: bool = False) -> SigningKey:
    """Return the key of the registration *name*, from the first place that has one.

    The keyring is asked for the key with the id *kid* alone, for it cannot be listed; without *kid* it
    is not asked at all.

    Raises:
        KeyStorageError: no place has the key, or the keyring cannot be used.
        InvalidKeyError: a place holds something that is no RSA private key.
    """
    given = find_outside(name, kid=kid)
    if given is not None:
        return given
    where_to = f"Set {_KEY_FILE} or {variable(name)}"
    if kid is None:
        raise KeyStorageError(f"There is no private key for “{name}” on this computer.", hint=where_to + ".")
    kept = recall(name, kid, allow_insecure=allow_insecure)
    if kept is None:
        raise KeyStorageError(
            f"The keyring has no key “{kid}” for “{name}”.",
            hint=f"{where_to}, or make a new one with rotate_key() and give its public half to the platform.",
        )
    return kept


def recall(name: str, kid: str, *, allow_insecure: bool = False) -> SigningKey | None:
    """Return the key that the keyring holds for *name* under the id *kid*, or None; nothing else is looked at.

    Raises:
        KeyStorageError: the keyring cannot be used.
        InvalidKeyError: what it holds is no RSA private key.
    """
    secret = recall_text(_entry(name, kid), allow_insecure=allow_insecure)
    return _named(lambda: SigningKey.parse(secret, kid=kid), "the keyring") if secret else None


def recall_text(entry: Entry, *, allow_insecure: bool = False) -> str | None:
    """Return a secret that the keyring holds, or None. Raises KeyStorageError: the keyring cannot be used."""
    ring = _keyring(entry.file, allow_insecure)
    found: str | None = _ask(
        lambda: ring.get_password(SERVICE, entry.name), f"could not give {entry.called}", file=entry.file
    )
    return found or None


def find_outside(name: str, *, kid: str | None = None) -> SigningKey | None:
    """Return the key that the environment provides for *name*, or None; the keyring is not touched.

    Raises:
        KeyStorageError: the file that should hold it cannot be read.
        InvalidKeyError: what is provided is no RSA private key.
    """
    if path := os.environ.get(_KEY_FILE):
        return _named(lambda: SigningKey.load(Path(path), kid=kid), _KEY_FILE)
    if text := os.environ.get(variable(name)):
        return _named(lambda: SigningKey.parse(text, kid=kid), variable(name))
    if provided := credential(name):
        try:
            content = provided.read_bytes()
        except OSError as error:
            raise KeyStorageError(
                f"The credential {provided.name} cannot be read ({type(error).__name__}).",
                hint=f"Check who may read the files in {_CREDENTIALS}.",
            ) from None
        return _named(lambda: SigningKey.parse(content, kid=kid), _CREDENTIALS)
    return None


def delete(name: str, kid: str, *, allow_insecure: bool = False) -> None:
    """Remove a key from the keyring; one that is not there is fine.

    Raises:
        KeyStorageError: the keyring cannot be used, or would not let go of the key.
    """
    remove(replace(_entry(name, kid), called=f"the key “{kid}” of “{name}”"), allow_insecure=allow_insecure)


def remove(entry: Entry, *, allow_insecure: bool = False) -> None:
    """Remove a secret from the keyring; raises as `delete` does."""
    ring = _keyring(entry.file, allow_insecure)
    asking = partial(_ask, failed=f"could not delete {entry.called}", file=entry.file)
    # Backends raise the same PasswordDeleteError for "not there" and for "not allowed": look first.
    if asking(lambda: ring.get_password(SERVICE, entry.name)) is not None:
        asking(lambda: ring.delete_password(SERVICE, entry.name))


def where(name: str) -> str:
    """Return where `load` would take the key from now: "file", "environment" or "keyring"."""
    found = place(name)
    return {"the keyring": "keyring", variable(name): "environment"}.get(found, "file")


def place(name: str) -> str:
    """Return the same for a message: the variable's name, or "the keyring"."""
    if os.environ.get(_KEY_FILE):
        return _KEY_FILE
    if os.environ.get(variable(name)):
        return variable(name)
    return _CREDENTIALS if credential(name) else "the keyring"


def variable(name: str, start: str = "LTIX_DATA_KEY_") -> str:
    """Return the name of the environment variable that may hold the key of *name*."""
    return start + re.sub(r"[^A-Z0-9]", "_", name.upper())


def credential(name: str, forms: Iterable[str] = _CREDENTIAL_NAMES) -> Path | None:
    """Return the file of systemd's that holds a secret of *name*, called by one of *forms*; None without one."""
    folder = os.environ.get(_CREDENTIALS)
    candidates = [Path(folder, form.format(name=name)) for form in forms] if folder else []
    return next((path for path in candidates if path.is_file()), None)


def _named(read: Callable[[], SigningKey], source: str) -> SigningKey:
    """Read a key; an error says which place held it."""
    try:
        return read()
    except (InvalidKeyError, KeyStorageError) as error:
        raise type(error)(f"{source}: {error.what}", hint=error.hint) from None


def _keyring(file: str, allow_insecure: bool) -> KeyringBackend:
    """Return the keyring to use, if it is one that keeps secrets."""
    import keyring  # here, not in _ask: it does no more than find modules
    from keyring.backends import fail

    ring: KeyringBackend = _ask(keyring.get_keyring, "could not be started", file=file)
    writer = _writer(ring, file)
    if writer is None or isinstance(writer, fail.Keyring):
        raise KeyStorageError(
            "There is no keyring on this computer.",
            hint=f"{_REMEDIES['NoKeyringError']}, or keep the key in a file and set {file}.",
        )
    priority = _ask(lambda: writer.priority, "cannot be used", file=file)
    allowed = allow_insecure or os.environ.get(_ALLOW_INSECURE) == "1"
    if priority < 1 and not allowed:
        raise KeyStorageError(
            f"The keyring ({_title(writer)}) does not protect what it stores, so the key was kept out of it.",
            hint=f"Install a secure backend, keep the key in a file and set {file}, "
            f"or accept the risk with {_ALLOW_INSECURE}=1.",
        )
    return ring


def _writer(ring: KeyringBackend, file: str) -> KeyringBackend | None:
    """Return the backend that would hold the secret: a chain writes to its first."""
    from keyring.backends.chainer import ChainerBackend

    if not isinstance(ring, ChainerBackend):
        return ring
    chain = _ask(lambda: list(ring.backends), "cannot be used", file=file)
    return chain[0] if chain else None


def _title(ring: KeyringBackend) -> str:
    return f"{type(ring).__module__}.{type(ring).__qualname__}"


def _ask(
    call: Callable[[], _Result],
    failed: str,
    *,
    file: str,
    secret: str | None = None,
    undo: Callable[[], object] | None = None,
) -> _Result:
    """Call the keyring; whatever it raises becomes one `KeyStorageError` that says what to do.

    Backends leak the errors of their libraries (D-Bus, jeepney, pywin32), so everything is caught. The
    cause is kept for debugging, unless it quotes the secret. *undo* takes back what *call* did too late.
    """
    limit = _limit()
    try:
        return _patience.call(call, limit, undo)
    except LtixWarning:
        raise  # our own, where the user has made errors of warnings
    except Exception as error:
        failure = error
    kind = str(failure) if isinstance(failure, NoAnswerError) else type(failure).__name__
    remedy = _remedy(failure)
    cause = None if secret and _quotes(failure, secret) else failure
    raise KeyStorageError(
        f"The keyring {failed} ({kind}).", hint=f"{remedy}, or keep the key in a file and set {file}."
    ) from cause


def _limit() -> float:
    """Return how many seconds the keyring may take."""
    given = os.environ.get(_TIMEOUT) or _TIMEOUT_SECONDS
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _LONGEST:
        raise UsageError(
            f"{_TIMEOUT} must be a number of seconds, above 0 and at most {_LONGEST}.",
            hint=f"Without it, it is {_TIMEOUT_SECONDS:g}.",
        )
    return seconds


def _remedy(failure: Exception) -> str:
    remedies: Mapping[str, str] = _REMEDIES
    known = (remedies[kind.__name__] for kind in type(failure).__mro__ if kind.__name__ in remedies)
    return next(known, "Install or unlock a keyring backend (“python -m keyring diagnose” shows which is used)")


def _quotes(failure: BaseException | None, secret: str) -> bool:
    """Return whether an error, or one it came from, shows part of *secret*."""
    parts = re.findall(r"[A-Za-z0-9_-]{16}", secret)
    while failure is not None:
        if any(part in f"{failure!r} {failure}" for part in parts):
            return True
        failure = failure.__cause__ or failure.__context__
    return False
