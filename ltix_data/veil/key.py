"""The key of a registration's pseudonyms: where it lives, and how it is made.

It is looked for in this order (one given by hand comes before all of them):

1. ``LTIX_PSEUDONYM_KEY_FILE``: the path of a file;
2. ``LTIX_DATA_PSEUDONYM_KEY_<NAME>``: the key itself (``uni-moodle`` -> ``LTIX_DATA_PSEUDONYM_KEY_UNI_MOODLE``);
3. ``$CREDENTIALS_DIRECTORY``: a file ``<name>-pseudonyms``, ``ltix_data-<name>-pseudonyms`` or ``ltix_pseudonyms``;
4. the keyring: service ``ltix_data``, entry ``<name>/pseudonyms``. One is made there the first time.

A key is text. Its UTF-8 bytes, without the white space around them, are what pseudonyms are made with:
the same wherever the text comes from. Bytes that are given by hand are used as they are.
"""

from __future__ import annotations

import os
import secrets
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from .. import keystore, registry
from ..errors import KeyStorageError, LtixWarning, UsageError
from ..keystore import Entry

FILE = "LTIX_PSEUDONYM_KEY_FILE"
_VARIABLE = "LTIX_DATA_PSEUDONYM_KEY_"
_CREDENTIALS = ("{name}-pseudonyms", "ltix_data-{name}-pseudonyms", "ltix_pseudonyms")
_SHORTEST = 16  # bytes: with fewer, somebody who has the user_ids could try all keys
_LARGEST = 4096
#: Seconds to wait for another process that makes the key: its keyring may wait for somebody's password.
_PATIENCE = 90.0


def wanted(name: str, asked: bool | bytes | str, *, stored: bool) -> bytes | None:
    """Return the key for what somebody wrote as ``pseudonyms=``; None for False.

    Args:
        name: the registration's name.
        asked: True for the key of this registration, or the key itself.
        stored: whether the registration is stored, so that the keyring may hold a key for it.

    Raises:
        UsageError: it is neither, or no key of 16 bytes or more; or a registration made by hand has none anywhere.
        KeyStorageError: the keyring, or the file that should hold the key, cannot be used.
    """
    return None if asked is False else given(name, asked, stored=stored)


def given(name: str, asked: bool | bytes | str, *, stored: bool) -> bytes:
    """Return the key itself where there must be one; see `wanted`, whose arguments and errors it has."""
    if isinstance(asked, bytes):
        return _long_enough(asked, "what was given as pseudonyms=")
    if isinstance(asked, str):
        return _text(asked, "what was given as pseudonyms=").encode()
    if asked is not True:
        raise UsageError("pseudonyms must be True or False, or the key as text or bytes.")
    return text_of(name, stored=stored).encode()


def text_of(name: str, *, stored: bool = True) -> str:
    """Return the key of a registration as text; for one that is *stored* it is made if there is none.

    Raises as `wanted` does.
    """
    if not stored and outside(name) is None:
        raise UsageError(
            f"“{name}” was made by hand, so no key for its pseudonyms is kept.",
            hint=f"Give one that you keep (pseudonyms=…, 16 bytes or more), or set {FILE} or {variable(name)}.",
        )
    return at_hand(name) or _made(name)


def at_hand(name: str, *, must: bool = True) -> str | None:
    """Return the key of a stored registration as text, or None where none was made yet.

    Raises as `wanted` does; but a keyring that cannot be used has no key, if it is not one that *must* be there.
    """
    found = outside(name)
    if found is not None:
        return found
    with nullcontext() if must else suppress(KeyStorageError):
        kept = keystore.recall_text(entry(name))
        return None if kept is None else _text(kept, "the keyring")
    return None


def outside(name: str) -> str | None:
    """Return the key that the environment provides for *name*, or None; the keyring is not touched.

    Raises:
        KeyStorageError: the file that should hold it cannot be read.
        UsageError: what is provided is shorter than 16 bytes, or no text.
    """
    if path := os.environ.get(FILE):
        return _text(_content(Path(path).expanduser(), FILE), FILE)
    if text := os.environ.get(variable(name)):
        return _text(text, variable(name))
    if credential := keystore.credential(name, _CREDENTIALS):
        return _text(_content(credential, credential.name), credential.name)
    return None


def keep(name: str, text: str) -> None:
    """Store the key of *name*, as text, in the keyring. Raises KeyStorageError."""
    keystore.keep_text(entry(name), text)


def forget(name: str, *, must: bool = True) -> None:
    """Delete the key of *name* from the keyring, if it is there.

    Raises:
        KeyStorageError: the keyring cannot be used, and is one that *must* be there.
    """
    with nullcontext() if must else suppress(KeyStorageError):
        keystore.remove(entry(name))


def entry(name: str) -> Entry:
    """Return where the keyring has the key of *name*."""
    return Entry(f"{name}/pseudonyms", f"the pseudonym key of “{name}”", file=FILE)


def variable(name: str) -> str:
    """Return the name of the environment variable that may hold the key of *name*."""
    return keystore.variable(name, _VARIABLE)


def _made(name: str) -> str:
    """Make a key, unless another process has made one meanwhile."""
    with _alone():
        kept = keystore.recall_text(entry(name))
        if kept is None:
            kept = secrets.token_urlsafe(32)
            keep(name, kept)
        return _text(kept, "the keyring")


def _content(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
            mode = os.fstat(file.fileno()).st_mode
    except OSError as error:
        raise KeyStorageError(
            f"The pseudonym key in {what} cannot be read ({error.strerror or type(error).__name__}).",
            hint="Check the path, and who may read it.",
        ) from None
    if os.name == "posix" and mode & 0o044 and what == FILE:  # systemd itself guards its credentials
        warnings.warn(f"The key file {path.name} is readable by others: chmod 600 it.", LtixWarning, stacklevel=2)
    return content


def _text(written: bytes | str, what: str) -> str:
    """Return a key that is text, without what editors and shells put around it."""
    try:
        text = written.decode("utf-8-sig") if isinstance(written, bytes) else written
        key = text.strip().encode()
    except UnicodeError:
        key = b""
    if not key or len(key) > _LARGEST:
        raise UsageError(
            f"The pseudonym key in {what} is no text of a key.",
            hint="“ltix-data key pseudonyms NAME --out FILE” writes one to a file.",
        )
    return _long_enough(key, what).decode()


def _long_enough(key: bytes, what: str) -> bytes:
    if len(key) < _SHORTEST:
        raise UsageError(
            f"The pseudonym key in {what} has {len(key)} bytes; it must have {_SHORTEST} or more.",
            hint="secrets.token_urlsafe(32) makes a good one. Keep it: another key makes other pseudonyms.",
        )
    return key


@contextmanager
def _alone() -> Iterator[None]:
    """Keep every other process from making a key meanwhile; the keyring itself has no way to."""
    from filelock import FileLock, Timeout

    folder = registry.data_dir() / "registrations"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(folder / ".pseudonyms.lock", timeout=_PATIENCE, mode=0o600)
        lock.acquire()
    except Timeout:
        raise KeyStorageError(
            "Another process is making a pseudonym key, and does not end.",
            hint="Answer its keyring's prompt, or end it, and try again.",
        ) from None
    except OSError as error:
        raise KeyStorageError(
            f"The folder of registrations cannot be written to ({type(error).__name__}).",
            hint="Check its permissions and free space.",
        ) from error
    try:
        yield
    finally:
        lock.release()
