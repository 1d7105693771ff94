"""A platform that is down is not asked for a thousand courses, each waiting for minutes; nothing is hidden by that."""

from __future__ import annotations

import pytest

import ltix_data as ltix
from ltix_data.errors import NotFoundError, RefusedError, TokenError, TransportError, UnavailableError
from ltix_data.session import outage
from ltix_data.session.outage import Outage


def read_warned(session, method="rosters", **options):
    with pytest.warns(ltix.LtixWarning) as warned:
        frame = getattr(session, method)(**options)
    return frame, [str(one.message) for one in warned if issubclass(one.category, ltix.LtixWarning)]


def down(path: str) -> int | None:
    return None if path == "/token" else 0


def test_a_platform_that_hangs_up_is_given_up_after_a_few_courses(make_term):
    term = make_term(200)
    term.answer = down

    found, warned = read_warned(term.session(limits={"attempts": 2}))

    failures = found.attrs["errors"].frame()
    assert (len(failures), len(found), len(warned)) == (200, 0, 1)
    assert len(term.courses_asked()) < 60
    assert set(failures["error"]) == {"TransportError", "StoppedError"}
    assert failures["error"].eq("StoppedError").sum() > 140
    assert "Not read, for 8 courses in a row failed the same way. 127.0.0.1:" in failures["message"].iloc[-1]
    assert "8 courses in a row failed the same way" in warned[0]


def test_what_was_read_before_an_outage_is_kept_and_the_rest_is_read_later(make_term):
    term = make_term(200)
    term.answer = lambda path: None if path == "/token" or len(term.asked) <= 50 else 0
    session = term.session(limits={"attempts": 1})
    found, _ = read_warned(session, max_age="2h")
    term.answer = lambda path: None

    again = session.rosters(max_age="2h")

    assert (found["course"].nunique(), again.attrs["from_cache"]) == (50, 50)
    assert (again["course"].nunique(), again.attrs["errors"]) == (200, [])


def test_a_platform_that_is_under_maintenance_is_given_up_too(make_term):
    term = make_term(100)
    term.answer = lambda path: None if path == "/token" else 503

    found, _ = read_warned(term.session(limits={"attempts": 1}))

    assert len(term.courses_asked()) < 60
    assert found.attrs["errors"][0]["error"] == "UnavailableError"


def test_a_host_that_nobody_answers_at_is_given_up(make_term):
    term = make_term(100)
    session = term.session(limits={"attempts": 1})
    term.end()

    found, _ = read_warned(session)

    assert [one["course"] for one in found.attrs["errors"]] == list(term.members)
    assert found.attrs["errors"].frame()["error"].value_counts()["StoppedError"] > 60


def test_a_refused_token_is_asked_for_a_few_times_and_not_for_every_course(make_term):
    term = make_term(500)
    asked = []
    term.answer = lambda path: asked.append(path) or 401 if path == "/token" else None

    found, warned = read_warned(term.session())

    assert (len(found.attrs["errors"]), term.asked) == (500, [])
    assert len(asked) <= outage.DOWN + 32
    assert "refused an access token" in warned[0]


def test_a_tool_that_is_switched_off_is_given_up_after_a_hundred_refusals(make_term):
    term = make_term(400)
    term.answer = lambda path: None if path == "/token" else 403

    found, _ = read_warned(term.session())

    assert 100 <= len(term.courses_asked()) < 200
    assert (found.attrs["errors"][0]["error"], len(found.attrs["errors"])) == ("AccessError", 400)


def test_closed_courses_of_an_old_term_do_not_hide_those_behind_them(make_term):
    """Ninety that refuse; and, once some were read, any number."""
    term = make_term(300)
    closed = {f"C{number:03}" for number in (*range(90), *range(100, 290))}
    term.answer = lambda path: 403 if path.split("/")[1] in closed else None

    found, _ = read_warned(term.session())

    assert set(found["course"]) == set(term.members) - closed
    assert {one["course"] for one in found.attrs["errors"]} == closed


def test_courses_that_are_gone_are_no_outage_once_one_was_read(make_term):
    term = make_term(300)
    term.answer = lambda path: 404 if path.startswith(("/C1", "/C2")) else None

    found, _ = read_warned(term.session())

    assert (found["course"].nunique(), set(found.attrs["errors"].frame()["error"])) == (100, {"NotFoundError"})


def test_only_equal_failures_in_a_row_are_an_outage():
    one, other = TransportError("Not there."), UnavailableError("Busy.", status=503)
    found = Outage()

    for error in [one] * 7 + [other] * 7:
        assert not found.failed(error)
    found.served()
    assert [found.failed(other) for _ in range(8)] == [False] * 7 + [True]
    assert found.failed(NotFoundError("Gone."))  # once it is one, it stays one


@pytest.mark.parametrize(
    ("error", "most"),
    [
        (TransportError("x"), 8),
        (TokenError("x", status=401), 8),
        (UnavailableError("x", status=502), 8),
        (UnavailableError("x", status=500), 100),
        (RefusedError("x", status=400), 100),
    ],
    ids=str,
)
def test_what_costs_minutes_each_is_given_up_sooner(error, most):
    found = Outage()

    assert next(count for count in range(1, 200) if found.failed(error)) == most


def test_a_mistake_in_a_course_is_never_an_outage():
    found = Outage()

    assert not any(found.failed(ltix.errors.UsageError("No roster.")) for _ in range(1000))


def test_something_unexpected_in_a_course_ends_the_cell(make_term, monkeypatch):
    """A fault of this package must not look like a platform's."""
    session = make_term(20).session()
    monkeypatch.setattr("ltix_data.course.reading.roster", lambda course, ahead: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        session.rosters()
