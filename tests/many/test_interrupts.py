"""Ctrl-C ends reading within two seconds, whatever hangs, and says how to go on; going on asks for the rest alone."""

from __future__ import annotations

import _thread
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from ltix_data import pace, registry
from ltix_data.crew import work_off
from ltix_data.errors import StoppedError
from ltix_data.session import rosters

from .term import SOON, Term


def press(how: str) -> None:
    """Press Ctrl-C, as a notebook's kernel or the operating system does."""
    if how == "interrupt_main":
        _thread.interrupt_main()
    else:
        signal.raise_signal(signal.SIGINT)


class Pressed:
    """Lets the first requests pass; the next ones hang, and the first of them presses Ctrl-C."""

    def __init__(self, term: Term, passing: int, how: str = "interrupt_main") -> None:
        self.term, self.passing, self.how = term, passing, how
        self.at: float | None = None
        self._lock = threading.Lock()
        self._came = 0

    def __call__(self, path: str) -> None:
        if path == "/token":
            return
        with self._lock:
            self._came += 1
            first, passes = self._came == self.passing + 1, self._came <= self.passing
        if first:
            threading.Timer(0.3, self._press).start()  # when those that pass were answered, too
        if not passes:
            self.term.hang()

    def _press(self) -> None:
        self.at = time.monotonic()
        press(self.how)

    @property
    def took(self) -> float:
        assert self.at is not None
        return time.monotonic() - self.at


@pytest.mark.parametrize("how", ["interrupt_main", "raise_signal"])
def test_an_interrupt_ends_it_within_two_seconds_and_nothing_more_is_asked(make_term, how):
    term = make_term(100)
    term.answer = pressed = Pressed(term, 40, how)

    with pytest.raises(KeyboardInterrupt) as stopped:
        term.session().rosters()
    took, asked = pressed.took, len(term.asked)
    time.sleep(0.5)

    assert (took < 2, len(term.asked)) == (True, asked)
    assert str(stopped.value).startswith('40 of 100 courses had been read. With max_age="2h" they would have been')


def test_with_max_age_it_says_how_many_are_kept_and_going_on_asks_for_the_rest_alone(make_term):
    term = make_term(60)
    term.answer = pressed = Pressed(term, 20)
    with pytest.raises(KeyboardInterrupt, match=r"^20 of 60 courses are kept; run it again to go on\.$"):
        term.session().rosters(max_age="2h")
    assert pressed.took < 2
    read = [path.split("/")[1] for path in term.asked[:20]]
    term.answer, term.asked = lambda path: None, []

    found = term.session().rosters(max_age="2h")

    assert (found["course"].nunique(), found.attrs["from_cache"]) == (60, 20)
    assert set(term.courses_asked()) == set(term.members) - set(read)


def test_a_second_interrupt_does_no_harm(make_term):
    """Whoever is impatient presses twice."""
    term = make_term(60)
    term.answer = pressed = Pressed(term, 20)
    threading.Timer(0.6, lambda: pressed.at and press("interrupt_main")).start()

    with pytest.raises(KeyboardInterrupt):
        term.session().rosters(max_age="2h")
    term.answer = lambda path: None

    assert term.session().rosters(max_age="2h")["course"].nunique() == 60


def test_an_interrupt_while_the_token_is_waited_for_ends_it(make_term):
    term = make_term(20)
    pressed = Pressed(term, 0)
    term.answer = lambda path: pressed("first")

    with pytest.raises(KeyboardInterrupt):
        term.session().rosters()

    assert (pressed.took < 2, term.asked) == (True, [])


def test_an_interrupt_while_one_course_is_read_by_several_readers_ends_them_too(make_term):
    term = make_term(1, items=60)
    term.answer = pressed = Pressed(term, 10)

    with pytest.raises(KeyboardInterrupt):
        term.session().results()
    took, asked = pressed.took, len(term.asked)
    term.hurry.set()
    time.sleep(0.5)

    assert (took < 2, len(term.asked)) == (True, asked)


def test_an_interrupt_says_so_where_nothing_could_be_kept(make_term):
    registry.data_dir().mkdir(parents=True)
    (registry.data_dir() / "kept").write_text("a file where the folder belongs")
    term = make_term(60)
    term.answer = Pressed(term, 20)

    with pytest.raises(KeyboardInterrupt, match=r"^[12]\d of 60 courses had been read, and could not all be kept \("):
        term.session().rosters(max_age="2h")


def test_a_crew_within_a_crew_ends_with_it():
    """Its thread is stopped from outside: nothing that is left is begun."""
    outer, inner, hurry, begun = threading.Event(), threading.Event(), threading.Event(), []

    def wait(number: int) -> None:
        begun.append(number)
        outer.set()
        hurry.wait(SOON)

    with pace.stoppable(outer), pytest.raises(StoppedError):
        list(work_off(range(10), wait, workers=2, stop=inner))
    hurry.set()
    time.sleep(0.1)

    assert (sorted(begun), inner.is_set()) == ([0, 1], True)


def test_an_interrupt_of_several_platforms_ends_all_of_them(make_term):
    one, other = make_term(50, name="one"), make_term(50, name="other")
    one.answer = pressed = Pressed(one, 10)
    other.answer = lambda path: None if path == "/token" else other.hang()

    with pytest.raises(KeyboardInterrupt, match=r"^10 of 100 courses are kept; run it again to go on\.$"):
        rosters([one.session(), other.session()], max_age="2h")
    took, asked = pressed.took, len(one.asked) + len(other.asked)
    time.sleep(0.5)

    assert (took < 2, len(one.asked) + len(other.asked)) == (True, asked)


SCRIPT = """
import sys
import ltix_data as ltix
from ltix_data.courses import KnownCourse
url = sys.argv[1]
facts = {"name": "uni", "issuer": url, "client_id": "c1", "token_url": f"{url}/token"}
found = ltix.Registration(**facts, private_key=sys.stdin.read())
found.remember(*[KnownCourse(f"C{n:03}", memberships_url=f"{url}/C{n:03}/members") for n in range(60)])
try:
    ltix.connect(found).rosters(max_age="2h")
except KeyboardInterrupt as stopped:
    print(stopped)
"""


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to whole groups of processes")
def test_a_script_ends_after_an_interrupt_without_waiting_for_answers(make_term):
    term = make_term(60)
    term.answer = lambda path: None if path == "/token" or len(term.asked) <= 20 else term.hang()
    script = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, term.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    script.stdin.write(term.key.private_pem().encode())
    script.stdin.close()
    term.wait_for(22)
    time.sleep(0.3)

    begun = time.monotonic()
    os.kill(script.pid, signal.SIGINT)
    said = script.stdout.read().decode()
    script.wait(20)

    assert said == "20 of 60 courses are kept; run it again to go on.\n", script.stderr.read()
    assert time.monotonic() - begun < 5  # the interpreter has its own end to come to
