"""One id_token: its header, parties, times and signature. [Security §5.1.2, §5.1.3]

Nothing in a token is believed before its signature holds. The cheap checks still come first: they can only
refuse, their messages say more, and a token that is not for this tool costs the platform no request.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

import jwt

from .. import spec
from ..errors import LaunchError
from ..registration import Registration
from .keysets import KeySets

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

#: Seconds by which two clocks may differ.
LEEWAY = 60.0
_MOST_CHARACTERS = 256 * 1024

_VALIDATION, _ID_TOKEN, _KEY_SET = "Security §5.1.3", "Security §5.1.2", "Security §6.3"
_FAULT = "This is a fault of the platform; report it to its administrator."
_CLOCK = "Check this computer's clock; if it is right, the platform's is wrong."
_AGAIN = "Open the tool again from the platform."


def verify(
    token: str, registration: Registration, *, keys: KeySets, now: float, expired: bool = False
) -> dict[str, Any]:
    """Return the claims of an id_token after checking everything but its nonce. [Security §5.1.3]

    Args:
        token: the id_token as the browser posted it.
        registration: who should have signed it, and for whom.
        keys: the platforms' key sets.
        now: the time, in seconds since 1970.
        expired: take one that is too old as well, such as a launch that somebody pasted.

    Raises:
        LaunchError: it is not to be trusted; message and `code` say why. The message tells nothing of the token.
    """
    kid = _checked_header(token)
    claims = _object(_part(token, 1), "payload")
    _check_parties(claims, registration)
    _check_times(claims, now, expired)
    _check_signature(token, registration, kid, keys)
    return claims


def _checked_header(token: object) -> str:
    """Return the id of the key that signed. No key, and no address of one, is taken from a header."""
    if not isinstance(token, str) or not token:
        raise _refused("There is no id_token.", "no_id_token", hint=_AGAIN, section="Security §5.1.1.3")
    if len(token) > _MOST_CHARACTERS:
        raise _refused(f"The id_token is longer than {_MOST_CHARACTERS // 1024} KiB.", "id_token_too_long", hint=_FAULT)
    if token.count(".") == 4:
        raise _refused(
            "The id_token is encrypted, not signed alone.",
            "encrypted",
            hint="Turn encryption off for this tool on the platform.",
            section=_ID_TOKEN,
        )
    if token.count(".") != 2 or not token.isascii():
        raise _malformed("The id_token is no signed token of three parts.")
    header = _object(_part(token, 0), "header")
    if header.get("alg") != spec.SIGNING_ALGORITHM:
        raise _refused(
            f"The id_token is not signed with {spec.SIGNING_ALGORITHM}.",
            "wrong_algorithm",
            hint=f"Set the algorithm for this tool on the platform to {spec.SIGNING_ALGORITHM}.",
        )
    if "crit" in header or "b64" in header:
        raise _malformed("The id_token's header asks for an extension that LTI does not know.")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise _refused("The id_token's header does not name its key (kid).", "no_kid", hint=_FAULT, section=_KEY_SET)
    return kid


def _part(token: str, which: int) -> bytes:
    part = token.split(".")[which]
    with suppress(ValueError):
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    raise _malformed("The id_token is not written in base64url.")


def _object(raw: bytes, what: str) -> dict[str, Any]:
    value = None
    with suppress(ValueError, RecursionError):  # raised outside it: Python's own error holds what it could not read
        value = json.loads(raw.decode(), parse_constant=_refuse_constant)
    if not isinstance(value, dict):
        raise _malformed(f"The id_token's {what} is no JSON object.")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")  # nothing is later than NaN: such a token would hold for ever


def _check_parties(claims: Mapping[str, Any], registration: Registration) -> None:
    """Check who made the token for whom. [Security §5.1.3 steps 2 to 5]"""
    if claims.get("iss") != registration.issuer:
        raise _refused(
            f"The id_token was issued by another platform than {registration.issuer} (iss).",
            "wrong_issuer",
            hint="Compare the registration's issuer with the platform's, to the letter.",
        )
    audience = claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
        raise _refused("The id_token does not say whom it is for (aud).", "no_audience", hint=_FAULT)
    if registration.client_id not in named:
        raise _refused(
            "The id_token is for another tool (aud).",
            "wrong_audience",
            hint="Compare the registration's client_id with the platform's.",
        )
    party = claims.get("azp")
    if party is None and len(set(named)) > 1:
        raise _refused(
            "The id_token is for several tools, and does not say which may use it (azp).", "no_azp", hint=_FAULT
        )
    if party is not None and party != registration.client_id:
        raise _refused("The id_token was made for another tool (azp).", "wrong_azp", hint=_FAULT)


def _check_times(claims: Mapping[str, Any], now: float, expired: bool) -> None:
    """Check the times; *expired* spares a token that is too old, nothing else. [Security §5.1.3 steps 7 and 8]"""
    expires, issued = _moment(claims, "exp"), _moment(claims, "iat")
    begins = issued if claims.get("nbf") is None else _moment(claims, "nbf")
    if not issued < expires:
        raise _refused(
            "The id_token expired before it was issued (exp, iat).", "wrong_times", hint=_FAULT, section=_ID_TOKEN
        )
    if not expired and expires <= now - LEEWAY:  # so written, no huge int becomes a float
        raise _refused("The id_token is too old (exp).", "expired", hint=f"{_AGAIN} {_CLOCK}")
    if issued > now + LEEWAY:
        raise _refused("The id_token was issued in the future (iat).", "issued_in_future", hint=_CLOCK)
    if begins > now + LEEWAY:
        raise _refused("The id_token is not valid yet (nbf).", "not_yet_valid", hint=_CLOCK)


def _moment(claims: Mapping[str, Any], name: str) -> int | float:
    """Return a time; an int stays one, for it may be too large for a float."""
    value = claims.get(name)
    if value is None:
        raise _refused(f"The id_token has no “{name}”.", f"no_{name}", hint=_FAULT, section=_ID_TOKEN)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise _refused(f"The id_token's “{name}” is no number of seconds.", f"wrong_{name}", hint=_FAULT, section=_ID_TOKEN)


def _check_signature(token: str, registration: Registration, kid: str, keys: KeySets) -> None:
    """Check the signature with the platform's keys of that name. [Security §5.1.3 steps 1 and 6]"""
    if not registration.jwks_url:
        raise _refused(
            "The registration has no jwks_url to check a launch with.",
            "no_jwks_url",
            hint="Register again with the address of the platform's key set.",
            section=_KEY_SET,
        )
    if not any(_is_signed(token, key) for key in keys.candidates(registration.jwks_url, kid)):
        raise _refused(
            "The id_token's signature is not the platform's.",
            "wrong_signature",
            hint="Compare the registration's jwks_url with the platform's value.",
        )


def _is_signed(token: str, key: RSAPublicKey) -> bool:
    try:
        jwt.PyJWS().decode_complete(token, key, algorithms=[spec.SIGNING_ALGORITHM])
    except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError, RuntimeError):
        return False  # some moduli are found wanting only here
    return True


def _refused(what: str, code: str, *, hint: str, section: str = _VALIDATION) -> LaunchError:
    return LaunchError(what, hint=hint, spec=section, code=code)


def _malformed(what: str) -> LaunchError:
    return _refused(what, "malformed_id_token", hint=_FAULT, section="Core §4.2")
