"""httpx in a loop, as somebody writes it who needs no library: one client, one token, one request after another."""

from __future__ import annotations

import time
from typing import Any

from . import Mark, Scene, Work

_SCOPES = (
    "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly "
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem "
    "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly "
    "https://purl.imsglobal.org/spec/lti-ags/scope/score"
)
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def _client(scene: Scene) -> Any:
    """Return a client whose every request carries a token."""
    import uuid

    import httpx
    import jwt

    client = httpx.Client(timeout=60)
    now, url = int(time.time()), f"{scene.origin}/token"
    claims = {"iss": "benchmark", "sub": "benchmark", "aud": url, "iat": now, "exp": now + 60, "jti": str(uuid.uuid4())}
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": _ASSERTION,
        "client_assertion": jwt.encode(claims, scene.pem, algorithm="RS256"),
        "scope": _SCOPES,
    }
    answer = client.post(url, data=form)
    client.headers["Authorization"] = f"Bearer {answer.raise_for_status().json()['access_token']}"
    return client


def _loaded() -> None:
    import httpcore  # noqa: F401 - with the first request it would be imported anyway
    import httpx  # noqa: F401
    import jwt  # noqa: F401
    import pandas  # noqa: F401


def _members(client: Any, url: str | None) -> list[dict[str, Any]]:
    members: list[dict[str, Any]] = []
    while url:
        answer = client.get(url).raise_for_status()
        members += answer.json()["members"]
        url = answer.links.get("next", {}).get("url")
    return members


def roster(scene: Scene) -> Work:
    _loaded()
    from . import frames

    return Work(lambda _: frames.roster(_members(_client(scene), scene.members_url())), frames.roster_facts)


def rosters(scene: Scene) -> Work:
    _loaded()
    from . import frames

    def act(_: Mark) -> Any:
        client = _client(scene)
        urls = map(scene.members_url, range(scene.courses))
        return frames.stacked([frames.roster(_members(client, url)) for url in urls])

    return Work(act, frames.rosters_facts)


def scores(scene: Scene) -> Work:
    _loaded()
    from datetime import UTC, datetime

    from ..platform import world

    client = _client(scene)
    kind = {"Content-Type": "application/vnd.ims.lis.v1.score+json"}

    def act(_: Mark) -> Any:
        for number in range(scene.scores):
            score = {
                "userId": world.learner(number),
                "scoreGiven": world.score(number),
                "scoreMaximum": world.OUT_OF,
                "activityProgress": "Completed",
                "gradingProgress": "FullyGraded",
                "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            }
            client.post(f"{scene.items_url()}/0/scores", json=score, headers=kind).raise_for_status()
        return scene.scores

    return Work(act, lambda sent: {"confirmed": sent})


def gradebook(scene: Scene) -> Work:
    _loaded()
    from . import frames

    def act(mark: Mark) -> Any:
        client = _client(scene)
        people = frames.roster(_members(client, scene.members_url()))
        items = client.get(scene.items_url()).raise_for_status().json()
        answers = [(item["label"], client.get(f"{item['id']}/results").raise_for_status().json()) for item in items]
        began = time.perf_counter()
        frame = frames.gradebook(answers, people)
        mark("building", time.perf_counter() - began)
        return frame

    return Work(act, frames.gradebook_facts)


def first_frame(scene: Scene) -> Work:
    """From nothing imported to a frame; the import alone is httpx's."""

    def act(mark: Mark) -> Any:
        import httpx  # noqa: F401

        mark("import")
        client = _client(scene)
        mark("connect")
        from . import frames

        return frames.roster(_members(client, scene.members_url()))

    def facts(frame: Any) -> dict[str, Any]:
        from . import frames

        return frames.roster_facts(frame)

    return Work(act, facts)
