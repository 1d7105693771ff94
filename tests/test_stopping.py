"""A thread that sends can be stopped by another: at once, nothing is lost, and resuming finishes it."""

from __future__ import annotations

import threading
import time

import httpx
import pytest
from uploading import (
    ANNA,
    LEILA,
    MARIA,
    SEAN,
    WANG,
    WULANDARI,
    ZOE,
    Met,
    forwarded,
    journals,
    meeting,
    planned,
    sheet,
    stored,
)

import ltix_data as ltix
from ltix_data.errors import UsageError
from ltix_data.http import HttpClient

ALL = dict(zip((SEAN, WANG, LEILA, ANNA, WULANDARI, ZOE, MARIA), "1234567", strict=True))
SOON = 30  # seconds within which what is waited for comes on a busy machine


class Held:
    """Lets the first scores pass; holds the next one until `release`, and stops the upload when it comes."""

    def __init__(self, passing: int) -> None:
        self.passing, self.stop, self.release, self.came = passing, threading.Event(), threading.Event(), 0

    def __call__(self, request, forward):
        self.came += 1
        if self.came > self.passing:
            self.stop.set()
            assert self.release.wait(SOON)
        return forward()


@pytest.fixture
def practice(practice):
    practice.course.create_line_item("Quiz 1", 10)
    return practice


def held(practice, passing):
    """Return a plan that goes through a `Held`, its `Held`, and what was posted."""
    answer = Held(passing)
    session, met = meeting(practice, answer)
    return planned(session.course("SEM12"), ALL), answer, met


def words(report) -> list[str]:
    return list(report.outcomes["outcome"])


def test_rows_that_were_not_begun_are_reported_as_not_sent(practice):
    plan, answer, met = held(practice, passing=2)
    threading.Timer(0, lambda: answer.stop.wait(SOON) and answer.release.set()).start()

    report = plan.send(stop=answer.stop, workers=1)

    assert (words(report), len(met.bodies)) == (["confirmed"] * 3 + ["refused"] * 4, 3)
    assert set(report.failures["reason"]) == {"Not sent: the upload was stopped."}
    assert stored(practice) == {SEAN: 1, WANG: 2, LEILA: 3}


def test_what_is_under_way_has_two_seconds_and_is_unknown_then(practice):
    """The platform never answers the third score; nobody waits for it longer than after an interrupt."""
    plan, answer, met = held(practice, passing=2)

    begun = time.monotonic()
    report = plan.send(stop=answer.stop, workers=1)
    took = time.monotonic() - begun
    answer.release.set()

    assert words(report) == ["confirmed", "confirmed", "unknown", *["refused"] * 4]
    assert (took < 4, len(met.bodies)) == (True, 3)


def test_a_resumed_upload_finishes_and_sends_nothing_twice(practice):
    plan, answer, met = held(practice, passing=2)
    stopped = plan.send(stop=answer.stop, workers=1)
    answer.release.set()
    met.answer = forwarded

    report = stopped.resume()

    assert (words(report), report.upload_id) == (["confirmed"] * 7, stopped.upload_id)
    users = [body.split(b'"userId"')[1][:30] for body in met.bodies]
    assert stored(practice) == {number: float(score) for number, score in ALL.items()}
    assert len(users) - len(set(users)) <= 1  # the one without an answer may be sent again, as the same bytes
    assert len(set(met.bodies)) == 7


def test_a_stop_before_the_beginning_sends_nothing(practice):
    session, met = meeting(practice)
    stop = threading.Event()
    stop.set()

    report = planned(session.course("SEM12"), ALL).send(stop=stop)

    assert (words(report), met.bodies) == (["refused"] * 7, [])


def test_a_stop_ends_the_wait_before_another_try(practice):
    """A platform that cannot be reached is tried again after some seconds; who stops does not wait them out."""
    stop, waits = threading.Event(), []

    def lost(request, forward):
        raise httpx.ConnectError("nobody there", request=request)

    def sleep(seconds):
        waits.append(seconds)
        if len(met.bodies) >= 4:  # every try of the first score was in vain: this is the wait before another round
            stop.set()

    met = Met(practice, lost)
    session = ltix.connect(practice.registration, http=HttpClient(transport=met, sleep=sleep))
    report = planned(session.course("SEM12"), {SEAN: "1"}).send(stop=stop)

    assert (words(report), stop.is_set(), max(waits[-1:])) == (["refused"], True, pytest.approx(0.1))


def test_results_that_do_not_come_are_not_waited_for(practice):
    """Stopped while the results are read back: what was accepted is unknown until it is resumed."""
    stop, release, asked = threading.Event(), threading.Event(), []

    class Slow(Met):
        def handle_request(self, request):
            if request.url.path.endswith("/results") and self.bodies:
                asked.append(request.url.path)
                stop.set()
                assert release.wait(SOON)
            return super().handle_request(request)

    session = ltix.connect(
        practice.registration, http=HttpClient(transport=Slow(practice, forwarded), sleep=lambda seconds: None)
    )
    report = planned(session.course("SEM12"), {SEAN: "1"}).send(stop=stop)
    release.set()

    assert (words(report), len(asked)) == (["unknown"], 1)
    assert "stopped" in report.failures["reason"].iloc[0]
    assert words(report.resume()) == ["confirmed"]


def test_progress_is_told_and_not_shown(practice, capsys):
    told = []

    planned(practice.course, ALL).send(on_progress=lambda done, total: told.append((done, total)))

    assert told == [(done, 7) for done in range(8)]
    assert capsys.readouterr() == ("", "")


def test_a_run_that_ends_itself_leaves_the_callers_event_alone(practice):
    stop = threading.Event()

    def refused(request, forward):
        return httpx.Response(422, request=request, json={"error": "locked"})

    session, met = meeting(practice, refused)
    planned(session.course("SEM12"), ALL).send(stop=stop, stop_after=2, workers=1)

    assert (len(met.bodies), stop.is_set()) == (2, False)


def test_a_session_resumes_with_a_stop_and_progress_too(practice):
    plan, answer, _ = held(practice, passing=2)
    stopped = plan.send(stop=answer.stop, workers=1)
    answer.release.set()
    session, stop, told = meeting(practice)[0], threading.Event(), []
    stop.set()

    again = session.resume(stopped.upload_id, stop=stop, on_progress=lambda done, total: told.append(done))

    assert (words(again)[-4:], told[0], told[-1]) == (["refused"] * 4, 0, 7)
    assert words(session.resume(stopped.upload_id)) == ["confirmed"] * 7


def test_a_report_of_nothing_sent_has_nothing_to_go_on_with(practice):
    report = planned(practice.course, {SEAN: "-"}).send()

    with pytest.raises(UsageError, match="nothing to go on with"):
        report.resume()


def test_a_complete_report_resumes_without_sending(practice):
    report = planned(practice.course, ALL).send()
    posts = len(practice.sent("POST"))

    again = report.resume()

    assert (words(again), len(practice.sent("POST")), len(journals())) == (words(report), posts, 1)


def test_a_resumed_report_is_saved_beside_the_same_spreadsheet(practice, tmp_path):
    file = tmp_path / "marks.csv"
    sheet(ALL).to_csv(file, index=False)
    report = practice.course.plan_grades(file, "Quiz 1", "sourcedid", "points").send()

    place = report.resume().save()

    assert place == tmp_path / f"marks.report-{report.upload_id}.csv"
