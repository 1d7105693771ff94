"""Platforms' key sets: asked for seldom, read with care. [Security §6, RFC 7517]"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .. import keyforms, spec, urls
from ..errors import AccessError, InvalidKeyError, LaunchError, LtixError, PlatformError, TransportError
from ..http import HttpClient

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

#: Seconds that a set is believed, and that pass before an unknown key, or a failure, leads to another request.
_BELIEVED, _PAUSE = 3600.0, 30.0
_MOST_BYTES, _MOST_KEYS = 1024 * 1024, 100
#: Beyond these, checking one signature takes long.
_MOST_BITS, _MOST_EXPONENT_BITS = 8192, 64
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})

_SECTION = "Security §6.3"
_FAULT = "This is a fault of the platform; report it to its administrator."
_COMPARE = "Compare the registration's jwks_url with the platform's value"


@dataclass(frozen=True, slots=True)
class _KeySet:
    """What one answer held: the usable keys by their kid, and why others cannot be used."""

    keys: Mapping[str, tuple[RSAPublicKey, ...]]
    unusable: Mapping[str, str]
    fetched: float


@dataclass(slots=True)
class _Shelf:
    """What is kept of one address; the lock is held while that is asked."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    found: _KeySet | None = None
    asked_again: float = -math.inf
    failed: float = -math.inf
    failure: LtixError | None = None


class KeySets:
    """Platforms' key sets, kept for an hour and shared by all threads.

    A set that lacks a key, or whose key does not fit (a platform may have put another in its place), is asked
    for anew, once. After that, and after a failure, half a minute passes: no stranger's token can make this tool
    besiege a platform.

    Args:
        http: the client to ask through.
        now: the clock.
    """

    def __init__(self, http: HttpClient, now: Callable[[], float] = time.time) -> None:
        self._http = http
        self._now = now
        self._lock = threading.Lock()
        self._shelves: dict[str, _Shelf] = {}

    def candidates(self, url: str, kid: str) -> Iterator[RSAPublicKey]:
        """Yield the keys called *kid* in the set at *url*; when none of them was wanted, those of a newer set.

        Raises:
            LaunchError: the set cannot be had or used, or holds no usable key of that name.
        """
        shelf = self._shelf(url)
        known, is_new = self._known(shelf, url)
        yield from known.keys.get(kid, ())
        newest = known if is_new else self._newer(shelf, url, known)
        if newest is not known:
            yield from newest.keys.get(kid, ())
        if kid not in newest.keys:
            raise _no_key(newest.unusable.get(kid))

    def _shelf(self, url: str) -> _Shelf:
        with self._lock:
            return self._shelves.setdefault(url, _Shelf())

    def _known(self, shelf: _Shelf, url: str) -> tuple[_KeySet, bool]:
        """Return the set that is kept, or a new one, and whether it was asked for just now."""
        if (found := self._believed(shelf)) is not None:
            return found, False
        with shelf.lock:
            if (found := self._believed(shelf)) is not None:  # another thread was faster
                return found, False
            return self._fetch(shelf, url), True

    def _believed(self, shelf: _Shelf) -> _KeySet | None:
        found = shelf.found
        return found if found is not None and self._within(found.fetched, _BELIEVED) else None

    def _newer(self, shelf: _Shelf, url: str, known: _KeySet) -> _KeySet:
        """Return a set newer than *known*, if there is one or one may be asked for; else *known*."""
        with shelf.lock:
            if shelf.found is not None and shelf.found is not known:
                return shelf.found
            if self._within(shelf.asked_again, _PAUSE):
                return known
            shelf.asked_again = self._now()
            return self._fetch(shelf, url)

    def _fetch(self, shelf: _Shelf, url: str) -> _KeySet:
        if shelf.failure is not None and self._within(shelf.failed, _PAUSE):
            raise copy(shelf.failure)
        try:
            shelf.found = _ask(self._http, url, self._now())
        except LtixError as error:
            shelf.failed, shelf.failure = self._now(), copy(error)  # the error itself holds frames and their tokens
            raise
        shelf.failure = None
        return shelf.found

    def _within(self, since: float, seconds: float) -> bool:
        return 0 <= self._now() - since < seconds  # a clock that was set back ends every wait


def _ask(http: HttpClient, url: str, now: float) -> _KeySet:
    """Ask for the set at *url*; a key that cannot be used does no harm to the others."""
    if not urls.is_secure(url):
        raise _refused(
            "The registration's jwks_url does not begin with https://: anybody could put keys there.",
            "insecure_key_set",
            hint="Register again with the platform's https address.",
        )
    listed = _listed(http, url)
    found: dict[str, tuple[RSAPublicKey, ...]] = {}
    unusable: dict[str, str] = {}
    for jwk in listed:
        kid = jwk.get("kid") if isinstance(jwk, dict) else None
        if not isinstance(kid, str) or not kid:
            continue  # no token can name it
        key = _read(jwk)
        if isinstance(key, str):
            unusable.setdefault(kid, key)
        else:
            found[kid] = (*found.get(kid, ()), key)
    return _KeySet(found, unusable, now)


def _listed(http: HttpClient, url: str) -> list[Any]:
    """Return the members of the set, whatever they are."""
    try:
        answer = http.send("GET", url, headers={"Accept": spec.JSON}, repeatable=True)
        if not answer.ok:
            raise answer.failure("its key set")
        if len(answer.body) > _MOST_BYTES:
            raise _unreadable(url, f"is longer than {_MOST_BYTES // 2**20} MiB")
        document = answer.json("its key set")
    except (TransportError, AccessError, PlatformError) as error:
        if isinstance(error, LaunchError):
            raise
        raise LaunchError(
            f"The platform's key set cannot be read. {error.what}",
            hint=error.hint if isinstance(error, TransportError) else f"{_COMPARE}, and open it in a browser.",
            spec=_SECTION,
            status=getattr(error, "status", None),
            code="key_set_unreadable",
        ) from error
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise _unreadable(url, "has no list of keys")
    if len(keys) > _MOST_KEYS:
        raise _unreadable(url, f"has more than {_MOST_KEYS} keys")
    return keys


def _read(jwk: Mapping[str, Any]) -> RSAPublicKey | str:
    """Return a key of the set, or why it cannot be used; the words follow “The platform's key …”."""
    if jwk.get("kty") != "RSA":
        return "is no RSA key"
    if not _PRIVATE.isdisjoint(jwk):
        return "is published with its private half: anybody could have signed"
    operations = jwk.get("key_ops")
    if jwk.get("use") not in (None, "sig") or (operations is not None and not _may_verify(operations)):
        return "is not meant for signatures"
    if jwk.get("alg") not in (None, spec.SIGNING_ALGORITHM):
        return f"is not meant for {spec.SIGNING_ALGORITHM}"
    return _rsa(jwk)


def _may_verify(operations: object) -> bool:
    return isinstance(operations, list) and "verify" in operations


def _rsa(jwk: Mapping[str, Any]) -> RSAPublicKey | str:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

    with suppress(InvalidKeyError, ValueError, TypeError, OverflowError, UnsupportedAlgorithm):
        n, e = keyforms.number(jwk, "n"), keyforms.number(jwk, "e")
        if n.bit_length() < keyforms.MIN_BITS:
            return f"has fewer than {keyforms.MIN_BITS} bits"
        if n.bit_length() > _MOST_BITS or e.bit_length() > _MOST_EXPONENT_BITS:
            return "is too large"
        return RSAPublicNumbers(e, n).public_key()
    return "is broken"


def _no_key(reason: str | None) -> LaunchError:
    if reason:
        return _refused(
            f"The platform's key for this launch {reason}.", "unusable_key", hint=_FAULT, section="Security §6.1"
        )
    return _refused(
        "The platform's key set lacks the key that this launch names (kid).",
        "unknown_key",
        hint=f"{_COMPARE}. If it is right, open the tool again in a minute.",
    )


def _unreadable(url: str, what: str) -> LaunchError:
    return _refused(f"The platform's key set at {urls.host(url)} {what}.", "key_set_unreadable", hint=f"{_COMPARE}.")


def _refused(what: str, code: str, *, hint: str, section: str = _SECTION) -> LaunchError:
    return LaunchError(what, hint=hint, spec=section, code=code)
