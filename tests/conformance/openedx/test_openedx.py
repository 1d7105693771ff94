"""Open edX, the real one: what a user of this package meets there. Facts are `lti-consumer-xblock`'s own."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pandas as pd
import pytest

import ltix_data as ltix
from ltix_data.errors import (
    AccessError,
    GradeProblemsError,
    LtixWarning,
    RefusedError,
    TokenError,
    UnavailableError,
    UsageError,
)
from ltix_data.keys import SigningKey

from . import provider

pytestmark = pytest.mark.process

_count = itertools.count(1)


@pytest.fixture(scope="module")
def key():
    return SigningKey.generate()


@pytest.fixture(scope="module")
def platform(key):
    with provider.running(key) as platform:
        yield platform


@pytest.fixture
def session(platform, key):
    with ltix.connect(platform.registration(key)) as session:
        yield session


@pytest.fixture
def course(platform, session):
    return platform.add_course(session, "BIO101")


@pytest.fixture
def members(platform):
    """What the LMS knows of the people of BIO101: user_id -> role, name, email."""
    return platform.facts["courses"]["BIO101"]["members"]


@pytest.fixture
def learners(members):
    return [user_id for user_id, facts in members.items() if facts["role"] == "Learner"]


@pytest.fixture
def link(platform):
    return platform.facts["courses"]["BIO101"]["resource_link_id"]


@pytest.fixture
def item(course):
    """A line item of this test alone: Open edX deletes none."""
    number = next(_count)
    return course.create_line_item(f"Quiz {number}", 10, resource_id=f"quiz-{number}")


def asked(platform):
    """Return the method, the service and the status of what was asked since the last time."""
    seen = []
    for method, path, status in platform.requests():
        service = next(word for word in ("token", "memberships", "scores", "results", "lti-ags") if f"/{word}" in path)
        seen.append((method, service, status))
    return seen


def test_the_target_of_the_conformance_suite_tells_the_truth(key):
    with provider.target(key) as target:
        target.course.roster()
        target.expire_tokens()
        roster = target.course.roster()

    assert dict(zip(roster["user_id"], roster["role"], strict=True)) == target.members
    assert len(target.learners) >= 3


# --- Tokens -------------------------------------------------------------------------------------------


def test_all_scopes_that_a_course_needs_are_granted(session, course):
    assert len(session.token().granted) == 5


def test_a_key_that_is_not_the_registered_one_gets_no_token(platform):
    with ltix.connect(platform.registration(SigningKey.generate())) as stranger:
        course = platform.add_course(stranger, "BIO101")
        with pytest.raises(TokenError) as caught:
            course.roster()

    assert (caught.value.status, caught.value.code) == (400, "invalid_client")


def test_a_dead_token_answered_by_403_is_renewed_without_a_word(platform, course):
    before = course.roster()
    platform.expire_tokens()
    platform.requests()
    after = course.roster()

    pd.testing.assert_frame_equal(after, before)
    assert asked(platform) == [("GET", "memberships", 403), ("POST", "token", 200), ("GET", "memberships", 200)]


def test_a_score_refused_for_its_dead_token_is_sent_once_more_and_lands_once(platform, course, item, learners):
    platform.expire_tokens()
    platform.requests()
    course.post_score(item, learners[0], 7, out_of=10)

    assert asked(platform) == [("POST", "scores", 403), ("POST", "token", 200), ("POST", "scores", 201)]
    assert course.results(item)["score"].tolist() == [7.0]


def test_eight_threads_that_meet_a_dead_token_ask_for_one_new_one(platform, session):
    course = platform.add_course(session, "FULL")
    users = course.roster(role="Learner")["user_id"].head(80)
    label = f"Threads {next(_count)}"
    course.create_line_item(label, 10, resource_id=label)
    frame = pd.DataFrame({"user_id": users, "points": [number % 11 for number in range(len(users))]})
    plan = course.plan_grades(frame, label, match="user_id", score="points")
    platform.expire_tokens()
    platform.requests()
    report = plan.send()

    assert report.outcomes["outcome"].tolist() == ["confirmed"] * 80
    assert asked(platform).count(("POST", "token", 200)) == 1


# --- Rosters ------------------------------------------------------------------------------------------


def test_everybody_is_there_with_role_name_and_address_as_the_lms_has_them(course, members):
    roster = course.roster().set_index("user_id")
    found = roster[["role", "name", "email"]].astype(object).fillna("").to_dict("index")

    assert found == members


@pytest.mark.parametrize(
    ("role", "who"),
    [
        ("Administrator", {"Ada Lovelace", "Alan Turing"}),
        # a sub-role counts: teaching assistants are Instructor#TeachingAssistant
        (
            "Instructor",
            {
                "Ada Lovelace",
                "Grace Hopper",
                "Alan Turing",
                "Katherine Johnson",
                "Mary Jackson",
                "Dorothy Vaughan",
            },
        ),
        ("Instructor#TeachingAssistant", {"Mary Jackson", "Dorothy Vaughan"}),
        ("Mentor", set()),
    ],
)
def test_a_role_filter_holds_though_the_platform_ignores_it(course, role, who):
    assert set(course.roster(role=role)["name"]) == who


def test_who_teaches_and_is_enrolled_too_counts_among_the_learners(course, members):
    names = {facts["name"] for facts in members.values()} - {"Ada Lovelace", "Grace Hopper"}

    assert set(course.roster(role="Learner")["name"].fillna("")) == names


def test_a_resource_link_filter_that_is_ignored_is_warned_about(course, members, link):
    with pytest.warns(LtixWarning, match="ignore the resource_link filter"):
        roster = course.roster(resource_link=link)

    assert len(roster) == len(members)


def test_a_course_at_the_limit_comes_whole_and_without_the_names_it_withholds(platform, session):
    roster = platform.add_course(session, "FULL").roster()

    assert (len(roster), roster["user_id"].nunique()) == (1003, 1003)
    assert roster[["name", "email"]].isna().all(axis=None)


def test_somebody_whose_role_lti_has_no_word_for_has_none(platform, session):
    roster = platform.add_course(session, "FULL").roster()

    assert roster.loc[roster["role"].isna(), "roles"].tolist() == [()]


def test_a_roster_over_the_platforms_limit_is_an_error_that_says_so(platform, session):
    course = platform.add_course(session, "HUGE")
    session.token()
    platform.requests()
    with pytest.raises(AccessError, match=r"above_response_limit.*COURSE_MEMBER_API_ENROLLMENT_LIMIT") as caught:
        course.roster()

    assert (caught.value.status, caught.value.code) == (403, "above_response_limit")
    assert set(asked(platform)) == {("GET", "memberships", 403)}, "the token is not to blame"


def test_one_course_over_the_limit_leaves_the_others_readable(platform, session, course, members):
    platform.add_course(session, "HUGE")
    with pytest.warns(LtixWarning, match="HUGE"):
        rosters = session.rosters()

    assert (len(rosters), [error["course"] for error in rosters.attrs["errors"]]) == (len(members), ["HUGE"])


# --- Line items ---------------------------------------------------------------------------------------


def test_a_line_item_is_made_with_an_id_of_the_tools_own(course):
    name = f"made-{next(_count)}"
    ends = datetime(2026, 6, 1, 12, tzinfo=UTC)
    made = course.create_line_item("Zwischenprüfung “½” 测验", 12, tag="mid", resource_id=name, ends=ends)

    row = course.line_items(resource_id=name).iloc[0]
    pd.testing.assert_series_equal(row, made)
    assert (row["label"], row["out_of"], row["tag"], row["ends_at"]) == ("Zwischenprüfung “½” 测验", 12.0, "mid", ends)


def test_a_line_item_is_made_for_the_resource_link(course, link):
    label = f"Linked {next(_count)}"
    made = course.create_line_item(label, 5, tag="linked", resource_link=link)

    assert label in course.line_items(resource_link=link, tag="linked")["label"].tolist()
    assert made["resource_link_id"] == link


def test_a_line_item_without_either_id_is_refused_by_an_error_that_names_what_is_missing(course):
    before = course.line_items()
    with pytest.raises(ltix.LtixError, match="resource_id"):
        course.create_line_item("Neither", 10)

    pd.testing.assert_frame_equal(course.line_items(), before)


def test_a_maximum_that_is_no_whole_number_is_refused_by_an_error_that_names_it(course):
    before = course.line_items()
    with pytest.raises(ltix.LtixError, match=r"out_of|scoreMaximum"):
        course.create_line_item("Halves", 12.5, resource_id="halves")

    pd.testing.assert_frame_equal(course.line_items(), before)


def test_a_maximum_given_as_a_float_is_sent_as_the_whole_number_it_is(course):
    assert course.create_line_item("Float", 12.0, resource_id=f"float-{next(_count)}")["out_of"] == 12.0


@pytest.mark.parametrize("anchor", ["resource_id", "resource_link"])
def test_a_change_keeps_what_it_does_not_name(course, link, anchor):
    """Open edX shows null (and "" for a missing resource id) where nothing is set, and takes neither back."""
    ids = {anchor: link if anchor == "resource_link" else f"kept-{next(_count)}"}
    starts = datetime(2026, 1, 1, tzinfo=UTC)
    before = course.create_line_item("Before", 10, tag="keep", starts=starts, **ids)
    after = course.update_line_item(before, label="After", out_of=20)

    pd.testing.assert_series_equal(after.drop(["label", "out_of"]), before.drop(["label", "out_of"]))
    assert (after["label"], after["out_of"]) == ("After", 20.0)


def test_a_blank_takes_a_tag_away(course):
    made = course.create_line_item("Tagged", 10, tag="gone", resource_id=f"tagged-{next(_count)}")

    assert pd.isna(course.update_line_item(made, tag="")["tag"])


def test_deleting_is_refused_by_an_error_that_says_whom_to_ask(platform, course, item):
    course.line_items()
    platform.requests()
    with pytest.raises(AccessError, match="to delete a line item") as caught:
        course.delete_line_item(item)

    assert caught.value.status == 403
    assert "administrator" in str(caught.value)
    assert asked(platform).count(("POST", "token", 200)) <= 1
    assert item["item_id"] in course.line_items()["item_id"].tolist()


def test_a_filter_by_a_link_that_cannot_be_one_finds_nothing(course, item):
    """Open edX fails (500) where the filter is no usage key."""
    assert course.line_items(resource_link="no such link").empty


# --- Scores and results -------------------------------------------------------------------------------


def test_a_score_is_in_the_results_with_its_comment(course, item, learners):
    course.post_score(item, learners[1], 7.25, comment="Good. Très bien 👍")

    found = course.results(item)[["user_id", "score", "out_of", "percent", "comment"]].to_dict("records")
    assert found == [
        {"user_id": learners[1], "score": 7.25, "out_of": 10.0, "percent": 72.5, "comment": "Good. Très bien 👍"}
    ]


def test_scores_in_quick_succession_are_never_of_an_equal_time(platform, course, item, learners):
    course.line_items()
    platform.requests()
    for score in range(5):
        course.post_score(item["item_id"], learners[0], score, out_of=10)

    assert asked(platform) == [("POST", "scores", 201)] * 5
    assert course.results(item)["score"].tolist() == [4.0]


def test_a_second_session_right_after_the_first_is_not_too_early(platform, key, course, item, learners):
    course.post_score(item, learners[0], 4)
    with ltix.connect(platform.registration(key)) as second:
        platform.add_course(second, "BIO101").post_score(item, learners[0], 6)

    assert course.results(item)["score"].tolist() == [6.0]


@pytest.mark.parametrize("score", [-1, float("inf"), float("nan"), None])
def test_what_is_no_score_is_refused_here_and_never_sent(platform, course, item, learners, score):
    """Open edX would answer 500 to a negative one."""
    platform.requests()
    with pytest.raises(UsageError):
        course.post_score(item, learners[0], score)

    assert platform.requests() == []


def test_a_score_is_taken_away_only_when_asked(course, item, learners):
    course.post_score(item, learners[0], 5)
    course.post_score(item, learners[0], None, clear=True)

    assert course.results(item).empty


def test_a_score_on_another_maximum_is_shown_rescaled(course, item, learners):
    """Open edX reports the score's own maximum, not the line item's."""
    course.post_score(item, learners[0], 3, out_of=4)

    result = course.results(item).iloc[0]
    points, percents = course.gradebook(), course.gradebook(values="percent")
    assert (result["score"], result["out_of"], result["percent"]) == (3.0, 4.0, 75.0)
    assert points.loc[learners[0], item["label"]] == 7.5
    assert percents.loc[learners[0], item["label"]] == 75.0


def test_no_grade_is_missing_and_not_zero(course, item, learners):
    course.post_score(item, learners[0], 0)

    column = course.gradebook()[item["label"]]
    assert column.dropna().to_dict() == {learners[0]: 0.0}


def test_the_gradebook_has_a_row_for_each_learner(course, item):
    roster = course.roster(role="Learner").set_index("user_id")

    pd.testing.assert_series_equal(course.gradebook()["name"], roster["name"])


def test_one_persons_results_are_theirs_alone_though_the_platform_ignores_the_filter(course, item, learners):
    for user in learners[:3]:
        course.post_score(item, user, 5)

    assert course.results(item, user=learners[1])["user_id"].tolist() == [learners[1]]


def test_no_read_sends_a_limit(platform, course, item):
    platform.requests()
    course.gradebook()

    paths = [path for _, path, _ in platform.requests()]
    assert paths
    assert not [path for path in paths if "limit=" in path]


def test_a_score_for_the_resource_link_is_what_the_learner_sees(platform, course, learners, link):
    item = course.create_line_item(f"Seen {next(_count)}", 20, tag="seen", resource_link=link)
    course.post_score(item, learners[2], 17, comment="seen")

    assert platform.grades()[link, learners[2]] == (0.85, "seen")


def test_a_score_for_nobody_is_an_error_where_the_platform_grades(course, link):
    item = course.create_line_item(f"Nobody {next(_count)}", 20, tag="nobody", resource_link=link)
    with pytest.raises(UnavailableError) as caught:
        course.post_score(item, "nobody", 17)

    assert caught.value.status == 500
    assert course.results(item).empty


# --- Sheets -------------------------------------------------------------------------------------------


def test_a_sheet_lands_whole_and_is_read_back(course, item, members, learners):
    points = [number / 4 for number in range(len(learners))]
    frame = pd.DataFrame({"E-mail": [members[user]["email"].upper() for user in learners], "Points": points})
    report = course.upload_grades(frame, item["label"], match="email", key="E-mail", score="Points")

    assert report.outcomes["outcome"].tolist() == ["confirmed"] * len(learners)
    assert course.results(item).set_index("user_id")["score"].to_dict() == dict(zip(learners, points, strict=True))


def test_a_sheet_sent_twice_changes_nothing_the_second_time(platform, course, item, learners):
    frame = pd.DataFrame({"user_id": learners, "Points": [8.5] * len(learners)})
    course.upload_grades(frame, item["label"], match="user_id", score="Points")
    platform.requests()
    report = course.upload_grades(frame, item["label"], match="user_id", score="Points")

    assert set(report.outcomes["outcome"]) == {"unchanged"}
    assert not [row for row in asked(platform) if row[1] == "scores"]


def test_points_of_another_scale_are_confirmed_as_what_they_are(course, item, learners):
    frame = pd.DataFrame({"user_id": learners[:3], "Percent": [50, 72.5, 100]})
    report = course.upload_grades(frame, item["label"], match="user_id", score="Percent", out_of=100)

    assert report.outcomes["outcome"].tolist() == ["confirmed"] * 3
    assert course.gradebook()[item["label"]].dropna().tolist() == [5.0, 7.25, 10.0]


def test_two_who_share_a_name_are_a_problem_and_nothing_is_sent(platform, course, item):
    frame = pd.DataFrame({"name": ["Aoife O'Neil", "John Smith"], "Points": [1, 2]})
    course.line_items()
    platform.requests()
    with pytest.raises(GradeProblemsError) as caught:
        course.upload_grades(frame, item["label"], match="name", score="Points")

    assert caught.value.problems[["row", "problem"]].to_dict("records") == [{"row": 3, "problem": "ambiguous_user"}]
    assert not [row for row in asked(platform) if row[0] == "POST"]


def test_a_plan_shows_what_would_change(course, item, learners):
    course.post_score(item, learners[0], 5)
    frame = pd.DataFrame({"user_id": learners[:3], "Points": [5, 6, None]})
    plan = course.plan_grades(frame, item["label"], match="user_id", score="Points")

    assert plan.changes["change"].tolist() == ["same", "new"]
    assert course.results(item)["score"].tolist() == [5.0]


def test_an_upload_can_make_its_line_item(course, learners):
    label = f"New {next(_count)}"
    frame = pd.DataFrame({"user_id": learners[:2], "Points": [5, 6]})
    report = course.upload_grades(frame, label, match="user_id", score="Points", create=True, out_of=10)

    assert report.outcomes["outcome"].tolist() == ["confirmed"] * 2


def test_a_label_too_long_for_the_platform_is_refused_and_nothing_is_made(course):
    """Open edX takes 100 characters."""
    before = course.line_items()
    with pytest.raises(RefusedError) as caught:
        course.create_line_item("x" * 101, 10, resource_id="long")

    assert caught.value.status == 400
    pd.testing.assert_frame_equal(course.line_items(), before)
