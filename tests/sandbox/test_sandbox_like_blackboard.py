"""Like Blackboard: its rosters do not say where they end."""

import re

import pytest

from ltix_data import spec

from .conftest import link


@pytest.fixture
def desk(make_desk):
    return make_desk(like="blackboard", page_size=8)


@pytest.fixture
def student(desk):
    return desk.roster().json["members"][4]["user_id"]


def test_blackboard_calls_people_by_uuids_of_32_digits_that_stay(desk, make_desk):
    ids = [member["user_id"] for member in desk.roster().json["members"]]

    assert all(re.fullmatch("[0-9a-f]{32}", user_id) for user_id in ids)
    assert ids == [member["user_id"] for member in make_desk(like="blackboard").roster().json["members"]][:8]


def test_blackboard_sends_a_next_link_behind_the_last_page_and_again(desk):
    url, sizes = "/courses/SEM12/memberships", []
    for _ in range(4):
        answer = desk.get(url, spec.MEMBERSHIP_CONTAINER)
        sizes.append(len(answer.json["members"]))
        url = link(answer, "next")

    assert (sizes, url is not None) == ([8, 4, 0, 0], True)


def test_blackboard_deletes_the_result_of_a_score_without_a_number(desk, student):
    item = desk.create()
    desk.score(item, student, scoreGiven=5, scoreMaximum=10)
    before = len(desk.results(item))
    answer = desk.score(item, student, second=1)

    assert (before, answer.status_code, desk.results(item)) == (1, 200, [])


def test_blackboard_drops_the_comment_when_one_user_is_asked_for(desk, student):
    item = desk.create()
    desk.score(item, student, scoreGiven=5, scoreMaximum=10, comment="Good.")

    [all_rows], [one] = desk.results(item), desk.results(item, f"&user_id={student}")
    assert (all_rows["comment"], "comment" in one, one["resultScore"]) == ("Good.", False, 5)
