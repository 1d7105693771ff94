"""Our public calls against lti1p3platform: a platform by others, in a process and an environment of its own."""

from __future__ import annotations

import html
import http.client
import re
import signal
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import urlsplit

import environment
import httpx
import jwt
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal, assert_series_equal

import ltix_data as ltix
from ltix_data import errors, spec
from ltix_data.keys import SigningKey

from . import provider

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def platform(signing_key):
    with provider.running(signing_key) as started:
        yield started


@pytest.fixture
def connect(platform, signing_key):
    """Open sessions that know the course; *changes* are those of its addresses and scopes."""
    opened = []

    def open_(**changes):
        opened.append(ltix.connect(platform.registration(signing_key)))
        platform.add_course(opened[-1], **changes)
        platform.requests()  # forget what went before
        return opened[-1]

    yield open_
    for session in opened:
        session.close()


@pytest.fixture
def session(connect):
    return connect()


@pytest.fixture
def course(session):
    return session.course("DATA 1")


@pytest.fixture
def item(platform, course):
    """A line item of this test alone, out of 10."""
    row = course.create_line_item("Of one test", 10)
    platform.requests()
    yield row["item_id"]
    course.delete_line_item(row["item_id"])


@pytest.fixture
def learners(platform):
    return [user_id for user_id, role in platform.said["members"].items() if role == "Learner"]


@pytest.fixture
def ask(platform, signing_key):
    """Ask by hand: for a token of some scopes, or anything with one."""
    with httpx.Client(trust_env=False, headers={"Connection": "close"}) as web:

        def token(scope, key=signing_key, **changes):
            now = int(time.time()) - 5
            claims = {"iss": "anyone", "sub": "anyone", "aud": "anywhere", "iat": now, "exp": now + 60} | changes
            form = {
                "grant_type": spec.GRANT_TYPE,
                "client_assertion_type": spec.ASSERTION_TYPE,
                "client_assertion": jwt.encode(claims, key.private, "RS256", headers={"kid": key.kid}),
                "scope": scope,
            }
            return web.post(platform.said["token_url"], data=form)

        def get(url, bearer):
            return web.get(url, headers={"Authorization": f"Bearer {bearer}"})

        def post(url, bearer, body, media_type):
            headers = {"Authorization": f"Bearer {bearer}", "Content-Type": media_type}
            return web.post(url, headers=headers, json=body)

        yield SimpleNamespace(token=token, get=get, post=post)


@pytest.fixture
def score_ahead(ask, item, learners):
    """Give learners[2] the score 4 out of 10 as another tool would whose clock is a day fast."""
    score = {
        "userId": learners[2],
        "timestamp": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        "scoreGiven": 4,
        "scoreMaximum": 10,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    }
    bearer = ask.token(spec.SCOPE_SCORE).json()["access_token"]
    assert ask.post(f"{item}/scores", bearer, score, spec.SCORE).status_code == 201


def counted(platform) -> Counter:
    """Count what was asked since the last look: (method, last word of the path, status)."""
    return Counter((method, path.rpartition("/")[2], status) for method, path, status in platform.requests())


# --- Tokens -----------------------------------------------------------------------------------------


def test_a_token_grants_what_the_course_needs(session):
    assert session.token().missing == ()


def test_another_key_gets_no_token_and_a_word_on_what_to_check(platform):
    with ltix.connect(platform.registration(SigningKey.generate())) as stranger:
        platform.add_course(stranger)
        with pytest.raises(errors.TokenError, match=r"status 400, invalid_client.*public key") as refused:
            stranger.token()

    assert (refused.value.status, refused.value.code) == (400, "invalid_client")


def test_another_key_under_our_key_id_gets_no_token_either(platform, signing_key):
    forged = SigningKey.load(SigningKey.generate(), kid=signing_key.kid)
    with ltix.connect(platform.registration(forged)) as stranger:
        platform.add_course(stranger)
        with pytest.raises(errors.TokenError):
            stranger.course("DATA 1").roster()


def test_a_dead_token_is_renewed_unnoticed(platform, course):
    before = course.roster()
    platform.expire_tokens()
    platform.requests()

    after = course.roster()

    assert_frame_equal(before, after)
    expected = {("GET", "memberships", 401): 1, ("POST", "token", 200): 1, ("GET", "memberships", 200): 4}
    assert counted(platform) == expected


def test_a_token_that_dies_before_an_upload_costs_no_grade(platform, course, item, learners):
    course.roster()
    platform.expire_tokens()
    sheet = pd.DataFrame({"user_id": learners, "points": 7.0})

    report = course.plan_grades(sheet, item, "user_id", "points").send()

    assert (report.ok, len(report.outcomes)) == (True, len(learners))


def test_a_token_that_dies_between_plan_and_sending_is_renewed_once_for_all_threads(platform, course, item, learners):
    plan = course.plan_grades(pd.DataFrame({"user_id": learners, "points": 7.0}), item, "user_id", "points")
    platform.expire_tokens()
    platform.requests()

    report = plan.send()

    seen = counted(platform)
    assert (report.ok, seen["POST", "token", 200], seen["POST", "scores", 201]) == (True, 1, len(learners))


def test_a_scope_this_platform_does_not_honour_ends_in_an_access_error_after_one_renewal(platform, connect):
    """It grants lineitem.readonly and then refuses it with 401, as it does an expired token."""
    course = connect(scopes=[spec.SCOPE_LINE_ITEM_READONLY]).course("DATA 1")

    with pytest.raises(errors.AccessError, match="also a new one") as refused:
        course.line_items()

    assert refused.value.status == 401
    assert counted(platform) == {("POST", "token", 200): 2, ("GET", "lineitems", 401): 2}


def test_a_refused_scope_does_not_ask_for_a_token_at_every_call(platform, connect):
    course = connect(scopes=[spec.SCOPE_LINE_ITEM_READONLY]).course("DATA 1")

    for _ in range(5):
        with pytest.raises(errors.AccessError):
            course.line_items()

    assert counted(platform)["POST", "token", 200] == 2


def test_a_scope_that_no_course_offers_is_not_even_asked_for(platform, connect):
    course = connect(scopes=[spec.SCOPE_SCORE]).course("DATA 1")

    with pytest.raises(errors.ScopeError, match=re.escape(spec.SCOPE_LINE_ITEM)):
        course.line_items()

    assert platform.requests() == []


# --- Rosters ----------------------------------------------------------------------------------------


def test_everybody_comes_once_over_four_pages_with_difficult_names(platform, course):
    roster = course.roster()

    people = pd.DataFrame(platform.said["people"])
    for column in ("name", "given_name", "family_name", "email"):
        text = people[column].map(html.unescape, na_action="ignore")  # Moodle escapes names, so all are unescaped
        assert_series_equal(roster[column], text, check_dtype=False)
    assert roster["user_id"].tolist() == people["user_id"].tolist()
    assert dict(zip(roster["user_id"], roster["role"], strict=True)) == platform.said["members"]
    assert counted(platform)["GET", "memberships", 200] == 4


@pytest.mark.parametrize(("role", "fitting"), [("Learner", {"Learner"}), ("Instructor", {"Instructor"})])
def test_the_role_filter_is_kept_on_every_page(platform, course, role, fitting):
    fitting = fitting | ({"TeachingAssistant"} if role == "Instructor" else set())  # sub-roles count

    found = course.roster(role=role)["user_id"].tolist()

    assert found == [user_id for user_id, word in platform.said["members"].items() if word in fitting]


@pytest.mark.parametrize("role", ["TeachingAssistant", "ContentDeveloper", "Mentor"])
def test_rare_roles_are_found_however_they_are_written(platform, course, role):
    found = course.roster(role=role)["user_id"].tolist()

    assert found == [user_id for user_id, word in platform.said["members"].items() if word == role]


def test_a_status_left_out_is_active(course):
    assert course.roster(status="Inactive")["user_id"].tolist() == ["mentor-1"]


def test_a_roster_without_a_limit_comes_in_one_page(platform, connect):
    course = connect(memberships_url=platform.said["memberships_url"].partition("?")[0]).course("DATA 1")

    assert len(course.roster()) == len(platform.said["members"])
    assert counted(platform)["GET", "memberships", 200] == 1


def test_members_come_page_by_page(platform, course):
    first = next(course.members())

    assert (first.user_id, counted(platform)["GET", "memberships", 200]) == ("instructor-1", 1)


def test_a_resource_link_makes_this_platform_fail_and_the_session_lives_on(platform, course):
    with pytest.raises(errors.UnavailableError, match="failed at the roster"):
        course.roster(resource_link=platform.said["resource_link"])

    assert len(course.roster()) == len(platform.said["members"])


def test_an_unknown_resource_link_is_refused(course):
    with pytest.raises(errors.AccessError) as refused:
        course.roster(resource_link="nowhere")

    assert refused.value.status == 403


# --- Line items -------------------------------------------------------------------------------------


def test_line_items_come_over_two_pages_as_they_are_stored(platform, course):
    items = course.line_items().head(5)

    assert items["label"].tolist() == [
        "Final “paper” & talk",
        "Quiz 1",
        "Essay",
        "Esej – „próba”",
        "Participation",
    ]
    assert items["out_of"].tolist() == [100.0, 10.0, 7.5, 20.0, 1.0]
    assert items["coupled"].tolist() == [True, False, False, False, False]
    assert items["grades_released"].tolist() == [pd.NA, pd.NA, pd.NA, False, pd.NA]
    assert items.loc[2, "starts_at"] == pd.Timestamp("2026-03-01T07:00Z")
    assert items.loc[2, "ends_at"] == pd.Timestamp("2026-04-01T23:59:59.5Z")
    assert counted(platform)["GET", "lineitems", 200] == 2


@pytest.mark.parametrize(
    ("filters", "labels"),
    [
        ({"tag": "essay"}, ["Essay"]),
        ({"resource_id": "quiz/1"}, ["Quiz 1"]),
        ({"resource_link": "link-1"}, ["Final “paper” & talk"]),
        ({"tag": "essay", "resource_id": "quiz/1"}, []),
        ({"tag": "no & such = tag"}, []),
    ],
)
def test_line_items_are_filtered(course, filters, labels):
    assert course.line_items(**filters)["label"].tolist() == labels


def test_a_line_item_lives_from_creation_to_deletion(course):
    starts = datetime(2026, 5, 1, 9, tzinfo=UTC)

    made = course.create_line_item("Zwischenprüfung ½ <3", 12.5, tag="t&t", resource_id="r/ö?", starts=starts)
    changed = course.update_line_item(made, label="Umbenannt", tag="")
    held = course.line_items(resource_id="r/ö?")
    course.delete_line_item(made["item_id"])

    assert made[["label", "out_of", "tag", "resource_id"]].tolist() == ["Zwischenprüfung ½ <3", 12.5, "t&t", "r/ö?"]
    assert changed[["label", "out_of", "resource_id"]].tolist() == ["Umbenannt", 12.5, "r/ö?"]
    assert (pd.isna(changed["tag"]), changed["starts_at"]) == (True, pd.Timestamp(starts))
    assert_frame_equal(held, changed.to_frame().T, check_dtype=False, check_names=False)
    assert course.line_items(resource_id="r/ö?").empty


def test_what_the_platform_knows_of_a_line_item_and_we_do_not_survives_a_change(platform, session, course, item):
    course.update_line_item(item, extensions={"https://lms.example/weight": {"points": 3}})

    course.update_line_item(item, label="Renamed")

    stored = session.get(item, scope=spec.SCOPE_LINE_ITEM, accept=spec.LINE_ITEM)
    assert stored["https://lms.example/weight"] == {"points": 3}


def test_a_line_item_that_is_gone_is_not_found(course):
    made = course.create_line_item("Gone", 1)
    course.delete_line_item(made)

    with pytest.raises(errors.NotFoundError):
        course.results(made["item_id"])


def test_the_coupled_line_item_is_not_deleted_by_accident(platform, course):
    with pytest.raises(errors.CoupledLineItemError):
        course.delete_line_item(platform.said["lineitem_url"])

    assert "DELETE" not in [method for method, _, _ in platform.requests()]


# --- Scores and results -----------------------------------------------------------------------------


def test_scores_are_read_back_over_three_pages_with_comments_and_difficult_ids(platform, course, item, learners):
    points = {user_id: number / 4 for number, user_id in enumerate(learners)}
    for user_id, score in points.items():
        course.post_score(item, user_id, score, comment=f"für {user_id}: “gut” & <b>")
    platform.requests()

    results = course.results(item)

    assert dict(zip(results["user_id"], results["score"], strict=True)) == points
    assert results["percent"].tolist() == pytest.approx([score * 10 for score in points.values()])
    assert results["comment"].tolist() == [f"für {user_id}: “gut” & <b>" for user_id in results["user_id"]]
    assert counted(platform)["GET", "results", 200] == 3


def test_the_result_of_one_person_is_found_by_any_id(course, item, learners):
    difficult = learners[:8]
    for user_id in difficult:
        course.post_score(item, user_id, 1)

    found = [course.results(item, user_id)["user_id"].tolist() for user_id in difficult]

    assert found == [[user_id] for user_id in difficult]


def test_a_score_on_another_scale_counts_for_the_same_share(course, item, learners):
    course.post_score(item, learners[0], 30, out_of=40)

    assert course.results(item)[["score", "out_of", "percent"]].iloc[0].tolist() == [7.5, 10.0, 75.0]


def test_a_cleared_grade_is_missing_and_not_zero(course, item, learners):
    course.post_score(item, learners[0], 3)
    course.post_score(item, learners[0], None, clear=True)

    assert course.results(item)["score"].isna().tolist() == [True]


def test_a_score_that_is_not_final_leaves_the_grade_alone(course, item, learners):
    course.post_score(item, learners[0], 3)
    course.post_score(item, learners[0], 9, grading="PendingManual")

    assert course.results(item)["score"].tolist() == [3.0]


def test_a_quick_correction_is_not_taken_for_an_older_score(course, item, learners):
    """The platform refuses equal times as well as older ones."""
    course.post_score(item, learners[0], 1)
    course.post_score(item, learners[0], 2)

    assert course.results(item)["score"].tolist() == [2.0]


@pytest.mark.usefixtures("score_ahead")
def test_a_score_older_than_the_one_held_is_refused_and_explained(platform, course, item, learners):
    platform.requests()

    with pytest.raises(errors.RefusedError, match="already holds something as new or newer") as refused:
        course.post_score(item, learners[2], 9, out_of=10)

    assert refused.value.status == 409
    assert counted(platform) == {("POST", "scores", 409): 1}
    assert course.results(item)["score"].tolist() == [4.0]


def test_a_score_for_somebody_who_can_have_none_is_refused(platform, course, item):
    with pytest.raises(errors.AccessError) as refused:
        course.post_score(item, "instructor-1", 5)

    assert refused.value.status == 403
    assert counted(platform)["POST", "scores", 403] <= 2


def test_the_gradebook_has_a_row_for_every_learner_and_a_column_for_every_item(course, item, learners):
    course.post_score(item, learners[3], 2.5)

    book = course.gradebook()

    assert book.index.tolist() == learners
    assert book.columns.tolist() == ["name", *course.line_items()["label"]]
    expected = pd.Series(float("nan"), index=pd.Index(learners, name="user_id"), name="Of one test")
    expected[learners[3]] = 2.5
    assert_series_equal(book["Of one test"], expected, check_index_type=False)


# --- Uploads ----------------------------------------------------------------------------------------


def test_a_sheet_is_planned_sent_and_confirmed_by_reading_back(platform, course, item):
    people = [one for one in platform.said["people"] if platform.said["members"][one["user_id"]] == "Learner"]
    learners = [one for one in people if "email" in one]
    sheet = pd.DataFrame({"E-mail": [one["email"].upper() for one in learners], "Points": range(len(learners))})
    sheet["Points"] /= 3

    plan = course.plan_grades(sheet, item, "email", "Points", key="E-mail")
    asked_before_sending = counted(platform)
    report = plan.send()

    assert plan.problems.empty
    assert plan.changes["change"].tolist() == ["new"] * len(learners)
    assert ("POST", "scores", 201) not in asked_before_sending
    assert report.outcomes["outcome"].tolist() == ["confirmed"] * len(learners)
    seen = platform.requests()
    last_score = max(number for number, (_, path, _) in enumerate(seen) if path.endswith("/scores"))
    assert [(method, path.rpartition("/")[2]) for method, path, _ in seen[last_score + 1 :]] == [("GET", "results")] * 3
    results = course.results(item).set_index("user_id")["score"]
    assert [results[one["user_id"]] for one in learners] == pytest.approx(sheet["Points"].tolist())


def test_a_second_upload_sends_only_what_is_new(platform, course, item, learners, tmp_path):
    """The file holds ids that spreadsheets spoil: 00000017, 17, 6e3, null, true."""
    file = tmp_path / "grades.csv"
    pd.DataFrame({"user_id": learners, "points": 4}).to_csv(file, index=False)
    course.upload_grades(file, item, "user_id", "points")
    pd.DataFrame({"user_id": learners, "points": [9, *[4] * (len(learners) - 1)]}).to_csv(file, index=False)
    platform.requests()

    report = course.upload_grades(file, item, "user_id", "points")

    assert report.outcomes["outcome"].tolist() == ["confirmed", *["unchanged"] * (len(learners) - 1)]
    assert counted(platform)["POST", "scores", 200] == 1


def test_rows_that_cannot_be_sent_are_named_and_nothing_is_sent(platform, course, item, learners):
    sheet = pd.DataFrame(
        {"user_id": [learners[0], "nobody", "instructor-1", "mentor-1", learners[1]], "points": [1, 2, 3, 4, 11]}
    )

    with pytest.raises(errors.GradeProblemsError) as stopped:
        course.upload_grades(sheet, item, "user_id", "points")

    problems = stopped.value.problems
    assert problems["row"].tolist() == [3, 4, 5, 6]
    assert problems["problem"].tolist()[::3] == ["unknown_user", "above_maximum"]
    assert all(method == "GET" for method, path, _ in platform.requests() if path != "/token")


def test_two_people_of_one_name_are_a_problem_and_not_a_guess(course, item):
    plan = course.plan_grades(pd.DataFrame({"name": ["Chris Lee"], "points": [5]}), item, "name", "points")

    assert plan.problems["problem"].tolist() == ["ambiguous_user"]


@pytest.mark.usefixtures("score_ahead")
def test_a_refused_row_tells_why_and_the_others_are_confirmed(course, item, learners):
    sheet = pd.DataFrame({"user_id": learners[:5], "points": 9})

    report = course.upload_grades(sheet, item, "user_id", "points")

    assert report.outcomes["outcome"].tolist() == ["confirmed", "confirmed", "refused", "confirmed", "confirmed"]
    assert "409" in report.failures["reason"].item()
    assert "as new or newer" in report.failures["reason"].item()


def test_an_upload_can_make_its_line_item(course, learners):
    sheet = pd.DataFrame({"user_id": learners[:3], "points": [1, 2, 3]})

    report = course.upload_grades(sheet, "Made by an upload", "user_id", "points", create=True, out_of=5)

    assert report.ok
    results = course.results("Made by an upload").set_index("user_id")["score"]
    assert results.to_dict() == dict(zip(learners, (1.0, 2.0, 3.0), strict=False))
    course.delete_line_item("Made by an upload")


# --- Failures of the server -------------------------------------------------------------------------


def fail(session, url):
    with pytest.raises(errors.UnavailableError) as failed:
        session.get(f"{url}?unknown=1", scope=spec.SCOPE_LINE_ITEM)
    assert failed.value.status == 500


def test_a_500_closes_the_connection_without_a_word(platform):
    """What uvicorn does: no “Connection: close”, and yet the connection ends behind the answer."""
    url = urlsplit(platform.said["lineitems_url"])
    with closing(http.client.HTTPConnection(url.netloc, timeout=10)) as connection:
        connection.request("GET", url.path, headers={"Authorization": "Bearer rubbish"})
        answer = connection.getresponse()
        answer.read()
        announced = answer.will_close
        try:
            more = connection.sock.recv(1)
        except ConnectionResetError:
            more = b""

    assert (answer.status, announced, more) == (500, False, b"")


def test_a_get_survives_the_connection_that_a_500_took_with_it(platform, session):
    item = platform.said["lineitem_url"]
    for _ in range(8):
        fail(session, platform.said["lineitems_url"])
        assert session.get(item, scope=spec.SCOPE_LINE_ITEM)["id"] == item


def test_a_write_is_not_lost_on_the_connection_that_a_500_took_with_it(platform, session, course, item, learners):
    """The dying connection must not be used again: whether a write on it was done, nobody could tell."""
    outcomes = Counter()
    for user_id in learners[:8]:
        fail(session, platform.said["lineitems_url"])
        try:
            course.post_score(item, user_id, 5, out_of=10)
            outcomes["done"] += 1
        except errors.UnknownOutcomeError:
            outcomes["unknown"] += 1

    assert outcomes == {"done": 8}


def test_eight_threads_survive_a_500(platform, session, course):
    for _ in range(5):
        course.gradebook()  # opens as many connections
        fail(session, platform.said["lineitems_url"])

    assert len(course.gradebook()) == list(platform.said["members"].values()).count("Learner")


# --- What the platform does otherwise than the specifications say: the deviations of its provider --------


def test_rfc_6750_3_1_a_token_that_is_none_is_answered_by_500_and_a_missing_scope_by_401(platform, ask):
    url = platform.said["lineitems_url"]
    names_only = ask.token(spec.SCOPE_MEMBERSHIPS).json()["access_token"]

    assert (ask.get(url, "rubbish").status_code, ask.get(url, names_only).status_code) == (500, 401)


def test_security_4_1_1_any_issuer_and_audience_will_do_and_an_assertion_serves_twice(ask):
    answers = [ask.token(spec.SCOPE_SCORE, jti="the same") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_ags_3_1_a_token_for_scores_alone_makes_line_items(connect):
    class Scores(ltix.AdvantageService):
        claim = "https://lms.example/claim/scores"
        scopes = (spec.SCOPE_SCORE,)

    session = connect(memberships_url=None, scopes=[spec.SCOPE_SCORE], services={Scores.claim: {"about": "nothing"}})
    service = session.course("DATA 1").service(Scores)

    body = {"label": "Smuggled", "scoreMaximum": 1}
    made = service.send("POST", session.courses()["lineitems_url"][0], body, media_type=spec.LINE_ITEM)
    service.send("DELETE", made["id"])

    assert (session.token().granted, made["label"]) == ((spec.SCOPE_SCORE,), "Smuggled")


def test_ags_3_2_4_an_unknown_parameter_is_answered_by_500(platform, ask):
    bearer = ask.token(" ".join(spec.ALL_SCOPES)).json()["access_token"]
    urls = [platform.said["lineitems_url"], f"{platform.said['lineitem_url']}/results"]

    assert [ask.get(f"{url}?unknown=1", bearer).status_code for url in urls] == [500, 500]


def test_next_links_are_unquoted_as_rfc_8288_allows(platform, ask):
    bearer = ask.token(" ".join(spec.ALL_SCOPES)).json()["access_token"]
    links = [ask.get(platform.said[name], bearer).headers["link"] for name in ("lineitems_url", "memberships_url")]

    assert [link.rpartition("; ")[2] for link in links] == ["rel=next", "rel=next"]


# --- The provider and its environment ---------------------------------------------------------------


def test_the_target_is_a_course_of_some_size_and_ends_with_the_block(signing_key):
    with provider.target(signing_key) as target:
        held = set(target.course.roster()["user_id"])
        target.expire_tokens()
        items = len(target.course.line_items())
        url = target.session.courses()["lineitems_url"][0]

    assert (held, len(target.learners), items) == (set(target.members), 26, 5)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without a word to it")
def test_the_process_ends_at_sigterm(signing_key):
    with provider.running(signing_key) as platform:
        platform.process.send_signal(signal.SIGTERM)

        assert platform.process.wait(10) in (0, -signal.SIGTERM)


@pytest.mark.parametrize(("required", "outcome"), [("0", pytest.skip.Exception), ("1", pytest.fail.Exception)])
def test_a_platform_that_cannot_be_installed_is_a_loud_skip_or_a_failure(monkeypatch, tmp_path, required, outcome):
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    monkeypatch.setattr(environment.platformdirs, "user_cache_path", lambda *_, **__: in_the_way / "cache")
    monkeypatch.setenv(environment.REQUIRE, required)
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("thing==1.0\n", encoding="utf-8")

    with pytest.raises(outcome, match="THE FOREIGN PLATFORM thing WAS NOT TESTED"):
        environment.interpreter("thing", requirements)
