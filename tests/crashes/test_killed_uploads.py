"""An upload killed anywhere is finished by resuming it: every grade is stored once, and is the right one."""

from __future__ import annotations

import os
import signal
from collections import Counter
from random import Random

import pytest

from .uploader import BOUNDARIES

pytestmark = [pytest.mark.process, pytest.mark.skipif(not hasattr(os, "fork"), reason="forks for every upload")]

KILLED, ROWS = {"signal": signal.SIGKILL}, 12
WRITES = 2 * ROWS + 2  # the plan, each score and its answer, the outcomes
AGAIN = ROWS + 2  # of one that was killed half-way: that it goes on, half of the scores, the outcomes


def only_wrong(found):
    return {which: wrongs for which, wrongs in found.items() if wrongs}


@pytest.mark.parametrize("where", BOUNDARIES)
def test_killed_at_any_line_of_the_journal(make_lms, make_upload, uploader, where):
    """Before each line there is, in its midst, short of its end, and after it."""
    lms, wrong = make_lms(ROWS), {}
    for number in range(1, WRITES + 1):
        upload = make_upload(lms)
        assert uploader.run(upload.order(where=where, number=number)) == KILLED

        wrong[number] = upload.wrongs(upload.finish())

    assert only_wrong(wrong) == {}


def test_killed_between_any_answer_and_its_line(make_lms, make_upload, uploader):
    """The platform has stored the score, and nobody wrote it down: with one thread, and with eight."""
    lms, wrong = make_lms(ROWS), {}
    cases = [(workers, number) for workers in (1, 8) for number in range(1, ROWS + 1)]
    for workers, number in cases:
        upload = make_upload(lms)
        assert uploader.run(upload.order(workers=workers, where="answered", number=number)) == KILLED

        wrong[workers, number] = upload.wrongs(upload.finish())

    assert only_wrong(wrong) == {}


@pytest.mark.parametrize("where", BOUNDARIES)
def test_killed_again_at_any_line_while_it_resumes(make_lms, make_upload, uploader, where):
    """What goes on with a killed upload may be killed as well."""
    lms, wrong = make_lms(ROWS), {}
    for number in range(1, AGAIN + 1):
        upload = make_upload(lms)
        assert uploader.run(upload.order(where="answered", number=ROWS // 2)) == KILLED
        assert uploader.run(upload.order(upload.upload_id, where=where, number=number)) == KILLED

        wrong[number] = upload.wrongs(upload.finish())

    assert only_wrong(wrong) == {}


@pytest.mark.parametrize("like", ["strict", "canvas", "moodle"])
def test_killed_at_random_moments_up_to_three_times(make_lms, make_upload, uploader, like):
    """Eight threads and 40 scores; the kill comes from outside, soon after some line, while anything goes on."""
    lms, chance, wrong, kills = make_lms(40, like=like), Random(like), {}, Counter()
    for number in range(40):
        upload = make_upload(lms)
        for again in range(3):
            line, seconds = chance.randint(1, upload.lines // (2 - again // 2)), chance.uniform(0, 0.01)
            act = upload.upload_id or "send"
            if uploader.run(upload.order(act, workers=8, where="alarm", number=line, seconds=seconds)) == KILLED:
                kills[again] += 1
            if like == "canvas":  # it takes every score, and nothing recalls one that is under way
                lms.wait_until_quiet()

        wrong[number] = upload.wrongs(upload.finish())

    assert only_wrong(wrong) == {}
    assert (kills[0] >= 30, kills[1] >= 15) == (True, True), kills
