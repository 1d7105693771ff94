"""The keys of one registration: the current one, and those still published beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from . import keys, keystore, registry
from .errors import InvalidKeyError, KeyStorageError, RegistrationError, UsageError
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
        self._others: tuple[SigningKey, ...] = ()
        self._kid = kid
        self._lock = threading.RLock()
        if key is not None and not self.published:
            self.published = [key.public_jwk]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_key": None, "_others": (), "_lock": None}  # a pickle must not carry the private key

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

    def refresh(self) -> list[dict[str, Any]]:
        """Read the published keys from the registration's file: another notebook may have changed them."""
        with self._lock:
            self.published = keys.jwks(registry.read(self.name)["keys"])["keys"]
            return self.published

    def private_keys(self) -> list[SigningKey]:
        """Return every private half that can be had, the current one first.

        Raises:
            KeyStorageError: the current one is nowhere, or the keyring cannot be used.
            InvalidKeyError: what was found is no RSA private key, or not one of those registered.
        """
        if self.storage != "keyring":
            return [self.signing_key()]
        found = [keystore.recall(self.name, jwk["kid"]) for jwk in self.published]
        current = found[0] or self.signing_key()
        return [current, *(key for key in found[1:] if key is not None and key != current)]

    def add(self, *keys: SigningKey) -> None:
        """Take private halves of published keys to `save` beside the current one."""
        self._others += keys

    def save(self) -> None:
        """Store the private keys at hand, if the keyring is where they belong."""
        at_hand = (self._key, *self._others) if self.storage == "keyring" else ()
        for key in at_hand:
            if key is not None:
                keystore.save(self.name, key)
        self._others = ()

    def discard(self, *, except_for: Keychain | None = None) -> None:
        """Delete every private half from the keyring, but for those another keychain keeps there."""
        kept = {jwk["kid"] for jwk in except_for.published} if except_for and except_for.storage == "keyring" else set()
        for jwk in self.published if self.storage == "keyring" else ():
            if jwk["kid"] not in kept:
                keystore.delete(self.name, jwk["kid"])

    def rotate(self, key: SigningKey | None, bits: int, *, activate: bool) -> dict[str, Any]:
        """Publish a new key, made here unless it is given; see `Registration.rotate_key`."""
        if key is None:
            self._require_keyring()
            key = SigningKey.generate(bits=bits)
        self._refuse_twin(key)
        if self.storage == "keyring":
            keystore.save(self.name, key)
        at = 0 if activate else 1
        try:
            self._publish(lambda published: [*published[:at], key.public_jwk, *published[at:]])
        except BaseException:
            with suppress(KeyStorageError):
                self._delete(key.kid)
            raise
        if activate:
            with self._lock:
                self._key = key
        return key.public_jwk

    def activate(self, kid: str) -> None:
        """Make a published key the current one; see `Registration.activate_key`."""
        chosen = self._find(kid)
        key = keystore.recall(self.name, kid) if self.storage == "keyring" else None
        if self.storage == "keyring" and key is None:
            raise KeyStorageError(
                f"The keyring has no private half of the key “{kid}” of “{self.name}”.",
                hint="Make a new key: rotate_key(). This one can only be retired.",
            )
        self._publish(lambda published: [chosen, *(jwk for jwk in published if jwk["kid"] != kid)])
        with self._lock:
            self._key = key  # or None: the environment is asked anew

    def retire(self, kid: str) -> None:
        """Drop a key that is not the current one; see `Registration.retire_key`."""
        self._find(kid)
        if kid == self.published[0]["kid"]:
            raise RegistrationError(
                "This is the current key.", hint="Make another one current first: rotate_key() or activate_key(…)."
            )
        self._delete(kid)
        self._publish(lambda published: [jwk for jwk in published if jwk["kid"] != kid])
        with self._lock:
            if self._key is not None and self._key.kid == kid:  # another notebook had made a newer one current
                self._key = None

    def _find(self, kid: str) -> dict[str, Any]:
        """Return the published key *kid*."""
        known: dict[str, dict[str, Any]] = {jwk["kid"]: jwk for jwk in self.refresh()}
        if kid not in known:
            raise registry.unknown(f"“{self.name}” publishes no key with that id.", kid, known, "jwks() lists them.")
        return known[kid]

    def _refuse_twin(self, key: SigningKey) -> None:
        """Refuse a key that is published already: its entry in the keyring would be overwritten."""
        for jwk in self.refresh():
            if jwk["kid"] == key.kid or keys.thumbprint(jwk) == key.thumbprint:
                raise UsageError(
                    f"“{self.name}” publishes this key, or one with its id, already: “{jwk['kid']}”.",
                    hint="activate_key(…) makes it the current one; a key with the same id needs another kid.",
                )

    def _delete(self, kid: str) -> None:
        if self.storage == "keyring":
            keystore.delete(self.name, kid)

    def _require_keyring(self) -> None:
        if self.storage != "keyring":
            raise RegistrationError(
                f"The key of “{self.name}” is not kept in the keyring, so none can be made here.",
                hint="Make one yourself (openssl genrsa 2048), give it here as private_key=, and put it where the old "
                "one is once the platform knows it.",
            )

    def _publish(self, change: Callable[[list[Any]], list[Any]]) -> None:
        with self._lock:
            document = registry.update(self.name, lambda document: document.update(keys=change(document["keys"])))
            self.published = document["keys"]
