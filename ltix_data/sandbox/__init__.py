"""A practice LTI 1.3 Advantage platform: strict, deterministic, on this machine.

For learning, for the demo and for tests. It has a small invented university (`SEM12`, `BIO101`,
`MED3000`), hands out real tokens for really signed assertions, and refuses what the
specifications forbid, with a reason that says which section.

    options              how it behaves
    people, university   who is there; the same for the same seed
    model, store         what the platform keeps, and keeps on disk
    state, quota         `Platform`: the state, its lock and the acts of an administrator
    keysets, tokens      who asks, and may they?
    nrps, items, scores  the services: routes, which ask the rules
    rules                what the services decide: the strict answers, one hook each
    like                 personalities: what Canvas, Moodle and others decide otherwise
    web, paging, checks  what routes and rules share
    claims, oidc         launches
    deeplinking          requests for content, and what a tool answers
    contents             content items, field by field
    registration, pages  how a tool arrives, and what a person sees
    app, server          Flask, and a process of its own

Of our own package it imports `spec` alone, so that it cannot share the client's bugs.

It is stricter than any real platform, unless it is told to be like one (``Options(like="moodle")``):
media types must match to the letter, a score needs a timestamp with sub-seconds that is later than the
last, an assertion is good once. It is also simpler: every tool is deployed in every course with one
resource link and one coupled line item; what an administrator would click is a method of `Platform`;
access tokens and used assertions are forgotten at a restart.
It has no groups. Nothing in it is safe to expose to a network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .options import Options
from .state import Platform

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["Options", "Platform", "create_app"]


def create_app(platform: Platform) -> Flask:
    """Return the WSGI application that serves *platform*; Flask is imported only now."""
    from .app import build

    return build(platform)
