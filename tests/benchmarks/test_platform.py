"""The platform of the benchmarks serves what it says, in order, whatever the client does."""

from __future__ import annotations

import json
import socket
import time
from urllib.parse import urlsplit

import pytest

pytest.importorskip("resource")

from .contenders import raw
from .platform import world
from .platform.answers import TOKEN
from .platform.process import Stub, running
from .platform.world import Setting


@pytest.fixture(scope="module")
def stub():
    with running() as platform:
        yield platform


def ask(stub: Stub, *paths: str, connections: int = 1) -> list[bytes]:
    return raw.ask([raw.request(f"{stub.origin}{path}", TOKEN) for path in paths], stub.origin, connections)


def exchange(stub: Stub, sent: bytes, *, until: bytes) -> bytes:
    """Send bytes in one go, and return what comes until something is in it."""
    parts = urlsplit(stub.origin)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as link:
        link.sendall(sent)
        got = b""
        while until not in got:
            got += link.recv(65536)
    return got


@pytest.mark.parametrize("latency", [0.0, 0.005])
def test_requests_in_a_row_are_answered_in_their_order(stub: Stub, latency):
    """Pipelined: none waits for the answer to the one before."""
    stub.configure(Setting(members=30, page=10, latency=latency))
    paths = [f"/courses/0/members?page={number}" for number in (1, 2, 3)]

    got = exchange(
        stub, b"".join(raw.request(f"{stub.origin}{path}", TOKEN) for path in paths), until=world.user_id(29).encode()
    )

    places = [got.index(world.user_id(number).encode()) for number in (0, 10, 20)]
    assert places == sorted(places)
    assert got.count(b"HTTP/1.1 200 OK") == 3


def test_a_request_may_come_in_pieces(stub: Stub):
    stub.configure(Setting())
    body = json.dumps({"userId": "u", "scoreGiven": 2.5}).encode()
    asked = raw.request(f"{stub.origin}/courses/0/lineitems/0/scores", TOKEN, body, "application/json")
    parts = urlsplit(stub.origin)

    with socket.create_connection((parts.hostname, parts.port), timeout=10) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(asked), 50):
            link.sendall(asked[start : start + 50])
        answer = link.recv(4096)

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert {key: stub.counts()[key] for key in ("scores", "duplicates", "sum")} == {
        "scores": 1,
        "duplicates": 0,
        "sum": 2.5,
    }


def test_an_answer_larger_than_the_socket_takes_arrives_whole(stub: Stub):
    """A client that reads late gets all of it, and nobody else waits for it."""
    stub.configure(Setting(members=30_000, page=30_000))
    parts = urlsplit(stub.origin)

    with socket.create_connection((parts.hostname, parts.port), timeout=30) as late:
        late.sendall(raw.request(f"{stub.origin}/courses/0/members", TOKEN))
        [items] = ask(stub, "/courses/0/lineitems")
        got = b""
        while world.user_id(29_999).encode() not in got[-2000:]:
            got += late.recv(1_048_576)

    assert json.loads(items)[0]["label"] == "Quiz 1"
    assert got.count(b'"user_id"') == 30_000


def test_pages_lead_from_one_to_the_next(stub: Stub):
    """By default, and with a limit where one is honoured, up to the largest page."""
    stub.configure(Setting(members=25, page=10, largest=20))
    first = raw.request(f"{stub.origin}/courses/0/members", TOKEN)
    limited = raw.request(f"{stub.origin}/courses/0/members?limit=1000", TOKEN)

    assert f'<{stub.origin}/courses/0/members?page=2>; rel="next"'.encode() in exchange(stub, first, until=b"next")
    larger = exchange(stub, limited, until=world.user_id(19).encode())
    assert f'<{stub.origin}/courses/0/members?limit=1000&page=2>; rel="next"'.encode() in larger
    assert larger.count(b'"user_id"') == 20


def test_a_limit_is_ignored_where_none_is_honoured(stub: Stub):
    stub.configure(Setting(members=25, page=10))

    [page] = ask(stub, "/courses/0/members?limit=20")

    assert page.count(b'"user_id"') == 10


def test_answers_take_as_long_as_they_shall(stub: Stub):
    """At least; and those that wait together wait once."""
    stub.configure(Setting(latency=0.05))
    began = time.monotonic()

    ask(stub, *["/courses/0/lineitems"] * 8, connections=8)

    assert time.monotonic() - began >= 0.05
    assert stub.counts()["most_at_once"] == 8


def test_scores_are_results_from_then_on(stub: Stub):
    """The last of each person; one that came twice is counted."""
    stub.configure(Setting())
    url = f"{stub.origin}/courses/0/lineitems/0"
    bodies = [
        json.dumps({"userId": who, "scoreGiven": points}).encode() for who, points in (("a", 1), ("b", 2), ("a", 3))
    ]

    raw.ask([raw.request(f"{url}/scores", TOKEN, body, "application/json") for body in bodies], stub.origin)

    [results] = ask(stub, "/courses/0/lineitems/0/results")
    assert {found["userId"]: found["resultScore"] for found in json.loads(results)} == {"a": 3.0, "b": 2.0}
    assert stub.counts()["duplicates"] == 1


def test_nobody_without_the_token_gets_anything(stub: Stub):
    stub.configure(Setting())

    answer = exchange(stub, raw.request(f"{stub.origin}/courses/0/members", "another"), until=b"{}")

    assert answer.startswith(b"HTTP/1.1 401")
    assert stub.counts()["refused"] == 1
