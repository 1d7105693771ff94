"""Threads at the gate: how many are let in, in what order, and what an interrupt or a stop leaves behind."""

from __future__ import annotations

import ctypes
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ltix_data import errors, pace

SOON = 30  # seconds within which what is waited for comes on a busy machine


@pytest.fixture
def gate():
    return pace.Gate(time.sleep, time.monotonic)


def wait_until(true) -> bool:
    """Return whether *true* came true soon."""
    until = time.monotonic() + SOON
    while not true() and time.monotonic() < until:
        time.sleep(0.001)
    return bool(true())


class Busy:
    """Threads that hold a turn until they are let go."""

    def __init__(self, gate: pace.Gate, number: int) -> None:
        self.gate, self.go, self.came, self.stop = gate, threading.Event(), [], threading.Event()
        self.threads = [threading.Thread(target=self._hold, args=(one,), daemon=True) for one in range(number)]

    def _hold(self, number: int) -> None:
        with pace.stoppable(self.stop):
            try:
                with self.gate.turn() as turn:
                    self.came.append(number)
                    self.go.wait(SOON)
                    turn.answered({})
            except errors.StoppedError:
                self.came.append(-number)

    def start(self, *, one_by_one: bool = False) -> None:
        for number, thread in enumerate(self.threads):
            thread.start()
            if one_by_one:
                assert wait_until(lambda number=number: self.there == number + 1)

    @property
    def there(self) -> int:
        """How many are in or wait."""
        return self.gate.under_way + len(self.gate._line._queue)

    def end(self) -> None:
        self.go.set()
        for thread in self.threads:
            thread.join(SOON)


def test_as_many_are_let_in_as_the_window_is_large(gate):
    busy = Busy(gate, 10)
    busy.start()
    found = wait_until(lambda: busy.there == 10), gate.window, gate.under_way
    busy.end()

    assert (found, gate.under_way, len(busy.came)) == ((True, 4, 4), 0, 10)


def test_who_came_first_goes_first(gate):
    busy = Busy(gate, 20)
    busy.start(one_by_one=True)
    busy.end()

    # those that are called at the same time may pass each other
    assert max(abs(place - number) for place, number in enumerate(busy.came)) < pace.START * 2


def test_a_request_that_is_tried_again_goes_before_those_that_came_later(gate):
    """Where a platform refuses everything, the first to give up spares the others their tries."""
    first = gate.number()
    with gate.turn(first):
        pass
    busy = Busy(gate, gate.window + 3)
    busy.start(one_by_one=True)
    again = threading.Thread(target=lambda: gate.turn(first).__enter__() and busy.came.append("again"), daemon=True)
    again.start()
    assert wait_until(lambda: busy.there == len(busy.threads) + 1)

    busy.go.set()
    assert wait_until(lambda: "again" in busy.came)

    assert busy.came.index("again") <= gate.window


def test_nobody_starves(gate):
    """A thread that gives its place back does not get it again before those that wait."""
    turns, together = [0] * 12, threading.Barrier(12)

    def work(number: int) -> None:
        together.wait(SOON)
        while sum(turns) < 600:
            with gate.turn() as turn:
                time.sleep(0.001)
                turn.answered({})
            turns[number] += 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(12)))

    assert min(turns) * 3 > max(turns), turns


def test_there_are_never_more_than_the_window_allows(gate):
    seen, lock = [], threading.Lock()
    inside = 0

    def work(number: int) -> None:
        nonlocal inside
        for _ in range(50):
            with gate.turn() as turn:
                with lock:
                    inside += 1
                    seen.append(inside)
                time.sleep(0.0005)
                with lock:
                    inside -= 1
                (turn.refused if number == 0 else turn.answered)(*(() if number == 0 else ({},)))

    gate._spacing.refused = lambda ticket, now: None  # the window alone
    with ThreadPoolExecutor(40) as pool:
        list(pool.map(work, range(40)))

    assert (max(seen) <= pace.MOST, inside, gate.under_way) == (True, 0, 0)


def test_a_stop_ends_the_wait_for_a_place_at_once(gate):
    busy = Busy(gate, 8)
    busy.start(one_by_one=True)
    began = time.monotonic()
    busy.stop.set()
    stopped = wait_until(lambda: len(busy.came) == 8)
    took = time.monotonic() - began
    busy.end()

    assert (stopped, took < 5, sorted(busy.came)[:4], gate.under_way) == (True, True, [-7, -6, -5, -4], 0)


def test_whoever_waits_behind_a_stopped_thread_is_not_forgotten(gate):
    first, second, third = Busy(gate, 4), Busy(gate, 1), Busy(gate, 1)
    first.start(one_by_one=True)
    second.start()
    assert wait_until(lambda: len(gate._line._queue) == 1)
    third.start()
    assert wait_until(lambda: len(gate._line._queue) == 2)
    second.stop.set()
    assert wait_until(lambda: len(gate._line._queue) == 1)
    first.end()
    third.end()

    assert (third.came, gate.under_way) == ([0], 0)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, errors.StoppedError])
def test_whatever_ends_a_turn_gives_its_place_back(gate, error):
    for _ in range(10):
        with pytest.raises(error), gate.turn():
            raise error("x")

    assert gate.under_way == 0


def test_a_stop_before_sending_gives_the_place_back_and_tells_nothing(gate):
    event = threading.Event()
    event.set()
    for _ in range(40):
        with pace.stoppable(event), pytest.raises(errors.StoppedError), gate.turn():
            raise AssertionError("it was let in")

    assert (gate.under_way, gate.window) == (0, 4)


def test_ctrl_c_in_the_wait_for_a_place_leaves_no_trace(gate):
    """The thread that waits is the main one, as in a notebook."""
    busy = Busy(gate, 4)
    busy.start(one_by_one=True)
    main = threading.get_ident()

    def interrupt() -> None:
        wait_until(lambda: len(gate._line._queue) == 1)
        signal.pthread_kill(main, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt), gate.turn():
        raise AssertionError("it was let in")
    waiting = len(gate._line._queue)
    busy.end()

    assert (waiting, gate.under_way) == (0, 0)


@pytest.mark.parametrize("crowd", [0, 6])
def test_interrupts_at_any_moment_leave_every_place_free(gate, crowd):
    """Each interrupt comes at another place of the code; others wait and send meanwhile."""
    over, turns = threading.Event(), []

    def work() -> None:
        while not over.is_set():
            with gate.turn() as turn:
                time.sleep(0.0001)
                turn.answered({})
            turns.append(1)

    others = [threading.Thread(target=work, daemon=True) for _ in range(crowd)]
    victim = threading.Thread(target=_be_interrupted, args=(gate, over), daemon=True)
    for thread in (*others, victim):
        thread.start()
    for number in range(300):
        time.sleep(0.0003 + number % 7 * 0.0001)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(victim.ident), ctypes.py_object(KeyboardInterrupt))
    over.set()
    for thread in (*others, victim):
        thread.join(SOON)
    alive = [thread for thread in (*others, victim) if thread.is_alive()]

    assert (alive, len(gate._line._queue)) == ([], 0)
    assert gate.under_way <= 1  # a place whose turn was interrupted at its very end is free when its thread comes again


def _be_interrupted(gate: pace.Gate, over: threading.Event) -> None:
    while not over.is_set():
        try:
            while not over.is_set():
                with gate.turn() as turn:
                    turn.answered({})
        except KeyboardInterrupt:
            pass


def test_a_place_lost_to_an_interrupt_is_found_again_when_its_thread_comes_back(gate):
    gate.turn().__enter__()
    gate.turn().__enter__()

    assert gate.under_way == 1


def test_a_lost_connection_counts_as_a_slow_answer(gate):
    with pytest.raises(OSError, match="gone"), gate.turn():
        raise OSError("gone")

    assert gate._window._failures == 1


def test_an_answer_over_a_new_connection_is_not_judged():
    now = [0.0]
    gate = pace.Gate(lambda seconds: None, lambda: now[0])

    def ask(seconds: float) -> None:
        with gate.turn() as turn:
            now[0] += seconds
            turn.answered({})

    ask(3.0)
    cold = len(gate._window._answers)
    ask(0.1)
    warm = len(gate._window._answers)
    now[0] += 60
    ask(3.0)

    assert (cold, warm, len(gate._window._answers)) == (0, 1, 1)


def test_what_makes_a_request_ready_is_not_the_platform_s_time():
    now = [0.0]
    gate = pace.Gate(lambda seconds: None, lambda: now[0])
    for _ in range(3):
        with gate.turn() as turn:
            now[0] += 0.5
            turn.leaves()
            now[0] += 1.0
            turn.answered({})

    assert [round(2.718281828**logarithm, 3) for _, logarithm in gate._window._answers] == [1.0, 1.0]


def test_a_handshake_that_is_told_is_not_the_answer_s_time():
    now = [0.0]
    gate = pace.Gate(lambda seconds: None, lambda: now[0])
    with gate.turn() as turn:
        turn.leaves()
        now[0] += 0.5
        turn.connected()
        now[0] += 1.0
        turn.answered({})

    assert [round(2.718281828**logarithm, 3) for _, logarithm in gate._window._answers] == [1.0]


@pytest.mark.parametrize(
    ("left", "under_way", "window"),
    [("650", 1, 4), ("550", 4, 4), ("120", 4, 3), ("60", 4, 2), ("-80", 4, 1), ("-1e300", 4, 1)],
)
def test_the_window_is_what_fits_into_canvas_quota(gate, left, under_way, window):
    """Each request under way holds fifty, and a hundred stay free."""
    busy = Busy(gate, under_way - 1)
    gate._room._free = 700.0
    busy.start(one_by_one=True)
    with gate.turn() as turn:
        turn.answered({"x-rate-limit-remaining": left, "x-request-cost": "0.05"})
    found = gate.window
    busy.end()

    assert found == window


def test_what_leaks_from_canvas_bucket_meanwhile_lets_no_crowd_in(gate):
    """Twelve that start together hold 600 of 700; thirty-two would be refused."""
    for _ in range(200):
        with gate.turn() as turn:
            turn.number, turn.is_cold = gate.window, False
            gate._line._queue.append((0, threading.Event()))  # somebody waits
            turn.answered({"x-rate-limit-remaining": "700", "x-request-cost": "0.05"})
            gate._line._queue.clear()

    assert gate.window == 12


def test_it_opens_no_further_than_the_callers_fill_it(gate):
    """Six threads that need not wait for each other tell nothing of what the platform would do with sixteen."""
    gate.monotonic = lambda: 1.0  # all answers take equally long

    def work(_number: int) -> None:
        for _ in range(100):
            with gate.turn() as turn:
                turn.is_cold = False
                time.sleep(0.001)
                turn.answered({})

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))

    assert gate.window == 8
