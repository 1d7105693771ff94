"""Scores and results: nothing lands by accident, and what lands can be read."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ltix_data import spec

from .conftest import link, sub_path

STUDENT = "0004713"
TEACHER = "b7a2f5d0-31c4-4f0e-9a53-6d1c8e2f7a10"
INACTIVE = "9007199254740995"


@pytest.fixture
def item(desk):
    return desk.create(scoreMaximum=10)


def number(item):
    return int(item.partition("?")[0].rpartition("/")[2])


def test_a_score_becomes_a_result_out_of_the_items_maximum(desk, item):
    answer = desk.score(item, scoreGiven=83, scoreMaximum=100, comment="Good.", scoringUserId=TEACHER)

    assert answer.status_code == 200
    assert desk.results(item) == [
        {
            "id": answer.json["resultUrl"],
            "scoreOf": item,
            "userId": STUDENT,
            "resultScore": 8.3,
            "resultMaximum": 10,
            "comment": "Good.",
            "scoringUserId": TEACHER,
        }
    ]
    assert desk.get(answer.json["resultUrl"], spec.JSON).json["resultScore"] == 8.3


def test_a_score_over_the_maximum_is_legal(desk, item):
    desk.score(item, scoreGiven=12, scoreMaximum=10)

    assert desk.results(item)[0]["resultScore"] == 12


def test_zero_is_a_score(desk, item):
    desk.score(item, scoreGiven=0, scoreMaximum=10)

    assert desk.results(item)[0]["resultScore"] == 0


@pytest.mark.parametrize("given", [{}, {"scoreGiven": None}])
def test_a_score_without_a_number_empties_the_cell_but_keeps_its_row(desk, item, given):
    desk.score(item, scoreGiven=5, scoreMaximum=10)
    desk.score(item, second=1, **given)

    rows = desk.results(item)
    assert [(row["userId"], "resultScore" in row) for row in rows] == [(STUDENT, False)]


def test_the_basic_outcomes_way_to_delete_empties_the_cell(desk, item):
    desk.score(item, scoreGiven=5, scoreMaximum=10)
    desk.score(item, second=1, activityProgress="Initialized", gradingProgress="NotReady")

    assert "resultScore" not in desk.results(item)[0]


@pytest.mark.parametrize("progress", ["Pending", "PendingManual", "Failed", "NotReady"])
def test_a_partial_grade_is_taken_but_does_not_replace_the_visible_result(desk, item, progress):
    desk.score(item, scoreGiven=5, scoreMaximum=10)
    answer = desk.score(item, second=1, scoreGiven=9, scoreMaximum=10, gradingProgress=progress)

    assert (answer.status_code, desk.results(item)[0]["resultScore"]) == (200, 5)


def test_a_score_without_a_comment_clears_the_tools_comment(desk, item):
    desk.score(item, scoreGiven=5, scoreMaximum=10, comment="First.")
    desk.score(item, second=1, scoreGiven=6, scoreMaximum=10)

    assert "comment" not in desk.results(item)[0]


def test_a_score_without_a_comment_leaves_the_teachers_comment(desk, item):
    desk.platform.override_grade("SEM12", number(item), STUDENT, 7, comment="Seen by me.")
    desk.score(item, scoreGiven=6, scoreMaximum=10)

    assert desk.results(item)[0]["comment"] == "Seen by me."


def test_a_teachers_override_stays_until_it_is_lifted(desk, item):
    desk.score(item, scoreGiven=5, scoreMaximum=10)
    desk.platform.override_grade("SEM12", number(item), STUDENT, 7)
    answer = desk.score(item, second=1, scoreGiven=6, scoreMaximum=10)
    overridden = desk.results(item)[0]["resultScore"]
    desk.platform.override_grade("SEM12", number(item), STUDENT, None)

    assert (answer.status_code, overridden, desk.results(item)[0]["resultScore"]) == (200, 7, 6)


@pytest.mark.parametrize(
    "stamp", ["2026-09-21T10:00:05.000Z", "2026-09-21T12:00:05.000+02:00", "2026-09-21T10:00:04.999Z"]
)
def test_an_equal_or_earlier_timestamp_is_409_and_changes_nothing(desk, item, stamp):
    desk.score(item, scoreGiven=5, scoreMaximum=10, second=5)

    answer = desk.score(item, scoreGiven=6, scoreMaximum=10, timestamp=stamp)

    assert (answer.status_code, desk.results(item)[0]["resultScore"]) == (409, 5)


def test_timestamps_are_compared_for_each_person_and_item(desk, item):
    other = desk.create()
    posts = [
        desk.score(item, scoreGiven=5, scoreMaximum=10, second=5),
        desk.score(item, "000812", scoreGiven=5, scoreMaximum=10, second=1),
        desk.score(other, scoreGiven=5, scoreMaximum=10, second=1),
    ]

    assert [post.status_code for post in posts] == [200, 200, 200]


def test_a_later_millisecond_is_later(desk, item):
    desk.score(item, scoreGiven=5, scoreMaximum=10)

    assert desk.score(item, scoreGiven=6, scoreMaximum=10, timestamp="2026-09-21T10:00:00.001Z").status_code == 200


@pytest.mark.parametrize(
    ("fields", "section"),
    [
        ({"scoreGiven": -1}, "3.4.4"),
        ({"scoreGiven": "5"}, "3.4.4"),
        ({"scoreGiven": True}, "3.4.4"),
        ({"scoreGiven": 5, "scoreMaximum": None}, "3.4.4"),
        ({"scoreGiven": 5, "scoreMaximum": 0}, "3.4.4"),
        ({"userId": ""}, "3.4.5"),
        ({"userId": 4713}, "3.4.5"),
        ({"scoringUserId": None}, "3.4.6"),
        ({"activityProgress": "completed"}, "3.4.7"),
        ({"activityProgress": None}, "3.4.7"),
        ({"gradingProgress": "Graded"}, "3.4.8"),
        ({"timestamp": "2026-09-21T10:00:00.000"}, "3.4.9"),
        ({"timestamp": "2026-09-21T10:00:00Z"}, "3.4.9"),
        ({"timestamp": "2026-02-30T10:00:00.000Z"}, "3.4.9"),
        ({"timestamp": 1_790_000_000}, "3.4.9"),
        ({"submission": {"startedAt": "yesterday"}}, "3.4.10"),
        ({"submission": "done"}, "3.4.10"),
        (
            {"submission": {"startedAt": "2026-09-21T09:00:00.0Z", "submittedAt": "2026-09-21T08:00:00.0Z"}},
            "3.4.10",
        ),
        ({"comment": 5}, "3.4.11"),
        ({"points": 5}, "3.1.2"),
    ],
)
def test_a_score_with_one_thing_wrong_is_400_names_the_section_and_changes_nothing(desk, item, fields, section):
    answer = desk.score(item, **{"scoreGiven": 5, "scoreMaximum": 10, **fields})

    assert (answer.status_code, f"[AGS §{section}" in answer.json["reason"]) == (400, True)
    assert desk.results(item) == []


@pytest.mark.parametrize(
    "stamp", ["2026-09-21T10:00:00.736+00:00", "2026-09-21T10:00:00.736Z", "2026-09-21T10:00:00.736+00"]
)
def test_every_timestamp_that_the_specification_shows_is_taken(desk, item, stamp):
    assert desk.score(item, scoreGiven=5, scoreMaximum=10, timestamp=stamp).status_code == 200


@pytest.mark.parametrize(("user_id", "status"), [("nobody", 404), ("4713", 404), (TEACHER, 422), (INACTIVE, 422)])
def test_only_active_learners_can_be_graded(desk, item, user_id, status):
    answer = desk.score(item, user_id, scoreGiven=5, scoreMaximum=10)

    assert (answer.status_code, "userId" in answer.json["reason"], desk.results(item)) == (status, True, [])


def test_a_learner_who_also_teaches_can_be_graded(desk, item):
    assert desk.score(item, "0004711", scoreGiven=5, scoreMaximum=10).status_code == 200


def test_nobody_from_elsewhere_grades(desk, item):
    assert desk.score(item, scoreGiven=5, scoreMaximum=10, scoringUserId="nobody").status_code == 422


@pytest.mark.parametrize("media_type", [spec.JSON, spec.LINE_ITEM, f"{spec.SCORE}; charset=utf-8"])
def test_another_content_type_is_415(desk, item, media_type):
    assert desk.send("POST", sub_path(item, "scores"), {}, media_type).status_code == 415


def test_scores_put_after_the_query_find_nothing(desk, item):
    assert desk.send("POST", item + "/scores", {}, spec.SCORE).status_code in (404, 405)


def test_results_can_be_asked_for_one_person(desk, item):
    for user_id in (STUDENT, "000812"):
        desk.score(item, user_id, scoreGiven=5, scoreMaximum=10)

    assert [row["userId"] for row in desk.results(item, "&user_id=000812")] == ["000812"]
    assert desk.results(item, "&user_id=nobody") == []


def test_results_come_in_pages_that_hold_everyone_once(make_desk):
    desk = make_desk(page_size=2)
    item = desk.create()
    people = [STUDENT, "000812", "0004711", "9007199254740993", "0000000000004712"]
    for user_id in people:
        desk.score(item, user_id, scoreGiven=5, scoreMaximum=10)
    url, found = sub_path(item, "results"), []
    while url:
        answer = desk.get(url, spec.RESULT_CONTAINER)
        found.append([row["userId"] for row in answer.json])
        url = link(answer, "next")

    assert [len(page) for page in found] == [2, 2, 1]
    assert sorted(user_id for page in found for user_id in page) == sorted(people)


def test_who_has_left_has_no_result(desk, item):
    desk.score(item, scoreGiven=5, scoreMaximum=10)
    desk.platform.unenrol("SEM12", STUDENT)

    assert desk.results(item) == []


def test_each_service_needs_its_own_scope(desk, item):
    read = desk.get(sub_path(item, "results"), spec.RESULT_CONTAINER, spec.SCOPE_SCORE)
    sent = desk.send("POST", sub_path(item, "scores"), {}, spec.SCORE, spec.SCOPE_RESULT_READONLY)

    assert (read.status_code, sent.status_code) == (403, 403)


def test_results_have_one_media_type(desk, item):
    assert desk.get(sub_path(item, "results"), spec.JSON).status_code == 406


def test_scores_cannot_be_read(desk, item):
    answer = desk.get(sub_path(item, "scores"), spec.SCORE)

    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)


def test_of_many_scores_with_one_timestamp_at_once_exactly_one_lands(desk, item):
    desk.token(*spec.ALL_SCOPES)

    with ThreadPoolExecutor(8) as pool:
        posts = list(pool.map(lambda given: desk.score(item, scoreGiven=given, scoreMaximum=10), range(8)))

    statuses = sorted(post.status_code for post in posts)
    winner = next(given for given, post in enumerate(posts) if post.status_code == 200)
    assert (statuses, desk.results(item)[0]["resultScore"]) == ([200, *[409] * 7], winner)


def test_work_begun_and_handed_in_is_remembered(desk, item):
    desk.score(item, activityProgress="Started", gradingProgress="NotReady")
    desk.score(item, second=30, scoreGiven=5, scoreMaximum=10)

    cell = desk.platform.course("SEM12").items[number(item)].cells[STUDENT]
    assert (cell.started_at, cell.submitted_at) == ("2026-09-21T10:00:00.000Z", "2026-09-21T10:00:30.000Z")
