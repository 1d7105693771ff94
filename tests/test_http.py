"""The HTTP client: what is repeated, what is bounded, what is never followed."""

from __future__ import annotations

import gzip
import logging
import socket
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from email.utils import formatdate

import httpx
import pytest
from raw_server import plain, serving
from scripted import HOST, SECRET, START, Reply, Script, says, text

from ltix_data import errors, wire
from ltix_data.http import HttpClient
from ltix_data.wire import Limits

URL = f"{HOST}/x?user_id=ann-7"
TOKEN = {"Authorization": f"Bearer {SECRET}"}
PRIVATE = "Ann-Private"


@pytest.fixture
def lms(signing_key):
    return Script(signing_key)


def get(http: HttpClient, url: str = URL):
    return http.send("GET", url, headers=TOKEN, repeatable=True)


def post(http: HttpClient, url: str = URL):
    return http.send("POST", url, headers=TOKEN, content=b'{"scoreGiven":87.125}', repeatable=False)


# --- What is repeated -----------------------------------------------------------------------------

LOST = [
    httpx.ReadTimeout("x"),
    httpx.WriteTimeout("x"),
    httpx.ReadError("x"),
    httpx.WriteError("x"),
    httpx.RemoteProtocolError("x"),
]
NEVER_SENT = [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x"), httpx.ProxyError("x")]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_repeated_where_the_platform_will_soon_serve_it(lms, status):
    lms.on("/x", Reply(status), Reply(status), says("there"))

    assert (get(lms.http()).body, len(lms.seen)) == (b'"there"', 3)


@pytest.mark.parametrize("error", [*LOST, *NEVER_SENT])
def test_a_read_is_repeated_after_a_lost_connection(lms, error):
    lms.on("/x", error, says("there"))

    assert (get(lms.http()).body, len(lms.seen)) == (b'"there"', 2)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500, 501])
def test_what_another_try_would_not_change_is_not_repeated(lms, status):
    lms.on("/x", Reply(status))

    assert (get(lms.http()).status, len(lms.seen)) == (status, 1)


@pytest.mark.parametrize("error", LOST)
def test_a_write_whose_answer_is_lost_is_not_repeated(lms, error):
    """Canvas would add a second submission and a second comment."""
    lms.on("/x", error, says("there"))

    with pytest.raises(errors.UnknownOutcomeError, match="Read back"):
        post(lms.http())

    assert len(lms.seen) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_the_platform_failed_at_is_not_repeated(lms, status):
    lms.on("/x", Reply(status), says("there"))

    assert (post(lms.http()).status, len(lms.seen)) == (status, 1)


@pytest.mark.parametrize("step", [*NEVER_SENT, Reply(429), text("Rate Limit Exceeded", 403)])
def test_a_write_that_certainly_was_not_served_is_repeated(lms, step):
    lms.on("/x", step, step, says("there"))

    assert (post(lms.http()).body, len(lms.seen)) == (b'"there"', 3)


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (Reply(503), 503),
        (Reply(429), 429),
        (httpx.ReadTimeout("x"), errors.TransportError),
        (httpx.ConnectError("x"), errors.TransportError),
    ],
)
def test_the_tries_are_bounded_and_so_is_the_waiting(lms, step, kind):
    lms.on("/x", step)

    try:
        outcome = get(lms.http(attempts=4)).status
    except errors.LtixError as error:
        outcome = type(error)

    assert (outcome, len(lms.seen), 3 * 0.1 <= sum(lms.time.sleeps) <= 3 * (20 + 2)) == (kind, 4, True)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("value", ["7", formatdate(START + 7, usegmt=True)])
def test_the_platform_says_how_long_to_wait(lms, status, value):
    lms.on("/x", Reply(status, headers={"retry-after": value}), says("there"))
    get(lms.http())

    assert lms.time.sleeps == [pytest.approx(7)]


def test_a_wait_given_as_a_date_is_measured_by_the_platforms_clock(lms):
    http = lms.http()
    http.clock.offset = 600
    lms.on("/x", Reply(503, headers={"retry-after": formatdate(START + 607, usegmt=True)}), says("there"))
    get(http)

    assert lms.time.sleeps == [pytest.approx(7)]


@pytest.mark.parametrize("value", ["0", formatdate(START - 60, usegmt=True)])
def test_no_wait_at_all_is_still_a_little_one(lms, value):
    lms.on("/x", Reply(429, headers={"retry-after": value}), says("there"))
    get(lms.http())

    assert [seconds >= 0.1 for seconds in lms.time.sleeps] == [True]


@pytest.mark.parametrize("send", [get, post])
def test_a_wait_beyond_the_bound_is_an_answer_at_once(lms, send):
    """Moodle under maintenance asks for 300 seconds."""
    lms.on("/x", Reply(429, headers={"retry-after": "300"}))
    answer = send(lms.http())

    error = answer.failure("the roster", now=START)
    assert (len(lms.seen), lms.time.sleeps, error.retry_after, "300 s" in str(error)) == (1, [], 300.0, True)


# --- What is bounded ------------------------------------------------------------------------------


def test_a_body_of_the_greatest_size_is_read_and_one_byte_more_is_refused(lms):
    lms.on("/x", Reply(body=b"x" * 1000), Reply(body=b"x" * 1001))
    http = lms.http(max_bytes=1000)

    assert len(get(http).body) == 1000
    with pytest.raises(errors.TooLargeError, match=r"lms\.example\.edu sent an answer of more than"):
        get(http)
    assert len(lms.seen) == 2


def packed(body: bytes, times: int = 1) -> bytes:
    for _ in range(times):
        body = gzip.compress(body, 9, mtime=0)
    return body


def test_a_compressed_answer_is_unpacked(lms):
    lms.on("/x", Reply(body=packed(b"[1, 2]"), headers={"content-encoding": "GZIP"}))

    assert (get(lms.http()).body, lms.seen[0].headers["accept-encoding"]) == (b"[1, 2]", "gzip")


def test_an_empty_answer_called_compressed_is_empty(lms):
    lms.on("/x", Reply(204, headers={"content-encoding": "gzip"}))

    assert get(lms.http()).body == b""


def test_a_compressed_bomb_is_refused_before_it_unfolds(lms):
    bomb = Reply(body=packed(b"\0" * 2**26), headers={"content-encoding": "gzip"})  # 64 KiB that are 64 MiB
    lms.on("/x", bomb)
    http = lms.http(max_bytes=2**20)
    tracemalloc.start()

    with pytest.raises(errors.TooLargeError, match="1 MiB"):
        get(http)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**23


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip, gzip", packed(b"\0" * 2**20, times=2)),
        ("br", b"\x0b\x00\x80x\x03"),
        ("deflate", zlib.compress(b"[]")),
        ("gzip", b"no gzip at all"),
        ("gzip", packed(b"x" * 10_000)[:-5]),
    ],
    ids=["twice", "brotli", "deflate", "no gzip", "cut short"],
)
@pytest.mark.parametrize(("send", "kind"), [(get, errors.TransportError), (post, errors.UnknownOutcomeError)])
def test_an_encoding_that_was_not_asked_for_or_is_broken_is_refused(lms, encoding, body, send, kind):
    lms.on("/x", Reply(body=body, headers={"content-encoding": encoding}))

    with pytest.raises(kind):
        send(lms.http(attempts=2))


def test_a_write_with_too_large_an_answer_may_have_been_done(lms):
    lms.on("/x", Reply(body=b"x" * 1001))

    with pytest.raises(errors.UnknownOutcomeError):
        post(lms.http(max_bytes=1000))


# --- What is never followed -----------------------------------------------------------------------


def test_a_redirect_on_the_same_origin_is_followed_for_a_read(lms):
    lms.on("/x", Reply(302, headers={"location": "/y?page=1"}))
    lms.on("/y", says("there"))
    answer = get(lms.http())

    assert (answer.url, lms.seen[-1].headers["authorization"]) == (f"{HOST}/y?page=1", f"Bearer {SECRET}")


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example/y",
        "//evil.example/y",
        "http://lms.example.edu/y",
        "https://lms.example.edu:8443/y",
        "https://lms.example.edu.evil.example/y",
        "https://lms.example.edu@evil.example/y",
        "https://lms.example.edu:0/y",
        "https://[bad",
        "https://lms.example.edu:port/",
        "javascript:alert(1)",
        "file:///etc/passwd",
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_that_leads_away_gets_nothing(lms, location, status):
    lms.on("/x", Reply(status, headers={"location": location}))

    with pytest.raises(errors.LtixError, match=r"redirects to|broke off|not valid"):  # httpx reads it before we do
        get(lms.http())

    assert {seen.url for seen in lms.seen} == {URL}


@pytest.mark.parametrize("headers", [{"location": "/x"}, {"location": ""}, {}])
def test_a_redirect_in_a_circle_ends(lms, headers):
    lms.on("/x", Reply(302, headers=headers))

    with pytest.raises(errors.RefusedError, match="in a circle"):
        get(lms.http())

    assert len(lms.seen) == 6


def test_a_write_is_not_repeated_elsewhere(lms):
    lms.on("/x", Reply(307, headers={"location": "/y"}))

    """Nor is it called refused: a 303 may follow a write that was done."""
    with pytest.raises(errors.UnknownOutcomeError):
        post(lms.http())

    assert len(lms.seen) == 1


def test_cookies_are_not_sent_back(lms):
    """Moodle would lock its session and serve our threads one after the other."""
    lms.on("/x", Reply(headers={"set-cookie": "MoodleSession=abc; Path=/"}))
    http = lms.http()
    get(http)
    get(http)

    assert ["cookie" in seen.headers for seen in lms.seen] == [False, False]


def test_a_closed_client_says_so(lms):
    http = lms.http()
    http.close()

    with pytest.raises(errors.UsageError, match="closed"):
        get(http)


def test_a_url_httpx_refuses_is_an_error_of_ours(lms):
    with pytest.raises(errors.TransportError, match="not valid"):
        get(lms.http(), "https://xn--\u2028.example/x")


# --- Real sockets ---------------------------------------------------------------------------------


@pytest.fixture
def real():
    """A client over real sockets that waits for nothing."""
    clients = []

    def make(**limits):
        clients.append(HttpClient(limits=Limits(**limits), sleep=lambda seconds: None))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


def breaks_off(how):
    def behave(wire, server):
        if server.take(wire):
            wire.send(HEAD + b'{"members": [')
            if how == "reset":
                wire.reset()

    return behave


@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_body_cut_short_is_no_body(real, how):
    with serving(breaks_off(how)) as server, pytest.raises(errors.TransportError, match="broke off"):
        get(real(attempts=3), server.url)

    assert len(server.requests) == 3


@pytest.mark.parametrize("how", ["reset", "close"])
def test_a_write_whose_answer_breaks_off_is_sent_once(real, how):
    with serving(breaks_off(how)) as server, pytest.raises(errors.UnknownOutcomeError):
        post(real(), server.url)

    assert len(server.requests) == 1


def drip(head: bytes, piece: bytes):
    def behave(wire, server):
        server.take(wire)
        wire.send(head)
        while not server.stopped.wait(0.02):
            wire.send(piece)

    return behave


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        # a gzip header whose file name never ends unfolds to nothing, for ever
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\xff", b"n"),
    ],
    ids=["length", "chunked", "gzip header"],
)
def test_a_body_that_drips_is_given_up(real, head, piece):
    with serving(drip(head, piece)) as server, pytest.raises(errors.TransportError, match="did not answer in time"):
        get(real(attempts=1, body_timeout=0.2, read_timeout=5), server.url)


def test_a_platform_that_says_nothing_is_given_up(real):
    with (
        serving(lambda wire, server: server.take(wire) and server.stopped.wait(5)) as server,
        pytest.raises(errors.TransportError, match="ReadTimeout"),
    ):
        get(real(attempts=2, read_timeout=0.1), server.url)

    assert len(server.requests) == 2


def test_a_kept_connection_that_the_server_closed_is_opened_anew(real):
    def behave(wire, server):
        server.take(wire)
        wire.send(plain(b"[]"))  # and closes, without having said so

    http = real()
    with serving(behave) as server:
        bodies = [get(http, server.url).body for _ in range(3)]

    assert (bodies, server.connections) == ([b"[]"] * 3, 3)


def test_one_connection_serves_many_requests(real):
    def behave(wire, server):
        while server.take(wire):
            wire.send(plain(b"[]"))

    http = real()
    with serving(behave) as server:
        for _ in range(5):
            get(http, server.url)

    assert (server.connections, len(server.requests)) == (1, 5)


def test_a_refused_connection_is_said_plainly(real):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(errors.TransportError) as caught:
        post(real(), f"http://127.0.0.1:{port}/x")

    assert str(caught.value) == (
        f"127.0.0.1:{port} could not be reached (ConnectError). Check the address, the network and any proxy."
    )


def test_a_name_nobody_knows_is_said_plainly(real):
    with pytest.raises(errors.TransportError, match=r"^nowhere\.invalid could not be reached"):
        get(real(attempts=1), "https://nowhere.invalid/x")


def test_a_server_that_speaks_no_tls_is_said_plainly(real):
    def behave(wire, server):
        wire.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serving(behave) as server, pytest.raises(errors.TransportError, match="could not be reached"):
        get(real(attempts=2), server.url.replace("http:", "https:"))


def test_a_certificate_nobody_trusts_is_not_tried_again(lms):
    problem = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"
    lms.on("/x", httpx.ConnectError(problem))

    with pytest.raises(errors.TransportError, match="SSL_CERT_FILE"):
        get(lms.http())

    assert len(lms.seen) == 1


def test_certificates_named_in_a_notebook_are_read_at_the_next_connection(tmp_path, monkeypatch):
    def ask():
        with closing(HttpClient(limits=Limits(attempts=1))) as http:
            get(http, "https://nowhere.invalid/x")

    with pytest.raises(errors.TransportError, match="could not be reached"):
        ask()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))

    with pytest.raises(errors.TransportError, match="SSL_CERT_FILE"):
        ask()


# --- What is logged -------------------------------------------------------------------------------


def test_logs_hold_no_token_no_query_and_no_word_of_the_platform(real, caplog):
    """Moodle repeats score, comment and user id in its status line, and httpx logs that."""
    caplog.set_level(logging.DEBUG)

    def behave(wire, server):
        server.take(wire)
        wire.send(plain(PRIVATE.encode(), f"X-Note: {PRIVATE}", status=f"400 {PRIVATE} 87.125"))

    with serving(behave) as server:
        post(real(), f"{server.url}/x?user_id=ann-7")

    ours = [record.getMessage() for record in caplog.records if record.name == "ltix_data.http"]
    found = {word for word in (SECRET, PRIVATE, "87.125", "ann-7") if word in caplog.text}
    assert (ours, found) == ([f"POST {server.url.removeprefix('http://')}: status 400, 11 bytes"], set())


def test_other_users_of_httpx_keep_their_logs(lms, caplog):
    caplog.set_level(logging.INFO)
    lms.http()
    with httpx.Client(transport=httpx.MockTransport(lms)) as theirs:
        theirs.get(f"{HOST}/theirs")

    assert f"{HOST}/theirs" in caplog.text


def test_a_status_line_that_is_no_http_is_not_quoted(real):
    """Parsers quote the line they stumbled over, and a traceback shows the cause too."""

    def behave(wire, server):
        server.take(wire)
        wire.send(f"HTTP/1.1 4OO {PRIVATE} 87.125\r\n\r\n".encode())

    with serving(behave) as server, pytest.raises(errors.UnknownOutcomeError) as caught:
        post(real(), server.url)

    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


def test_the_mark_of_our_own_requests_is_taken_off_again():
    with wire.sending():
        inside = wire._is_not_ours(logging.makeLogRecord({}))

    assert (inside, wire._is_not_ours(logging.makeLogRecord({}))) == (False, True)


def test_a_connection_that_a_5xx_came_by_is_given_to_no_other_thread():
    """A write on it could only be called unknown; and no thread may get another's answer."""

    def behave(wire, server):
        while server.take(wire):
            wire.send(plain(wire.body, status="503 Busy" if len(server.requests) % 2 else "200 OK"))

    with serving(behave) as server:
        http = HttpClient(sleep=lambda seconds: None)

        def post_number(number: int) -> bool:
            return http.send("POST", f"{server.url}/x", headers={}, content=b"%d" % number, repeatable=False).body == (
                b"%d" % number
            )

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(post_number, range(200)))

    assert answers == [True] * 200


# --- Proxies --------------------------------------------------------------------------------------


@pytest.fixture
def named_proxy(monkeypatch):
    """A proxy that the environment names; what it was asked for."""

    def behave(wire, server):
        while server.take(wire):
            wire.send(plain(b"[1]") if server.requests[-1].startswith(b"GET") else plain(b"", status="403 Forbidden"))

    for name in ("NO_PROXY", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(behave) as server:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, server.url.removeprefix("http://"))  # as people write it
        yield server


def asked(server) -> list[bytes]:
    return [request.partition(b"\r\n")[0] for request in server.requests]


def test_a_platform_is_asked_through_the_proxy_that_the_environment_names(real, named_proxy):
    assert get(real(), "http://lms.example/x?a=1").body == b"[1]"
    assert asked(named_proxy) == [b"GET http://lms.example/x?a=1 HTTP/1.1"]


def test_a_proxy_that_opens_no_tunnel_is_said_plainly_and_nothing_was_sent(real, named_proxy):
    with pytest.raises(errors.TransportError, match=r"lms\.example could not be reached \(ProxyError\).*any proxy"):
        post(real(attempts=2), "https://lms.example/x")

    assert asked(named_proxy) == [b"CONNECT lms.example:443 HTTP/1.1"] * 2
    assert SECRET.encode() not in b"".join(named_proxy.requests)


def test_a_proxy_that_the_environment_names_for_everything_is_asked(real, named_proxy, monkeypatch):
    monkeypatch.delenv("http_proxy")
    monkeypatch.setenv("all_proxy", named_proxy.url)

    assert get(real(), "http://lms.example/x").body == b"[1]"


def test_a_host_that_is_excepted_is_asked_without_the_proxy(real, named_proxy, monkeypatch):
    monkeypatch.setenv("no_proxy", "invalid,other.example")

    with pytest.raises(errors.TransportError, match="ConnectError"):
        get(real(attempts=1), "https://nowhere.invalid/x")
    assert asked(named_proxy) == []


def test_this_machine_is_asked_without_a_proxy(real, named_proxy):
    """A university's proxy reaches no practice platform on somebody's laptop."""

    def behave(wire, server):
        while server.take(wire):
            wire.send(plain(b"[2]"))

    with serving(behave) as server:
        assert get(real(), server.url).body == b"[2]"
    assert asked(named_proxy) == []
