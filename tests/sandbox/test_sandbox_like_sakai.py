"""Like Sakai: it refuses all scopes for one, and lists everybody always."""

import pytest

from ltix_data import spec

from .conftest import link, sub_path


@pytest.fixture
def desk(make_desk):
    return make_desk(like="sakai")


def test_sakai_refuses_all_scopes_for_one(make_desk):
    desk = make_desk(like="sakai", granted_scopes=(spec.SCOPE_SCORE,))
    both, one = desk.ask(scope=f"{spec.SCOPE_SCORE} {spec.SCOPE_LINE_ITEM}"), desk.ask()

    assert (both.status_code, both.json["error"], one.status_code) == (400, "invalid_scope", 200)


def test_sakai_answers_403_for_a_dead_token(desk):
    alive = desk.roster().status_code
    desk.platform.revoke_tokens()
    dead = desk.roster()

    assert (alive, dead.status_code, "WWW-Authenticate" in dead.headers) == (200, 403, False)


def test_sakai_pages_by_start_and_limit(desk):
    url, sizes = "/courses/SEM12/memberships?limit=5", []
    while url:
        answer = desk.get(url, spec.MEMBERSHIP_CONTAINER)
        sizes.append(len(answer.json["members"]))
        url = link(answer, "next")

    assert (sizes, len(desk.roster(course="BIO101").json["members"]) > 300) == ([5, 5, 1], True)


def test_sakai_answers_an_empty_body_behind_the_last_page(desk):
    answer = desk.roster("?start=100&limit=5")

    assert (answer.status_code, answer.data) == (200, b"")


def test_sakai_ignores_the_role_and_adds_its_own(desk):
    members = desk.roster("?role=Instructor").json["members"]

    assert (len(members), members[0]["sakai_ext"]) == (11, {"sakai_role": "Instructor"})


def test_sakai_filters_items_by_lti_link_id(desk):
    desk.create()
    url, rlid = desk.claim(spec.CLAIM_GRADES)["lineitems"], desk.claim(spec.CLAIM_RESOURCE_LINK)["id"]

    found = [
        len(desk.get(f"{url}&{name}={rlid}", spec.LINE_ITEM_CONTAINER).json)
        for name in ("lti_link_id", "resource_link_id")
    ]
    assert found == [1, 2]


def test_sakai_answers_a_score_with_nothing(desk):
    answer = desk.score(desk.create(), scoreGiven=5, scoreMaximum=10)

    assert (answer.status_code, answer.data) == (200, b"")


def test_sakai_tells_results_of_every_member_whomever_one_asks_for(desk):
    item = desk.create()
    desk.score(item, scoreGiven=5, scoreMaximum=10)
    rows = desk.get(sub_path(item, "results") + "&user_id=0004713", spec.RESULT_CONTAINER).json

    assert len(rows) == 12
    assert {row["userId"]: row["resultScore"] for row in rows if row["resultScore"] is not None} == {"0004713": 5}
