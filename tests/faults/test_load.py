"""Many threads, one client, one token; and a long session of short-lived tokens. Nothing is lost, nothing is left."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import ltix_data as ltix
from ltix_data import pace
from ltix_data.client import ServiceClient
from ltix_data.course import Course
from ltix_data.http import HttpClient
from ltix_data.timestamps import ScoreClock

from .network import Network, sockets, threads
from .proxy import instead, wait_until

AT_ONCE = 8


def test_rosters_of_3000_by_8_threads_share_one_token_and_one_client(signing_key):
    before = (sockets(), threads())
    with ExitStack() as stack:
        network = Network(signing_key, stack, page_size=200)
        course = network.session.course("MED3000")
        everyone = set(network.platform.courses["MED3000"].members)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            frames = list(pool.map(lambda _: course.roster(), range(AT_ONCE)))

        asked = network.proxy.asked
        seen = (
            [set(frame["user_id"]) == everyone and len(frame) == 3000 for frame in frames],
            asked.count(("POST", "/token")),
            1 + AT_ONCE * 15 <= len(asked) <= 1 + AT_ONCE * (15 + 9),  # pages asked for ahead; one larger page
            network.proxy.most_at_once <= pace.MOST,
        )

    assert seen == ([True] * AT_ONCE, 1, True, True)
    assert wait_until(lambda: (sockets(), threads()) <= before)


class Clock:
    """A clock that client and platform share, and that moves when told."""

    def __init__(self) -> None:
        self.seconds = 1_790_000_000.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        with self._lock:
            self.seconds += seconds


def test_half_an_hour_with_tokens_of_two_seconds(signing_key):
    """In each round 8 threads read or grade at once; the clock moves between rounds, and under their hands.

    Each round takes 20 s of the clock, so that every token dies, most of them on their way.
    """
    before, clock, rounds = (sockets(), threads()), Clock(), 90
    with ExitStack() as stack:
        network = Network(signing_key, stack, now=clock, token_lifetime=2, page_size=5)
        known = network.session.course("SEM12")._known
        http = HttpClient(now=clock, sleep=lambda seconds: None)
        client = ServiceClient(
            network.registration,
            offered=lambda: frozenset(ltix.spec.ALL_SCOPES),
            origins=frozenset,
            http=http,
            now=clock,
        )
        stack.callback(client.close)
        course = Course(known, client, ScoreClock(http.clock.now, http.sleep), lambda scopes: None)
        url, user = network.item_url("SEM12"), "0004711"
        everyone = set(network.platform.courses["SEM12"].members)

        def work(task: int) -> bool:
            if task == 0:
                clock.advance(2.5)
                course.post_score(url, user, 50)
                return network.held("SEM12")[user] == 50
            if task % 2:
                return {member.user_id for member in course.members()} == everyone
            return len(course.results(url)) <= 1

        with ThreadPoolExecutor(AT_ONCE) as pool:
            done = []
            for _ in range(rounds):
                clock.advance(17.5)
                done += pool.map(work, range(AT_ONCE))
        renewals = network.proxy.asked.count(("POST", "/token"))
        most = network.proxy.most_at_once
        scores = network.accepted()[user]

    assert (rounds * 20, done.count(True), scores) == (1800, rounds * AT_ONCE, rounds)
    assert (rounds <= renewals <= 3 * rounds, most <= AT_ONCE) == (True, True)
    assert wait_until(lambda: (sockets(), threads()) <= before)


def test_a_5xx_costs_no_other_thread_its_connection(make_network):
    """Its connection is not used again; nobody may be waiting on it by then, or a score would be lost with it."""
    network = make_network(page_size=500)
    sheet = network.sheet("MED3000", 400)
    plan = network.session.course("MED3000").plan_grades(sheet, network.item_url("MED3000"), "user_id", "score")
    for first in range(1, 400, 2):
        network.proxy.on("POST", "/scores", instead(503), first=first, times=1)

    words = plan.send().outcomes["outcome"].astype(str).value_counts().to_dict()

    assert words == {"confirmed": 400}  # what the 5xx kept out goes again
