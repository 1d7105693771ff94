"""How a registration shows itself: what to paste into the platform, and where the private key is. Never the key."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .. import keys, keystore, markup, urls
from ..facts import Facts

Steps = list[tuple[str, str]]

#: Platforms -> how they take a key that is pasted; the others read the key set from an address.
_TAKES = {"Canvas": "jwk", "Moodle": "pem", "Open edX": "pem"}


def html(facts: Facts, storage: str, published: Sequence[Mapping[str, Any]], courses: int) -> str:
    """Return a registration as HTML.

    Args:
        facts: its names and addresses.
        storage: where the private key is kept, as `Registration.key_storage` says it.
        published: the public keys, the current one first.
        courses: how many courses are known.
    """
    return markup.render(
        "registration.html",
        name=facts.name,
        facts=[*_facts(facts, courses), ("Private key", _kept(facts.name, storage, published))],
        keys=[(jwk["kid"], _use(place)) for place, jwk in enumerate(published)],
        pastes=_pastes(facts.platform, published),
        steps=steps(facts.name, storage),
    )


def steps(name: str, storage: str) -> Steps:
    """Return what can be typed next, as (code, what it does)."""
    called = "registration" if storage == "memory" else markup.quoted(name)
    found = [
        (f"session = ltix.connect({called})", "opens a session: courses, rosters, grades"),
        ("registration.public_jwk", "the public key to paste; .public_pem is the same as PEM"),
        ('registration.export_jwks("jwks.json")', "the key set as a file, for an address that the platform reads"),
    ]
    if storage != "memory":
        found.insert(1, (f"ltix.receive({called})", "the tool's own addresses, and what to enter where"))
        found.append((f"ltix.doctor.examine({called})", "what is wrong, and who mends it"))
    return found


def _facts(facts: Facts, courses: int) -> list[tuple[str, str | None]]:
    other = facts.audience != facts.token_url
    return [
        ("Platform", f"{facts.platform} at {urls.host(facts.auth_url or facts.token_url)}"),
        ("Issuer", facts.issuer),
        ("Client id", facts.client_id),
        ("Deployment id", facts.deployment_id),
        ("Token URL", facts.token_url),
        ("Audience", facts.audience if other else None),
        ("Login URL", facts.auth_url),
        ("Platform's key set", facts.jwks_url),
        ("Courses known", str(courses)),
    ]


def _kept(name: str, storage: str, published: Sequence[Mapping[str, Any]]) -> str:
    if storage == "keyring":
        entry = f", entry {name}/{published[0]['kid']}" if published else ""
        return f"in this computer's keyring (service {keystore.SERVICE}{entry})"
    if storage == "memory":
        return "in memory only: it ends with this process"
    return f"not kept here: it is read from LTIX_KEY_FILE or {keystore.variable(name)} each time"


def _use(place: int) -> str:
    return "signs now" if place == 0 else "published beside it, until registration.retire_key(…)"


def _pastes(platform: str | None, published: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, bool]]:
    """Return (what it is called, the public value, whether it is the one that this platform takes)."""
    if not published:
        return []
    taken = _TAKES.get(platform or "", "jwks")
    return [
        ("Public key as JWK", json.dumps(published[0]), taken == "jwk"),
        ("Public key as PEM", keys.pem(published[0]).strip(), taken == "pem"),
        ("Public key set (JWKS)", json.dumps(keys.jwks(published), indent=1), taken == "jwks"),
    ]
