"""What would go on for ever is ended, in bounded time and memory, by one clear error."""

from __future__ import annotations

import time
import tracemalloc
from datetime import datetime
from itertools import pairwise

import pytest

from ltix_data.errors import MalformedResponseError, TooLargeError, TransportError
from ltix_data.rows import SAME

from . import proxy as p


def person(number: int) -> dict[str, object]:
    return {"user_id": f"u{number}", "roles": ["Learner"], "name": f"Somebody {number}"}


def result(number: int) -> dict[str, object]:
    return {"userId": f"u{number}", "resultScore": 1, "resultMaximum": 1}


class Cost:
    """Counts the seconds and the most memory, in MiB, that a block takes."""

    def __enter__(self) -> Cost:
        tracemalloc.start()
        self._start = time.monotonic()
        return self

    def __exit__(self, *error: object) -> None:
        self.seconds = time.monotonic() - self._start
        self.mebibytes = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()


def test_a_roster_of_100_000_pages_ends_at_the_bound_of_pages(make_network):
    """At the bound as it is delivered, 2,000 pages of one member each."""
    network = make_network()
    network.proxy.on("GET", "/memberships", p.endless(person, "members"))
    start = time.monotonic()

    with pytest.raises(TooLargeError, match="more than 2000 pages"):
        network.session.course("BIO101").roster()

    asked = [path for _, path in network.proxy.asked if path.endswith("/memberships")]
    assert (len(asked), time.monotonic() - start < 30) == (2001, True), "one of them with a limit"


def test_endless_results_end_at_the_bound_of_pages(make_network):
    network = make_network(limits={"max_pages": 100})
    network.proxy.on("GET", "/results", p.endless(result, None))

    with Cost() as cost, pytest.raises(TooLargeError, match="more than 100 pages"):
        network.session.course("BIO101").results(network.item_url("BIO101"))

    assert (cost.seconds < 10, cost.mebibytes < 30) == (True, True)


def test_a_roster_of_100_000_people_ends_at_the_bound_of_members(make_network):
    network = make_network()
    everyone = p.says(200, {"members": [person(number) for number in range(100_000)]})
    network.proxy.on("GET", "/memberships", lambda exchange: exchange.reply(everyone))

    with pytest.raises(TooLargeError, match="more than 50000 members"):
        network.session.course("BIO101").roster()


def test_a_gzip_bomb_never_unfolds(make_network):
    """300 MiB of zeros in 300 KB, at the bound as it is delivered, 64 MiB."""
    network = make_network()
    bomb = p.bomb(300)(p.says(200))
    network.proxy.on("GET", "/memberships", lambda exchange: exchange.reply(bomb))

    with Cost() as cost, pytest.raises(TooLargeError, match="more than 64 MiB"):
        network.session.course("BIO101").roster()

    assert (cost.seconds < 10, cost.mebibytes < 3 * 64) == (True, True)


def test_a_page_that_repeats_itself_under_new_links_ends(make_network, recwarn):
    """Nobody can tell it from a platform that ignores its own links: it is said, and taken as the end."""
    network = make_network()
    network.proxy.on("GET", "/memberships", p.endless(lambda number: person(1), "members"))

    frame = network.session.course("BIO101").roster()

    assert (len(frame), len(recwarn)) == (1, 1)


def test_a_body_that_drips_is_given_up(make_network):
    """However short the pauses between its letters are: the whole body has its time."""
    network = make_network(limits={"read_timeout": 0.5, "body_timeout": 0.5, "attempts": 1})
    network.session.token()
    network.proxy.on("GET", "/memberships", p.drip(0.05))
    start = time.monotonic()

    with pytest.raises(TransportError):
        network.session.course("BIO101").roster()

    assert time.monotonic() - start < 2


def test_an_empty_page_in_the_middle_hides_nobody(make_network):
    """A page of no bytes at all, that itself says that there is more, is no end of the roster (Sakai's has no link)."""
    network = make_network(page_size=100)
    network.proxy.on("GET", "after=", p.change(lambda answer: p.says(200, **_links(answer))), times=1)

    with pytest.raises(MalformedResponseError):
        network.session.course("BIO101").roster()


def _links(answer: p.Answer) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers if name == "Link"}


@pytest.mark.parametrize("minutes", [-10, 10])
def test_scores_carry_the_platforms_time_whatever_this_clock_says(make_network, minutes):
    def platform_now() -> float:
        return time.time() + 60 * minutes

    network = make_network(now=platform_now)
    network.session.course("SEM12").post_score(network.item_url("SEM12"), "0004711", 50)

    stored = datetime.fromisoformat(network.item("SEM12").cells["0004711"].timestamp).timestamp()
    assert stored == pytest.approx(platform_now(), abs=5)


def test_a_comment_that_never_arrived_is_not_confirmed(make_network):
    """The grade was there before: that it is there now proves nothing about the row."""
    network = make_network()
    network.fill("BIO101", 3)
    sheet = network.sheet("BIO101", 3).assign(comment="Well argued.")
    course = network.session.course("BIO101")
    plan = course.plan_grades(sheet, network.item_url("BIO101"), "user_id", "score", comment="comment")
    network.proxy.on("POST", "/scores", p.reset_before)

    report = plan.send()

    assert (list(report.outcomes["outcome"]), network.accepted()) == (["unknown"] * 3, {})


def test_two_grades_of_the_sheets_here_are_never_the_same(make_network):
    """Or a lost one could not be told from another's."""
    scores = sorted(make_network().sheet("MED3000", 500)["score"])

    assert min(later - earlier for earlier, later in pairwise(scores)) > 100 * SAME
