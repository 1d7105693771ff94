"""Like Open edX (lti-consumer-xblock 11.4.4): 403 for every token, and strict about little things."""

import pytest

from ltix_data import spec

from .conftest import link, sub_path

STUDENT = "0004713"


@pytest.fixture
def desk(make_desk):
    return make_desk(like="openedx")


@pytest.fixture
def item(desk):
    return desk.create(scoreMaximum=10, resourceId="r")


def post(desk, **fields):
    return desk.send("POST", desk.claim(spec.CLAIM_GRADES)["lineitems"], fields, spec.LINE_ITEM)


# --- Tokens ---------------------------------------------------------------------------------------


def test_open_edx_grants_nothing_and_says_200(desk):
    answer = desk.ask(scope="https://example.org/unknown")

    assert (answer.status_code, answer.json["scope"], answer.json["token_type"]) == (200, "", "bearer")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"aud": "elsewhere"}, "unidentified_error"),
        ({"kid": "unknown"}, "invalid_client"),
        ({"iss": "x"}, "invalid_client"),
    ],
)
def test_open_edx_answers_400_whatever_is_wrong(desk, changes, error):
    answer = desk.ask(desk.assertion(**changes))

    assert (answer.status_code, answer.json) == (400, {"error": error})


def test_open_edx_answers_403_for_every_token_that_will_not_do(desk):
    missing = desk.get("/courses/SEM12/memberships", spec.MEMBERSHIP_CONTAINER, spec.SCOPE_SCORE)
    none = desk.web.get("/courses/SEM12/memberships", headers={"Accept": spec.MEMBERSHIP_CONTAINER})
    desk.token(*spec.ALL_SCOPES)
    desk.platform.revoke_tokens()
    answers = [missing, none, desk.roster()]

    assert [(answer.status_code, "WWW-Authenticate" in answer.headers) for answer in answers] == [(403, False)] * 3


# --- Rosters --------------------------------------------------------------------------------------


def test_open_edx_gives_all_at_once_with_name_and_email_alone(desk):
    members = desk.roster("?role=Instructor&rlid=elsewhere").json["members"]

    assert (len(members), set().union(*members)) == (11, {"status", "user_id", "roles", "name", "email"})


def test_open_edx_changes_the_order_of_roles(desk):
    told = {tuple(desk.roster().json["members"][2]["roles"]) for _ in range(2)}

    assert (len(told), len({frozenset(roles) for roles in told})) == (2, 1)


def test_open_edx_counts_pages_when_limit_is_sent(desk):
    url, sizes = "/courses/SEM12/memberships?limit=5", []
    while url:
        answer = desk.get(url, spec.MEMBERSHIP_CONTAINER)
        sizes.append(len(answer.json["members"]))
        url = link(answer, "next")

    assert (sizes, "page=2" in link(desk.roster("?limit=5"), "next")) == ([5, 5, 1], True)


@pytest.mark.parametrize("query", ["", "?limit=100"])
def test_open_edx_refuses_a_course_that_is_too_large(desk, query):
    answer = desk.roster(query, course="MED3000")

    assert (answer.status_code, answer.json["error"]) == (403, "above_response_limit")


def test_open_edx_knows_no_trailing_slash(desk):
    assert desk.get("/courses/SEM12/memberships/", spec.MEMBERSHIP_CONTAINER).status_code == 404


# --- Line items -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"scoreMaximum": 7.5}, "scoreMaximum"),
        ({"scoreMaximum": None}, "scoreMaximum"),
        ({"resourceId": ""}, "non_field_errors"),
        ({"tag": None}, "tag"),
        ({"startDateTime": None}, "startDateTime"),
        ({"label": "x" * 101}, "label"),
        ({"resourceLinkId": "elsewhere"}, "resourceLinkId"),
    ],
)
def test_open_edx_names_the_field_that_it_refuses(desk, fields, named):
    answer = post(desk, **{"label": "Quiz", "scoreMaximum": 10, "resourceId": "r", **fields})

    assert (answer.status_code, list(answer.json)) == (400, [named])


def test_open_edx_returns_nulls_that_it_then_refuses(desk, item):
    body = desk.get(item, spec.LINE_ITEM).json
    without = {field: value for field, value in body.items() if value is not None}

    assert (body["startDateTime"], body["resourceLinkId"]) == (None, None)
    assert [desk.send("PUT", item, sent, spec.LINE_ITEM).status_code for sent in (body, without)] == [400, 200]


def test_open_edx_creates_without_location_and_keeps_what_a_put_omits(desk):
    created = post(desk, label="Quiz", scoreMaximum=10, resourceId="r", tag="t")
    body = {"label": "Quiz", "scoreMaximum": 10.0, "resourceId": "r"}
    changed = desk.send("PUT", created.json["id"], body, spec.LINE_ITEM)

    assert (created.status_code, "Location" in created.headers) == (201, False)
    assert (changed.json["tag"], changed.json["scoreMaximum"]) == ("t", 10)


def test_open_edx_ignores_limit_on_line_items(desk, item):
    answer = desk.get(desk.claim(spec.CLAIM_GRADES)["lineitems"] + "&limit=1", spec.LINE_ITEM_CONTAINER)

    assert (len(answer.json), "Link" in answer.headers) == (2, False)


def test_open_edx_never_lets_delete(desk, item):
    assert desk.send("DELETE", item, b"", spec.LINE_ITEM).status_code == 403


# --- Scores ---------------------------------------------------------------------------------------


def test_open_edx_answers_201_and_the_score(desk, item):
    answer = desk.score(item, scoreGiven=5, scoreMaximum=10)

    assert (answer.status_code, answer.json["scoreGiven"], answer.json["comment"]) == (201, 5, None)


@pytest.mark.parametrize("second", [4, 5])
def test_open_edx_answers_400_for_an_equal_or_older_time(desk, item, second):
    desk.score(item, scoreGiven=5, scoreMaximum=10, second=5)
    answer = desk.score(item, scoreGiven=6, scoreMaximum=10, second=second)

    assert (answer.status_code, list(answer.json), type(answer.json["timestamp"])) == (400, ["timestamp"], list)


@pytest.mark.parametrize("fields", [{"scoreGiven": -1}, {"gradingProgress": "Graded"}, {"activityProgress": "Done"}])
def test_open_edx_crashes_over_negative_scores_and_unknown_words(desk, item, fields):
    answer = desk.score(item, **{"scoreGiven": 5, "scoreMaximum": 10, **fields})

    assert (answer.status_code, answer.mimetype) == (500, "text/html")


def test_open_edx_takes_a_stranger_on_an_unlinked_item_only(desk, item):
    strangers = [desk.score(where, "nobody", scoreGiven=5, scoreMaximum=10) for where in (item, desk.coupled())]

    assert [answer.status_code for answer in strangers] == [201, 500]
    assert [row["userId"] for row in desk.results(item)] == ["nobody"]


def test_open_edx_keeps_a_comment_that_is_not_sent_again(desk, item):
    desk.score(item, scoreGiven=5, scoreMaximum=10, comment="Good.")
    desk.score(item, second=1, scoreGiven=6, scoreMaximum=10)

    assert desk.results(item)[0]["comment"] == "Good."


# --- Results --------------------------------------------------------------------------------------


def test_open_edx_tells_all_results_whomever_one_asks_for_the_latest_first(desk, item):
    desk.score(item, scoreGiven=50, scoreMaximum=100)
    desk.score(item, "000812", scoreGiven=6, scoreMaximum=10, second=1)
    rows = desk.results(item, f"&user_id={STUDENT}")

    assert [(row["userId"], row["resultScore"], row["resultMaximum"]) for row in rows] == [
        ("000812", 6, 10),
        (STUDENT, 50, 100),
    ]


def test_open_edx_cuts_results_at_limit_without_a_link(desk, item):
    for user_id in (STUDENT, "000812"):
        desk.score(item, user_id, scoreGiven=5, scoreMaximum=10)
    answer = desk.get(sub_path(item, "results") + "&limit=1", spec.RESULT_CONTAINER)

    assert (len(answer.json), "Link" in answer.headers) == (1, False)


def test_open_edx_leaves_cleared_results_out(desk, item):
    desk.score(item, scoreGiven=5, scoreMaximum=10)
    desk.score(item, second=1)

    assert desk.results(item) == []


def test_open_edx_cannot_tell_results_once_a_user_id_has_a_dot(desk, item):
    desk.score(item, "john.doe", scoreGiven=5, scoreMaximum=10)
    answer = desk.get(sub_path(item, "results"), spec.RESULT_CONTAINER)

    assert (answer.status_code, answer.mimetype) == (500, "text/html")
