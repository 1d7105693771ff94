"""The registration itself: facts, keys and courses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .. import coursebook, keys, registry
from ..coursebook import Coursebook
from ..courses import KnownCourse
from ..errors import UsageError
from ..facts import FACTS, Facts
from ..keychain import Keychain
from ..keys import KeySource, SigningKey


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


def restored(document: registry.Document, chain: Keychain) -> Registration:
    """Return the registration in a stored *document*, with the keys in *chain*."""
    found = Registration(**{key: document[key] for key in FACTS}, kid=chain.kid)
    book = Coursebook(found.name, coursebook.read(document), stored=True)
    found._set(_keychain=chain, _coursebook=book)  # noqa: SLF001 - this module's own class
    return found


def keychain_of(registration: Registration) -> Keychain:
    """Return a registration's keys."""
    return registration._keychain  # noqa: SLF001 - this module's own class
