"""A term of courses behind a real socket, which counts what it is asked, and can fail or hang."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import ltix_data as ltix
from ltix_data import spec
from ltix_data.courses import KnownCourse
from ltix_data.http import HttpClient
from ltix_data.keys import SigningKey
from ltix_data.wire import Limits

SOON = 30  # seconds within which what is waited for comes on a busy machine


class Term:
    """A platform with courses C000, C001, … of a few members and line items each.

    Attributes:
        asked: every path that was asked, in order.
        at_once: the most service requests that were under way at the same time.
        answer: looks at each path before it is answered: a status is answered instead, None is none.
        hurry: lets go of what hangs.
    """

    def __init__(self, key: SigningKey, courses: int = 3, *, name: str = "uni", items: int = 1) -> None:
        self.key, self.name, self.items = key, name, items
        self.members: dict[str, int] = {f"C{number:03}": 1 + number % 3 for number in range(courses)}
        self.labels: dict[str, list[tuple[str, float]]] = {}
        self.asked: list[str] = []
        self.tokens = self.at_once = self._under_way = 0
        self.answer: Callable[[str], int | None] = lambda path: None
        self.hurry = threading.Event()
        self._sessions: list[ltix.Session] = []
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"term": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.hurry.set()
        for session in self._sessions:
            session.close()
        self.end()

    def end(self) -> None:
        """Listen no longer."""
        self._server.shutdown()
        self._server.server_close()

    def hang(self) -> None:
        """Answer nothing until somebody says `hurry`."""
        self.hurry.wait(SOON)

    def registration(self, **facts: Any) -> ltix.Registration:
        told = {"name": self.name, "issuer": self.url, "client_id": "c1", "token_url": f"{self.url}/token"}
        found = ltix.Registration(private_key=self.key, **(told | facts))
        found.remember(*map(self.known, self.members))
        return found

    def known(self, key: str, **facts: Any) -> KnownCourse:
        told = {
            "name": key,
            "context_id": f"id-{key}",
            "title": f"Course {key}",
            "memberships_url": f"{self.url}/{key}/members",
            "lineitems_url": f"{self.url}/{key}/lineitems",
        }
        return KnownCourse(**(told | facts))

    def session(self, *, pseudonyms: Any = False, sleep: Any = None, limits: Any = None, **facts: Any) -> ltix.Session:
        http = HttpClient(limits=Limits(**(limits or {})), sleep=sleep or (lambda seconds: None))
        found = ltix.connect(self.registration(**facts), http=http, pseudonyms=pseudonyms)
        self._sessions.append(found)
        return found

    def courses_asked(self, what: str = "members") -> Counter[str]:
        """Return how often each course was asked for its members, or line items."""
        return Counter(path.split("/")[1] for path in self.asked if path.endswith(f"/{what}"))

    def wait_for(self, count: int) -> None:
        """Wait until so many requests came."""
        end = time.monotonic() + SOON
        while len(self.asked) < count:
            assert time.monotonic() < end, f"only {len(self.asked)} requests came"
            time.sleep(0.005)

    def respond(self, path: str) -> tuple[int, object, str]:
        with self._lock:
            self.asked.append(path)
            self._under_way += 1
            self.at_once = max(self.at_once, self._under_way)
        try:
            status = self.answer(path)
        finally:
            with self._lock:
                self._under_way -= 1
        key, *rest = path.strip("/").split("/")
        if status is not None or key not in self.members:
            return 404 if status is None else status, {"error": "no"}, "application/json"
        return 200, *self._found(key, rest)

    def _found(self, key: str, rest: list[str]) -> tuple[object, str]:
        people = [f"{key.lower()}-{number}" for number in range(self.members[key])]
        if rest == ["members"]:
            members = [
                {"user_id": one, "name": f"Ann {one}", "email": f"{one}@uni.example", "roles": ["Learner"]}
                for one in people
            ]
            return {"id": "x", "context": {"id": key}, "members": members}, spec.MEMBERSHIP_CONTAINER
        labels = self.labels.get(key, [(f"Quiz {number + 1}", 10.0) for number in range(self.items)])
        root = f"{self.url}/{key}/lineitems"
        if rest == ["lineitems"]:
            items = [
                {"id": f"{root}/{number}", "label": label, "scoreMaximum": most}
                for number, (label, most) in enumerate(labels)
            ]
            return items, spec.LINE_ITEM_CONTAINER
        most = labels[int(rest[1])][1]
        results = [
            {"id": f"r{one}", "scoreOf": f"{root}/{rest[1]}", "userId": one, "resultScore": most / 2}
            | {"resultMaximum": most, "comment": "Well done", "timestamp": "2026-03-01T10:00:00Z"}
            for one in people[:1]
        ]
        return results, spec.RESULT_CONTAINER

    def grant(self, body: bytes) -> object:
        with self._lock:
            self.tokens += 1
        scope = parse_qs(body.decode())["scope"][0]
        return {"access_token": "tok", "token_type": "Bearer", "expires_in": 3600, "scope": scope}


class _Server(ThreadingHTTPServer):
    """Many connections, of which some are left while they are answered."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of callers that went away."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    term: Term
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.term.answer("/token")
        self._say(status or 200, {"error": "no"} if status else self.term.grant(body), "application/json")

    def do_GET(self) -> None:
        self._say(*self.term.respond(urlsplit(self.path).path))

    def _say(self, status: int, data: object, media_type: str) -> None:
        if status == 0:  # hang up without a word
            self.close_connection = True
            return
        content = json.dumps(data).encode()
        with suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

    def log_message(self, *args: Any) -> None:
        """Stay quiet."""
