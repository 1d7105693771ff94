"""The registration itself: facts, keys and courses."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import coursebook, keys, markup, registry
from ..coursebook import Captured, Coursebook
from ..courses import KnownCourse
from ..errors import KeyStorageError, LtixError, RegistrationError, UsageError
from ..facts import FACTS, Facts
from ..keychain import Keychain
from ..keys import KeySource, SigningKey
from ..veil import key as veilkey
from . import parcel, views
from .parcel import Parcel


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
        InvalidKeyError: *private_key* is no RSA private key of 2048 to 4096 bits.
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
        """Return the key set to publish: the current key first, then those not retired yet.

        A stored registration's is read from its file each time: another notebook may have rotated its keys.
        """
        published = self._keychain.refresh() if self.stored else self._keychain.published
        return keys.jwks(published or [self.public_jwk])

    def export_jwks(self, path: str | os.PathLike[str], *, replace: bool = False) -> Path:
        """Write the key set into a file, for any web server to publish, and return its path.

        Put it where it has an https address (GitHub Pages, an S3 bucket, the department's web server; as
        ``application/json`` where one can say so) and give the platform that address as the tool's key set URL
        (“JWKS URL”, “public keyset”). Platforms read it again when a key they do not know signs, or every few hours:
        write and put it there anew after each `rotate_key` and `retire_key`. It holds public halves only.

        Args:
            path: the file, such as ``jwks.json``; a key set that is there already is replaced.
            replace: replace the file even if it holds something else.

        Raises:
            UsageError: the file holds something else, or cannot be written.
            KeyStorageError: nothing is published yet, and the key is nowhere.
        """
        return parcel.write_key_set(Path(path), self.jwks(), replace=replace)

    def export(
        self,
        path: str | os.PathLike[str],
        *,
        passphrase: str | None = None,
        courses: bool = True,
        replace: bool = False,
    ) -> Path:
        """Write the registration into one file, to be imported elsewhere, and return the file's path.

        `ltix_data.registration.import_registration` reads it. It holds the facts, the public keys and the courses.
        The private keys go along only if they are encrypted with a passphrase: tell it to the receiver by another
        way than the file. Every published key whose private half is at hand goes, those in overlap too; and so does
        the key of the registration's pseudonyms, where one was made, so that they are the same there.

        Args:
            path: the file to write.
            passphrase: what to encrypt the private keys with, 12 characters or more; without it they stay here.
            courses: whether the known courses go along.
            replace: replace a file that is there.

        Raises:
            UsageError: the passphrase is too short, or the file is there already or cannot be written.
            KeyStorageError: there is a passphrase, and the private key cannot be read.
        """
        secret = None if passphrase is None else parcel.strong(passphrase)
        public = self.jwks()["keys"] if self._keychain.published or secret is not None else []
        private = self._keychain.private_keys() if secret is not None else []
        veiling = self._pseudonym_key() if secret is not None else None
        carried = Parcel.of(self, self.kid, public, self.courses if courses else (), private, veiling)
        return carried.write(Path(path), passphrase=secret, replace=replace)

    def _pseudonym_key(self) -> str | None:
        if not self.stored:
            return veilkey.outside(self.name)
        return veilkey.at_hand(self.name, must=self.key_storage == "keyring")

    def signing_key(self) -> SigningKey:
        """Return the private key to sign with; it is read once.

        Raises:
            KeyStorageError: it is nowhere, or the keyring cannot be used.
            InvalidKeyError: what was found is no RSA private key, or not the one registered.
        """
        return self._keychain.signing_key()

    def spare_keys(self) -> list[SigningKey]:
        """Return the other published keys whose private half is in the keyring; none where it cannot be asked."""
        with suppress(KeyStorageError):
            return self._keychain.private_keys()[1:]
        return []

    def rotate_key(
        self, *, bits: int = 2048, private_key: KeySource | None = None, activate: bool = True
    ) -> dict[str, Any]:
        """Publish a new key beside those there are, and return its public JWK, to give to the platform.

        The old public halves stay in `jwks`, and their private halves in the keyring, until `retire_key`. No token
        is refused meanwhile: where the platform does not know the key that signs, the others are tried. Two requests
        for each token are spared if the new key signs only once the platform knows it:

        1. ``rotate_key(activate=False)`` publishes the new key; the old one goes on signing;
        2. tell the platform: where it reads a key set URL, put the new set there (`export_jwks`) and give it the
           hours for which it may keep the old one; where keys are pasted, paste the new set, or the new key in
           the place of the old one;
        3. ``activate_key(kid)``: the new key signs; ``activate_key`` of the old one goes back;
        4. ``retire_key(old)``, and put the key set there anew.

        Args:
            bits: the size of a key that is made, 2048 to 4096.
            private_key: a key made elsewhere, instead. Where the registration keeps no key (``key_storage`` is "none")
                it must be given, and its public half is all that is kept of it: put the private one where the old one
                is once the platform knows it.
            activate: whether the new key signs from now on. A platform that does not know it yet refuses tokens.

        Raises:
            RegistrationError: the registration is not stored, or keeps no key and *private_key* is not given.
            UsageError: *bits* is out of range, or *private_key* is published already.
            InvalidKeyError: *private_key* is no RSA private key of 2048 to 4096 bits.
            KeyStorageError: the keyring cannot be used; nothing has changed then.
        """
        self._require_stored()
        key = None if private_key is None else SigningKey.load(private_key)
        jwk = self._keychain.rotate(key, bits, activate=activate)
        self._set(kid=self._keychain.kid)
        return jwk

    def activate_key(self, kid: str) -> None:
        """Make the published key *kid* the current one: it signs from now on. The others stay published.

        Raises:
            UnknownNameError: no published key has that id.
            RegistrationError: the registration is not stored.
            KeyStorageError: the keyring cannot be used, or does not hold the key; nothing has changed then.
        """
        self._require_stored()
        self._keychain.activate(kid)
        self._set(kid=self._keychain.kid)

    def retire_key(self, kid: str) -> None:
        """Publish the key *kid* no longer, and delete its private half.

        Raises:
            UnknownNameError: no published key has that id.
            RegistrationError: it is the current key, or the registration is not stored.
            KeyStorageError: the keyring cannot be used; nothing has changed then.
        """
        self._require_stored()
        self._keychain.retire(kid)
        self._set(kid=self._keychain.kid)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        markup.tell(printer, repr(self), views.steps(self.name, self.key_storage))

    def _repr_html_(self) -> str:
        return views.html(self, self.key_storage, self._published(), len(self.courses))

    def _published(self) -> list[dict[str, Any]]:
        """Return the public keys that are known without the private one: showing something asks no keyring."""
        with suppress(LtixError):
            return self._keychain.refresh() if self.stored else self._keychain.published
        return self._keychain.published

    def _require_stored(self) -> None:
        if not self.stored:
            raise RegistrationError(
                f"“{self.name}” was made by hand: its key is not kept in the keyring, nor anything in a file.",
                hint="Store it first: ltix.register(…).",
            )

    @property
    def courses(self) -> tuple[KnownCourse, ...]:
        """Return the courses known so far."""
        return self._coursebook.courses

    def remember(self, *courses: KnownCourse) -> None:
        """Keep *courses*; one of the same name is replaced. Stored where the registration is."""
        self._coursebook.change(lambda known: known | {course.name: course for course in courses})

    def capture(self, course: KnownCourse) -> Captured:
        """Keep a course as a launch describes it, and return what became of it; see `Coursebook.capture`.

        A course that is known already keeps its name, and what this launch does not say of it.
        """
        return self.capture_all(course)[0]

    def capture_all(self, *courses: KnownCourse) -> tuple[Captured, ...]:
        """Keep several courses as launches describe them, stored in one go; see `capture`."""
        return self._coursebook.capture(*courses)

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


def restored(document: registry.Document, chain: Keychain, *, stamp: tuple[int, ...] | None = None) -> Registration:
    """Return the registration in a stored *document*, with the keys in *chain*; *stamp* was the file's before."""
    found = Registration(**{key: document[key] for key in FACTS}, kid=chain.kid)
    book = Coursebook(found.name, coursebook.read(document), stored=True, stamp=stamp)
    found._set(_keychain=chain, _coursebook=book)  # noqa: SLF001 - this module's own class
    return found


def keychain_of(registration: Registration) -> Keychain:
    """Return a registration's keys."""
    return registration._keychain  # noqa: SLF001 - this module's own class
