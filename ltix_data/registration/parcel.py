"""A registration as one file: facts, public keys and courses, and the private keys if they are encrypted.

Private keys are PKCS#8 PEM, encrypted with a passphrase (`openssl pkcs8` opens them too). The key of the
registration's pseudonyms goes with them, encrypted likewise (scrypt, AES-GCM). A file with private keys
also bears a seal made with the passphrase, so that nobody on its way can change an address in it. There is
no way to write a key unencrypted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import disk, keys
from ..courses import KnownCourse
from ..errors import InvalidKeyError, LtixError, RegistrationError, UsageError
from ..facts import FACTS, Facts
from ..keys import SigningKey

VERSION = 1
_KIND = "ltix_data registration"
_SHORTEST = 12
_LONGEST = 1000  # bytes: OpenSSL takes 1023


@dataclass(frozen=True, kw_only=True, repr=False)
class Parcel:
    """What is in such a file: *facts*, the public JWKs *published* (the current one first), courses, secret keys."""

    facts: dict[str, Any]
    kid: str | None
    published: list[dict[str, Any]]
    courses: tuple[KnownCourse, ...] = ()
    private_keys: tuple[SigningKey, ...] = ()
    pseudonym_key: str | None = None

    @classmethod
    def of(
        cls,
        facts: Facts,
        kid: str | None,
        published: list[dict[str, Any]],
        courses: Iterable[KnownCourse] = (),
        private_keys: Iterable[SigningKey] = (),
        pseudonym_key: str | None = None,
    ) -> Parcel:
        """Return what to write of a registration."""
        return cls(
            facts={key: getattr(facts, key) for key in FACTS},
            kid=kid,
            published=published,
            courses=tuple(courses),
            private_keys=tuple(private_keys),
            pseudonym_key=pseudonym_key,
        )

    def write(self, path: Path, *, passphrase: str | None, replace: bool) -> Path:
        """Write the file, for its owner alone, and return its path.

        Raises:
            UsageError: the file is there already, or cannot be written.
        """
        document: dict[str, Any] = {
            "kind": _KIND,
            "version": VERSION,
            "registration": self.facts,
            "kid": self.kid,
            "keys": keys.jwks(self.published)["keys"],
            "courses": [course.to_json() for course in self.courses],
        }
        if passphrase is not None:
            document["private_keys"] = [
                {"kid": key.kid, "pem": key.encrypted_pem(passphrase)} for key in self.private_keys
            ]
            if self.pseudonym_key is not None:
                document["pseudonym_key"] = _closed(self.pseudonym_key, passphrase)
            document["seal"] = _seal(document, passphrase, secrets.token_bytes(16))
        return write(path, document, mode=0o600, may_replace=lambda content: replace)


def read(path: Path, passphrase: str | None) -> Parcel:
    """Read such a file; nothing is stored.

    Raises:
        UsageError: it cannot be read, or has private keys and there is no passphrase, or the other way round.
        RegistrationError: it is no such file, damaged, or of a newer version; or the passphrase is not the one.
    """
    document = _document(path)
    sealed = "private_keys" in document or "seal" in document
    if sealed and passphrase is None:
        raise UsageError(f"“{path.name}” holds encrypted private keys.", hint="Give passphrase=: getpass.getpass().")
    if passphrase is not None and not sealed:
        raise UsageError(
            f"“{path.name}” holds no private keys, so there is nothing for a passphrase to open.",
            hint="If it should hold them, it was changed on its way: ask for it anew. Else leave passphrase out.",
        )
    try:
        private = _opened(path, document, plain(passphrase)) if passphrase is not None else ()
        published = keys.jwks(document["keys"])["keys"]
        if len({str(jwk["kid"]) for jwk in published}) != len(published):
            raise _damaged(path)
        return Parcel(
            facts={key: document["registration"][key] for key in FACTS},
            kid=document["kid"],
            published=published,
            courses=tuple(KnownCourse.from_json(raw) for raw in document["courses"]),
            private_keys=private,
            pseudonym_key=_disclosed(document.get("pseudonym_key"), passphrase),
        )
    except _ClosedError:
        raise RegistrationError(
            f"The passphrase does not open “{path.name}”, or the file was changed after it was written.",
            hint="Check the passphrase; if it is right, ask for the file anew.",
        ) from None
    except (LtixError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path) from error


class _ClosedError(Exception):
    """The seal or a key does not fit the passphrase."""


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"“{path.name}” cannot be read ({error.strerror or type(error).__name__}).", hint="Check the path."
        ) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path) from error
    if not isinstance(document, dict) or document.get("kind") != _KIND or type(document.get("version")) is not int:
        raise _damaged(path)
    if document["version"] > VERSION:
        raise RegistrationError(f"“{path.name}” is of a newer version of ltix_data.", hint="Upgrade ltix_data.")
    return document


def _damaged(path: Path) -> RegistrationError:
    return RegistrationError(
        f"“{path.name}” is no registration that ltix_data exported, or it is damaged.",
        hint="Export it anew: registration.export(…).",
    )


def _opened(path: Path, document: dict[str, Any], passphrase: str) -> tuple[SigningKey, ...]:
    """Return the private keys, if the seal is whole and they are those that the public keys say."""
    seal = document.pop("seal", None)
    if not isinstance(seal, dict) or not isinstance(seal.get("salt"), str) or not document.get("private_keys"):
        raise _damaged(path)
    if not hmac.compare_digest(_seal(document, passphrase, base64.b64decode(seal["salt"]))["mac"], str(seal["mac"])):
        raise _ClosedError
    public = {jwk["kid"]: keys.thumbprint(jwk) for jwk in document["keys"]}
    found = []
    for raw in document["private_keys"]:
        try:
            key = SigningKey.parse(raw["pem"], kid=raw["kid"], passphrase=passphrase)
        except InvalidKeyError:
            raise _ClosedError from None
        if public.get(key.kid) != key.thumbprint:
            raise _damaged(path)
        found.append(key)
    return tuple(found)


def _closed(text: str, passphrase: str) -> dict[str, str]:
    """Return a text encrypted with a passphrase."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    sealed = AESGCM(_derived(passphrase, salt)).encrypt(nonce, text.encode(), None)
    return {name: base64.b64encode(part).decode() for name, part in (("salt", salt), ("box", nonce + sealed))}


def _disclosed(closed: Any, passphrase: str | None) -> str | None:
    """Return the text that `_closed` encrypted; the seal of the whole file has shown that the passphrase is the one."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if closed is None or passphrase is None:
        return None
    salt, box = (base64.b64decode(closed[name]) for name in ("salt", "box"))
    try:
        return AESGCM(_derived(plain(passphrase), salt)).decrypt(box[:12], box[12:], None).decode()
    except InvalidTag:
        raise _ClosedError from None


def _derived(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=2**26, dklen=32)


def _seal(document: dict[str, Any], passphrase: str, salt: bytes) -> dict[str, str]:
    """Return a code of the whole *document* that only who knows the passphrase can make."""
    key = hashlib.scrypt(passphrase.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=2**26)
    content = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    mac = hmac.new(key, content, hashlib.sha256).hexdigest()
    return {"salt": base64.b64encode(salt).decode(), "mac": mac}


def strong(passphrase: object) -> str:
    """Return *passphrase*, in the one way its letters can be written, if it may protect a key.

    Raises:
        UsageError: it is shorter than 12 characters, almost one letter repeated, or no text.
    """
    text = plain(passphrase) if isinstance(passphrase, str) else ""
    if len(text) < _SHORTEST or len(set(text)) < _SHORTEST // 3 or len(text.encode()) > _LONGEST:
        raise UsageError(
            f"The passphrase must be {_SHORTEST} characters or more, and not one repeated.",
            hint="Five words that do not belong together make a good one.",
        )
    return text


def plain(passphrase: str) -> str:
    """Return *passphrase* composed (NFC): the keyboard of a Mac may write “é” as two characters."""
    return unicodedata.normalize("NFC", passphrase)


def write_key_set(path: Path, jwks: dict[str, Any], *, replace: bool) -> Path:
    """Write a key set for a web server to publish, and return its path; see `Registration.export_jwks`."""
    return write(path, jwks, mode=0o644, may_replace=lambda content: replace or _is_key_set(content))


def _is_key_set(content: bytes) -> bool:
    """Return whether this is a set of public keys alone: one with private keys may be somebody's only copy."""
    with suppress(LtixError, ValueError, TypeError, AttributeError, RecursionError, KeyError):
        document = json.loads(content)
        keys.jwks(document["keys"])
        return set(document) == {"keys"}
    return False


def write(path: Path, document: object, *, mode: int, may_replace: Callable[[bytes], bool]) -> Path:
    """Write *document* as JSON, whole or not at all."""
    place = path.expanduser()
    try:
        if place.exists() and not may_replace(place.read_bytes()):
            raise UsageError(
                f"“{place.name}” is there already; nothing was written.", hint="Give another path, or replace=True."
            )
        disk.put(place, f"{json.dumps(document, ensure_ascii=False, indent=2)}\n".encode(), mode=mode)
    except OSError as error:
        what = error.strerror or type(error).__name__
        raise UsageError(f"“{place.name}” cannot be written ({what}).", hint="Give another path.") from error
    return place
