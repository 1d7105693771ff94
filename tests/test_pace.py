"""The pace of requests: held back where a platform says so, and nowhere else; and stopping them.

No test sleeps: threads share a clock that moves when all of them wait.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from itertools import pairwise

import httpx
import pytest
from scripted import HOST, SECRET, START, Reply, Script, Seen, says, text

from ltix_data import errors, pace, spec, urls
from ltix_data.http import HttpClient
from ltix_data.sandbox import Options, Platform, create_app
from ltix_data.sandbox.state import AccessToken
from ltix_data.wire import Limits

URL = f"{HOST}/x"
TOKEN = {"Authorization": f"Bearer {SECRET}"}
THREADS = 8


class SharedTime:
    """A clock of several threads: it moves to the next alarm when all of them sleep."""

    def __init__(self) -> None:
        self.seconds = START
        self.sleeps: list[float] = []
        self._awake = 1
        self._alarms: list[float] = []
        self._events: list[threading.Event] = []
        self._change = threading.Condition()

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        with self._change:
            self.sleeps.append(seconds)
            alarm = self.seconds + seconds
            self._alarms.append(alarm)
            self._awake -= 1
            self._ring()
            if not self._change.wait_for(lambda: self.seconds >= alarm, timeout=60):
                raise AssertionError("a thread was never woken")

    def wait(self, event: threading.Event, _seconds: float) -> bool:
        with self._change:
            self._awake -= 1
            self._events.append(event)
            self._ring()
        if not event.wait(60):
            raise AssertionError("a thread was never called")
        with self._change:
            self._awake += 1
            self._events.remove(event)
        return True

    def _ring(self) -> None:
        called = any(event.is_set() for event in self._events)  # whoever waits for one is as good as awake
        if not self._awake and self._alarms and not called:
            self.seconds = max(self.seconds, min(self._alarms))
            asleep = [alarm for alarm in self._alarms if alarm > self.seconds]
            self._awake += len(self._alarms) - len(asleep)
            self._alarms = asleep
            self._change.notify_all()

    def share(self, work: Callable[[int], object], tasks: int, threads: int = THREADS) -> list[object]:
        """Return what *work* made of each of so many tasks, which *threads* threads took one after the other."""
        results: list[object] = [None] * tasks
        left = iter(range(tasks))
        taking = threading.Lock()

        def run() -> None:
            try:
                while True:
                    with taking:
                        task = next(left, None)
                    if task is None:
                        return
                    results[task] = work(task)
            finally:
                with self._change:
                    self._awake -= 1
                    self._ring()

        self._awake = threads
        with ThreadPoolExecutor(threads) as pool:
            running = [pool.submit(run) for _ in range(threads)]
        self._awake = 1
        for done in running:
            done.result()
        return results


class Ungated:
    """What a client without a gate would do."""

    kind = ""

    def number(self) -> int:
        return 0

    def turn(self, number=None) -> AbstractContextManager[Ungated]:
        return nullcontext(self)

    def leaves(self) -> None: ...

    def connected(self) -> None: ...

    def refused(self) -> None: ...

    def failed(self) -> None: ...

    def hold(self, seconds: float) -> None: ...

    def answered(self, headers: object) -> None: ...


class PerSecond:
    """A platform that serves *most* requests in any second and refuses the others; each takes *latency*."""

    def __init__(self, time: SharedTime, most: float, latency: float = 0.05, status: int = 429) -> None:
        self.time, self.most, self.latency, self.status = time, most, latency, status
        self.served: list[float] = []
        self.bodies: list[bytes] = []
        self.refused = 0
        self._lock = threading.Lock()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body, now = request.read(), self.time.now()
        with self._lock:
            taken = sum(1 for when in self.served if when > now - 1) < self.most
            if taken:
                self.served.append(now)
                self.bodies.append(body)
            else:
                self.refused += 1
        self.time.sleep(self.latency)
        return httpx.Response(200 if taken else self.status, text="" if taken else "Rate Limit Exceeded")


@pytest.fixture
def time():
    return SharedTime()


@pytest.fixture
def lms(signing_key):
    return Script(signing_key)


def client(time: SharedTime, app, *, gated: bool = True, **limits) -> HttpClient:
    transport = app if isinstance(app, httpx.BaseTransport) else httpx.MockTransport(app)
    http = HttpClient(transport=transport, sleep=time.sleep, now=time.now, monotonic=time.now, limits=Limits(**limits))
    time.gate = pace.gate(urls.origin(URL), time.sleep, time.now)  # the client's: it waits by the same clock
    time.gate._line._wait = time.wait
    if not gated:
        http._gate = lambda url: Ungated()
    return http


def get(http: HttpClient):
    return http.send("GET", URL, headers=TOKEN, repeatable=True)


def post(http: HttpClient, body: bytes = b"{}"):
    return http.send("POST", URL, headers=TOKEN, content=body, repeatable=False)


# --- The gate by itself ---------------------------------------------------------------------------


@pytest.fixture
def gate(lms):
    return pace.Gate(lms.time.sleep, lms.time.now)


def entered(gate: pace.Gate) -> pace.Turn:
    """Return a turn that has begun; it ends when this thread begins another one."""
    return gate.turn().__enter__()


def waits(gate, lms, number: int = 1) -> list[float]:
    """Return how long each of so many requests in a row waits at the gate."""
    found = []
    for _ in range(number):
        before = lms.time.seconds
        entered(gate)
        found.append(round(lms.time.seconds - before, 3))
    return found


def test_a_platform_that_never_limits_is_never_waited_for(gate, lms):
    for _ in range(1000):
        entered(gate).answered({"x-rate-limit-remaining": "700.0", "x-request-cost": "0.0625"})

    assert lms.time.sleeps == []


def test_each_refusal_doubles_the_spacing_up_to_two_seconds(gate, lms):
    found = []
    for _ in range(7):
        entered(gate).refused()
        found += waits(gate, lms)

    assert found == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]


def test_refusals_of_requests_that_were_under_way_together_count_once(gate, lms):
    for turn in [entered(gate) for _ in range(THREADS)]:
        turn.refused()
    entered(gate)

    assert waits(gate, lms, 3) == [0.1, 0.1, 0.1]


def test_a_request_that_had_its_turn_when_another_was_refused_tells_nothing_new(gate, lms):
    """Eight in a queue would otherwise go from a tenth of a second to two before the first slow one is tried."""
    entered(gate).refused()
    early = entered(gate)
    gate._sleep = lambda seconds: early.refused()
    late = entered(gate)
    gate._sleep = lms.time.sleep
    late.refused()

    assert waits(gate, lms, 3)[1:] == [0.2, 0.2]


def test_the_spacing_goes_away_again(gate, lms):
    for _ in range(6):
        entered(gate).refused()
    for _ in range(200):
        entered(gate).answered({})
    lms.time.sleeps.clear()

    assert (waits(gate, lms, 3), lms.time.sleeps) == ([0, 0, 0], [])


def test_requests_that_began_before_a_refusal_do_not_speed_up(gate, lms):
    """What they tell is older than the refusal."""
    first, *others = [entered(gate) for _ in range(100)]
    first.refused()
    for turn in others:
        turn.answered({})
    entered(gate)

    assert waits(gate, lms) == [0.1]


def test_after_a_hold_the_threads_come_one_after_another(time):
    gate = pace.Gate(time.sleep, time.now, time.wait)
    gate.hold(30)
    came = []

    def work(_task: int) -> None:
        with gate.turn():
            came.append(round(time.now() - START, 3))

    time.share(work, THREADS)

    assert came == [30.0, 30.1, 30.2, 30.3, 30.4, 30.5, 30.6, 30.7]


def test_a_hold_that_comes_while_a_thread_waits_holds_it_too(gate, lms):
    gate.hold(1)
    sleep, longer = lms.time.sleep, [20]

    def sleep_and_be_held(seconds: float) -> None:
        sleep(seconds)
        if longer:
            gate.hold(longer.pop())

    gate._sleep = sleep_and_be_held

    assert waits(gate, lms) == [21]


def test_a_hold_is_not_shortened_by_a_shorter_one(gate, lms):
    gate.hold(30)
    gate.hold(1)

    assert waits(gate, lms) == [30]


@pytest.mark.parametrize("seconds", [0, -5])
def test_a_hold_of_no_time_is_none(gate, lms, seconds):
    gate.hold(seconds)

    assert (waits(gate, lms, 2), lms.time.sleeps) == ([0, 0], [])


@pytest.mark.parametrize(
    ("left", "cost", "spacing"),
    [
        ("700.0", "0.05", 0),
        ("100.0", "50", 0),
        ("99.9", "0.05", 0.1),
        ("99.9", "2.5", 0.5),
        ("12.5", "3", 0.6),
        ("0.0", "40", 2),
        ("-49.5", "9.5e-05", 0.1),
        ("1", "1e300", 2),
    ],
)
def test_little_left_of_canvas_quota_spaces_requests_before_one_is_refused(gate, lms, left, cost, spacing):
    """Canvas reports less than nothing while too many requests are under way."""
    entered(gate).answered({"x-rate-limit-remaining": left, "x-request-cost": cost})
    entered(gate)

    assert waits(gate, lms, 2) == [spacing, spacing]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-rate-limit-remaining": "3"},
        {"x-request-cost": "3"},
        {"x-rate-limit-remaining": "NaN", "x-request-cost": "3"},
        {"x-rate-limit-remaining": "-inf", "x-request-cost": "3"},
        {"x-rate-limit-remaining": "3", "x-request-cost": "nan"},
        {"x-rate-limit-remaining": "3", "x-request-cost": "1e999"},
        {"x-rate-limit-remaining": "3", "x-request-cost": "-1"},
        {"x-rate-limit-remaining": "", "x-request-cost": ""},
        {"x-rate-limit-remaining": "0, 0", "x-request-cost": "3"},
        {"x-rate-limit-remaining": "none\x00", "x-request-cost": "\u00bd"},
        {"x-rate-limit-remaining": "9" * 100_000, "x-request-cost": "9" * 100_000},
    ],
    ids=lambda headers: ascii(headers)[:60],
)
def test_a_quota_that_cannot_be_read_changes_nothing(gate, lms, headers):
    entered(gate).answered(headers)

    assert (waits(gate, lms, 3), lms.time.sleeps) == ([0, 0, 0], [])


def test_the_spacing_for_a_low_quota_goes_when_the_quota_is_back(gate, lms):
    entered(gate).answered({"x-rate-limit-remaining": "3", "x-request-cost": "2"})
    for _ in range(100):
        entered(gate).answered({"x-rate-limit-remaining": "650", "x-request-cost": "2"})
    lms.time.sleeps.clear()

    assert (waits(gate, lms, 3), lms.time.sleeps) == ([0, 0, 0], [])


# --- Many threads against a platform that limits --------------------------------------------------


@pytest.mark.parametrize("status", [429, 403])
def test_eight_threads_lose_nothing_and_are_seldom_refused(time, status):
    """Without a gate, the same threads are refused several times as often, and lose rows."""
    refused, lost = {}, {}
    for gated in (True, False):
        platform = PerSecond(time, most=10, status=status)
        http = client(time, platform, gated=gated)
        answers = time.share(lambda task, http=http: post(http, b"%d" % task).status, 200)
        lost[gated] = 200 - answers.count(200)
        refused[gated] = platform.refused
        assert len(platform.bodies) == len(set(platform.bodies)) == answers.count(200)

    assert (lost[True], refused[True] < 60, refused[True] * 3 < refused[False]) == (0, True, True), (lost, refused)


def test_a_limit_that_is_lifted_is_forgotten(time):
    platform = PerSecond(time, most=5)
    http = client(time, platform)
    time.share(lambda _: post(http), 40)
    platform.most = math.inf
    time.share(lambda _: post(http), 150)
    began = time.now()
    time.share(lambda _: post(http), 80)

    assert time.now() - began == pytest.approx(80 / THREADS * platform.latency, rel=0.2)


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_the_platform_asks_for_holds_every_thread_back(time, status):
    began, lock = [], threading.Lock()

    def busy(request: httpx.Request) -> httpx.Response:
        with lock:
            began.append(round(time.now() - START, 3))
            first = len(began) == 1
        time.sleep(0.5 if first else 1)
        return httpx.Response(status if first else 200, headers={"retry-after": "30"} if first else {})

    http = client(time, busy)
    time.share(lambda _: get(http), 3 * THREADS)
    before, after = [at for at in began if at < 30.5], [at for at in began if at >= 30.5]

    apart = [round(later - sooner, 3) for sooner, later in pairwise(after)]
    crowded = [gap for gap in apart[:THREADS] if gap < 0.09]  # each answer shortens the spacing by a twentieth
    assert (len(before), len(after), apart[0], crowded) == (pace.START, 3 * THREADS - pace.START + 1, 0.1, [])


def test_a_wait_beyond_the_bound_holds_nobody(lms):
    """Moodle under maintenance asks for 300 seconds: whoever comes next is told so too, and at once."""
    lms.on("/x", Reply(503, headers={"retry-after": "300"}))
    http = lms.http()

    assert ([get(http).status for _ in range(3)], lms.time.sleeps) == ([503] * 3, [])


def test_a_failing_platform_is_neither_sped_up_nor_slowed_down(lms):
    lms.on("/x", Reply(500))
    http = lms.http()
    for _ in range(20):
        get(http)
    before = lms.time.seconds
    entered(http._gate(URL)).refused()
    for _ in range(60):
        get(http)

    assert (before - START, lms.time.seconds - START) == (0, pytest.approx(6))


# --- Canvas' bucket -------------------------------------------------------------------------------


class PracticeCanvas:
    """A practice platform like Canvas, by the clock that it shares with the client."""

    def __init__(self, time: SharedTime, *, latency: float, cost: float, full: float = 700.0) -> None:
        options = Options(like="canvas", latency=latency)
        self.platform = Platform(options, base_url=HOST, now=time.now, sleep=time.sleep)
        tool = self.platform.add_tool(name="ltix_data")
        self.platform.access_tokens[SECRET] = AccessToken(tool.client_id, frozenset(spec.ALL_SCOPES), math.inf)
        self.platform.meter_quota(cost=cost, full=full)
        self.transport = httpx.WSGITransport(app=create_app(self.platform))
        self.item = self.platform.course_claims("BIO101", tool)[spec.CLAIM_GRADES]["lineitem"]
        course = self.platform.course("BIO101")
        self.number = next(iter(course.items))
        self.students = [
            user_id
            for user_id, member in course.members.items()
            if member.has("Learner") and member.status == "Active" and spec.TEST_USER not in member.roles
        ]

    def post(self, http: HttpClient, task: int):
        path, _, query = self.item.partition("?")
        body = {
            "userId": self.students[task],
            "timestamp": "2026-09-21T10:00:00.000Z",
            "scoreGiven": 5,
            "scoreMaximum": 10,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
        }
        headers = {**TOKEN, "Content-Type": spec.SCORE}
        url = f"{path}/scores?{query}"
        return http.send("POST", url, headers=headers, content=json.dumps(body).encode(), repeatable=False)

    def submissions(self) -> list[int]:
        cells = [self.platform.cell("BIO101", self.number, user_id) for user_id in self.students]
        return [cell.submissions if cell else 0 for cell in cells]


def test_200_posts_by_8_threads_fill_canvas_bucket_and_are_seldom_refused(time):
    refused, wrong = {}, {}
    for gated in (True, False):
        canvas = PracticeCanvas(time, latency=0.3, cost=8)
        http = client(time, canvas.transport, gated=gated)
        statuses = time.share(lambda task, canvas=canvas, http=http: canvas.post(http, task).status, 200)
        wrong[gated] = 200 - statuses.count(200)
        refused[gated] = canvas.platform.quota.refused
        assert canvas.submissions()[:200] == [1 if status == 200 else 0 for status in statuses]

    assert (wrong[True], refused[True] < 20, refused[True] * 3 < refused[False]) == (0, True, True), (wrong, refused)


def test_200_cheap_posts_to_canvas_wait_for_the_window_to_open_and_no_more(time):
    """Four go at first, then eight; eight at once hold 400 of 700."""
    canvas = PracticeCanvas(time, latency=0.25, cost=0.0625)
    http = client(time, canvas.transport)
    began = time.now()
    time.share(lambda task: canvas.post(http, task).status, 200)

    late = time.now() - began - 200 / THREADS * 0.25
    assert (late <= 0.75, canvas.platform.quota.refused) == (True, 0), late


def test_canvas_says_beforehand_that_its_bucket_is_nearly_full(time):
    """One thread alone slows down to what the bucket leaks, and is never refused."""
    canvas = PracticeCanvas(time, latency=0.1, cost=8)
    http = client(time, canvas.transport)
    statuses = time.share(lambda task: canvas.post(http, task).status, 150, threads=1)

    assert (set(statuses), canvas.platform.quota.refused) == ({200}, 0)


# --- Stopping -------------------------------------------------------------------------------------


def stopping(lms: Script, event: threading.Event, after: float) -> HttpClient:
    """Return a client whose clock sets *event* when it has slept so long."""

    def sleep(seconds: float) -> None:
        lms.time.sleep(seconds)
        if lms.time.seconds >= START + after:
            event.set()

    return HttpClient(transport=httpx.MockTransport(lms), sleep=sleep, now=lms.time.now, monotonic=lms.time.now)


@pytest.mark.parametrize("send", [get, post])
def test_what_is_stopped_before_it_begins_is_not_sent(lms, send):
    event = threading.Event()
    event.set()

    with pace.stoppable(event), pytest.raises(errors.StoppedError):
        send(lms.http())

    assert (lms.seen, lms.time.sleeps) == ([], [])


@pytest.mark.parametrize("send", [get, post])
@pytest.mark.parametrize(
    "step", [Reply(429, headers={"retry-after": "40"}), text("Rate Limit Exceeded", 403), httpx.ConnectError("x")]
)
def test_a_stop_ends_the_wait_between_tries_at_once_and_nothing_further_is_sent(lms, monkeypatch, send, step):
    monkeypatch.setattr("ltix_data.http.client._backoff", lambda state: 20.0)
    lms.on("/x", step)
    event = threading.Event()
    http = stopping(lms, event, after=3)

    with pace.stoppable(event), pytest.raises(errors.StoppedError, match="nothing more was sent") as caught:
        send(http)

    late = lms.time.seconds - (START + 3)
    assert (len(lms.seen), late <= 0.1, max(lms.time.sleeps) <= 0.1) == (1, True, True)
    assert isinstance(caught.value, errors.TransportError)


def test_a_stop_ends_the_wait_at_the_gate_at_once(lms):
    lms.on("/x", Reply(503, headers={"retry-after": "40"}), says("there"))
    event = threading.Event()
    http = stopping(lms, event, after=3)
    post(http)

    with pace.stoppable(event), pytest.raises(errors.StoppedError):
        post(http)

    assert (len(lms.seen), lms.time.seconds - START <= 3.11) == (1, True)


def test_a_stop_while_the_body_is_made_comes_before_the_request(lms):
    event = threading.Event()

    def content() -> bytes:
        event.set()
        return b"{}"

    with pace.stoppable(event), pytest.raises(errors.StoppedError):
        lms.http().send("POST", URL, headers=TOKEN, content=content, repeatable=False)

    assert lms.seen == []


def stops(event: threading.Event, answer: Reply | Exception) -> Callable[[Seen], Reply | Exception]:
    """Return a step that sets *event* while its request is under way."""

    def step(_seen: Seen) -> Reply | Exception:
        event.set()
        return answer

    return step


def test_a_write_that_is_under_way_is_not_stopped(lms):
    event = threading.Event()
    lms.on("/x", stops(event, says("done")))

    with pace.stoppable(event):
        answer = post(lms.http())

    assert (answer.status, len(lms.seen)) == (200, 1)


def test_a_write_whose_outcome_is_unknown_stays_unknown_when_stopped(lms):
    event = threading.Event()
    lms.on("/x", stops(event, httpx.ReadTimeout("x")))

    with pace.stoppable(event), pytest.raises(errors.UnknownOutcomeError):
        post(lms.http())

    assert len(lms.seen) == 1


@pytest.mark.parametrize("answer", [Reply(429), Reply(503)])
def test_a_stop_during_a_token_request_sends_neither_token_request_nor_score(lms, answer):
    event = threading.Event()
    lms.on("/token", stops(event, answer))
    lms.on("/c/1/lineitems/1/scores", says("done"))
    sender = lms.client()

    with pace.stoppable(event), pytest.raises(errors.StoppedError):
        sender.send("POST", f"{HOST}/c/1/lineitems/1/scores", "a score", scopes=(spec.SCOPE_SCORE,), content=b"{}")

    assert (len(lms.token_requests), lms.service_requests, lms.time.sleeps) == (1, [], [])


def test_only_the_thread_that_asked_for_it_is_stopped(lms):
    """A notebook may read a roster while it stops an upload."""
    lms.on("/x", says("there"))
    http, event = lms.http(), threading.Event()
    event.set()

    def send(context) -> type:
        try:
            with context:
                return type(get(http))
        except errors.StoppedError as error:
            return type(error)

    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        found = [one.submit(send, pace.stoppable(event)), other.submit(send, nullcontext())]

    assert [done.result().__name__ for done in found] == ["StoppedError", "Answer"]


def test_what_comes_after_a_stoppable_block_is_not_stopped(lms):
    lms.on("/x", says("there"))
    event = threading.Event()
    with pace.stoppable(event):
        event.set()

    assert get(lms.http()).status == 200


def test_a_wait_that_nobody_may_stop_is_one_wait(lms):
    lms.on("/x", Reply(503, headers={"retry-after": "7"}), says("there"))
    get(lms.http())

    assert lms.time.sleeps == [7]
