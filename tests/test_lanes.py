"""Connections to one origin: the one used last is used again, nobody shares one, none is left open for ever."""

from __future__ import annotations

import threading

import httpx
import pytest

from ltix_data.http.lanes import Lanes


class Transport(httpx.BaseTransport):
    closed = False

    def close(self) -> None:
        self.closed = True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def made():
    return []


@pytest.fixture
def lanes(clock, made):
    def make():
        made.append(Transport())
        return made[-1]

    return Lanes(make, clock)


def test_one_after_another_share_a_connection(lanes, made):
    for _ in range(5):
        with lanes.one():
            pass

    assert len(made) == 1


def test_two_at_once_share_none(lanes, made):
    with lanes.one() as first, lanes.one() as second:
        assert first is not second

    assert len(made) == 2


def test_the_one_used_last_is_used_again(lanes):
    """The others grow cold together, instead of each being kept warm by a request now and then."""
    with lanes.one() as first, lanes.one():
        pass

    with lanes.one() as again:
        assert again is first


def test_one_that_was_not_used_for_long_is_closed(lanes, made, clock):
    with lanes.one(), lanes.one():
        pass
    clock.now = 31.0

    with lanes.one():
        pass

    assert [transport.closed for transport in made].count(True) == 1
    with lanes.one() as left:
        assert not left.closed


def test_one_whose_request_failed_is_used_again(lanes, made):
    """The transport itself knows whether its connection can be."""
    with pytest.raises(httpx.ReadError), lanes.one():
        raise httpx.ReadError("x")

    with lanes.one() as again:
        assert (again, again.closed) == (made[0], False)


def test_one_whose_request_was_interrupted_is_closed(lanes, made):
    """Half an answer may be left in it, which the next request would take for its own."""
    with pytest.raises(KeyboardInterrupt), lanes.one():
        raise KeyboardInterrupt

    with lanes.one() as other:
        assert (made[0].closed, other is made[0]) == (True, False)


def test_closing_closes_those_in_use_and_they_do_not_come_back(lanes, made):
    with lanes.one(), lanes.one():
        lanes.close()

    assert [transport.closed for transport in made] == [True, True]
    with lanes.one() as new:
        assert new not in made[:2]


def test_32_threads_make_no_more_than_32_and_never_share(lanes, made):
    used, shared = set(), []
    together = threading.Barrier(32, timeout=10)

    def use() -> None:
        together.wait()
        for _ in range(50):
            with lanes.one() as lane:
                if lane in used:
                    shared.append(lane)
                used.add(lane)
                used.discard(lane)

    threads = [threading.Thread(target=use) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert (shared, len(made) <= 32) == ([], True)
