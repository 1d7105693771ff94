"""A practice LTI 1.3 Advantage platform: strict, deterministic, on this machine.

For learning, for the demo and for tests. It has a small invented university (`SEM12`, `BIO101`,
`MED3000`), hands out real tokens for really signed assertions, and refuses what the
specifications forbid, with a reason that says which section.

    people, university   who is there; the same for the same seed
    model, store         what the platform keeps, and keeps on disk
    state                `Platform`: the state, its lock and the acts of an administrator
    keysets, tokens      who asks, and may they?
    nrps, items, scores  the services
    claims, oidc         launches
    registration, pages  how a tool arrives, and what a person sees
    app, server          Flask, and a process of its own

Of our own package it imports `spec` alone, so that it cannot share the client's bugs.

It is stricter than any real platform: media types must match to the letter, a score needs a timestamp
with sub-seconds that is later than the last, an assertion is good once. It is also simpler: every tool
is deployed in every course with one resource link and one coupled line item; what an administrator
would click is a method of `Platform`; access tokens and used assertions are forgotten at a restart.
It has no deep linking and no groups. Nothing in it is safe to expose to a network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .state import Options, Platform

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["Options", "Platform", "create_app"]


def create_app(platform: Platform) -> Flask:
    """Return the WSGI application that serves *platform*; Flask is imported only now."""
    from .app import build

    return build(platform)
