"""The tool's RSA key: read from whatever form it comes in, published as a JWK, stored in a compact form.

Windows' credential store takes about 1280 characters an entry; a 2048-bit PEM has 1704. The two primes
are enough to rebuild the whole key, and as JSON they fit (357 characters at 2048 bits, 699 at 4096).

`cryptography` is imported where it is used, so that importing this module costs nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeAlias

from . import keyforms, spec
from .errors import InvalidKeyError, KeyStorageError, LtixWarning, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KeySource: TypeAlias = "SigningKey | RSAPrivateKey | Mapping[str, Any] | str | bytes | os.PathLike[str]"

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SigningKey:
    """An RSA private key and the id it is published under.

    Parsing costs about 40 ms, so the parsed object is kept in `private`. It is never shown, and a
    key cannot be pickled.
    """

    kid: str
    private: RSAPrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.kid, str) or not re.fullmatch(r"[^\s\x00-\x1f\x7f]{1,255}", self.kid):
            raise InvalidKeyError("A key id (kid) is text of 1 to 255 characters without white space.")
        keyforms.require_rsa(self.private)

    @classmethod
    def generate(cls, *, bits: int = keyforms.MIN_BITS, kid: str | None = None) -> Self:
        """Return a new key of *bits* (2048 to 4096); its id is *kid*, else its thumbprint.

        Raises:
            UsageError: *bits* is out of range.
        """
        if not keyforms.MIN_BITS <= bits <= keyforms.MAX_BITS:
            raise UsageError(
                f"A key has {keyforms.MIN_BITS} to {keyforms.MAX_BITS} bits.", hint="2048 suits every platform."
            )
        from cryptography.hazmat.primitives.asymmetric import rsa

        return cls._of(rsa.generate_private_key(public_exponent=keyforms.EXPONENT, key_size=bits), kid)

    @classmethod
    def load(cls, source: KeySource, *, kid: str | None = None, passphrase: str | None = None) -> Self:
        """Return the key in *source*: PEM, JWK, the compact form, a key object, or a file with one of these.

        PEM is PKCS#8 or PKCS#1, encrypted or not; a JWK may be the one private key of a key set.

        Args:
            source: the key, or the path of its file.
            kid: the key's id; else the one the source carries, else the RFC 7638 thumbprint.
            passphrase: what an encrypted PEM is opened with. Ask for it: ``getpass.getpass()``.

        Raises:
            InvalidKeyError: there is no RSA private key of 2048 to 4096 bits in it, or it stays closed.
            KeyStorageError: the file cannot be read.
        """
        if isinstance(source, SigningKey):
            return cls(kid or source.kid, source.private)
        if isinstance(source, Mapping):
            return cls._from_jwk(source, kid)
        if isinstance(source, bytes) or (isinstance(source, str) and _is_key_text(source)):
            return cls.parse(source, kid=kid, passphrase=passphrase)
        if isinstance(source, (str, os.PathLike)):
            return cls.parse(_read(Path(source)), kid=kid, passphrase=passphrase)
        return cls._of(source, kid)

    @classmethod
    def parse(cls, text: str | bytes, *, kid: str | None = None, passphrase: str | None = None) -> Self:
        """Return the key in *text* (PEM, JWK or compact form), which is never taken for a path.

        Raises:
            InvalidKeyError: there is no RSA private key of 2048 to 4096 bits in it, or it stays closed.
        """
        clear = text if isinstance(text, str) else text.decode("utf-8-sig", errors="replace")
        clear = clear.lstrip("\ufeff").strip()
        if clear.startswith("{"):
            return cls._from_jwk(keyforms.json_object(clear), kid)
        return cls._of(keyforms.from_pem(clear, passphrase), kid)

    @classmethod
    def _from_jwk(cls, jwk: Mapping[str, Any], kid: str | None) -> Self:
        one = keyforms.private_one(jwk)
        own = one.get("kid")
        return cls._of(keyforms.from_jwk(one), kid or (own if isinstance(own, str) and own else None))

    @classmethod
    def _of(cls, private: RSAPrivateKey, kid: str | None) -> Self:
        return cls(kid or thumbprint(_public_part(keyforms.require_rsa(private))), private)

    def compact(self) -> str:
        """Return the private key as short JSON, for a keyring. Secret."""
        numbers = self.private.private_numbers()
        fields: dict[str, Any] = {"p": keyforms.encode(numbers.p), "q": keyforms.encode(numbers.q)}
        if numbers.public_numbers.e != keyforms.EXPONENT:
            fields["e"] = keyforms.encode(numbers.public_numbers.e)
        if self.kid != self.thumbprint:
            fields["kid"] = self.kid
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)

    def private_pem(self) -> str:
        """Return the private key as unencrypted PKCS#8 PEM. Secret: whoever has it can act as the tool."""
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def encrypted_pem(self, passphrase: str) -> str:
        """Return the private key as PKCS#8 PEM, encrypted: `load` and OpenSSL open it with the same passphrase."""
        from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

        encryption = BestAvailableEncryption(passphrase.encode())
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()

    @property
    def public_jwk(self) -> dict[str, str]:
        """Return the public half as a JWK, to paste into the platform. [Security §6.3, RFC 7517]"""
        return {**_public_part(self.private), "kid": self.kid, "alg": spec.SIGNING_ALGORITHM, "use": "sig"}

    @property
    def public_pem(self) -> str:
        """Return the public half as PEM, for platforms that take no JWK."""
        return pem(self.public_jwk)

    @property
    def thumbprint(self) -> str:
        """Return the RFC 7638 thumbprint of the public half."""
        return thumbprint(_public_part(self.private))

    @property
    def bits(self) -> int:
        """Return the size of the modulus in bits."""
        return self.private.key_size

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.kid!r}, bits={self.bits})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SigningKey):
            return NotImplemented
        return (self.kid, self.thumbprint) == (other.kid, other.thumbprint)

    def __hash__(self) -> int:
        return hash(self.kid)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise UsageError("A private key cannot be pickled.", hint="Pass the registration's name and load it there.")


def jwks(public_jwks: Iterable[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the key set to publish: ``{"keys": [...]}``. [RFC 7517 §5]

    Raises:
        InvalidKeyError: one of them is not a public RSA key: a private half is never published.
    """
    keys = [dict(jwk) for jwk in public_jwks]
    for jwk in keys:
        if _PRIVATE_MEMBERS & jwk.keys():
            raise InvalidKeyError("A key to publish holds its private half.", hint="Publish key.public_jwk.")
        thumbprint(jwk)
    return {"keys": keys}


def pem(jwk: Mapping[str, Any]) -> str:
    """Return the public half of an RSA key as PEM.

    Raises:
        InvalidKeyError: *jwk* is no RSA key.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = RSAPublicNumbers(keyforms.number(jwk, "e"), keyforms.number(jwk, "n")).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """Return the RFC 7638 thumbprint (base64url SHA-256) of an RSA key's public half.

    Raises:
        InvalidKeyError: *jwk* is no RSA key.
    """
    if jwk.get("kty") != "RSA":
        raise InvalidKeyError("The JWK is not an RSA key.", hint="Give one with kty RSA, n and e.")
    public = {
        "e": keyforms.encode(keyforms.number(jwk, "e")),
        "kty": "RSA",
        "n": keyforms.encode(keyforms.number(jwk, "n")),
    }
    digest = hashlib.sha256(json.dumps(public, separators=(",", ":")).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _public_part(private: RSAPrivateKey) -> dict[str, str]:
    numbers = private.public_key().public_numbers()
    return {"kty": "RSA", "n": keyforms.encode(numbers.n), "e": keyforms.encode(numbers.e)}


def _is_key_text(text: str) -> bool:
    return "\n" in text or text.lstrip("\ufeff \t\r").startswith(("-----", "{"))


def _read(path: Path) -> bytes:
    """Read a key file. The message does not show the path: it may be a key pasted into the wrong place."""
    content = problem = None
    try:
        content = path.expanduser().read_bytes()
        mode = path.expanduser().stat().st_mode
    except (OSError, ValueError, RuntimeError) as error:
        problem = type(error).__name__
    if content is None or problem:
        raise KeyStorageError(
            f"The key is neither key text nor a file that can be read ({problem}).", hint="Check the path."
        )
    if os.name == "posix" and mode & 0o044:
        warnings.warn(f"The key file {path.name} is readable by others: chmod 600 it.", LtixWarning, stacklevel=4)
    return content
