"""Requests to answers: whole pre-rendered HTTP/1.1 responses, and counts of what was asked."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from . import world
from .world import Setting

TOKEN = "a-token-of-the-benchmark"
_BEARER = f"bearer {TOKEN}".encode()
_MEMBERS = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
_ITEM, _ITEMS = "application/vnd.ims.lis.v2.lineitem+json", "application/vnd.ims.lis.v2.lineitemcontainer+json"
_RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
_SCOPES = (
    "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
    "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
)
_SCORE = re.compile(rb'"scoreGiven": ?([0-9.eE+-]+)')
_USER = re.compile(rb'"userId": ?"([^"]+)"')


def whole(body: bytes, kind: str = "application/json", *, status: str = "200 OK", link: str = "") -> bytes:
    """Return the bytes of an answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    lines += [f'Link: <{link}>; rel="next"'] if link else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass(slots=True)
class Counts:
    """What was asked since the setting was made."""

    requests: int = 0
    tokens: int = 0
    refused: int = 0
    connections: int = 0
    most_at_once: int = 0
    began: float = field(default_factory=time.process_time)


class Platform:
    """Answers requests as a `Setting` says. *origin* is where it is reached."""

    def __init__(self, origin: str, setting: Setting) -> None:
        self._origin = origin
        self.configure(setting)

    def configure(self, setting: Setting) -> None:
        """Begin anew: nothing counted, no scores; whatever is served is rendered here and now."""
        known = getattr(self, "setting", None)
        self.setting, self.latency = setting, setting.latency
        if known is None or _shape(known) != _shape(setting):
            self._pages: dict[int, list[bytes]] = {}
            self._ready: dict[bytes, bytes] = {}
            for size in {setting.page, setting.largest or setting.page}:
                self._pages[size] = list(world.pages(setting, size))
            self._render()
        self._scores: dict[bytes, list[bytes]] = {}
        self.counts = Counts()

    def answer(self, method: bytes, target: bytes, head: bytes, body: bytes) -> bytes:
        """Return the whole answer to one request; its *head* in lower case."""
        self.counts.requests += 1
        if target == b"/token":
            self.counts.tokens += 1
            return _TOKEN_ANSWER
        if _BEARER not in head:
            self.counts.refused += 1
            return _REFUSED
        if method == b"POST":
            if not target.endswith(b"/scores"):
                return _MISSING
            self._scores.setdefault(target[: -len(b"/scores")], []).append(body)
            return _TAKEN
        if self._scores and target.endswith(b"/results"):
            return self._scored(target[: -len(b"/results")])
        return self._ready.get(target) or self._page(target)

    def summary(self) -> dict[str, Any]:
        """Return what was counted, and what the scores that came add up to."""
        spent = time.process_time() - self.counts.began
        scores = [body for bodies in self._scores.values() for body in bodies]
        people = Counter((item, _first(_USER, body)) for item, bodies in self._scores.items() for body in bodies)
        counted = self.counts
        return {
            "requests": counted.requests,
            "tokens": counted.tokens,
            "refused": counted.refused,
            "connections": counted.connections,
            "most_at_once": counted.most_at_once,
            "scores": len(scores),
            "duplicates": len(scores) - len(people),
            "sum": sum(float(_first(_SCORE, body) or 0) for body in scores),
            "cpu": spent,
        }

    def _render(self) -> None:
        """Render what every course answers; bytes that are the same in all are there once."""
        setting = self.setting
        single = whole(self._pages[setting.page][0], _MEMBERS) if setting.members <= setting.page else None
        for course in range(setting.courses):
            path = f"/courses/{course}"
            if single:
                self._ready[f"{path}/members".encode()] = self._ready[f"{path}/members?page=1".encode()] = single
            else:
                self._page(f"{path}/members".encode())
                for number in range(len(self._pages[setting.page])):
                    self._page(f"{path}/members?page={number + 1}".encode())
            self._render_grades(path)

    def _render_grades(self, path: str) -> None:
        setting = self.setting
        addresses = [f"{self._origin}{path}/lineitems/{number}" for number in range(setting.items)]
        items = [world.line_item(address, number) for number, address in enumerate(addresses)]
        self._ready[f"{path}/lineitems".encode()] = whole(json.dumps(items).encode(), _ITEMS)
        for number, (address, item) in enumerate(zip(addresses, items, strict=True)):
            target = f"{path}/lineitems/{number}".encode()
            self._ready[target] = whole(json.dumps(item).encode(), _ITEM)
            people = range(world.learners_of(setting.members) if setting.graded else 0)
            results = [world.result(address, world.learner(who), world.score(who, number)) for who in people]
            self._ready[target + b"/results"] = whole(json.dumps(results).encode(), _RESULTS)

    def _page(self, target: bytes) -> bytes:
        """Return a page of a roster, as ``limit`` and ``page`` say."""
        parts = urlsplit(target.decode())
        query = {name: int(values[0]) for name, values in parse_qs(parts.query).items() if values[0].isdigit()}
        setting = self.setting
        limit = min(query.get("limit", setting.page), setting.largest) if setting.largest else setting.page
        pages, number = self._pages.get(limit), query.get("page", 1)
        if pages is None:
            pages = self._pages.setdefault(limit, list(world.pages(setting, limit)))
        if not parts.path.endswith("/members") or not 0 < number <= len(pages):
            return _MISSING
        asked = f"limit={query['limit']}&" if setting.largest and "limit" in query else ""
        link = f"{self._origin}{parts.path}?{asked}page={number + 1}" if number < len(pages) else ""
        found = whole(pages[number - 1], _MEMBERS, link=link)
        self._ready[target] = found
        return found

    def _scored(self, item: bytes) -> bytes:
        """Return the results that the scores of one line item make: each person's last."""
        last = {_first(_USER, body).decode(): float(_first(_SCORE, body)) for body in self._scores.get(item, ())}
        address = f"{self._origin}{item.decode()}"
        return whole(json.dumps([world.result(address, *pair) for pair in last.items()]).encode(), _RESULTS)


def _shape(setting: Setting) -> tuple[Any, ...]:
    return (setting.courses, setting.members, setting.page, setting.largest, setting.items, setting.graded)


def _first(pattern: re.Pattern[bytes], body: bytes) -> bytes:
    found = pattern.search(body)
    return found.group(1) if found else b""


_TOKEN_ANSWER = whole(
    json.dumps({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600, "scope": " ".join(_SCOPES)}).encode()
)
_TAKEN = whole(b"{}")
_REFUSED = whole(b"{}", status="401 Unauthorized")
_MISSING = whole(b"{}", status="404 Not Found")
