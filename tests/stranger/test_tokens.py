"""Tokens across time: nobody who writes a notebook has to think of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import ltix_data as ltix
from ltix_data.http import HttpClient

from .conftest import attempt, private_key
from .lms import ALL_SCOPES, ATTENDANCE, LINEITEM_READ, MEMBERS, Lms

CLAIMS = {"iss", "sub", "aud", "iat", "exp", "jti"}


def test_the_assertion_is_what_the_security_framework_wants(lms: Lms, course: ltix.Course) -> None:
    course.roster()
    (claims,) = lms.assertions
    (form,) = lms.token_log

    assert set(claims) >= CLAIMS
    assert claims["aud"] == lms.audience
    assert 0 < claims["exp"] - claims["iat"] <= 600
    assert set(form["scope"].split()) <= ALL_SCOPES
    assert lms.complaints == []


def test_another_audience_is_honoured(lms: Lms) -> None:
    """Brightspace's is not its token URL."""
    lms.audience = "https://api.strange.example/auth/token"
    registration = ltix.Registration(
        name="strange",
        issuer=lms.origin,
        client_id="tool-1",
        token_url=f"{lms.origin}/oauth/token",
        audience=lms.audience,
        private_key=private_key(),
        kid="key-2024",
    )
    with ltix.connect(registration) as session:
        assert len(session.add_course("small", **lms.urls("small")).roster()) == 12


def test_a_two_second_token_dies_between_two_cells(lms: Lms, course: ltix.Course) -> None:
    """The one test that really sleeps."""
    lms.token_lifetime = 2
    before = course.roster()
    time.sleep(3)
    after = course.roster()

    assert before.equals(after)
    assert "a dead token" not in lms.complaints  # renewed before it was used, not after it was refused
    assert len(lms.token_log) == 2


def test_a_revoked_token_is_renewed_once(lms: Lms, course: ltix.Course) -> None:
    course.roster()
    lms.revoke()

    assert len(course.roster()) == 12
    assert len(lms.token_log) == 2


def test_a_token_that_died_early_is_renewed_where_the_answer_is_403(lms: Lms, registration: ltix.Registration) -> None:
    """Sakai and Open edX answer a dead token with 403; one that is not fresh is worth another try (DESIGN §4.3)."""
    lms.dead_token_status = 403
    passed = [0.0]
    client = HttpClient(now=lambda: time.time() + passed[0])
    with ltix.connect(registration, http=client) as session:
        course = session.add_course("small", **lms.urls("small"))
        course.roster()
        lms.revoke()
        passed[0] = lms.clock_offset = 1800.0

        assert len(course.roster()) == 12
    assert len(lms.token_log) == 2


def test_the_403_of_a_course_that_is_closed_costs_no_more_than_one_token(lms: Lms, course: ltix.Course) -> None:
    lms.break_("members", "403")

    for _ in range(5):
        with pytest.raises(ltix.LtixError):
            course.roster()
    assert len(lms.token_log) <= 2


def test_a_token_revoked_between_two_pages_costs_nothing(lms: Lms, course: ltix.Course) -> None:
    lms.page_size = 3
    pages: list[int] = []

    def revoke_at_the_third(_: object) -> None:
        pages.append(1)
        if len(pages) == 2:
            lms.revoke()

    lms.break_("members", revoke_at_the_third)

    assert len(course.roster()) == 12
    assert len(lms.token_log) == 2


@pytest.mark.parametrize("place", ["members", "items"])
def test_a_platform_that_refuses_every_token_is_not_asked_for_ever(lms: Lms, course: ltix.Course, place: str) -> None:
    lms.break_(place, "401")

    with pytest.raises(ltix.LtixError):
        course.roster() if place == "members" else course.line_items()
    assert len(lms.token_log) <= 2


@pytest.mark.parametrize("said", ["3600", 3600.0, 3600, None, "3600 "])
def test_expires_in_of_any_form_gives_a_token_that_is_kept(lms: Lms, course: ltix.Course, said: Any) -> None:
    lms.token_answer = {"expires_in": said}
    course.roster()
    course.roster()

    assert len(lms.token_log) == 1


@pytest.mark.parametrize("said", [0, "0", -1, "soon", "", [], {}, True, 1e300, 10**30])
def test_an_absurd_expires_in_never_stops_the_work(lms: Lms, course: ltix.Course, said: Any) -> None:
    lms.token_answer = {"expires_in": said}
    for _ in range(2):
        frame, error = attempt(course.roster)
        assert len(frame) == 12 if error is None else "expires_in" in str(error)
    assert len(lms.token_log) <= 4


@pytest.mark.parametrize("kind", ["bearer", "Bearer", "BEARER", None])
def test_any_spelling_of_the_token_type(lms: Lms, course: ltix.Course, kind: str | None) -> None:
    lms.token_answer = {"token_type": kind}

    assert len(course.roster()) == 12


def test_a_token_answer_without_scope_grants_what_was_asked(lms: Lms, course: ltix.Course) -> None:
    """RFC 6749 §5.1."""
    lms.token_answer = {"scope": None}

    assert len(course.roster()) == 12
    assert len(course.line_items()) == 3


def test_the_token_status_is_of_the_current_token(lms: Lms, session: ltix.Session, course: ltix.Course) -> None:
    lms.allowed = {MEMBERS}
    shown = repr(session.token()).partition("not granted")[0]
    assert "contextmembership" in shown
    assert "lineitem" not in shown

    lms.allowed = {MEMBERS, LINEITEM_READ}
    assert "lineitem.readonly" in repr(session.refresh()).partition("not granted")[0]
    assert len(lms.token_log) == 2


def test_a_new_course_may_bring_new_scopes(lms: Lms, session: ltix.Session) -> None:
    urls = lms.urls("small")
    first = session.add_course("a", memberships_url=urls["memberships_url"], scopes=[MEMBERS])
    first.roster()
    assert set(lms.token_log[0]["scope"].split()) == {MEMBERS}

    second = session.add_course("b", lineitems_url=urls["lineitems_url"], scopes=[LINEITEM_READ])
    assert len(second.line_items()) == 3
    assert set(lms.token_log[-1]["scope"].split()) == {MEMBERS, LINEITEM_READ}


def test_a_scope_asked_for_by_get_does_not_lose_the_others(
    lms: Lms, session: ltix.Session, course: ltix.Course
) -> None:
    course.roster()
    session.get(f"{lms.origin}/api/small/attendance", scope=ATTENDANCE)
    course.line_items()

    assert len(lms.token_log) <= 2


def test_many_threads_and_a_revoked_token_cost_one_new_one(lms: Lms, connect: Callable[..., ltix.Session]) -> None:
    session = connect()
    course = session.add_course("small", **lms.urls("small"))
    course.roster()
    lms.revoke()
    gate = threading.Barrier(8)

    def read(_: int) -> int:
        gate.wait()
        return len(course.roster())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, range(8))) == [12] * 8
    assert len(lms.token_log) == 2


def test_a_slow_token_endpoint_is_asked_once_by_many_threads(lms: Lms, connect: Callable[..., ltix.Session]) -> None:
    session = connect()
    course = session.add_course("small", **lms.urls("small"))

    def dawdle(_: object) -> None:
        time.sleep(0.2)

    lms.break_("token", dawdle)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: len(course.roster()), range(8))) == [12] * 8
    assert len(lms.token_log) == 1
