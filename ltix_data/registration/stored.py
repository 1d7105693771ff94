"""Registrations that are kept: the private key in the keyring first, then the rest in a readable file."""

from __future__ import annotations

import warnings
from contextlib import suppress

from .. import keys, keystore, registry
from ..courses import KnownCourse
from ..errors import KeyStorageError, LtixError, LtixWarning, UsageError
from ..facts import FACTS
from ..keychain import Keychain
from ..keys import KeySource, SigningKey
from .model import Registration, keychain_of, restored

_STORES = ("keyring", "none")


def register(
    name: str,
    *,
    issuer: str,
    client_id: str,
    token_url: str,
    auth_url: str | None = None,
    jwks_url: str | None = None,
    deployment_id: str | None = None,
    audience: str | None = None,
    private_key: KeySource | None = None,
    kid: str | None = None,
    platform: str | None = None,
    store: str = "keyring",
    replace: bool = False,
) -> Registration:
    """Store a registration and return it; the arguments are those of `Registration`.

    With ``store="keyring"`` the private key goes to the keyring of the operating system; one is made when
    none is given. With ``store="none"`` no secret is kept: the key comes from a file or the environment each
    time. ``replace=True`` corrects an existing registration: with the same issuer its courses stay, and so
    does its key unless another is given.

    Raises:
        UsageError: a value cannot be used; the message names it.
        RegistrationError: the name is taken, or the file cannot be written.
        KeyStorageError: the keyring cannot be used; nothing is left behind then.
        InvalidKeyError: *private_key* is no RSA private key of 2048 bits or more.
    """
    draft = Registration(
        name=name,
        issuer=issuer,
        client_id=client_id,
        token_url=token_url,
        auth_url=auth_url,
        jwks_url=jwks_url,
        deployment_id=deployment_id,
        audience=audience,
        private_key=private_key,
        kid=kid,
        platform=platform,
    )
    return _store(draft, store, replace)


def load(name: str) -> Registration:
    """Return the stored registration *name*; its key is read when it is first needed.

    Raises:
        UnknownNameError: there is none; the message suggests near misses.
        RegistrationError: its file is damaged.
    """
    document = registry.read(name)
    try:
        published = keys.jwks(document["keys"])["keys"]
        storage = document["key_storage"]
        if storage not in _STORES or not all(isinstance(jwk["kid"], str) for jwk in published):
            raise registry.damaged(name)
        chain = Keychain(name, kid=document.get("kid"), published=published, storage=storage)
        return restored(document, chain)
    except (LtixError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise registry.damaged(name) from error


def saved() -> list[Registration]:
    """Return all stored registrations, sorted by name.

    Raises:
        RegistrationError: a file is damaged; the message names it. The list is never silently shorter.
    """
    return [load(name) for name in registry.names()]


def forget(name: str) -> None:
    """Delete a stored registration: its private keys first, then its file and the courses in it.

    Raises:
        UnknownNameError: there is none; the message suggests near misses.
        KeyStorageError: the keyring cannot be used; nothing but earlier keys of it is gone then.
    """
    keychain_of(load(name)).discard()
    registry.remove(name)


def _store(draft: Registration, store: str, replace: bool) -> Registration:
    """Store what *draft* says: the secret first, so that a keyring that fails leaves nothing behind."""
    if store not in _STORES:
        raise UsageError(f"store must be {' or '.join(map(repr, _STORES))}.")
    registry.check_free(draft.name, replace=replace)
    old = load(draft.name) if draft.name in registry.names() else None
    same = old if old is not None and old.issuer == draft.issuer else None
    chain = _choose_keys(draft, store, keychain_of(same) if same else None)
    document = _document(draft, chain, same.courses if same else ())
    chain.save()
    try:
        registry.create(document, replace=replace)
    except BaseException:
        with suppress(KeyStorageError):
            chain.discard(except_for=keychain_of(old) if old else None)
        raise
    if old is not None:
        try:
            keychain_of(old).discard(except_for=chain)
        except KeyStorageError as error:
            warnings.warn(f"A replaced key is still in the keyring. {error}", LtixWarning, stacklevel=3)
    return restored(document, chain)


def _choose_keys(draft: Registration, store: str, old: Keychain | None) -> Keychain:
    """Return the keys to store: the one given, else those there are, else a new one."""
    if isinstance(draft.private_key, SigningKey):
        return Keychain(draft.name, key=draft.private_key, storage=store)
    if old is not None and old.storage == store and old.published and draft.kid in (None, old.kid):
        return Keychain(draft.name, published=old.published, storage=store)
    if store == "none":
        key = keystore.find_outside(draft.name, kid=draft.kid)
        return Keychain(draft.name, key=key, kid=draft.kid, storage=store)
    return Keychain(draft.name, key=SigningKey.generate(kid=draft.kid), storage=store)


def _document(draft: Registration, chain: Keychain, courses: tuple[KnownCourse, ...]) -> registry.Document:
    return {
        "version": registry.VERSION,
        **{key: getattr(draft, key) for key in FACTS},
        "key_storage": chain.storage,
        "kid": None if chain.published else chain.kid,
        "keys": chain.published,
        "courses": [course.to_json() for course in courses],
    }
