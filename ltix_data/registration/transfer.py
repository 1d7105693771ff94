"""Registrations that come from another computer; `Registration.export` writes what is read here."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import keys, keystore, registry
from ..errors import InvalidKeyError, LtixWarning, RegistrationError, UsageError
from ..keychain import Keychain
from ..keys import KeySource, SigningKey
from ..veil import key as veilkey
from . import parcel
from .model import Registration, keychain_of
from .parcel import Parcel
from .stored import check_store, keep, load


def import_registration(
    path: str | os.PathLike[str],
    *,
    passphrase: str | None = None,
    private_key: KeySource | None = None,
    name: str | None = None,
    store: str = "keyring",
    replace: bool = False,
) -> Registration:
    """Store the registration in a file that `Registration.export` wrote, and return it.

    Private keys that are in the file go to the keyring, and so does the key of its pseudonyms. Where it has no private
    key, no new one is made, for the platform would not know it: give *private_key*, or the key is looked for in the
    environment (see `ltix_data.keystore`) each time, and ``key_storage`` is "none". With ``replace=True`` courses
    known here stay beside those of the file, and so does the key here, if it is one that the file names.

    Args:
        path: the file.
        passphrase: the one it was exported with, if it holds private keys.
        private_key: the key, if the file has none; one of those whose public halves it has.
        name: what to call it here; else what it was called.
        store: "keyring", or "none" to keep no private key here.
        replace: replace a registration of that name.

    Raises:
        UsageError: the file cannot be read, or a passphrase is missing or there is nothing for it to open.
        RegistrationError: the passphrase is not the one, the file is damaged, was changed or is of a newer version;
            the name is taken; or replacing would delete a private key that the file does not have, or make other
            pseudonyms than those made here.
        InvalidKeyError: *private_key* is not one of the registration's.
        KeyStorageError: the keyring cannot be used. Nothing is left behind after any of these.
    """
    check_store(store)
    found = parcel.read(Path(path).expanduser(), passphrase)
    draft = _draft(found, Path(path), name)
    registry.check_free(draft.name, replace=replace)
    old = load(draft.name) if draft.name in registry.names() else None
    given = _given(found, private_key)
    chain = _with_keys(draft.name, found, given, store) if given else _without_key(draft, found, old)
    known = {course.name: course for course in old.courses} if old and old.issuer == draft.issuer else {}
    known |= {course.name: course for course in found.courses}
    with _with_pseudonym_key(draft.name, found.pseudonym_key, store):
        made = keep(draft, chain, tuple(known.values()), old=old, replace=replace)
    if not given and store == "keyring" and made.key_storage == "none" and not keystore.find_outside(made.name):
        warnings.warn(
            f"“{made.name}” came without its private key. Set LTIX_KEY_FILE to the path of its file or "
            f"{keystore.variable(made.name)} to its text, or import it with private_key=….",
            LtixWarning,
            stacklevel=2,
        )
    return made


@contextmanager
def _with_pseudonym_key(name: str, text: str | None, store: str) -> Iterator[None]:
    """Store the key of the pseudonyms beside what is stored meanwhile; it goes again if that fails."""
    if text is None:
        yield
        return
    kept = veilkey.at_hand(name, must=store == "keyring")
    if kept not in (None, text):
        raise RegistrationError(
            f"The file has another pseudonym key than “{name}” here: pseudonyms made here would fit nobody any more.",
            hint="Import it under another name=, or forget the one here first: ltix.forget(…).",
        )
    new = kept is None and store == "keyring"
    if new:
        veilkey.keep(name, text)
    try:
        yield
    except BaseException:
        if new:
            veilkey.forget(name, must=False)
        raise
    if kept is None and not new:
        warnings.warn(
            f"“{name}” came with the key of its pseudonyms, which was not kept (store is “none”). Set {veilkey.FILE} "
            "to the path of its file, which “ltix-data key pseudonyms” writes on the other computer.",
            LtixWarning,
            stacklevel=4,
        )


def _draft(found: Parcel, path: Path, name: str | None) -> Registration:
    if name is not None:
        registry.check_name(name)
    try:
        return Registration(**{**found.facts, "name": name or found.facts["name"]}, kid=found.kid)
    except UsageError as error:
        raise RegistrationError(
            f"The registration in “{path.name}” cannot be used: {error.what}", hint=error.hint
        ) from error


def _given(found: Parcel, private_key: KeySource | None) -> tuple[SigningKey, ...]:
    """Return the private keys to keep, under the ids they are published with."""
    if private_key is None:
        return found.private_keys
    if found.private_keys:
        raise UsageError("The file holds the private keys already.", hint="Leave private_key out.")
    key = SigningKey.load(private_key)
    for jwk in found.published:
        if keys.thumbprint(jwk) == key.thumbprint:
            return (SigningKey.load(key, kid=jwk["kid"]),)
    if not found.published:
        return (SigningKey.load(key, kid=found.kid),)
    raise InvalidKeyError(
        f"The key is not one of “{found.facts['name']}”.",
        hint=f"It must be the private half of {' or '.join(repr(jwk['kid']) for jwk in found.published)}.",
    )


def _with_keys(name: str, found: Parcel, given: tuple[SigningKey, ...], store: str) -> Keychain:
    """Return the keys to store; the current one is the first of which there is a private half."""
    by_kid = {key.kid: key for key in given}
    order = [jwk["kid"] for jwk in found.published if jwk["kid"] in by_kid] or [given[0].kid]
    current = by_kid[order[0]]
    others = [jwk for jwk in found.published if jwk["kid"] != current.kid]
    chain = Keychain(name, key=current, published=[current.public_jwk, *others], storage=store)
    chain.add(*(key for key in given if key is not current))
    return chain


def _without_key(draft: Registration, found: Parcel, old: Registration | None) -> Keychain:
    """Return the keys of a file without private halves: those kept here already, else public ones alone."""
    if old is not None and old.key_storage == "keyring":
        kept = keychain_of(old)
        if keys.thumbprint(old.public_jwk) in map(keys.thumbprint, found.published):
            return Keychain(draft.name, published=kept.published, storage="keyring")
        raise RegistrationError(
            f"The file has no private key, and that of “{draft.name}” here is another one; it would be deleted.",
            hint="Import it under another name=, or forget the one here first: ltix.forget(…).",
        )
    return Keychain(draft.name, kid=found.kid, published=found.published, storage="none")
