"""The window's rules, by themselves: no clock, no thread."""

from __future__ import annotations

import random

import pytest

from ltix_data.pace import MOST, START, Window

USUAL = 0.1


def play(window: Window, seconds: float = USUAL, *, rounds: int = 1, kind: str = "POST", wanted: bool = True) -> int:
    """Let so many rounds of answers come that all take that long; return the window's size then."""
    for _ in range(rounds):
        ticket = window.round
        while window.round == ticket:
            window.answered(ticket, kind, seconds, growing=wanted)
    return window.size


def opened(size: int = MOST) -> Window:
    """Return a window that grew until it was that large."""
    window = Window()
    while window.size < size:
        play(window)
    return window


def test_it_begins_low_and_doubles_each_round_while_latency_holds():
    window = Window()

    assert [window.size, *(play(window) for _ in range(4))] == [4, 8, 16, 32, 32]


def test_it_does_not_grow_while_nobody_waits_for_a_place():
    assert play(Window(), rounds=10, wanted=False) == START


def test_from_the_first_sign_of_the_platform_filling_up_it_grows_by_one():
    window = opened(8)

    assert [play(window, USUAL * 1.4), play(window), play(window)] == [9, 10, 11]


def test_a_round_that_is_too_slow_shrinks_it_by_a_fifth():
    window = opened(32)

    assert [play(window, USUAL * 1.8) for _ in range(3)] == [25, 20, 16]


@pytest.mark.parametrize("times", [1.0, 1.5, 1.65])
def test_a_round_that_is_hardly_slower_does_not(times):
    assert play(opened(32), USUAL * times) == 32


def test_latency_never_shrinks_it_below_where_it_began():
    window = opened(32)
    sizes = [play(window, USUAL * 10**number, wanted=False) for number in range(1, 30)]

    assert min(sizes) == START


def test_a_platform_that_became_slower_by_itself_is_believed_once_the_window_is_low():
    window = opened(32)
    slower = [play(window, USUAL * 2) for _ in range(20)]

    assert (slower[0], min(slower), slower[-1]) == (25, START, 32)


def test_what_is_usual_is_learned_anew_at_times_soon_at_first():
    """It was learned from four answers, the first ones, and the platform may have become quicker since."""
    window, shrunk, restarts = opened(32), 0, []
    while len(restarts) < 4:
        if play(window) > 12:
            shrunk += 1
            if play(window, USUAL * 1.8) == START:
                restarts.append(shrunk)
                shrunk = 0

    assert restarts == [4, 8, 16, 16]


def test_a_refusal_halves_it_once_for_all_that_were_under_way_then():
    window = opened(32)
    ticket = window.round
    for _ in range(20):
        window.refused(ticket)

    assert window.size == 16


def test_refusals_take_it_down_to_one_and_from_there_it_grows_by_one():
    window = Window()
    for _ in range(10):
        window.refused(window.round)

    assert [window.size, play(window), play(window), play(window)] == [1, 2, 3, 4]


def test_what_began_before_it_changed_is_not_judged():
    window = opened(16)
    old = window.round
    play(window, USUAL * 1.4)  # from here on it grows by one
    for _ in range(100):
        window.answered(old, "POST", USUAL * 50)

    assert [window.size, play(window)] == [17, 18]


def test_what_began_before_it_doubled_is_judged_with_those_that_came_in_then():
    """They were under way together; to wait for a round of those alone would take two for each doubling."""
    window = Window()
    old = window.round
    play(window)
    sizes = [window.size]
    for ticket in [old] * 4 + [window.round] * 4:
        window.answered(ticket, "POST", USUAL)
        sizes.append(window.size)

    assert sizes == [8] * 8 + [16]


def test_what_began_before_it_doubled_can_hold_it_back():
    window = Window()
    old = window.round
    play(window)
    for _ in range(8):
        window.answered(old, "POST", USUAL * 1.8)

    assert window.size < 8


def test_one_answer_that_takes_for_ever_changes_nothing():
    window = opened(8)
    window.answered(window.round, "POST", 60.0)
    ticket = window.round
    while window.round == ticket:
        window.answered(ticket, "POST", USUAL)

    assert window.size == 16


def test_one_answer_that_takes_for_ever_is_not_taken_for_usual():
    window = Window()
    for seconds in (USUAL, 60.0, USUAL, USUAL):
        window.answered(window.round, "POST", seconds)
    play(window)
    while window.size < 32:
        play(window)

    assert play(window, USUAL * 1.8) == 25


def test_a_small_round_waits_for_four_answers():
    window = Window()
    for _ in range(2):
        window.refused(window.round)
    sizes = []
    for _ in range(4):
        window.answered(window.round, "POST", USUAL)
        sizes.append(window.size)

    assert sizes == [1, 1, 1, 2]


def test_kinds_are_compared_with_themselves():
    """Pages of a roster take ten times as long as scores; together they are as slow as ever."""
    window = Window()
    for _ in range(3):
        ticket = window.round
        while window.round == ticket:
            window.answered(ticket, "POST", USUAL)
            window.answered(ticket, "GET", USUAL * 10)

    assert window.size == 32


def test_work_of_which_nothing_is_known_begins_low_again():
    """Rosters were read 32 at a time; what scores cost the platform must be seen first."""
    window = opened(32)

    assert [play(window, USUAL * 3, kind="new"), *(play(window, USUAL * 3, kind="new") for _ in range(3))] == [
        4,
        8,
        16,
        32,
    ]


def test_a_few_answers_of_a_new_kind_do_not_take_it_back():
    window = opened(32)
    ticket = window.round
    for number in range(32):
        window.answered(ticket, "new" if number % 4 == 0 else "POST", USUAL)

    assert window.size == 32


def test_a_new_kind_seen_under_load_is_thought_to_be_quicker_without():
    window = opened(8)
    ticket = window.round
    for number in range(8):
        window.answered(ticket, "new" if number < 2 else "POST", USUAL * 1.6)
    window.answered(window.round, "new", USUAL * 1.6)

    assert play(window, USUAL * 1.8, kind="new") < 9


def test_when_most_fail_it_shrinks_as_if_they_had_been_slow():
    """A proxy before a platform that is too busy answers 502 and 504."""
    window = opened(32)
    for number in range(32):
        if number % 2:
            window.failed(window.round)
        else:
            window.answered(window.round, "POST", USUAL)

    assert window.size == 25


def test_a_few_that_fail_do_not_shrink_it():
    """One course of ten is broken, and answers 500 each time."""
    window = opened(32)
    for number in range(320):
        if number % 10 == 0:
            window.failed(window.round)
        else:
            window.answered(window.round, "POST", USUAL)

    assert window.size == 32


@pytest.mark.parametrize("seed", range(20))
def test_it_never_leaves_its_bounds_whatever_comes(seed):
    window, chance, sizes = Window(), random.Random(seed), []
    for _ in range(3000):
        ticket = window.round - chance.randrange(2)
        match chance.randrange(40):
            case 0:
                window.refused(ticket)
            case 1:
                window.failed(ticket)
            case 2:
                window.fit(chance.randrange(-10, 100))
            case _:
                window.answered(
                    ticket,
                    chance.choice("abc"),
                    chance.choice([0.0, 1e-9, 0.1, 0.2, 1e9]),
                    growing=chance.random() < 0.9,
                )
        sizes.append(window.size)

    assert (min(sizes) >= 1, max(sizes) <= MOST) == (True, True)


def test_what_fits_into_a_quota_bounds_it_at_once():
    window = opened(32)
    window.fit(12)

    assert window.size == 12


def test_a_doubling_stops_at_what_fits_into_a_quota():
    window = opened(8)
    window.fit(11)

    assert play(window) == 11


@pytest.mark.parametrize("room", [0, -7, -(10**9)])
def test_a_quota_that_is_overdrawn_leaves_one(room):
    window = opened(8)
    window.fit(room)

    assert window.size == 1
