"""What ties this tool to one platform: addresses, client id, keys and the courses known so far.

`register` stores one: the private key in the keyring first, then the rest in a readable file. A
`Registration` made by hand is stored nowhere, and neither are its courses.
"""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from . import coursebook, keys, keystore, registry
from .coursebook import Coursebook
from .courses import KnownCourse
from .errors import KeyStorageError, LtixError, LtixWarning, UsageError
from .facts import FACTS, Facts
from .keychain import Keychain
from .keys import KeySource, SigningKey
from .registry import data_dir

__all__ = ["Registration", "data_dir", "forget", "load", "register", "saved"]

_STORES = ("keyring", "none")


@dataclass(frozen=True, kw_only=True, repr=False)
class Registration(Facts):
    """A tool's registration with a platform.

    Two are equal when their facts are; keys and courses do not count.

    Args:
        name: what you call it: letters, digits, “.”, “_”, “-”.
        issuer: the platform's issuer (``iss``), usually a URL.
        client_id: the id the platform gave the tool.
        token_url: the platform's token endpoint; https, or http on this computer.
        auth_url: the platform's authorization endpoint, for launches.
        jwks_url: the platform's key set, for launches.
        deployment_id: the deployment to expect in launches.
        audience: what the assertion's ``aud`` says; the token URL, or what the platform is known to want.
        private_key: PEM, JWK, compact form, a key object, or the path of a file with one of these. Without
            it the key comes from the environment (see `ltix_data.keystore`).
        kid: the id the key is published under; else the key's own or its thumbprint.
        platform: what to call the platform; guessed from the addresses.

    Raises:
        UsageError: a value cannot be used; the message names it.
        InvalidKeyError: *private_key* is no RSA private key of 2048 bits or more.
    """

    private_key: KeySource | None = field(default=None, compare=False)
    kid: str | None = field(default=None, compare=False)
    _keychain: Keychain = field(init=False, compare=False)
    _coursebook: Coursebook = field(init=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        key = None if self.private_key is None else SigningKey.load(self.private_key, kid=self.kid)
        chain = Keychain(self.name, key=key, kid=self.kid, storage="memory" if key else "none")
        self._set(private_key=key, kid=chain.kid, _keychain=chain, _coursebook=Coursebook(self.name))

    def __getstate__(self) -> dict[str, Any]:
        if self.private_key is not None:
            raise UsageError(
                "A registration with a private key of its own cannot be copied or pickled.",
                hint="Make it anew where it is needed, or store it with ltix.register(…) and load it by name.",
            )
        return dict(vars(self))

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._set(**state)

    @property
    def stored(self) -> bool:
        """Return whether this registration is in the folder of registrations."""
        return self._coursebook.stored

    @property
    def key_storage(self) -> str:
        """Return where the private key is kept: "keyring", "memory" or "none" (the environment provides it)."""
        return self._keychain.storage

    @property
    def public_jwk(self) -> dict[str, Any]:
        """Return the current key's public half as a JWK, to paste into the platform."""
        return self._keychain.public_jwk

    @property
    def public_pem(self) -> str:
        """Return the current key's public half as PEM, for platforms that take no JWK."""
        return keys.pem(self.public_jwk)

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """Return the key set to publish: the current key first, then those not retired yet."""
        return keys.jwks(self._keychain.published or [self.public_jwk])

    def signing_key(self) -> SigningKey:
        """Return the private key to sign with; it is read once.

        Raises:
            KeyStorageError: it is nowhere, or the keyring cannot be used.
            InvalidKeyError: what was found is no RSA private key, or not the one registered.
        """
        return self._keychain.signing_key()

    def rotate_key(self, *, bits: int = 2048) -> dict[str, Any]:
        """Make a new current key and return its public JWK, to give to the platform.

        The old public half stays in `jwks`, and its private half in the keyring, until `retire_key`.

        Raises:
            RegistrationError: the key is not kept in the keyring.
            KeyStorageError: the keyring cannot be used; nothing has changed then.
        """
        jwk = self._keychain.rotate(bits)
        self._set(kid=self._keychain.kid)
        return jwk

    def retire_key(self, kid: str) -> None:
        """Publish the old key *kid* no longer, and delete its private half.

        Raises:
            UnknownNameError: no published key has that id.
            RegistrationError: it is the current key, or keys are not kept in the keyring.
            KeyStorageError: the keyring cannot be used; nothing has changed then.
        """
        self._keychain.retire(kid)
        self._set(kid=self._keychain.kid)

    @property
    def courses(self) -> tuple[KnownCourse, ...]:
        """Return the courses known so far."""
        return self._coursebook.courses

    def remember(self, *courses: KnownCourse) -> None:
        """Keep *courses*; one of the same name is replaced. Stored where the registration is."""
        self._coursebook.change(lambda known: known | {course.name: course for course in courses})

    def forget_course(self, name: str) -> None:
        """Forget the course called *name*.

        Raises:
            UnknownNameError: there is none; the message suggests near misses.
        """

        def without(known: dict[str, KnownCourse]) -> dict[str, KnownCourse]:
            if name not in known:
                raise registry.unknown(f"No course is called “{name}”.", name, known, "session.courses() lists them.")
            return {key: course for key, course in known.items() if key != name}

        self._coursebook.change(without)


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
        return _restored(document, chain)
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
    _keychain_of(load(name)).discard()
    registry.remove(name)


def _store(draft: Registration, store: str, replace: bool) -> Registration:
    """Store what *draft* says: the secret first, so that a keyring that fails leaves nothing behind."""
    if store not in _STORES:
        raise UsageError(f"store must be {' or '.join(map(repr, _STORES))}.")
    registry.check_free(draft.name, replace=replace)
    old = load(draft.name) if draft.name in registry.names() else None
    same = old if old is not None and old.issuer == draft.issuer else None
    chain = _choose_keys(draft, store, _keychain_of(same) if same else None)
    document = _document(draft, chain, same.courses if same else ())
    chain.save()
    try:
        registry.create(document, replace=replace)
    except BaseException:
        with suppress(KeyStorageError):
            chain.discard(except_for=_keychain_of(old) if old else None)
        raise
    if old is not None:
        try:
            _keychain_of(old).discard(except_for=chain)
        except KeyStorageError as error:
            warnings.warn(f"A replaced key is still in the keyring. {error}", LtixWarning, stacklevel=3)
    return _restored(document, chain)


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


def _restored(document: registry.Document, chain: Keychain) -> Registration:
    found = Registration(**{key: document[key] for key in FACTS}, kid=chain.kid)
    book = Coursebook(found.name, coursebook.read(document), stored=True)
    found._set(_keychain=chain, _coursebook=book)  # noqa: SLF001 - this module's own class
    return found


def _keychain_of(registration: Registration) -> Keychain:
    return registration._keychain  # noqa: SLF001 - this module's own class
