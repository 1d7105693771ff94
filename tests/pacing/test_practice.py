"""A session's threads against the practice platform as a process of its own: real sockets, real time."""

from __future__ import annotations

import pytest

from .practising import post, practising, students, watching

THREADS = 32


@pytest.mark.process
def test_the_threads_of_a_session_converge_to_about_8_on_a_moodle(signing_key):
    """Posting 300 scores by 32 at once would take 8.3 s, by 8 it takes 4."""
    with practising(signing_key, like="moodle", capacity=18) as session:
        course = session.course("MED3000")
        item = course.create_line_item("Quiz 1", 10).item_id
        with watching(session) as watch:
            post(course, item, students(300), THREADS)
        results = course.results(item)

    assert len(results) == 300
    assert (max(watch.under_way) < 20, 5 <= watch.late(watch.under_way) <= 13) == (True, True), watch


@pytest.mark.process
def test_the_threads_of_a_session_are_never_refused_by_a_canvas(signing_key):
    """Thirty-two requests at once would hold 1600 of 700."""
    with practising(signing_key, like="canvas", latency=0.1, cost=0.0625) as session:
        course = session.course("MED3000")
        item = course.create_line_item("Quiz 1", 10).item_id
        with watching(session) as watch:
            post(course, item, students(300), THREADS)
            slowdowns = watch.gate._spacing.slowdowns

    assert (slowdowns, max(watch.windows) <= 13, watch.late(watch.windows) > 8) == (0, True, True), watch
