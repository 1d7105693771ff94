"""The floor: the same requests over raw sockets, known beforehand, answers received and not read.

Nothing that speaks to this platform over as many connections can be much faster; what is above it is the price of
HTTP, tokens, JSON, checks, frames and a journal.
"""

from __future__ import annotations

import json
from typing import Any

from ..platform import world
from . import Mark, Scene, Work, raw

_FORM = "application/x-www-form-urlencoded"
_SCORE = "application/vnd.ims.lis.v1.score+json"


def _token(scene: Scene) -> str:
    [answer] = raw.ask(
        [raw.request(f"{scene.origin}/token", "", b"grant_type=client_credentials", _FORM)], scene.origin
    )
    token: str = json.loads(answer)["access_token"]
    return token


def _pages(scene: Scene, course: int = 0) -> list[str]:
    """Return the addresses of all pages of a roster."""
    url, limit = scene.members_url(course), f"limit={scene.limit}&" if scene.limit else ""
    count = -(-scene.members // (scene.limit or scene.page))
    return [f"{url}?{limit}page={number + 1}" for number in range(count)]


def _people(bodies: list[bytes]) -> int:
    return sum(body.count(b'"user_id"') for body in bodies)


def roster(scene: Scene) -> Work:
    def act(_: Mark) -> Any:
        token = _token(scene)
        return raw.ask([raw.request(url, token) for url in _pages(scene)], scene.origin)

    return Work(act, lambda bodies: {"rows": _people(bodies)})


def rosters(scene: Scene) -> Work:
    def act(_: Mark) -> Any:
        token = _token(scene)
        asked = [raw.request(url, token) for course in range(scene.courses) for url in _pages(scene, course)]
        return raw.ask(asked, scene.origin, scene.workers)

    return Work(act, lambda bodies: {"rows": _people(bodies)})


def scores(scene: Scene) -> Work:
    token = _token(scene)
    url = f"{scene.items_url()}/0/scores"
    asked = [raw.request(url, token, _score(number), _SCORE) for number in range(scene.scores)]
    return Work(
        lambda _: raw.ask(asked, scene.origin, scene.workers), lambda bodies: {"confirmed": bodies.count(b"{}")}
    )


def _score(number: int) -> bytes:
    said = {"userId": world.learner(number), "scoreGiven": world.score(number), "scoreMaximum": world.OUT_OF}
    said |= {"activityProgress": "Completed", "gradingProgress": "FullyGraded"}
    return json.dumps(said | {"timestamp": "2026-01-01T00:00:00.000Z"}).encode()


def gradebook(scene: Scene) -> Work:
    def act(_: Mark) -> Any:
        token = _token(scene)
        results = [f"{scene.items_url()}/{number}/results" for number in range(scene.items)]
        urls = [*_pages(scene), scene.items_url(), *results]
        return raw.ask([raw.request(url, token) for url in urls], scene.origin, scene.workers)

    return Work(act, lambda bodies: {"results": sum(body.count(b'"resultScore"') for body in bodies)})
