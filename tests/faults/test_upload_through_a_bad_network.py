"""Thousands of grades through a network that loses one request in five, in every way there is: all are right."""

from __future__ import annotations

import threading
import time
from functools import partial
from random import Random

import pytest

import ltix_data as ltix
from ltix_data.errors import LtixError
from ltix_data.http import HttpClient

from . import proxy as p

COURSE, ROWS, ROUNDS = "MED3000", 500, 40
MANY, RESUMED = 5000, 10
WAYS = (
    p.late(0.02),
    p.reset_before,
    p.reset_after,
    p.reset_in_head,
    p.reset_in_body,
    p.close_in_body,
    p.close_afterwards,
    p.change(p.cut),
    p.instead(200, b"<html>Maintenance</html>"),
    p.afterwards(200, b"<html>Maintenance</html>"),
    p.instead(429, retry_after="1"),
    p.instead(403, b"403 Forbidden (Rate Limit Exceeded)"),
    p.instead(401),
    p.instead(500),
    p.instead(503, retry_after="1"),
    p.afterwards(500),
    p.afterwards(502),
)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_grade_arrives_once(make_network, seed):
    """Plan, send, and again, until a plan finds nothing to send."""
    network = make_network(page_size=500)
    chance = Random(seed)
    bad = p.Random20(chance.random, WAYS)
    network.proxy.on("", "", bad)
    course = network.session.course(COURSE)
    sheet = network.sheet(COURSE, ROWS)
    confirmed: set[str] = set()
    wrongs: list[str] = []

    for _ in range(ROUNDS):
        try:
            plan = course.plan_grades(sheet, network.item_url(COURSE), "user_id", "score")
        except LtixError:
            continue
        again = confirmed.intersection(row.user_id for row in plan.rows if row.state == "ready")
        wrongs += [f"{user} was confirmed, and is to be sent again" for user in again]
        if not plan.count("ready"):
            break
        before = network.accepted()
        try:
            outcomes = plan.send().outcomes
        except LtixError:  # no token: nothing was sent
            wrongs += ["sent and raised"] if network.accepted() != before else []
            continue
        held = network.held(COURSE)
        for row in outcomes.itertuples():
            there = held.get(row.user_id)
            if (row.outcome in ("confirmed", "unchanged") and there != row.score) or (
                row.outcome in ("refused", "differs") and there is not None
            ):
                wrongs.append(f"{row.user_id}: {row.outcome}, and the platform holds {there}")
        confirmed |= set(outcomes["user_id"][outcomes["outcome"].isin(["confirmed", "unchanged"])])

    wanted = dict(zip(sheet["user_id"], sheet["score"], strict=True))
    assert (plan.count("ready"), wrongs, set(range(len(WAYS))) - set(bad.done)) == (0, [], set())
    assert (network.held(COURSE), set(network.accepted().values())) == (wanted, {1})


class HastyClock:
    """A clock that whoever sleeps moves on: hours of waiting pass in seconds."""

    def __init__(self) -> None:
        self._ahead, self._lock = 0.0, threading.Lock()

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._ahead += seconds
        time.sleep(0.0005)


def until_it_works(attempt):
    """Return what it returns; before anything is sent a bad network may make it fail, and only then."""
    for _ in range(ROUNDS):
        try:
            return attempt()
        except LtixError as error:
            last = error
    raise last


def lies(network, outcomes) -> list[str]:
    """Return the rows of a report that the platform's gradebook gives the lie to."""
    held, found = network.held(COURSE), []
    for row in outcomes.itertuples():
        there = held.get(row.user_id)
        if row.outcome in ("confirmed", "unchanged") and (there, row.held) != (row.score, row.score):
            found.append(f"{row.user_id}: {row.outcome} as {row.held}, and the platform holds {there}")
        if row.outcome in ("refused", "differs", "skipped") and there is not None:
            found.append(f"{row.user_id}: {row.outcome}, and the platform holds {there}")
    return found


@pytest.mark.process
def test_5000_grades_arrive_once_when_what_did_not_is_resumed(make_network):
    """Plan, send, and resume: each is stored once, none is called confirmed that is not."""
    network, clock, chance = make_network(page_size=5000), HastyClock(), Random(3)
    for number in range(MANY - len(network.learners(COURSE, MANY))):
        network.platform.enrol(COURSE, f"late-{number}")
    sheet = network.sheet(COURSE, MANY)
    anywhere, scores = p.Random20(chance.random, WAYS), p.Random20(chance.random, WAYS)
    network.proxy.on("", "", anywhere)
    network.proxy.on("POST", "/scores", scores)
    http = HttpClient(sleep=clock.sleep, monotonic=clock.monotonic)

    with ltix.connect(network.registration, http=http) as session:
        course = session.course(COURSE)
        plan = until_it_works(lambda: course.plan_grades(sheet, network.item_url(COURSE), "user_id", "score"))
        report = until_it_works(plan.send)
        wrongs = lies(network, report.outcomes)
        for _ in range(RESUMED):
            if report.ok:
                break
            report = until_it_works(partial(session.resume, report.upload_id))
            wrongs += lies(network, report.outcomes)

    wanted = dict(zip(sheet["user_id"], sheet["score"], strict=True))
    assert (report.ok, wrongs, set(range(len(WAYS))) - set(scores.done)) == (True, [], set())
    assert (len(wanted), network.held(COURSE) == wanted, set(network.accepted().values())) == (MANY, True, {1})
    assert ltix.uploads()[["rows", "confirmed", "state"]].values.tolist() == [[MANY, MANY, "complete"]]
