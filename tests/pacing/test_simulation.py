"""The window against simulated platforms: where it settles, how soon, and what is refused on the way."""

from __future__ import annotations

import pytest

from ltix_data.pace import MOST, START

from . import simulation
from .platforms import MOODLE
from .scenarios import Scenario, canvas, changing, distant, mixed, moodle, per_second, rosters, steady, workers

PEAK = max(MOODLE.per_second(number) for number in range(1, MOST + 1))


def test_the_moodle_that_is_simulated_is_the_one_that_was_measured():
    assert [round(MOODLE.per_second(number)) for number in (1, 8, 16)] == [18, 75, 61]


@pytest.mark.parametrize(("noise", "seed"), [(0.0, 1), (0.15, 1), (0.15, 2), (0.3, 1), (0.3, 2), (0.3, 3)])
@pytest.mark.parametrize("direct", [True, False])
def test_it_converges_near_8_on_a_moodle(noise, seed, direct):
    trace = Scenario("", moodle(noise, seed), 60, PEAK, 10).run(direct=direct)
    window, share = trace.window(10), trace.rate(10) / PEAK

    assert (6 <= window <= 10, share >= 0.93) == (True, True), (window, share)


@pytest.mark.parametrize("callers", [1, 2, 4, 6, 8])
def test_few_callers_are_not_held_back(callers):
    trace = Scenario("", moodle(), 30, PEAK, 5).run(callers=callers)
    alone = callers / (MOODLE.seconds(callers) + 0.001)

    assert trace.rate(5) >= 0.95 * alone


@pytest.mark.parametrize(("cost", "most"), [(0.0625, 40.0), (0.5, 20.0), (2.0, 5.0), (8.0, 1.25)])
@pytest.mark.parametrize("direct", [True, False])
def test_it_stays_under_canvas_quota_without_a_refusal_and_uses_it(cost, most, direct):
    """The bucket leaks ten a second; twelve at once, at 0.3 s each, are forty a second."""
    trace = Scenario("", canvas(cost), 600, most, 120).run(direct=direct)

    assert (trace.refused(0), trace.rate(120) >= 0.85 * most) == (0, True), trace.rate(120)


@pytest.mark.parametrize(("direct", "rounds"), [(True, 3), (False, 7)])
def test_it_opens_wholly_in_few_rounds_where_latency_does_not_rise(direct, rounds):
    """Each takes an answer's 20 ms, and 1 ms until the next is asked for."""
    trace = Scenario("", steady(0.02), 2, 32 / 0.021, 1).run(direct=direct)
    when = next(when for when, size in trace.windows if size == MOST)
    changes = [size for _, size in trace.windows]

    assert (changes, when <= 0.001 + rounds * 0.021, trace.window(0.3)) == ([4, 8, 16, 32], True, MOST), when


def test_handshakes_of_new_connections_are_not_taken_for_a_full_platform():
    """Each doubling opens as many connections as there were."""
    trace = Scenario("", distant(0.05), 5, 32 / 0.051, 1).run(direct=False)

    assert [size for _, size in trace.windows] == [4, 8, 16, 32]


@pytest.mark.parametrize("times", [2, 5])
def test_it_recovers_where_a_platform_becomes_slower_by_itself(times):
    """It draws back at first, and learns that fewer are not answered sooner."""
    trace = Scenario("", changing(lambda n: 0.02, times=times, at=5), 15, 32 / 0.021 / times, 10).run()
    lowest = min(size for when, size in trace.windows if when > 5)

    assert (lowest, trace.window(10)) == (START, MOST)


@pytest.mark.parametrize("times", [0.5, 2])
def test_it_finds_the_peak_again_when_a_moodle_becomes_faster_or_slower(times):
    trace = Scenario("", changing(MOODLE.seconds, times=times, at=30), 120, PEAK / times, 60).run()
    window, share = trace.window(60), trace.rate(60) * times / PEAK

    assert (6 <= window <= 11, share >= 0.93) == (True, True), (window, share)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("requests", [rosters, mixed])
def test_rosters_of_all_sizes_do_not_confuse_it(requests, seed):
    trace = Scenario("", moodle(0.2, seed), 200, PEAK, 20, lambda: requests(seed)).run()

    assert 6 <= trace.window(20) <= 11


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rosters_of_all_sizes_do_not_hold_it_back_where_nothing_is_full(seed):
    trace = Scenario("", steady(0.02, 0.2), 40, 0, 0, lambda: rosters(seed)).run()

    assert trace.window(30) >= 0.9 * MOST


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_platform_of_few_workers_is_kept_busy_by_a_short_queue(count):
    trace = Scenario("", workers(count), 30, count / 0.05, 5).run()

    assert (trace.rate(5) >= 0.98 * count / 0.05, trace.window(5) <= 9) == (True, True)


def test_where_so_many_a_second_are_allowed_most_are_served_and_few_refused():
    trace = Scenario("", per_second(10), 300, 10, 20).run()

    assert (trace.rate(20) >= 7.5, trace.refused(20) < 0.1 * trace.rate(20) * 280) == (True, True)


def test_a_simulation_comes_out_the_same_each_time():
    scenario = Scenario("", moodle(0.3), 20, PEAK, 5)

    assert scenario.run() == scenario.run()


def test_the_command_draws_the_picture(tmp_path, capsys):
    code = simulation.main(["--plot", str(tmp_path / "pacing.png")])
    said = capsys.readouterr().out

    assert (code, (tmp_path / "pacing.png").read_bytes()[:4], said.count("%")) == (0, b"\x89PNG", 6)
