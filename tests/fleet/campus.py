"""A practice platform on a real port, with many small courses, that counts what is under way at once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import ltix_data as ltix
from ltix_data.courses import KnownCourse
from ltix_data.keys import SigningKey
from ltix_data.registration import Registration
from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.claims import service_claims
from ltix_data.sandbox.model import Course, Tool
from ltix_data.sandbox.server import listen

PATIENCE = 30  # seconds that a test waits at most for what must come
_numbers = count(1)


class Campus:
    """A platform of this process; worker processes reach it through its port.

    Attributes:
        name: the registration with it.
        url: its address.
        most: how many requests of services were under way at once, at most.
        tokens: how many tokens it gave.
        asked: how often each path was asked for.
        gate: called with the path of a request before it is answered.
    """

    def __init__(self, name: str, platform: Platform, tool: Tool) -> None:
        self.name, self.platform, self.tool, self.url = name, platform, tool, ""
        self.most = self.tokens = self.under_way = 0
        self.asked: Counter[str] = Counter()
        self.gate: Callable[[str], None] = lambda path: None
        self._changed = threading.Condition()

    def counting(self, app):
        """Return *app* with counters in front."""

        def counted(environ, start_response):
            path = environ["PATH_INFO"]
            if path == "/token":
                self.tokens += 1
                return app(environ, start_response)
            with self._changed:
                self.asked[path] += 1
                self.under_way += 1
                self.most = max(self.most, self.under_way)
                self._changed.notify_all()
            try:
                self.gate(path)
                return app(environ, start_response)
            finally:
                with self._changed:
                    self.under_way -= 1

        return counted

    def wait_for(self, happened: Callable[[], bool]) -> None:
        """Wait until that much is under way, or was asked for."""
        with self._changed:
            assert self._changed.wait_for(happened, PATIENCE)

    def gather(self, count: int) -> None:
        """Answer nothing before so many requests were under way at once."""
        reached = threading.Event()

        def gate(path: str) -> None:
            if self.under_way >= count:
                reached.set()
            assert reached.wait(PATIENCE)

        self.gate = gate

    @property
    def registration(self) -> Registration:
        return ltix.registration.load(self.name)

    @property
    def courses(self) -> list[str]:
        return [course.name for course in self.registration.courses]


@contextmanager
def campus(key: SigningKey, *, courses: int = 8, registered: bool = True, **options) -> Iterator[Campus]:
    """Run a platform of so many courses of twelve people, with a registration that keeps no key."""
    platform = Platform(Options(**options))
    seminar = platform.courses["SEM12"]
    platform.courses = {label: _copy(seminar, label) for label in (f"C{number:02}" for number in range(courses))}
    tool = platform.add_tool(jwks={"keys": [key.public_jwk]}, name="ltix_data")
    running = Campus(f"uni-{next(_numbers)}", platform, tool)
    server = listen(platform)
    server.app = running.counting(server.app)
    running.url = f"http://127.0.0.1:{server.port}"
    if registered:
        register(running, key)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
        platform.close()


def register(running: Campus, key: SigningKey, **facts) -> None:
    """Store the registration; its key is wherever LTIX_KEY_FILE says."""
    url = running.url
    given = {"issuer": url, "client_id": running.tool.client_id, "token_url": f"{url}/token"} | facts
    stored = ltix.register(running.name, **given, store="none", private_key=key)
    known = [service_claims(course, running.tool, url) for course in running.platform.courses.values()]
    stored.remember(*(KnownCourse.from_claims(claims) for claims in known))


def _copy(course: Course, label: str) -> Course:
    members = {user_id: replace(member) for user_id, member in course.members.items()}
    return replace(
        course,
        course_id=label,
        context_id=f"ctx-{label}",
        label=label,
        title=label,
        members=members,
        items={},
        links={},
    )
