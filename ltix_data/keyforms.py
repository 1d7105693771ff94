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
MAX_BITS = 4096
EXPONENT = 65537
HINT = "Give an RSA private key of 2048 to 4096 bits, as PEM (PKCS#1 or PKCS#8) or as a JWK."

#: The label of a PEM block that is no usable key -> what it is, and what to do.
_WRONG_PEM = {
    "ENCRYPTED PRIVATE KEY": (
        "The key is encrypted with a passphrase.",
        "Read it with SigningKey.load(…, passphrase=…), of ltix_data.keys, and give what that returns.",
    ),
    "OPENSSH PRIVATE KEY": ("The key is in OpenSSH's own format.", "Convert a copy of it: ssh-keygen -p -m PEM."),
    "EC PRIVATE KEY": ("The key is an elliptic-curve key; LTI signs with RSA.", HINT),
    "PUBLIC KEY": ("This is a public key; signing needs the private one.", HINT),
    "RSA PUBLIC KEY": ("This is a public key; signing needs the private one.", HINT),
    "CERTIFICATE": ("This is a certificate; signing needs the private key.", HINT),
}


def require_rsa(key: object) -> RSAPrivateKey:
    """Return *key* if it is an RSA private key of 2048 to 4096 bits, else raise `InvalidKeyError`.

    A larger one would not fit Windows' keyring, and some platforms refuse it.
    """
    from cryptography.hazmat.primitives.asymmetric import rsa

    if isinstance(key, rsa.RSAPublicKey):
        raise InvalidKeyError("This is a public key; signing needs the private one.", hint=HINT)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise InvalidKeyError(f"This is not an RSA private key but a {type(key).__name__}.", hint=HINT)
    if key.key_size < MIN_BITS:
        raise InvalidKeyError(f"The key has {key.key_size} bits, which is too weak.", hint=HINT)
    if key.key_size > MAX_BITS:
        raise InvalidKeyError(f"The key has {key.key_size} bits, which is too large.", hint=HINT)
    return key


def from_pem(text: str, passphrase: str | None = None) -> RSAPrivateKey:
    """Read the private block of a PEM text, mending line breaks that an environment variable has lost.

    Raises:
        InvalidKeyError: there is none in it, or the passphrase does not open it.
    """
    blocks: list[tuple[str, str]] = re.findall(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", text, re.DOTALL)
    if not blocks:
        raise InvalidKeyError("This text holds no key.", hint=HINT)
    label, body = next((block for block in blocks if block[0].endswith("PRIVATE KEY")), blocks[0])
    headers, plain = _mended(body)
    kind = "ENCRYPTED PRIVATE KEY" if headers else label
    encrypted = kind == "ENCRYPTED PRIVATE KEY"
    if kind in _WRONG_PEM and not (encrypted and passphrase):
        raise InvalidKeyError(_WRONG_PEM[kind][0], hint=_WRONG_PEM[kind][1])
    lines = [plain[at : at + 64] for at in range(0, len(plain), 64)]
    pem = "\n".join([f"-----BEGIN {label}-----", *headers, *lines, f"-----END {label}-----", ""]).encode()
    return _read_pem(pem, passphrase if encrypted else None)


def _mended(body: str) -> tuple[list[str], str]:
    """Return a PEM block's header lines, which an old kind of encryption writes, and its base64 in one line."""
    body = re.sub(r"\\[nr]", "\n", body)
    found = re.search(r"(Proc-Type: *4,ENCRYPTED)\s+(DEK-Info: *[A-Z0-9-]+,[0-9A-F]+)\s+", body)
    headers = [*found.groups(), ""] if found else []
    return headers, re.sub(r"\s", "", body[found.end() :] if found else body)


def _read_pem(pem: bytes, passphrase: str | None) -> RSAPrivateKey:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    secret = passphrase.encode() if passphrase else None
    try:
        key = _parsed(
            lambda: _whole(load_pem_private_key(pem, secret, unsafe_skip_rsa_key_validation=True)),
            UnsupportedAlgorithm,
            InvalidSignature,
        )
    except InvalidKeyError:
        if secret is None:
            raise
        key = None
    if key is None:
        raise InvalidKeyError("The passphrase does not open the key, or the key is damaged.", hint="Check both.")
    return require_rsa(key)


def private_one(jwk: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *jwk*, or the one private key of a key set, which is what key generators give.

    Raises:
        InvalidKeyError: the set has none, or several.
    """
    if "keys" not in jwk:
        return jwk
    listed = jwk["keys"] if isinstance(jwk["keys"], list) else []
    private = [key for key in listed if isinstance(key, dict) and ("d" in key or "p" in key)]
    if len(private) == 1:
        return private[0]
    raise InvalidKeyError(
        f"This key set holds {len(private) or 'no'} private keys; it must hold one.", hint="Give the one key alone."
    )


def from_jwk(jwk: Mapping[str, Any]) -> RSAPrivateKey:
    """Read a private JWK, of which p and q (or n, e and d) are enough. [RFC 7518 §6.3.2]

    Raises:
        InvalidKeyError: it is public, of another kind, or its numbers do not belong together.
    """
    if jwk.get("kty", "RSA") != "RSA":
        kind = jwk["kty"] if jwk["kty"] in ("EC", "OKP", "oct") else "unknown"
        raise InvalidKeyError(f"The JWK is not an RSA key; its kind is {kind}.", hint=HINT)
    if "oth" in jwk:
        raise InvalidKeyError("The JWK is an RSA key of more than two primes, which nobody takes.", hint=HINT)
    if "d" not in jwk and not ("p" in jwk and "q" in jwk):
        raise InvalidKeyError("This JWK is a public key; signing needs the private one.", hint=HINT)
    values = {name: number(jwk, name) for name in ("n", "e", "d", "p", "q") if name in jwk}
    from cryptography.exceptions import InvalidSignature

    return require_rsa(_parsed(lambda: _whole(_build(values)), InvalidSignature))


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
    return rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key(unsafe_skip_rsa_key_validation=True)


def _whole(key: object) -> object:
    """Return *key*, if it is an RSA key whose parts belong together. Raises ValueError, InvalidSignature.

    cryptography would test p and q for being prime in many rounds: 40 ms for each session, 300 ms at 4096 bits. A key
    whose numbers fit, and whose signature its public half takes, does what it is for.
    """
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size > MAX_BITS:
        return key
    numbers = key.private_numbers()
    n, e, d, p, q = numbers.public_numbers.n, numbers.public_numbers.e, numbers.d, numbers.p, numbers.q
    fits = p * q == n and p != q and min(p, q) > 2 and p % 2 and q % 2 and e > 2 and e % 2
    if not fits or d * e % (p - 1) != 1 or d * e % (q - 1) != 1 or numbers.iqmp * q % p != 1:
        raise ValueError
    if (numbers.dmp1, numbers.dmq1) != (d % (p - 1), d % (q - 1)):
        raise ValueError
    key.public_key().verify(key.sign(b"whole", PKCS1v15(), SHA256()), b"whole", PKCS1v15(), SHA256())
    return key


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
