"""The keys of one registration: the current one, and those still published beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from . import keys, keystore, registry
from .errors import InvalidKeyError, KeyStorageError, RegistrationError
from .keys import SigningKey


class Keychain:
    """The keys of the registration *name*.

    Args:
        name: the registration's name, which is what its private keys are stored under.
        key: the current private key, if it is at hand.
        kid: the id to use for a key of which nothing is published.
        published: the public JWKs, the current one first.
        storage: "keyring", "memory" or "none" (the environment provides the key).
    """

    def __init__(
        self,
        name: str,
        *,
        key: SigningKey | None = None,
        kid: str | None = None,
        published: Iterable[Mapping[str, Any]] = (),
        storage: str = "none",
    ) -> None:
        self.name = name
        self.storage = storage
        self.published = [dict(jwk) for jwk in published]
        self._key = key
        self._kid = kid
        self._lock = threading.RLock()
        if key is not None and not self.published:
            self.published = [key.public_jwk]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_key": None, "_lock": None}  # a pickle must not carry the private key

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, _lock=threading.RLock())

    @property
    def kid(self) -> str | None:
        """Return the id of the current key, if it is known."""
        return self.published[0]["kid"] if self.published else self._kid

    @property
    def public_jwk(self) -> dict[str, Any]:
        """Return the current key's public half."""
        return dict(self.published[0]) if self.published else self.signing_key().public_jwk

    def signing_key(self) -> SigningKey:
        """Return the private key, read once (see `Registration.signing_key`)."""
        with self._lock:
            if self._key is None:
                found = keystore.load(self.name, kid=self.kid if self.storage == "keyring" else None)
                self._key = self._registered(found)
            return self._key

    def _registered(self, key: SigningKey) -> SigningKey:
        """Return *key* under the id it is published with; where nothing is published, nobody can tell."""
        if not self.published:
            return SigningKey.load(key, kid=self._kid)
        for jwk in self.published:
            if keys.thumbprint(jwk) == key.thumbprint:
                return SigningKey.load(key, kid=jwk["kid"])
        raise InvalidKeyError(
            f"The key in {keystore.place(self.name)} is not the one registered for “{self.name}”.",
            hint="Provide the right one, or register this one: ltix.register(…, private_key=…, replace=True).",
        )

    def save(self) -> None:
        """Store the private key at hand, if the keyring is where it belongs."""
        if self.storage == "keyring" and self._key is not None:
            keystore.save(self.name, self._key)

    def discard(self, *, except_for: Keychain | None = None) -> None:
        """Delete every private half from the keyring, but for those another keychain keeps there."""
        kept = {jwk["kid"] for jwk in except_for.published} if except_for and except_for.storage == "keyring" else set()
        for jwk in self.published if self.storage == "keyring" else ():
            if jwk["kid"] not in kept:
                keystore.delete(self.name, jwk["kid"])

    def rotate(self, bits: int) -> dict[str, Any]:
        """Make a new current key; see `Registration.rotate_key`."""
        self._require_keyring()
        key = SigningKey.generate(bits=bits)
        keystore.save(self.name, key)
        try:
            self._publish(lambda published: [key.public_jwk, *published])
        except BaseException:
            with suppress(KeyStorageError):
                keystore.delete(self.name, key.kid)
            raise
        with self._lock:
            self._key = key
        return key.public_jwk

    def retire(self, kid: str) -> None:
        """Drop an old key; see `Registration.retire_key`."""
        self._require_keyring()
        known = [jwk["kid"] for jwk in registry.read(self.name)["keys"]]
        if kid not in known:
            raise registry.unknown(f"“{self.name}” publishes no key with that id.", kid, known, "jwks() lists them.")
        if kid == known[0]:
            raise RegistrationError("This is the current key.", hint="Make a new one first: rotate_key().")
        keystore.delete(self.name, kid)
        self._publish(lambda published: [jwk for jwk in published if jwk["kid"] != kid])
        with self._lock:
            if self._key is not None and self._key.kid == kid:  # another notebook had made a newer one current
                self._key = None

    def _require_keyring(self) -> None:
        if self.storage != "keyring":
            raise RegistrationError(
                f"The key of “{self.name}” is not kept in the keyring, so it cannot be changed here.",
                hint="Make a new key yourself, and register it: ltix.register(…, private_key=…, replace=True).",
            )

    def _publish(self, change: Callable[[list[Any]], list[Any]]) -> None:
        with self._lock:
            document = registry.update(self.name, lambda document: document.update(keys=change(document["keys"])))
            self.published = document["keys"]
