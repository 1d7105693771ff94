"""Like Moodle 4.5.5: it mislabels, echoes, wipes, and speaks in the reason phrase."""

import json

import pytest

from ltix_data import spec
from ltix_data.sandbox import Options, Platform, create_app

from .conftest import Desk, link, sub_path

STUDENT = "0004713"
BOTH = "0004711"
ASSISTANT = "5c1e94aa-7d0b-4b4e-8f3d-2a9be07c6d21"
SUSPENDED = "9007199254740995"


@pytest.fixture
def desk(make_desk):
    return make_desk(like="moodle")


@pytest.fixture
def item(desk):
    return desk.create(scoreMaximum=10)


def number(item):
    return int(item.partition("?")[0].rpartition("/")[2])


def reason(answer):
    """Return the reason phrase as it was before it went over the wire."""
    return answer.status.partition(" ")[2].encode("latin-1").decode()


def lineitems(desk, query=""):
    return desk.get(desk.claim(spec.CLAIM_GRADES)["lineitems"] + query, spec.LINE_ITEM_CONTAINER)


# --- Tokens ---------------------------------------------------------------------------------------


def test_moodle_labels_tokens_and_refusals_as_html(desk):
    good, bad = desk.ask(), desk.ask(scope="none")

    assert (good.status_code, good.mimetype, json.loads(good.text)["expires_in"]) == (200, "text/html", 3600)
    assert (bad.status_code, bad.mimetype, json.loads(bad.text)["error"]) == (400, "text/html", "invalid_scope")


def test_moodles_refusal_of_an_unknown_key_is_no_json(desk):
    answer = desk.ask(desk.assertion(kid="unknown"))

    assert answer.status_code == 400
    with pytest.raises(ValueError, match="delimiter"):
        json.loads(answer.text)


def test_moodle_refuses_an_assertion_one_second_ahead(desk):
    now = desk.platform.now()

    assert [desk.ask(desk.assertion(iat=now + ahead)).status_code for ahead in (0, 1)] == [200, 400]


def test_moodle_grants_the_intersection_and_refuses_only_when_nothing_is_left(make_desk):
    desk = make_desk(like="moodle", granted_scopes=(spec.SCOPE_SCORE,))
    some, none = desk.ask(scope=" ".join(spec.ALL_SCOPES)), desk.ask(scope=spec.SCOPE_LINE_ITEM)

    assert (json.loads(some.text)["scope"], none.status_code) == (spec.SCOPE_SCORE, 400)


def test_moodle_answers_404_and_a_large_page_when_the_key_set_is_unreachable(key, clock):
    def fetch(url):
        raise OSError("down")

    platform = Platform(Options(like="moodle"), now=clock, fetch=fetch)
    tool = platform.add_tool(jwks_uri="https://tool.example/jwks")
    answer = Desk(platform, key, tool, create_app(platform).test_client()).ask()

    assert (answer.status_code, answer.mimetype, len(answer.data) > 26_000) == (404, "text/html", True)


def test_moodle_answers_401_for_a_dead_token_and_for_a_missing_scope_alike(desk):
    missing = desk.get("/courses/SEM12/memberships", spec.MEMBERSHIP_CONTAINER, spec.SCOPE_SCORE)
    desk.token(*spec.ALL_SCOPES)
    desk.platform.revoke_tokens()
    dead = desk.roster()

    assert (missing.status_code, missing.data) == (401, dead.data)
    assert "WWW-Authenticate" not in {**missing.headers, **dead.headers}


# --- Rosters --------------------------------------------------------------------------------------


def test_moodle_gives_all_at_once(desk):
    answer = desk.roster(course="MED3000")

    assert (len(answer.json["members"]), "Link" in answer.headers) == (3000, False)


def test_moodles_second_page_has_lost_the_role(desk):
    first = desk.roster("?limit=4&role=Learner")
    second = desk.get(link(first, "next"), spec.MEMBERSHIP_CONTAINER)

    assert {role for member in first.json["members"] for role in member["roles"]} == {"Learner"}
    assert "role" not in link(first, "next")
    assert {"limit=4", "from=4"} == set(link(first, "next").partition("?")[2].split("&"))
    assert len(second.json["members"]) == 4


@pytest.mark.parametrize("role", ["Mentor", "http%3A%2F%2Fexample.org%2Frole"])
def test_moodle_returns_everyone_for_an_unknown_role(desk, role):
    assert len(desk.roster(f"?role={role}").json["members"]) == 12


def test_moodle_writes_one_short_role(desk):
    roles = {member["user_id"]: member["roles"] for member in desk.roster().json["members"]}

    assert (roles[BOTH], roles[ASSISTANT], roles[STUDENT]) == (["Instructor"], ["Learner"], ["Learner"])


def test_moodle_calls_suspended_members_active_and_tells_every_sourcedid(desk):
    members = {member["user_id"]: member for member in desk.roster().json["members"]}

    assert members[SUSPENDED]["status"] == "Active"
    assert members["a0000000-0000-4000-8000-000000000012"]["lis_person_sourcedid"] == ""


def test_moodle_adds_a_message_for_its_resource_link_and_keeps_the_link_on_page_2(desk):
    rlid = desk.claim(spec.CLAIM_RESOURCE_LINK)["id"]
    answer = desk.roster(f"?rlid={rlid}&limit=5")

    assert "message" in answer.json["members"][0]
    assert f"rlid={rlid}" in link(answer, "next")


def test_moodle_escapes_names(desk):
    desk.platform.enrol("SEM12", "dd", name="Dungeons & Dragons")

    assert desk.roster().json["members"][-1]["name"] == "Dungeons &amp; Dragons"


def test_moodle_with_privacy_leaves_out_names_but_not_the_sourcedid(make_desk):
    desk = make_desk(like="moodle", withhold_names=True)

    assert set(desk.roster().json["members"][0]) == {"user_id", "roles", "status", "lis_person_sourcedid"}


# --- Line items -----------------------------------------------------------------------------------


def test_moodle_writes_grade_links_with_curly_quotes_and_entities(desk):
    desk.create()
    header = lineitems(desk, "&limit=1").headers["Link"].encode("latin-1").decode()

    assert header.endswith("; rel=“next”")
    assert "&amp;" in header


@pytest.mark.parametrize(("accept", "status"), [("*/*", 406), (f"{spec.LINE_ITEM_CONTAINER}, */*", 400)])
def test_moodles_list_refuses_everything_but_the_one_type(desk, accept, status):
    assert desk.get(desk.claim(spec.CLAIM_GRADES)["lineitems"], accept).status_code == status


def test_moodle_creates_twice_what_is_sent_twice(desk):
    assert desk.create(resourceId="r") != desk.create(resourceId="r")


@pytest.mark.parametrize("fields", [{"tag": "t" * 256}, {"resourceId": "r" * 513}])
def test_moodle_dies_of_long_texts_and_leaves_an_orphan(desk, fields):
    body = {"label": "Quiz", "scoreMaximum": 10, **fields}
    answer = desk.send("POST", desk.claim(spec.CLAIM_GRADES)["lineitems"], body, spec.LINE_ITEM)

    assert (answer.status_code, answer.mimetype) == (502, "text/html")
    assert len(desk.platform.course("SEM12").items) == 2
    assert len(lineitems(desk).json) == 1


def test_moodle_echoes_what_it_drops(desk):
    sent = {"label": "Quiz", "scoreMaximum": 10, "startDateTime": "2026-09-21T10:00:00Z", "https://x.example/y": 1}
    created = desk.send("POST", desk.claim(spec.CLAIM_GRADES)["lineitems"], sent, spec.LINE_ITEM)
    url = created.json["id"]

    assert (created.status_code, created.json) == (201, {**sent, "id": url})
    assert desk.get(url, spec.LINE_ITEM).json == {"id": url, "label": "Quiz", "scoreMaximum": 10}
    assert desk.send("PUT", url, sent, spec.LINE_ITEM).json == {**sent, "id": url}


def test_moodles_put_blanks_what_it_omits(desk):
    item = desk.create(tag="t", resourceId="r")
    desk.send("PUT", item, {"label": "Quiz", "scoreMaximum": 10}, spec.LINE_ITEM)

    assert {"tag", "resourceId"}.isdisjoint(desk.get(item, spec.LINE_ITEM).json)


@pytest.mark.parametrize("body", [{"label": "Quiz"}, {"scoreMaximum": 10}])
def test_moodle_needs_label_and_maximum(desk, body):
    lineitems_url = desk.claim(spec.CLAIM_GRADES)["lineitems"]

    assert desk.send("POST", lineitems_url, body, spec.LINE_ITEM).status_code == 400


def test_moodle_deletes_even_the_coupled_item(desk):
    assert desk.send("DELETE", desk.coupled(), b"", spec.LINE_ITEM).status_code == 204
    assert lineitems(desk).json == []


def test_moodle_dies_of_an_id_that_is_no_number(desk):
    assert desk.get("/courses/SEM12/lineitems/abc?type_id=1", spec.LINE_ITEM).status_code == 502


# --- Scores ---------------------------------------------------------------------------------------


def test_moodle_answers_a_score_with_nothing(desk, item):
    answer = desk.score(item, scoreGiven=5, scoreMaximum=10)

    assert (answer.status_code, answer.data) == (200, b"")


def test_moodle_repeats_a_refused_score_in_the_reason_phrase(desk, item):
    answer = desk.score(item, "nobody-0815", scoreGiven=4.25, scoreMaximum=10, comment="Müller was late")

    assert (answer.status_code, answer.data) == (400, b"[]")
    assert all(word in reason(answer) for word in ("nobody-0815", "4.25", "M\\u00fcller was late"))


def test_moodle_refuses_an_equal_second_and_names_the_user(desk, item):
    desk.score(item, scoreGiven=5, scoreMaximum=10, timestamp="2026-09-21T10:00:00.100Z")
    answer = desk.score(item, scoreGiven=6, scoreMaximum=10, timestamp="2026-09-21T10:00:00.900Z")

    assert (answer.status_code, answer.data, STUDENT in reason(answer)) == (409, b"[]", True)
    assert desk.score(item, scoreGiven=6, scoreMaximum=10, second=1).status_code == 200


def test_moodle_compares_with_the_time_of_receipt_on_a_coupled_item(desk):
    desk.score(desk.coupled(), scoreGiven=5, scoreMaximum=10, second=0)  # received at 14:13:20

    assert desk.score(desk.coupled(), scoreGiven=6, scoreMaximum=10, second=1).status_code == 409


def test_moodle_cuts_a_score_at_the_maximum(desk, item):
    desk.score(item, scoreGiven=30, scoreMaximum=20)

    assert desk.results(item)[0]["resultScore"] == 10


@pytest.mark.parametrize("progress", ["Pending", "PendingManual", "Failed", "NotReady"])
def test_moodle_wipes_a_grade_by_one_that_is_not_final_and_tells_no_more_than_whose(desk, item, progress):
    desk.score(item, scoreGiven=5, scoreMaximum=10)
    desk.score(item, second=1, scoreGiven=6, scoreMaximum=10, gradingProgress=progress)

    [row] = desk.results(item)
    assert (set(row), row["userId"]) == ({"id", "userId"}, STUDENT)


def test_moodle_answers_200_and_keeps_a_teachers_override(desk, item):
    desk.score(item, scoreGiven=5, scoreMaximum=10)
    desk.platform.override_grade("SEM12", number(item), STUDENT, 7)
    answer = desk.score(item, second=1, scoreGiven=6, scoreMaximum=10)

    assert (answer.status_code, desk.results(item)[0]["resultScore"]) == (200, 7)


def test_moodle_answers_500_for_a_locked_grade(desk, item):
    desk.platform.lock_grade("SEM12", number(item), STUDENT)
    locked = desk.score(item, scoreGiven=5, scoreMaximum=10).status_code
    desk.platform.lock_grade("SEM12", number(item), STUDENT, locked=False)

    assert (locked, desk.score(item, scoreGiven=5, scoreMaximum=10).status_code) == (500, 200)


def test_moodle_stores_nothing_of_pretty_printed_json(desk, item):
    body = {
        "userId": STUDENT,
        "scoreGiven": 5,
        "scoreMaximum": 10,
        "timestamp": "2026-09-21T10:00:00.000Z",
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    }
    answer = desk.send("POST", sub_path(item, "scores"), json.dumps(body, indent=2).encode(), spec.SCORE)

    assert (answer.status_code, answer.json, desk.results(item)) == (200, [], [])


# --- Results and maintenance ----------------------------------------------------------------------


def test_moodle_tells_when_a_result_was_scored(desk, item):
    desk.score(item, scoreGiven=5, scoreMaximum=10)

    assert desk.results(item)[0]["timestamp"] == "2026-09-21T10:00:00.000Z"


def test_moodle_answers_404_and_a_page_when_results_are_limited(desk, item):
    answer = desk.get(sub_path(item, "results") + "&limit=5", spec.RESULT_CONTAINER)

    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_moodle_under_maintenance_says_when_to_come_back(desk):
    desk.token(*spec.ALL_SCOPES)
    desk.platform.under_maintenance = True
    closed = [desk.roster(), desk.ask()]
    desk.platform.under_maintenance = False

    assert [(answer.status_code, answer.headers["Retry-After"], answer.mimetype) for answer in closed] == [
        (503, "300", "text/html")
    ] * 2
    assert desk.roster().status_code == 200
