"""Registrations to be: a key that the platform is told of before it has given the client id.

Its administrator may take days to answer. Until then the key waits under the registration's name, and
`register` takes it from here, so that what was pasted into the platform is what will sign.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from .. import keys, keystore, registry
from ..errors import KeyStorageError, UsageError
from ..keychain import Keychain
from ..keys import SigningKey


@dataclass(frozen=True, slots=True)
class Draft:
    """The public half of a registration to be."""

    name: str
    key_storage: str
    public_jwk: dict[str, Any]

    @property
    def public_pem(self) -> str:
        """Return the public key as PEM, for platforms that take no JWK."""
        return keys.pem(self.public_jwk)

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """Return the key set to publish."""
        return keys.jwks([self.public_jwk])


def draft(name: str, *, store: str = "keyring", bits: int = 2048) -> Draft:
    """Return the key of the registration to be called *name*; it is made and stored the first time.

    Args:
        name: the registration's name to be.
        store: "keyring", or "none" where a file or the environment provides the key.
        bits: the size of a key that is made.

    Raises:
        UsageError: *name* or *store* cannot be used.
        RegistrationError: there is a registration of that name already, or the draft's file is damaged.
        KeyStorageError: the keyring cannot be used, has lost the draft's key (`forget` drops the draft), or
            nothing provides the key; nothing is left behind then.
    """
    known = registry.check_name(name)
    registry.check_free(known, replace=False)
    kept = registry.draft(known)
    if kept is not None and kept["key_storage"] == store:
        Keychain(known, published=kept["keys"], storage=store).signing_key()  # a lost key is told before it is pasted
        return Draft(known, store, kept["keys"][0])
    key = _key(known, store, bits)
    chain = Keychain(known, key=key, storage=store)
    chain.save()
    try:
        document = {"version": registry.VERSION, "name": known, "key_storage": store, "keys": chain.published}
        registry.keep_draft(document)
    except BaseException:
        with suppress(KeyStorageError):
            chain.discard()
        raise
    return Draft(known, store, key.public_jwk)


def keychain(name: str, store: str) -> Keychain | None:
    """Return the keys that a draft of *name* keeps in the same *store*, or None."""
    kept = registry.draft(name)
    if kept is None or kept["key_storage"] != store:
        return None
    return Keychain(name, published=kept["keys"], storage=store)


def end(name: str, *, kept: Keychain | None = None) -> None:
    """Delete the draft of *name*, if there is one, and its key unless that is among those *kept*."""
    found = registry.draft(name)
    if found is not None:
        Keychain(name, published=found["keys"], storage=found["key_storage"]).discard(except_for=kept)
        registry.remove_draft(name)


def _key(name: str, store: str, bits: int) -> SigningKey:
    if store == "keyring":
        return SigningKey.generate(bits=bits)
    if store != "none":
        raise UsageError('store must be "keyring" or "none".')
    found = keystore.find_outside(name)
    if found is None:
        raise KeyStorageError(
            f"Nothing provides the key of “{name}”.",
            hint=f"Set LTIX_KEY_FILE to the path of a key file, or {keystore.variable(name)} to the key's text.",
        )
    return found
