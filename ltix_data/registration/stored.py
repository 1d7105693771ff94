"""Registrations that are kept: the private key in the keyring first, then the rest in a readable file."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from .. import keys, keystore, presets, registry
from ..courses import KnownCourse
from ..errors import KeyStorageError, LtixError, LtixWarning, UsageError
from ..facts import FACTS
from ..keychain import Keychain
from ..keys import KeySource, SigningKey
from ..veil import key as veilkey
from . import drafts
from .model import Registration, keychain_of, restored

_STORES = ("keyring", "none")


def register(
    name: str,
    *,
    client_id: str,
    issuer: str | None = None,
    token_url: str | None = None,
    host: str | None = None,
    platform: str | None = None,
    auth_url: str | None = None,
    jwks_url: str | None = None,
    deployment_id: str | None = None,
    audience: str | None = None,
    private_key: KeySource | None = None,
    kid: str | None = None,
    store: str = "keyring",
    replace: bool = False,
) -> Registration:
    """Store a registration and return it; the arguments are those of `Registration`, and *host*.

    With *host* the addresses that are not given are those that *platform* ("canvas", "moodle", see
    `ltix_data.presets`) has there: ``register("uni", platform="moodle", host="moodle.uni.edu", client_id=…)``.
    Without it *platform* is but what to call the platform, and *issuer* and *token_url* are needed.

    With ``store="keyring"`` the private key goes to the keyring of the operating system; one is made when
    none is given, unless `draft` has made one for this name. With ``store="none"`` no secret is kept: the key
    comes from a file or the environment each time. ``replace=True`` corrects an existing registration: with
    the same issuer its courses stay, and so does its key unless another is given.

    Raises:
        UsageError: a value is missing or cannot be used; the message names it.
        UnknownNameError: *host* is given, and no platform is called *platform*; near misses are suggested.
        RegistrationError: the name is taken, or the file cannot be written.
        KeyStorageError: the keyring cannot be used; nothing is left behind then.
        InvalidKeyError: *private_key* is no RSA private key of 2048 to 4096 bits.
    """
    given = {
        "issuer": issuer,
        "token_url": token_url,
        "platform": platform,
        "auth_url": auth_url,
        "jwks_url": jwks_url,
        "audience": audience,
    }
    facts = _completed(given, host, client_id)
    draft = Registration(
        name=name, client_id=client_id, deployment_id=deployment_id, private_key=private_key, kid=kid, **facts
    )
    return _store(draft, store, replace)


def _completed(given: Mapping[str, str | None], host: str | None, client_id: str) -> dict[str, Any]:
    """Return the facts *given*, and for those that are missing what the platform has at *host*."""
    platform = given["platform"]
    facts: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if host is not None and platform is None:
        raise UsageError("host= says where the platform is, not which it is.", hint=f"Add platform=: {_known()}.")
    if host is not None or (platform and not {"issuer", "token_url"} & facts.keys() and _same_everywhere(platform)):
        preset = presets.find(str(facts.pop("platform")))
        facts = {**preset.facts(host, client_id=str(client_id)), **facts}
    if missing := [key for key in ("issuer", "token_url") if key not in facts]:
        raise UsageError(f"{' and '.join(missing)} must be given.", hint=_instead(platform, host))
    return facts


def _instead(platform: str | None, host: str | None) -> str:
    """Return what to give for an address that is missing."""
    if host is not None and platform is not None:  # at Sakai and Open edX the token URL differs from tool to tool
        return presets.find(platform).note
    with suppress(UsageError):
        if platform is not None and "token_url" not in (preset := presets.find(platform)).needs:
            return f"Add host=, the host name of your {preset.name}, and they are found by it."
    return f"For some platforms the host name tells them: give platform= ({_known()}) and host=."


def _same_everywhere(platform: str) -> bool:
    """Return whether all institutions share this platform's addresses, as Blackboard's do."""
    with suppress(UsageError):
        return not presets.find(platform).needs_host
    return False


def _known() -> str:
    return ", ".join(preset.key for preset in presets.PRESETS if "token_url" not in preset.needs)


def load(name: str) -> Registration:
    """Return the stored registration *name*; its key is read when it is first needed.

    Raises:
        UnknownNameError: there is none; the message suggests near misses.
        RegistrationError: its file is damaged.
    """
    stamp, document = registry.stamp(name), registry.read(name)
    try:
        published = keys.jwks(document["keys"])["keys"]
        storage = document["key_storage"]
        if storage not in _STORES or not all(isinstance(jwk["kid"], str) for jwk in published):
            raise registry.damaged(name)
        chain = Keychain(name, kid=document.get("kid"), published=published, storage=storage)
        return restored(document, chain, stamp=stamp)
    except (LtixError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise registry.damaged(name) from error


def saved() -> list[Registration]:
    """Return all stored registrations, sorted by name.

    Raises:
        RegistrationError: a file is damaged; the message names it. The list is never silently shorter.
    """
    return [load(name) for name in registry.names()]


def forget(name: str) -> None:
    """Delete a stored registration, or a draft of one: its secret keys first, then its file and its courses.

    With the key of its pseudonyms goes the way to find out who they are; `Registration.export` can keep it.

    Raises:
        UnknownNameError: there is none; the message suggests near misses.
        KeyStorageError: the keyring cannot be used; nothing but earlier keys of it is gone then.
    """
    if name not in registry.names() and registry.draft(name) is not None:
        drafts.end(name)
        return
    keychain = keychain_of(load(name))
    keychain.discard()
    veilkey.forget(name, must=keychain.storage == "keyring")
    registry.remove(name)


def check_store(store: str) -> None:
    """Raise `UsageError` unless *store* says where a private key may be kept."""
    if store not in _STORES:
        raise UsageError(f"store must be {' or '.join(map(repr, _STORES))}.")


def _store(draft: Registration, store: str, replace: bool) -> Registration:
    """Store what *draft* says."""
    check_store(store)
    registry.check_free(draft.name, replace=replace)
    old = load(draft.name) if draft.name in registry.names() else None
    same = old if old is not None and old.issuer == draft.issuer else None
    waiting = None if old is not None else drafts.keychain(draft.name, store)
    chain = _choose_keys(draft, store, keychain_of(same) if same else waiting)
    return keep(draft, chain, same.courses if same else (), old=old, waiting=waiting, replace=replace)


def keep(
    draft: Registration,
    chain: Keychain,
    courses: tuple[KnownCourse, ...],
    *,
    old: Registration | None,
    waiting: Keychain | None = None,
    replace: bool,
) -> Registration:
    """Store the facts of *draft*: the secrets in *chain* first, so that a keyring that fails leaves nothing behind.

    *old* is the registration that it replaces, *waiting* the keys of an earlier `draft`.
    """
    document = _document(draft, chain, courses)
    try:
        chain.save()
        registry.create(document, replace=replace)
    except BaseException:
        with suppress(KeyStorageError):
            chain.discard(except_for=keychain_of(old) if old else waiting)
        raise
    if old is not None:
        try:
            keychain_of(old).discard(except_for=chain)
        except KeyStorageError as error:
            warnings.warn(f"A replaced key is still in the keyring. {error}", LtixWarning, stacklevel=4)
    drafts.end(draft.name, kept=chain)
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
