"""The platform under load: slower the more is under way, where it is told to be."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ltix_data.sandbox import Options, Platform, create_app
from ltix_data.sandbox.capacity import Capacity, Load, like_moodle
from ltix_data.sandbox.quota import Bucket, Quota


def test_a_moodle_is_best_with_eight_at_once():
    """Moodle 4.5.5, observed: 18 scores a second one by one, 75 by eight, 61 by sixteen."""
    rates = {number: like_moodle(18).per_second(number) for number in range(1, 33)}

    assert [round(rates[number]) for number in (1, 8, 16)] == [18, 75, 61]
    assert max(rates, key=rates.__getitem__) == 8


def test_a_capacity_without_contention_bears_everything():
    assert {Capacity(0.5).seconds(number) for number in (1, 8, 32)} == {0.5}


def test_each_request_takes_as_long_as_those_under_way_make_it():
    slept, all_there = [], threading.Barrier(4)

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        all_there.wait(30)

    load = Load(Capacity(1.0, contention=0.5), sleep)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: load.bear(), range(4)))

    assert (sorted(slept), load.under_way, load.most) == ([1.0, 1.5, 2.0, 2.5], 0, 4)


@pytest.fixture
def slept():
    return []


@pytest.fixture
def web(slept):
    def make(**options):
        platform = Platform(Options(**options), sleep=slept.append)
        return platform, create_app(platform).test_client()

    return make


def test_only_requests_to_the_services_are_borne(web, slept):
    _, asked = web(capacity=4)
    asked.get("/jwks")
    before = list(slept)
    asked.get("/courses/SEM12/memberships")

    assert (before, slept) == ([], [0.25])


def test_a_usual_platform_is_quick(web, slept):
    _, asked = web()
    asked.get("/courses/SEM12/memberships")

    assert slept == []


def test_a_capacity_can_be_bounded_and_freed_while_it_runs(web, slept):
    platform, asked = web()
    platform.bound_capacity(Capacity(3.0))
    asked.get("/courses/SEM12/memberships")
    platform.bound_capacity(None)
    asked.get("/courses/SEM12/memberships")

    assert slept == [3.0]


def test_a_cost_gives_it_the_quota_of_canvas_from_the_beginning(web):
    metered, usual = web(cost=8)[0], web()[0]

    assert (type(metered.quota), metered.quota.cost, type(usual.quota)) == (Bucket, 8, Quota)


@pytest.mark.parametrize("wrong", [{"capacity": -1}, {"cost": -0.5}])
def test_a_capacity_or_a_cost_below_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match="at least 0"):
        Options(**wrong)
