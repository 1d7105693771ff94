"""A session and its courses, as an analyst meets them."""

from __future__ import annotations

import threading
from dataclasses import replace

import httpx
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import ltix_data as ltix
from ltix_data import errors, frames, spec
from ltix_data.http import HttpClient

ATTENDANCE = "https://lms.example/claim/attendance"


class Attendance(ltix.AdvantageService):
    """A service of one platform's own."""

    claim = ATTENDANCE
    scopes = ("https://lms.example/scope/attendance.readonly",)

    def records(self):
        return self.get(self.url("attendance_url"))["records"]


def own_platform(app, key, **registration) -> ltix.Session:
    """A session with a platform that is one function."""
    facts = {"issuer": "https://lms.example", "client_id": "c1", "token_url": "https://lms.example/token"}
    reg = ltix.Registration(name="uni", private_key=key, **(facts | registration))
    return ltix.connect(reg, http=HttpClient(transport=httpx.MockTransport(app), sleep=lambda seconds: None))


def test_nothing_is_sent_before_it_is_needed(practice):
    repr(practice.session)
    practice.session.courses()

    assert practice.requests == []


def test_all_courses_and_threads_share_one_token(practice):
    names = ["SEM12", "BIO101", "SEM12", "BIO101"]
    threads = [threading.Thread(target=practice.session.course(name).line_items) for name in names]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert practice.requests.count(("POST", "/token")) == 1


def test_a_session_says_what_it_holds_and_no_secret(practice):
    practice.course.roster()

    shown = repr(practice.session)

    assert "practice" in shown
    assert practice.tool.client_id in shown
    assert "token for 60 more min, granted lineitem" in shown
    assert not any(token in shown for token in practice.platform.access_tokens)


@pytest.mark.parametrize("word", ["SEM12", "5d41f7cd09571233", "Seminar: Reading Learning Data"])
def test_a_course_is_found_by_name_context_id_and_title(practice, word):
    assert practice.session.course(word).name == "SEM12"


def test_a_misspelt_course_gets_a_suggestion(practice):
    with pytest.raises(errors.UnknownNameError, match="Did you mean “BIO101”"):
        practice.session.course("BIO 101")


def test_courses_are_a_frame_also_when_there_are_none(signing_key):
    session = own_platform(lambda request: httpx.Response(500), signing_key)

    assert_frame_equal(session.courses(), frames.courses([]))


def test_a_course_added_by_hand_asks_for_what_its_services_need(signing_key):
    asked = []

    def app(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            asked.append(set(httpx.QueryParams(request.content.decode())["scope"].split()))
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        return httpx.Response(200, json={"id": "x", "context": {"id": "1"}, "members": []})

    session = own_platform(app, signing_key)
    course = session.add_course(
        "BIO101", memberships_url="https://lms.example/m", lineitems_url="https://lms.example/i"
    )

    assert_frame_equal(course.roster(), frames.roster([]))
    assert asked == [set(spec.ALL_SCOPES)]


def test_the_token_of_a_registration_made_by_hand_goes_to_no_other_host(signing_key):
    hosts = []

    def app(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})

    session = own_platform(app, signing_key)
    session.add_course("BIO101", memberships_url="https://lms.example/m")

    with pytest.raises(errors.ForeignHostError, match=r"evil\.example"):
        session.get("https://evil.example/api", scope="https://lms.example/scope/x")
    assert "evil.example" not in hosts


def test_any_api_of_the_platform_is_read_with_the_same_token(signing_key):
    def app(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        assert request.headers["authorization"] == "Bearer t"
        assert request.headers["accept"] == "application/vnd.x+json"
        return httpx.Response(200, json={"ok": True})

    session = own_platform(app, signing_key)

    found = session.get("https://lms.example/api", scope="https://lms.example/scope/x", accept="application/vnd.x+json")

    assert found == {"ok": True}


def test_a_scope_that_was_not_granted_is_not_asked_for_again(practice):
    for url in ("https://evil.example/api", "https://practice.example/api"):
        with pytest.raises((errors.ForeignHostError, errors.ScopeError)):
            practice.session.get(url, scope="https://practice.example/scope/typo")

    assert "typo" not in repr(practice.session.refresh())


def test_a_service_of_the_platforms_own_plugs_in(signing_key):
    asked = []

    def app(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            asked.append(httpx.QueryParams(request.content.decode())["scope"])
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        return httpx.Response(200, json={"records": [{"user_id": "1"}]})

    session = own_platform(app, signing_key)
    services = {ATTENDANCE: {"attendance_url": "https://api.lms.example/attendance"}}

    records = session.add_course("BIO101", services=services).service(Attendance).records()

    assert records == [{"user_id": "1"}]
    assert asked == [Attendance.scopes[0]]


def test_a_service_the_course_does_not_offer_is_an_error_that_says_so(practice):
    with pytest.raises(errors.UsageError, match="does not offer Attendance"):
        practice.course.service(Attendance)


def test_the_rosters_of_many_courses_are_one_frame(practice):
    found = practice.session.rosters(["SEM12", "BIO101"])

    assert found["course"].value_counts().to_dict() == {"BIO101": 350, "SEM12": 12}
    assert found.columns.tolist() == ["course", *frames.roster([]).columns]
    assert found.attrs["errors"] == []


def test_a_course_that_cannot_be_read_is_listed_and_warned_about(practice):
    practice.session.add_course("GONE", memberships_url="https://practice.example/courses/gone/memberships")

    with pytest.warns(ltix.LtixWarning, match="1 course could not be read"):
        found = practice.session.rosters(["SEM12", "GONE"])

    assert set(found["course"]) == {"SEM12"}
    assert [(error["course"], error["error"]) for error in found.attrs["errors"]] == [("GONE", "NotFoundError")]


def test_the_results_of_no_course_have_their_columns(practice):
    assert practice.session.results([]).columns.tolist() == ["course", *frames.results([]).columns]


def test_the_differences_of_a_roster_show_who_left(practice):
    before = practice.course.roster()
    practice.platform.unenrol("SEM12", "000812")

    changes = practice.course.roster_changes(since=before)

    assert changes[["user_id", "status"]].values.tolist() == [["000812", "Deleted"]]


def test_a_roster_without_a_differences_link_says_so(practice):
    with pytest.raises(errors.UsageError, match="without a differences link"):
        practice.course.roster_changes(since=pd.DataFrame())


def test_members_come_one_by_one_as_pages_arrive(practice):
    practice.requests.clear()

    first = next(practice.session.course("MED3000").members())

    assert first.user_id
    assert len(practice.sent("GET")) == 1


def test_more_members_than_the_bound_is_an_error(practice):
    with pytest.raises(errors.TooLargeError, match="more than 100 members"):
        practice.session.course("BIO101").roster(max_members=100)


def test_a_learner_without_a_result_is_missing_in_the_gradebook_and_not_zero(practice):
    item = practice.course.create_line_item("Quiz 1", 10)
    practice.course.post_score(item, "000812", 0)

    book = practice.course.gradebook()

    assert book.loc["000812", "Quiz 1"] == 0
    assert book["Quiz 1"].drop("000812").isna().all()
    assert book.attrs["out_of"]["Quiz 1"] == 10


def test_a_gradebook_in_percent(practice):
    item = practice.course.create_line_item("Quiz 1", 8)
    practice.course.post_score(item, "000812", 2)

    assert practice.course.gradebook(values="percent").loc["000812", "Quiz 1"] == 25


def test_items_of_one_label_are_told_apart_in_the_gradebook(practice):
    practice.course.create_line_item("Quiz", 10)
    practice.course.create_line_item("Quiz", 10)

    assert practice.course.gradebook().columns.tolist()[-2:] == ["Quiz", "Quiz (2)"]


def test_a_line_item_is_changed_and_the_rest_of_it_kept(practice):
    item = practice.course.create_line_item("Quiz 1", 10, tag="quiz", resource_id="q1")

    changed = practice.course.update_line_item("Quiz 1", label="Quiz one")

    assert changed[["label", "out_of", "tag", "resource_id"]].tolist() == ["Quiz one", 10, "quiz", "q1"]
    assert changed.item_id == item.item_id


def test_a_field_of_a_line_item_is_taken_away_by_a_blank(practice):
    practice.course.create_line_item("Quiz 1", 10, tag="quiz", resource_id="q1")

    changed = practice.course.update_line_item("Quiz 1", tag="")

    assert changed[["tag", "resource_id"]].isna().tolist() == [True, False]


def test_the_coupled_line_item_is_protected(practice):
    with pytest.raises(errors.CoupledLineItemError, match="force=True"):
        practice.course.delete_line_item("ltix_data: activity")

    assert "ltix_data: activity" in practice.course.line_items()["label"].tolist()


def test_the_columns_of_all_links_that_were_launched_are_protected(practice):
    """Moodle deletes a coupled column with its grades; the launch names the one of its own link alone."""
    column = practice.course.create_line_item("Essay", 10, tag="essay")
    known = practice.session.registration.courses[0]
    practice.registration.capture(replace(known, resource_link_id="essay", lineitem_url=column.item_id, links={}))
    practice.registration.capture(known)  # and the first link again
    course = practice.session.course("SEM12")

    with pytest.raises(errors.CoupledLineItemError, match="force=True"):
        course.delete_line_item("Essay")
    assert course.line_items().set_index("label")["coupled"].to_dict() == {"ltix_data: activity": True, "Essay": True}
    course.delete_line_item("Essay", force=True)
    assert course.line_items()["label"].tolist() == ["ltix_data: activity"]


def test_a_course_is_forgotten_by_any_of_its_names(practice):
    practice.session.forget_course("Seminar: Reading Learning Data")

    assert practice.session.courses()["name"].tolist() == ["BIO101", "MED3000"]
    with pytest.raises(errors.UnknownNameError):
        practice.session.forget_course("SEM12")


def test_a_line_item_of_the_tool_is_deleted(practice):
    item = practice.course.create_line_item("Quiz 1", 10)

    practice.course.delete_line_item(item)

    assert "Quiz 1" not in practice.course.line_items()["label"].tolist()


@pytest.mark.parametrize("blank", [None, float("nan"), "", "-", pd.NA])
def test_a_blank_score_is_neither_zero_nor_a_clearing(practice, blank):
    practice.course.create_line_item("Quiz 1", 10)
    practice.course.post_score("Quiz 1", "000812", 7)

    with pytest.raises(errors.UsageError, match="clear=True"):
        practice.course.post_score("Quiz 1", "000812", blank)

    assert practice.course.results("Quiz 1")["score"].tolist() == [7]


def test_a_grade_is_cleared_when_asked_for(practice):
    practice.course.create_line_item("Quiz 1", 10)
    practice.course.post_score("Quiz 1", "000812", 7)

    practice.course.post_score("Quiz 1", "000812", None, clear=True)

    assert practice.course.results("Quiz 1")["score"].dropna().empty


def test_scores_for_one_person_in_a_row_are_all_taken(practice):
    """Platforms refuse equal timestamps; Moodle even those of one second."""
    practice.course.create_line_item("Quiz 1", 10)

    for score in (1, 2, 3):
        practice.course.post_score("Quiz 1", "000812", score, comment="well done")

    assert practice.course.results("Quiz 1", user="000812")[["score", "comment"]].values.tolist() == [[3, "well done"]]


def test_canvas_is_told_not_to_make_a_new_submission(signing_key):
    bodies = []

    def app(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        bodies.append(request.content)
        return httpx.Response(200)

    session = own_platform(app, signing_key, issuer="https://canvas.instructure.com")
    course = session.add_course("BIO101", lineitems_url="https://lms.example/i")
    course.post_score("https://lms.example/i/1", "u1", 5, out_of=10)

    assert b'"https://canvas.instructure.com/lti/submission":{"new_submission":false}' in bodies[0]


def test_withheld_names_are_missing_and_ids_are_there(make_practice):
    roster = make_practice(withhold_names=True).course.roster()

    assert roster[["name", "given_name", "family_name", "email"]].isna().all().all()
    assert roster["user_id"].notna().all()
