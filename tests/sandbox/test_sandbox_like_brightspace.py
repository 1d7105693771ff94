"""Like Brightspace: one audience for everybody, and scores cut without a word."""

import pytest

from .conftest import BASE

AUDIENCE = "https://api.brightspace.com/auth/token"
STUDENT = "0004713"


@pytest.fixture
def desk(make_desk):
    """A desk whose tool has the audience right, for Desk addresses assertions to the token URL."""
    return make_desk(like="brightspace", audience=f"{BASE}/token")


def test_brightspace_wants_its_own_audience_and_not_the_token_url(make_desk):
    desk = make_desk(like="brightspace")

    assert [desk.ask(desk.assertion(aud=aud)).status_code for aud in (AUDIENCE, f"{BASE}/token")] == [200, 400]


def test_brightspace_fails_on_a_list_of_audiences(make_desk):
    desk = make_desk(like="brightspace")
    answer = desk.ask(desk.assertion(aud=[AUDIENCE]))

    assert (answer.status_code, answer.mimetype) == (500, "text/html")


def test_brightspaces_audience_can_be_another(desk):
    assert desk.ask().status_code == 200


@pytest.mark.parametrize(
    ("user_id", "status"), [("nobody", 403), ("b7a2f5d0-31c4-4f0e-9a53-6d1c8e2f7a10", 422), (STUDENT, 200)]
)
def test_brightspace_tells_who_is_not_enrolled_from_who_cannot_be_graded(desk, user_id, status):
    assert desk.score(desk.create(), user_id, scoreGiven=5, scoreMaximum=10).status_code == status


def test_brightspace_cuts_a_score_silently(desk):
    item = desk.create(scoreMaximum=10)
    answer = desk.score(item, scoreGiven=30, scoreMaximum=20)

    assert (answer.status_code, desk.results(item)[0]["resultScore"]) == (200, 10)
