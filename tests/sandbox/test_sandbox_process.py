"""The platform over a real socket, and as a process of its own."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import jwt
import pytest

from ltix_data import spec
from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.server import running, serve, start

from .conftest import jwks_of

not_windows = pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without a word to it")


def token(web, key, base, client_id):
    now = time.time()
    claims = {"iss": client_id, "sub": client_id, "aud": f"{base}/token", "iat": now, "exp": now + 60, "jti": f"{now}"}
    form = {
        "grant_type": spec.GRANT_TYPE,
        "client_assertion_type": spec.ASSERTION_TYPE,
        "client_assertion": jwt.encode(claims, key, "RS256", headers={"kid": "k1"}),
        "scope": " ".join(spec.ALL_SCOPES),
    }
    return web.post(f"{base}/token", data=form).json()["access_token"]


@pytest.fixture
def served(key):
    platform = Platform(Options(page_size=5))
    with serve(platform) as base, httpx.Client() as web:
        yield platform, base, web


def test_a_whole_exchange_works_over_a_socket(served, key):
    platform, base, web = served
    tool = platform.add_tool(jwks=jwks_of(key))
    headers = {"Authorization": f"Bearer {token(web, key, base, tool.client_id)}", "Accept": spec.MEMBERSHIP_CONTAINER}

    url, names = f"{base}/courses/SEM12/memberships", []
    while url:
        answer = web.get(url, headers=headers)
        names += [member["name"] for member in answer.json()["members"]]
        url = answer.links.get("next", {}).get("url")

    assert (len(names), names[2]) == (12, "Aoife O'Neil")


def test_one_connection_serves_many_requests_even_refused_ones_with_bodies(served):
    _, base, _ = served
    host, port = base.removeprefix("http://").split(":")
    body = b'{"label": "unread"}'
    refused = b"POST /courses/SEM12/lineitems HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    last = b"GET /jwks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(refused + refused + last)
        received = b"".join(iter(lambda: connection.recv(65536), b""))

    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"401", b"401", b"200"]


def test_an_answer_is_dated_once(served):
    _, base, web = served

    assert len(web.get(f"{base}/jwks").headers.get_list("date")) == 1


def test_a_tools_key_set_is_fetched_from_this_machine(key):
    """One platform's own key set stands in for a tool's."""
    owner, asked = Platform(), Platform()
    with serve(owner) as there, serve(asked) as base, httpx.Client() as web:
        tool = asked.add_tool(jwks_uri=f"{there}/jwks")
        now = time.time()
        claims = {"iss": tool.client_id, "sub": tool.client_id, "aud": f"{base}/token", "iat": now, "exp": now + 60}
        form = {
            "grant_type": spec.GRANT_TYPE,
            "client_assertion_type": spec.ASSERTION_TYPE,
            "client_assertion": owner.key.sign({**claims, "jti": "1"}),
            "scope": spec.SCOPE_SCORE,
        }
        answer = web.post(f"{base}/token", data=form)

    assert (answer.status_code, answer.json()["scope"]) == (200, spec.SCOPE_SCORE)


def test_parallel_scores_all_land(served, key):
    platform, base, web = served
    tool = platform.add_tool(jwks=jwks_of(key))
    bearer = token(web, key, base, tool.client_id)
    learners = [m for m in platform.course("BIO101").members.values() if m.has("Learner") and m.status == "Active"][:80]
    headers = {"Authorization": f"Bearer {bearer}", "Content-Type": spec.SCORE}
    course = platform.course("BIO101")
    item = course.items_of(tool.client_id)[0]

    def post(member):
        score = {
            "userId": member.person.user_id,
            "scoreGiven": 5,
            "scoreMaximum": 10,
            "timestamp": "2026-09-21T10:00:00.000Z",
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
        }
        url = f"{base}/courses/BIO101/lineitems/{item.number}/scores?type_id={tool.number}"
        return web.post(url, headers=headers, content=json.dumps(score)).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(post, learners))

    assert (statuses, len(item.cells)) == ([200] * 80, 80)


def test_latency_is_added_to_every_request(key):
    with serve(Platform(Options(latency=0.2))) as base:
        begun = time.perf_counter()
        httpx.get(f"{base}/jwks")

    assert time.perf_counter() - begun >= 0.2


@pytest.mark.process
@not_windows
def test_the_command_says_where_it_listens_in_one_line_and_ends_cleanly():
    command = [sys.executable, "-m", "ltix_data.sandbox", "--port", "0", "--page-size", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        said = json.loads(process.stdout.readline())
        status = httpx.get(said["url"]).status_code
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=20)

    assert (said["pid"], status) == (process.pid, 200)
    assert (process.returncode, rest, errors) == (0, "", "")


@pytest.mark.process
def test_a_platform_of_its_own_takes_options_and_is_gone_afterwards(key):
    options = Options(page_size=3, withhold_names=True, granted_scopes=spec.ALL_SCOPES)
    with running(options) as base, httpx.Client() as web:
        tool = web.post(f"{base}/tools", json={"name": "T", "jwks": jwks_of(key)}).json()
        headers = {
            "Authorization": f"Bearer {token(web, key, base, tool['client_id'])}",
            "Accept": spec.MEMBERSHIP_CONTAINER,
        }
        members = web.get(f"{base}/courses/SEM12/memberships", headers=headers).json()["members"]

    assert [set(member) for member in members] == [{"user_id", "roles", "status"}] * 3
    with pytest.raises(httpx.ConnectError):
        httpx.get(base)


@pytest.mark.process
@not_windows
def test_a_stopped_platform_ends_cleanly_and_has_kept_its_state(tmp_path, key):
    one = start(Options(state_file=tmp_path / "state.json"))
    for name in ("first", "last"):
        httpx.post(f"{one.url}/tools", json={"name": name, "jwks": jwks_of(key)})

    code = one.stop()

    tools = json.loads((tmp_path / "state.json").read_text(encoding="utf-8"))["tools"]
    assert (code, [tool["name"] for tool in tools]) == (0, ["first", "last"])


@pytest.mark.process
def test_a_platform_ends_with_the_process_that_started_it():
    code = "from ltix_data.sandbox.server import start; import os; print(start().url, flush=True); os._exit(0)"
    url = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    deadline = time.monotonic() + 20
    while _answers(url) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert (url.startswith("http://127.0.0.1:"), _answers(url)) == (True, False)


@pytest.mark.process
def test_a_platform_that_cannot_start_says_so():
    with start() as one, pytest.raises(RuntimeError, match="did not start"):
        start(port=int(one.url.rpartition(":")[2]))


def _answers(url):
    try:
        return httpx.get(url).status_code == 200
    except httpx.TransportError:
        return False
