"""Keyrings to test with: small real backends, for `installed`, and keys that are made once.

The classes have a priority below 0, so that `keyring` never picks one by itself; an instance may have more.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import keyring
import keyring.core
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError, PasswordSetError

from ltix_data.keys import SigningKey

WINDOWS_LIMIT = 1280
Ring = TypeVar("Ring", bound=KeyringBackend)


class MemoryKeyring(KeyringBackend):
    """Keeps passwords in memory."""

    priority = -1

    def __init__(self, priority: float = -1, limit: int | None = None) -> None:
        super().__init__()
        self.priority = priority
        self.limit = limit
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.limit is not None and len(password.encode("utf-16-le")) // 2 > self.limit:  # as Windows counts
            raise PasswordSetError("Windows takes 1280 characters")
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.entries:
            raise PasswordDeleteError("not found")
        del self.entries[service, username]


class TruncatingKeyring(MemoryKeyring):
    """Cuts what it is given, without a word."""

    def set_password(self, service: str, username: str, password: str) -> None:
        super().set_password(service, username, password[:100])


class ForgetfulKeyring(MemoryKeyring):
    """Stores nothing, without a word."""

    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class BrokenKeyring(MemoryKeyring):
    """Raises *error* whatever is asked, as backends do with their libraries' errors."""

    def __init__(self, priority: float = -1, error: Exception | None = None) -> None:
        super().__init__(priority)
        self.error = error or KeyringLocked("Failed to unlock the collection!")

    def get_password(self, service: str, username: str) -> str | None:
        raise self.error

    def set_password(self, service: str, username: str, password: str) -> None:
        raise self.error

    def delete_password(self, service: str, username: str) -> None:
        raise self.error


class SlowKeyring(MemoryKeyring):
    """Answers nothing before `prompt` is answered, as a keyring does that waits for its user."""

    def __init__(self, priority: float = -1) -> None:
        super().__init__(priority)
        self.asked = threading.Event()
        self.prompt = threading.Event()

    def _wait(self) -> None:
        self.asked.set()
        self.prompt.wait()

    def get_password(self, service: str, username: str) -> str | None:
        self._wait()
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        self._wait()
        super().set_password(service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        self._wait()
        super().delete_password(service, username)


class ChattyKeyring(MemoryKeyring):
    """Raises an error that quotes the password."""

    def set_password(self, service: str, username: str, password: str) -> None:
        try:
            raise OSError(f"cannot write {password}")
        except OSError as error:
            raise PasswordSetError("no") from error


@contextmanager
def installed(ring: Ring) -> Iterator[Ring]:
    """Make *ring* the process's keyring for a while."""
    before = keyring.core._keyring_backend
    keyring.set_keyring(ring)
    try:
        yield ring
    finally:
        keyring.core._keyring_backend = before


@functools.cache
def key(number: int = 0, bits: int = 2048) -> SigningKey:
    """Return always the same key for the same *number* and size: making one is slow."""
    return SigningKey.generate(bits=bits)
