"""Sessions with a practice platform that is a process of its own, and what their gate does meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

import ltix_data as ltix
from ltix_data import pace, spec, urls
from ltix_data.courses import KnownCourse
from ltix_data.keys import SigningKey
from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.claims import service_claims
from ltix_data.sandbox.server import running

_EVERY = 0.02


@contextmanager
def practising(key: SigningKey, **options: object) -> Iterator[ltix.Session]:
    """Yield a session with a platform that runs as a process of its own."""
    chosen = Options(**options)
    with running(chosen) as url, httpx.Client() as web:
        told = web.post(f"{url}/tools", json={"name": "ltix_data", "jwks": {"keys": [key.public_jwk]}}).json()
        twin = Platform(chosen)  # invents the same courses
        tool = twin.add_tool(name="ltix_data")
        assert tool.client_id == told["client_id"]
        registration = ltix.Registration(
            name="practice", issuer=url, client_id=tool.client_id, token_url=f"{url}/token", private_key=key
        )
        for course in twin.courses.values():
            registration.remember(KnownCourse.from_claims(service_claims(course, tool, url)))
        with ltix.connect(registration) as session:
            yield session


@dataclass
class Watch:
    """What was seen of a gate from time to time."""

    gate: pace.Gate
    windows: list[int] = field(default_factory=list)
    under_way: list[int] = field(default_factory=list)
    seconds: float = 0.0

    def late(self, seen: list[int]) -> float:
        """Return the mean of the second half of what was seen."""
        half = seen[len(seen) // 2 :]
        return sum(half) / len(half)


@contextmanager
def watching(session: ltix.Session) -> Iterator[Watch]:
    """Yield what is seen of the gate of a session's platform, until the block ends."""
    gate = pace.gate(urls.origin(session.registration.issuer), time.sleep, time.monotonic)
    watch, over, began = Watch(gate), threading.Event(), time.monotonic()

    def look() -> None:
        while not over.wait(_EVERY):
            watch.windows.append(gate.window)
            watch.under_way.append(gate.under_way)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()
        watch.seconds = time.monotonic() - began


def students(number: int) -> list[str]:
    """Return the user ids of so many learners of MED3000; on a Moodle's roster, assistants are learners too."""
    members = Platform().courses["MED3000"].members.values()
    found = [member for member in members if member.has("Learner") and not member.has("Instructor")]
    return [one.person.user_id for one in found if one.status == "Active" and spec.TEST_USER not in one.roles][:number]


def post(course: ltix.Course, item: str, users: list[str], threads: int) -> None:
    """Post a score for each of *users*, from so many threads."""
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda user: course.post_score(item, user, 5, out_of=10), users))
