"""One connection, straight to its host: what is read, what is no answer, and when it is used again."""

from __future__ import annotations

import _thread
import errno
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from raw_server import plain, serving
from scripted import SECRET

from ltix_data import errors
from ltix_data.http import HttpClient
from ltix_data.http.direct import Direct, _Answer
from ltix_data.wire import Limits

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[1, \r\n2;a=b\r\n2]\r\n0\r\nX-Later: 1\r\n\r\n"
LENGTH = plain(b"[1, 2]")


@pytest.fixture
def direct():
    made = []

    def make(limits=None, trust=None, monotonic=time.monotonic):
        made.append(Direct(limits or Limits(read_timeout=5), trust, monotonic))
        return made[-1]

    yield make
    for transport in made:
        transport.close()


def ask(transport: Direct, url: str, method: str = "GET", body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """Return status and body."""
    response = transport.handle_request(httpx.Request(method, url, content=body, headers=headers))
    try:
        return response.status_code, b"".join(response.stream)
    finally:
        response.close()


def saying(*answers: bytes, close: bool = False):
    """Return how to give each request its bytes, the last of them again and again, and hang up at the end or not."""

    def behave(wire, server):
        while server.take(wire):
            wire.send(answers[min(len(server.requests), len(answers)) - 1])
            if close:
                return

    return behave


# --- What is an answer ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "body"),
    [
        (LENGTH, b"[1, 2]"),
        (CHUNKED, b"[1, 2]"),
        (b"HTTP/1.1 100 Continue\r\nX: 1\r\n\r\n" + LENGTH, b"[1, 2]"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + LENGTH, b"[1, 2]"),
        (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n[]", b"[]"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n[]", b"[]"),
        # what Apache offers where it speaks HTTP/2 too
        (b"HTTP/1.1 200 OK\r\nUpgrade: h2,h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\n[]", b"[]"),
        (b"HTTP/1.1 200 OK\r\nX-Folded: a,\r\n b\r\nContent-Length: 2\r\n\r\n[]", b"[]"),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\n[]", b"[]"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n", b"[]"),
        (b"HTTP/1.1 200 J\xc3\xbcrgen \xff\r\nX: \xff\x01\r\nContent-Length: 2\r\n\r\n[]", b"[]"),
        (plain(b"x" * 3_000_000), b"x" * 3_000_000),
    ],
    ids=[
        "length",
        "chunks",
        "100",
        "103 twice",
        "no reason",
        "HTTP/1.0",
        "upgrade offered",
        "folded header",
        "line feeds alone",
        "length beside chunks",
        "bytes that are no text",
        "large",
    ],
)
def test_what_servers_say_is_read(direct, said, body):
    with serving(saying(said)) as server:
        assert ask(direct(), server.url) == (200, body)


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_is_whole_at_its_head(direct, status):
    with serving(saying(b"HTTP/1.1 %d X\r\nContent-Length: 7\r\n\r\n" % status)) as server:
        assert ask(direct(), server.url) == (status, b"")


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 200 OK\r\nA: b\r\n"])
def test_a_body_of_no_told_length_ends_with_the_connection(direct, head):
    with serving(saying(head + b"\r\n[1, 2]", close=True)) as server:
        assert ask(direct(), server.url) == (200, b"[1, 2]")


def test_what_it_answers_before_it_has_read_is_its_answer(direct):
    """A proxy that takes no such body says so and hangs up while it is still being sent."""

    def behave(wire, server):
        wire._connection.recv(1)  # it has begun
        wire.send(plain(b"too much", status="413 Content Too Large"))
        wire.reset()

    with serving(behave) as server:
        assert ask(direct(), server.url, "POST", b"x" * 30_000_000) == (413, b"too much")


def test_trailers_are_no_headers(direct):
    with serving(saying(CHUNKED)) as server:
        response = direct().handle_request(httpx.Request("GET", server.url))
        response.read()

    assert (response.content, "x-later" in response.headers) == (b"[1, 2]", False)


# --- What is none ---------------------------------------------------------------------------------


@contextmanager
def heard(*pieces: bytes) -> Iterator[_Answer]:
    """Let an answer come in these pieces, after which the other end hangs up."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # each piece is received by itself
    with ours:
        with theirs:
            for piece in pieces:
                theirs.send(piece)
        yield _Answer(ours)


def whole(answer: _Answer) -> bytes:
    answer.read_head()
    while not answer.is_whole:
        answer.read_on()
    return b"".join(answer.pieces)


@pytest.mark.skipif(not hasattr(socket, "SOCK_SEQPACKET"), reason="needs sockets that keep pieces apart")
@pytest.mark.parametrize("said", [LENGTH, CHUNKED], ids=["length", "chunks"])
def test_an_answer_cut_short_anywhere_is_none(said):
    """Half a roster must never pass for a roster."""
    for end in range(len(said)):
        with heard(*[said[:end]] if end else []) as answer, pytest.raises(httpx.RemoteProtocolError, match="closed"):
            whole(answer)


@pytest.mark.skipif(not hasattr(socket, "SOCK_SEQPACKET"), reason="needs sockets that keep pieces apart")
@given(said=st.sampled_from([LENGTH, CHUNKED]), cuts=st.lists(st.integers(1, len(CHUNKED) - 1), max_size=12))
def test_it_is_the_same_however_it_is_cut_up(said, cuts):
    ends = sorted({cut for cut in cuts if cut < len(said)})
    pieces = [said[start:end] for start, end in zip([0, *ends], [*ends, len(said)], strict=True)]

    with heard(*pieces) as answer:
        assert (whole(answer), answer.status, answer.may_keep) == (b"[1, 2]", 200, True)


@pytest.mark.parametrize(
    "said",
    [
        b"<html>Sign in</html>",
        b"HTTP/2 200\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[]]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nNo header\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\xff\r\n[]",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n[]\r\n0\r\n\r\n",
    ],
    ids=["page", "HTTP/2", "20", "101", "negative", "two lengths", "huge", "no header", "no size", "negative size"],
)
def test_what_is_no_http_is_no_answer(direct, said):
    with serving(saying(said)) as server, pytest.raises(httpx.RemoteProtocolError, match="no HTTP"):
        ask(direct(), server.url)


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-Filler: " + b"x" * 1000 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Filler: ", b"x" * 1000),
        (b"HTTP/1.1 200 ", b"x" * 1000),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 40),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Filler: " + b"x" * 1000 + b"\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;", b"x" * 1000),
    ],
    ids=["headers", "a header", "a reason", "interim answers", "trailers", "a chunk's extension"],
)
def test_what_never_comes_to_the_point_is_bounded(direct, begin, more):
    sent = []

    def behave(wire, server):
        server.take(wire)
        wire.send(begin)
        while not server.stopped.is_set():
            wire.send(more)
            sent.append(len(more))

    with serving(behave) as server, pytest.raises(httpx.RemoteProtocolError, match="without end"):
        ask(direct(), server.url)

    assert sum(sent) < 30_000_000  # of which most stayed in the buffers between


def test_a_header_that_would_end_early_is_not_sent(direct):
    with serving(saying(LENGTH)) as server:
        for bad in ("a\r\nX-Other: b", "a\nb", "a\rb", "a\0b"):
            with pytest.raises(httpx.LocalProtocolError) as caught:
                ask(direct(), server.url, Authorization=bad)
            assert bad not in str(caught.value)
        with closing(HttpClient(sleep=lambda seconds: None)) as http, pytest.raises(errors.TransportError) as told:
            http.send("POST", server.url, headers={"Authorization": f"{SECRET}\r\nX: y"}, repeatable=False)

    assert (server.requests, SECRET in repr(told.value), told.value.__cause__) == ([], False, None)
    assert "a header is not valid" in str(told.value)


def test_ctrl_c_is_not_taken_for_a_broken_answer():
    """Between two lines of what the parser calls, a signal may strike."""

    class Interrupted(_Answer):
        def on_header(self, name, value):
            _thread.interrupt_main()
            for _ in range(1000):  # somewhere in here it comes
                pass

    with heard(LENGTH) as answer, pytest.raises(KeyboardInterrupt):
        Interrupted(answer._connection).read_head()


# --- When it is used again ------------------------------------------------------------------------


@pytest.mark.parametrize("said", [LENGTH, CHUNKED, LENGTH + b"\r\n"])
def test_it_is_used_again_after_a_whole_answer(direct, said):
    transport = direct()
    with serving(saying(said)) as server:
        answers = [ask(transport, server.url) for _ in range(5)]

    assert (answers, server.connections) == ([(200, b"[1, 2]")] * 5, 1)


@pytest.mark.parametrize(
    "said",
    [
        plain(b"[1, 2]", "Connection: close"),
        LENGTH.replace(b"1.1", b"1.0"),
        # many servers close it after these, and do not say so
        plain(b"[1, 2]", status="500 Oops"),
        plain(b"[1, 2]", status="503 Busy"),
        LENGTH + LENGTH,  # and nobody may take the second for the answer to another request
        LENGTH + b"surplus",
        LENGTH + b"HTTP",
    ],
    ids=["close", "HTTP/1.0", "500", "503", "two answers", "surplus", "half an answer"],
)
def test_it_is_not_used_again(direct, said):
    transport = direct()
    with serving(saying(said)) as server:
        bodies = [ask(transport, server.url)[1] for _ in range(3)]

    assert (bodies, server.connections) == ([b"[1, 2]"] * 3, 3)


def test_it_is_not_used_again_when_more_came_later(direct):
    more = threading.Event()

    def behave(wire, server):
        while server.take(wire):
            number = len(server.requests)
            wire.send(plain(b"%d" % number))
            if number == 1:
                more.wait(5)
                wire.send(plain(b"of nobody"))
                more.clear()

    transport = direct()
    with serving(behave) as server:
        first = ask(transport, server.url)
        more.set()
        while more.is_set():
            time.sleep(0.001)
        second = ask(transport, server.url)

    assert (first, second, server.connections) == ((200, b"1"), (200, b"2"), 2)


def test_it_is_not_used_again_where_the_body_was_not_read(direct):
    transport = direct()
    with serving(saying(plain(b"x" * 500_000), LENGTH)) as server:
        transport.handle_request(httpx.Request("GET", server.url)).close()
        assert ask(transport, server.url) == (200, b"[1, 2]")

    assert server.connections == 2


def test_it_is_not_used_again_after_five_seconds(direct):
    """Servers and what stands before them drop it without a word; a write that met that could only be unknown."""
    now = [0.0]
    transport = direct(monotonic=lambda: now[0])
    with serving(saying(LENGTH)) as server:
        for seconds in (0, 4, 4, 6):
            now[0] += seconds
            ask(transport, server.url)

    assert server.connections == 2


def test_a_lost_connection_is_opened_anew_by_the_next_request(direct):
    def behave(wire, server):
        while server.take(wire):
            if len(server.requests) == 2:
                wire.reset()
            wire.send(LENGTH)

    transport = direct()
    with serving(behave) as server:
        ask(transport, server.url)
        with pytest.raises(httpx.ReadError):
            ask(transport, server.url)
        assert ask(transport, server.url) == (200, b"[1, 2]")

    assert server.connections == 2


def test_closing_it_wakes_whoever_waits(direct):
    transport, asked, ended = direct(Limits(read_timeout=30)), threading.Event(), []

    def wait() -> None:
        try:
            ask(transport, server.url)
        except httpx.HTTPError as error:
            ended.append(error)

    with serving(lambda wire, server: (server.take(wire), asked.set(), server.stopped.wait(30))) as server:
        thread = threading.Thread(target=wait)
        thread.start()
        asked.wait(10)
        transport.close()
        thread.join(5)
        with pytest.raises(httpx.ConnectError, match="closed"):  # it stays closed
            ask(transport, server.url)

    assert (len(ended), thread.is_alive()) == (1, False)
    assert isinstance(ended[0], httpx.ReadError | httpx.RemoteProtocolError)


# --- Reaching it ----------------------------------------------------------------------------------


def test_nobody_there_is_an_error_of_connecting(direct):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(httpx.ConnectError, match=str(errno.ECONNREFUSED)):
        ask(direct(), f"http://127.0.0.1:{port}/")


def test_a_host_that_takes_nobody_in_is_given_up(direct):
    """Its queue is full, and it drops what else knocks."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        knocking = [socket.socket() for _ in range(4)]
        try:
            for one in knocking:
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", port))
            with pytest.raises(httpx.ConnectTimeout):
                ask(direct(Limits(connect_timeout=0.1)), f"http://127.0.0.1:{port}/")
        finally:
            for one in knocking:
                one.close()


def test_it_says_when_the_connection_stands_and_before_anything_is_sent(direct):
    transport, seen = direct(), []
    with serving(saying(LENGTH)) as server:
        for _ in range(2):
            told = {"connected": lambda: seen.append(len(server.requests))}
            transport.handle_request(httpx.Request("GET", server.url, extensions=told)).read()

    assert seen == [0, 1]


# --- Encrypted ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def tls(authority):
    """How a server on this machine speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusting(authority, tmp_path, monkeypatch):
    """A client that trusts the authority, as an institution's own is named."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    http = HttpClient(sleep=lambda seconds: None)
    yield http
    http.close()


def test_an_encrypted_connection_serves_many_requests(tls, trusting):
    """Also where the server's tickets come behind the handshake, as in TLS 1.3."""
    with serving(saying(plain(b"x" * 100_000)), tls) as server:
        answers = [trusting.send("GET", server.url, headers={}, repeatable=True).body for _ in range(5)]

    assert (set(answers), server.connections) == ({b"x" * 100_000}, 1)


def test_an_encrypted_answer_that_nobody_asked_for_is_nobodys(tls, trusting):
    with serving(saying(LENGTH + b"\r\n" * 9000 + LENGTH, plain(b"[3]")), tls) as server:
        answers = [trusting.send("GET", server.url, headers={}, repeatable=True).body for _ in range(2)]

    assert (answers, server.connections) == ([b"[1, 2]", b"[3]"], 2)


def test_a_certificate_of_somebody_else_is_not_trusted(tls):
    http = HttpClient(sleep=lambda seconds: None)
    with closing(http), serving(saying(LENGTH), tls) as server, pytest.raises(errors.TransportError) as told:
        http.send("GET", server.url, headers={"Authorization": SECRET}, repeatable=True)

    assert "certificate is not trusted here" in str(told.value)

    assert (server.requests, server.connections) == ([], 1)


def test_a_certificate_of_another_host_is_not_trusted(authority, trusting):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("lms.example").configure_cert(context)

    with serving(saying(LENGTH), context) as server, pytest.raises(errors.TransportError, match="certificate"):
        trusting.send("GET", server.url, headers={"Authorization": SECRET}, repeatable=True)

    assert server.requests == []


def test_an_encrypted_body_cut_short_is_none(tls, trusting):
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1,"
    with serving(saying(half, close=True), tls) as server, pytest.raises(errors.TransportError, match="broke off"):
        trusting.send("GET", server.url, headers={}, repeatable=True)
