"""What the tests of uploads share: sheets for the practice seminar, and a session whose score posts can be met."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pandas as pd

import ltix_data as ltix
from ltix_data.http import HttpClient

SEAN, WANG, LEILA, ANNA, WULANDARI, ZOE, MARIA = (f"000123{n}" for n in range(46, 53))  # student numbers

Answer = Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response]


def sheet(points: dict[str, Any], **columns: list[Any]) -> pd.DataFrame:
    """Return a sheet with the columns sourcedid and points, and others beside them."""
    return pd.DataFrame({"sourcedid": list(points), "points": list(points.values()), **columns}, dtype="object")


def planned(course, points: dict[str, Any], item: object = "Quiz 1", /, *, columns=None, match="sourcedid", **options):
    """Return a plan that matches by student number."""
    return course.plan_grades(sheet(points, **(columns or {})), item, match, "points", **options)


def user_ids(practice) -> dict[str, str]:
    """Return the user_ids of the seminar, by student number; also where the platform shares no numbers."""
    members = practice.platform.courses["SEM12"].members.values()
    return {member.person.sourcedid: member.person.user_id for member in members if member.person.sourcedid}


def stored(practice, item: object = "Quiz 1", column: str = "score") -> dict[str, Any]:
    """Return what the platform holds, by student number."""
    numbers = {user: number for number, user in user_ids(practice).items()}
    results = practice.course.results(item).dropna(subset=[column])
    return dict(zip(results["user_id"].map(numbers), results[column], strict=True))


def item_number(practice, label: str = "Quiz 1") -> int:
    """Return the number by which the platform knows a line item."""
    items = practice.platform.courses["SEM12"].items_of(practice.tool.client_id)
    return next(item.number for item in items if item.fields["label"] == label)


class Met(httpx.BaseTransport):
    """Hands every post of a score to *answer*, with what would forward it; `bodies` are what was posted."""

    def __init__(self, practice, answer: Answer) -> None:
        self.inner, self.answer = practice.http._connections.transport, answer
        self.bodies: list[bytes] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST" or not request.url.path.endswith("/scores"):
            return self.inner.handle_request(request)
        self.bodies.append(request.read())
        return self.answer(request, lambda: self.inner.handle_request(request))


def forwarded(request: httpx.Request, forward: Callable[[], httpx.Response]) -> httpx.Response:
    """Let a score through."""
    return forward()


def lost_before(request: httpx.Request, forward: Callable[[], httpx.Response]) -> httpx.Response:
    """Break the connection before the platform saw the score."""
    raise httpx.ReadError("connection reset", request=request)


def lost_after(request: httpx.Request, forward: Callable[[], httpx.Response]) -> httpx.Response:
    """Break the connection after the platform took the score."""
    forward()
    raise httpx.ReadError("connection reset", request=request)


def meeting(practice, answer: Answer = forwarded):
    """Return a new session with the practice platform, as after a restart, and the transport it goes through."""
    met = Met(practice, answer)
    return ltix.connect(practice.registration, http=HttpClient(transport=met, sleep=lambda seconds: None)), met


def data_dir() -> Path:
    """Return the folder of journals and registrations."""
    from ltix_data import registry

    return registry.data_dir()


def journals() -> list[Path]:
    """Return the files of all journals."""
    return sorted((data_dir() / "uploads").glob("[!.]*.jsonl"))


def lines(path: Path) -> list[dict[str, Any]]:
    """Return a journal's lines."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


class Killed:
    """Keeps what is on the disk when the platform meets the post number *at*, as `kill -9` would leave it.

    `arrived` says whether the platform takes that last score. Later posts are not let through.
    """

    def __init__(self, place: Path, at: int, *, arrived: bool) -> None:
        self.place, self.at, self.arrived, self.seen = place, at, arrived, 0

    def __call__(self, request: httpx.Request, forward: Callable[[], httpx.Response]) -> httpx.Response:
        self.seen += 1
        if self.seen < self.at:
            return forward()
        if self.seen == self.at:
            shutil.copytree(data_dir(), self.place)
            if self.arrived:
                forward()
        raise httpx.ReadError("this process is dead", request=request)


def after_kill(practice, monkeypatch, tmp_path, points: dict[str, Any], *, at: int, arrived: bool, **options) -> str:
    """Upload until the process is killed at a post; return the upload's id, with the disk as it was then."""
    left = tmp_path / "left"
    session, _ = meeting(practice, Killed(left, at, arrived=arrived))
    planned(session.course("SEM12"), points, **options).send(workers=1)
    monkeypatch.setenv("LTIX_DATA_DIR", str(left))
    return max(journals(), key=lambda path: path.stat().st_mtime_ns).stem
