"""The forms an RSA private key comes in (PEM, JWK, the two primes), each read into a key object.

No error here holds, or is chained to one that holds, a part of the text it was given.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .errors import InvalidKeyError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

MIN_BITS = 2048
EXPONENT = 65537
HINT = "Give an RSA private key of 2048 bits or more, as PEM (PKCS#1 or PKCS#8) or as a JWK."

#: The label of a PEM block that is no usable key -> what it is, and what to do.
_WRONG_PEM = {
    "ENCRYPTED PRIVATE KEY": (
        "The key is encrypted with a passphrase.",
        "Write an unencrypted copy: openssl pkcs8 -topk8 -nocrypt.",
    ),
    "OPENSSH PRIVATE KEY": ("The key is in OpenSSH's own format.", "Convert a copy of it: ssh-keygen -p -m PEM."),
    "EC PRIVATE KEY": ("The key is an elliptic-curve key; LTI signs with RSA.", HINT),
    "PUBLIC KEY": ("This is a public key; signing needs the private one.", HINT),
    "RSA PUBLIC KEY": ("This is a public key; signing needs the private one.", HINT),
    "CERTIFICATE": ("This is a certificate; signing needs the private key.", HINT),
}


def require_rsa(key: object) -> RSAPrivateKey:
    """Return *key* if it is an RSA private key of 2048 bits or more, else raise `InvalidKeyError`."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    if isinstance(key, rsa.RSAPublicKey):
        raise InvalidKeyError("This is a public key; signing needs the private one.", hint=HINT)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise InvalidKeyError(f"This is not an RSA private key but a {type(key).__name__}.", hint=HINT)
    if key.key_size < MIN_BITS:
        raise InvalidKeyError(f"The key has {key.key_size} bits, which is too weak.", hint=HINT)
    return key


def from_pem(text: str) -> RSAPrivateKey:
    """Read the private block of a PEM text, mending line breaks that an environment variable has lost.

    Raises:
        InvalidKeyError: there is none in it.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    blocks: list[tuple[str, str]] = re.findall(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", text, re.DOTALL)
    if not blocks:
        raise InvalidKeyError("This text holds no key.", hint=HINT)
    label, body = next((block for block in blocks if block[0].endswith("PRIVATE KEY")), blocks[0])
    if "Proc-Type:" in body and "ENCRYPTED" in body:
        label = "ENCRYPTED PRIVATE KEY"
    if label in _WRONG_PEM:
        raise InvalidKeyError(_WRONG_PEM[label][0], hint=_WRONG_PEM[label][1])
    plain = re.sub(r"\\[nr]|\s", "", body)
    lines = [plain[at : at + 64] for at in range(0, len(plain), 64)]
    pem = "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()
    return require_rsa(_parsed(lambda: load_pem_private_key(pem, None), UnsupportedAlgorithm))


def from_jwk(jwk: Mapping[str, Any]) -> RSAPrivateKey:
    """Read a private JWK, of which p and q (or n, e and d) are enough. [RFC 7518 §6.3.2]

    Raises:
        InvalidKeyError: it is public, of another kind, or its numbers do not belong together.
    """
    if "keys" in jwk:
        raise InvalidKeyError("This is a key set, not one key.", hint="Give the one private key out of its list.")
    if jwk.get("kty", "RSA") != "RSA":
        kind = jwk["kty"] if jwk["kty"] in ("EC", "OKP", "oct") else "unknown"
        raise InvalidKeyError(f"The JWK is not an RSA key; its kind is {kind}.", hint=HINT)
    if "oth" in jwk:
        raise InvalidKeyError("The JWK is an RSA key of more than two primes, which nobody takes.", hint=HINT)
    if "d" not in jwk and not ("p" in jwk and "q" in jwk):
        raise InvalidKeyError("This JWK is a public key; signing needs the private one.", hint=HINT)
    values = {name: number(jwk, name) for name in ("n", "e", "d", "p", "q") if name in jwk}
    return require_rsa(_parsed(lambda: _build(values)))


def _build(values: Mapping[str, int]) -> RSAPrivateKey:
    """Return the key of the given numbers; what is missing is computed. Raises ValueError, KeyError."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    e = values.get("e", EXPONENT)
    if "p" in values and "q" in values:
        p, q = values["p"], values["q"]
    else:
        p, q = rsa.rsa_recover_prime_factors(values["n"], e, values["d"])
    d = values["d"] if "d" in values else pow(e, -1, (p - 1) * (q - 1))
    crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    public = rsa.RSAPublicNumbers(e, values.get("n", p * q))
    return rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key()


def _parsed(parse: Callable[[], object], *also: type[BaseException]) -> object:
    """Call *parse*; raise outside its ``except``, for a parser's error may carry what it could not parse."""
    key = None
    with suppress(ValueError, TypeError, KeyError, ArithmeticError, *also):
        key = parse()
    if key is None:
        raise InvalidKeyError("The key is broken: its parts do not make an RSA private key.", hint=HINT)
    return key


def json_object(text: str) -> Mapping[str, Any]:
    """Return the JSON object in *text*, else raise `InvalidKeyError`."""
    value = _parsed(lambda: json.loads(text))
    if not isinstance(value, dict):
        raise InvalidKeyError("This text holds no key.", hint=HINT)
    return value


def number(jwk: Mapping[str, Any], name: str) -> int:
    """Return a number of a JWK, else raise `InvalidKeyError` that names it."""
    value = jwk.get(name)
    digits = value.rstrip("=") if isinstance(value, str) else ""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", digits) or len(digits) % 4 == 1:
        raise InvalidKeyError(f"The JWK is broken: its “{name}” is not base64url.", hint=HINT)
    return int.from_bytes(base64.urlsafe_b64decode(digits + "=" * (-len(digits) % 4)), "big")


def encode(number: int) -> str:
    """Return *number* as a JWK writes it: base64url, big-endian, no padding. [RFC 7518 §2]"""
    raw = number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
