"""Ctrl-C ends an upload at once, begins nothing more, and loses nothing: resuming it finishes it."""

from __future__ import annotations

import _thread
import json
import os
import signal
import subprocess
import sys
import threading
import time
from random import Random

import pytest

from ltix_data import journal, pace

from .conftest import COURSE, SCRIPT, Upload

ROWS, WORKERS, TOO_MANY = 24, 8, 429
DEAF, SLOW = 60.0, 0.3  # seconds that the platform takes for a score: it answers in the grace, or not


def press(how: str) -> None:
    """Press Ctrl-C, as the operating system or a notebook's kernel does."""
    if how == "interrupt_main":
        _thread.interrupt_main()
    else:
        signal.raise_signal(signal.SIGINT)


def when_arrived(lms, count, deed) -> None:
    """Do something once, when so many scores have come."""
    lms.on_arrival = lambda arrived: deed() if arrived == count else None


def planned(upload: Upload, session):
    course = session.course(COURSE)
    return course.plan_grades(upload.sheet, upload.url, "user_id", "score", comment="comment")


def finished(lms, upload: Upload) -> list[str]:
    """Let the platform answer what is under way, resume, and return what is wrong then."""
    lms.hurry.set()
    return upload.wrongs(upload.finish())


@pytest.mark.parametrize("seconds", [DEAF, SLOW])
@pytest.mark.parametrize("how", ["interrupt_main", "raise_signal"])
def test_an_interrupt_ends_send_within_two_seconds(make_lms, make_upload, how, seconds):
    """It names the upload; what was under way may still be answered, nothing more comes."""
    lms = make_lms(ROWS)
    upload, pressed = make_upload(lms), []
    lms.slow = seconds
    when_arrived(lms, pace.START, lambda: (pressed.append(time.monotonic()), press(how)))

    with lms.session() as session:
        plan = planned(upload, session)
        with pytest.raises(KeyboardInterrupt) as stopped:
            plan.send()
        took, arrived = time.monotonic() - pressed[0], lms.arrived
        time.sleep(0.5)

    assert (took < 2, lms.arrived, upload.upload_id in str(stopped.value)) == (True, arrived, True)
    assert arrived <= 2 * WORKERS
    assert finished(lms, upload) == []


def test_an_interrupt_while_it_waits_before_another_try_ends_it(make_lms, make_upload):
    """Between two tries nothing is under way, and a wait of up to a minute is cut short."""
    lms = make_lms(ROWS)
    upload = make_upload(lms)
    with lms.session(sleep=time.sleep) as session:
        plan = planned(upload, session)
        lms.platform.exhaust_quota(after=8)
        threading.Timer(1.0, _thread.interrupt_main).start()
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            plan.send()
    took = time.monotonic() - begun
    lms.platform.restore_quota()

    wrongs = [wrong for wrong in finished(lms, upload) if wrong != f"answered {TOO_MANY}"]
    assert (took < 3, wrongs) == (True, [])


def test_a_second_interrupt_during_the_grace_harms_nothing(make_lms, make_upload):
    """Whoever is impatient presses twice."""
    lms = make_lms(ROWS)
    upload = make_upload(lms)
    lms.slow = DEAF

    def twice() -> None:
        _thread.interrupt_main()
        threading.Timer(0.3, _thread.interrupt_main).start()

    when_arrived(lms, pace.START, twice)
    with lms.session() as session, pytest.raises(KeyboardInterrupt):
        planned(upload, session).send()
    time.sleep(0.5)

    assert (lms.arrived, finished(lms, upload)) == (pace.START, [])


def test_an_answer_that_comes_after_an_interrupt_touches_no_other_file(make_lms, make_upload):
    """Its journal was closed; another upload's may have been opened since, under the same number."""
    lms = make_lms(ROWS)
    upload = make_upload(lms)
    lms.slow = DEAF
    when_arrived(lms, pace.START, _thread.interrupt_main)
    with lms.session() as session:
        plan = planned(upload, session)
        with pytest.raises(KeyboardInterrupt):
            plan.send()
        others = [(upload.folder / f"other-{number}").open("xb", buffering=0) for number in range(8)]

        lms.hurry.set()
        time.sleep(0.5)

    written = [other.name for other in others if os.fstat(other.fileno()).st_size]
    for other in others:
        other.close()
    assert (written, finished(lms, upload)) == ([], [])


@pytest.mark.parametrize("seconds", [SLOW, DEAF])
@pytest.mark.parametrize("like", ["strict", "canvas"])
def test_resuming_at_once_in_the_same_session_stores_nothing_twice(make_lms, make_upload, like, seconds):
    """What was under way when it was interrupted arrives while the same session goes on with it."""
    lms = make_lms(ROWS, like=like)
    upload = make_upload(lms)
    lms.slow = seconds
    when_arrived(lms, pace.START, _thread.interrupt_main)
    with lms.session() as session:
        plan = planned(upload, session)
        with pytest.raises(KeyboardInterrupt):
            plan.send()
        threading.Timer(0.5, lms.hurry.set).start()
        report = session.resume(upload.upload_id)

    assert upload.wrongs(report) == []


@pytest.mark.process
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks for every upload")
def test_interrupted_at_random_moments_it_is_resumed(make_lms, make_upload, uploader):
    """Whatever it is that the main thread does just then."""
    lms, chance, wrong, stopped = make_lms(ROWS), Random(1), {}, 0
    for number in range(40):
        upload = make_upload(lms)
        line, seconds = chance.randint(1, upload.lines), chance.uniform(0, 0.01)
        order = upload.order(workers=WORKERS, where="alarm", number=line, seconds=seconds, signal=signal.SIGINT)
        stopped += uploader.run(order) == {"code": 130}
        if wrongs := upload.wrongs(upload.finish()):
            wrong[number] = wrongs

    assert (wrong, stopped > 20) == ({}, True)


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to whole groups of processes")
@pytest.mark.parametrize("seconds", [DEAF, SLOW])
def test_a_script_ends_after_sigint_without_waiting_for_answers(make_lms, make_upload, signing_key, seconds):
    """Two seconds for the upload; and no thread that waits for an answer keeps the interpreter from ending."""
    lms = make_lms(ROWS)
    upload = make_upload(lms)
    lms.slow = seconds
    ready = threading.Event()
    when_arrived(lms, pace.START, ready.set)
    script = subprocess.Popen(
        [sys.executable, str(SCRIPT), "once"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "UPLOADER_KEY": signing_key.private_pem()},
    )
    script.stdin.write(json.dumps(upload.order(workers=WORKERS)) + "\n")
    script.stdin.flush()
    assert ready.wait(30)

    begun = time.monotonic()
    os.kill(script.pid, signal.SIGINT)
    said = json.loads(script.communicate(timeout=20)[0])
    gone, arrived = time.monotonic() - begun, lms.arrived
    time.sleep(0.5)

    assert (script.returncode, lms.arrived, upload.upload_id in said["interrupt"]) == (0, arrived, True)
    assert (said["at"] - begun < 2, gone < 5) == (True, True)  # the interpreter has its own end to come to
    assert journal.read(upload.upload_id).state == "interrupted"
    assert finished(lms, upload) == []
