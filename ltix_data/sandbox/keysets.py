"""Keys: the platform's own, and those by which tools are recognised."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import threading
import urllib.request
from collections.abc import Callable
from typing import IO, Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from .. import spec
from .model import Json, Tool

_FETCH_SECONDS = 5
_LARGEST_KEY_SET = 1_000_000
_SMALLEST_RSA_KEY = 2048


class PlatformKey:
    """The platform's RSA key, made when it is first needed."""

    def __init__(self) -> None:
        self._key: RSAPrivateKey | None = None
        self._lock = threading.Lock()

    def sign(self, claims: Json) -> str:
        """Return an id_token. [Security §5.1.2]"""
        return jwt.encode(claims, self._private(), spec.SIGNING_ALGORITHM, headers={"kid": self.kid})

    def jwks(self) -> Json:
        """Return the public key set."""
        public: Json = RSAAlgorithm.to_jwk(self._private().public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self.kid, "alg": spec.SIGNING_ALGORITHM, "use": "sig"}]}

    @property
    def kid(self) -> str:
        """The key's id: a digest of its public half."""
        encoded = (
            self._private()
            .public_key()
            .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        return base64.urlsafe_b64encode(hashlib.sha256(encoded).digest()[:12]).decode()

    def to_pem(self) -> str:
        """Return the private key as PEM."""
        return (
            self._private()
            .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            .decode()
        )

    def load(self, pem: str) -> None:
        """Take the key from *pem*."""
        key = serialization.load_pem_private_key(pem.encode(), password=None)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("The platform's key is no RSA key.")
        self._key = key

    def _private(self) -> RSAPrivateKey:
        with self._lock:
            if self._key is None:
                self._key = generate_private_key(public_exponent=65537, key_size=2048)
            return self._key


class ToolKeys:
    """Finds the key that a tool signed with; a key set behind a URL is read again once for an unknown kid."""

    def __init__(self, fetch: Callable[[str], Any]) -> None:
        self._fetch = fetch
        self._fetched: dict[str, Json] = {}

    def find(self, tool: Tool, kid: str) -> RSAPublicKey | None:
        """Return the public key, or None when the tool has published none of that id.

        Raises:
            ValueError: the key set cannot be read or holds what it must not.
        """
        if tool.jwks is not None:
            return _pick(tool.jwks, kid)
        if tool.jwks_uri is None:
            return None
        known = self._fetched.get(tool.jwks_uri)
        found = _pick(known, kid) if known else None
        if found is None:
            fresh = require_public(self._fetch(tool.jwks_uri))
            self._fetched[tool.jwks_uri] = fresh
            found = _pick(fresh, kid)
        return found


def require_public(jwks: Any) -> Json:
    """Return *jwks* if it is a key set with public keys only.

    Raises:
        ValueError: it is not.
    """
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
        raise ValueError('A key set is an object whose "keys" is a list of at least one key.')
    if any("d" in key or "k" in key for key in keys):
        raise ValueError("The key set holds a private key. Publish the public half only.")
    checked: Json = jwks
    return checked


def is_web_address(url: object) -> bool:
    """Return whether *url* is https, or http on this machine."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)))


def fetch_json(url: str) -> Any:
    """GET a JSON document over https, or http on this machine; redirects are not followed.

    Raises:
        ValueError: the address is not allowed, or the answer is no JSON or too large.
        OSError: it could not be reached in time.
    """
    if not is_web_address(url):
        raise ValueError("A key set is fetched over https only (or http on this machine).")
    handlers: list[urllib.request.BaseHandler] = [_NoRedirects()]
    if _is_loopback(urlsplit(url).hostname or ""):
        handlers.append(urllib.request.ProxyHandler({}))  # no proxy can reach this machine's own ports
    with urllib.request.build_opener(*handlers).open(url, timeout=_FETCH_SECONDS) as answer:
        body = answer.read(_LARGEST_KEY_SET + 1)
    if len(body) > _LARGEST_KEY_SET:
        raise ValueError("The key set is too large.")
    return json.loads(body)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        """Follow nothing: the address was checked, where it leads was not."""


def _pick(jwks: Json, kid: str) -> RSAPublicKey | None:
    for raw in jwks["keys"]:
        if raw.get("kid") != kid or raw.get("kty") != "RSA":
            continue
        if raw.get("use", "sig") != "sig" or raw.get("alg", spec.SIGNING_ALGORITHM) != spec.SIGNING_ALGORITHM:
            continue
        try:
            key = RSAAlgorithm.from_jwk(raw)
        except jwt.InvalidKeyError as error:
            raise ValueError("The key set's entry of that kid is no RSA key.") from error
        if isinstance(key, RSAPublicKey) and key.key_size >= _SMALLEST_RSA_KEY:
            return key
    return None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
