"""Like Canvas: it counts submissions, comments and requests."""

import pytest

from ltix_data import spec

from .conftest import BASE, link, sub_path

STUDENT = "0004713"
TEACHER = "b7a2f5d0-31c4-4f0e-9a53-6d1c8e2f7a10"
INACTIVE = "9007199254740995"
TEST_STUDENT = "a0000000-0000-4000-8000-000000000012"


@pytest.fixture
def desk(make_desk):
    return make_desk(like="canvas")


@pytest.fixture
def item(desk):
    return desk.create(scoreMaximum=10)


def cell(desk, item, user_id=STUDENT):
    return desk.platform.cell("SEM12", int(item.partition("?")[0].rpartition("/")[2]), user_id)


@pytest.mark.parametrize("aud", [f"{BASE}/token/", [f"{BASE}/token"], BASE])
def test_canvas_takes_its_audience_to_the_letter(desk, aud):
    assert (desk.ask().status_code, desk.ask(desk.assertion(aud=aud)).status_code) == (200, 400)


def test_canvas_gives_pages_of_50_whatever_limit_says(make_desk):
    desk = make_desk(like="canvas", page_size=1000)
    first = desk.roster("?limit=1000", course="BIO101")
    second = desk.get(link(first, "next"), spec.MEMBERSHIP_CONTAINER)

    assert [len(page.json["members"]) for page in (first, second)] == [50, 50]
    assert "limit" not in link(first, "next")


def test_canvas_pages_hold_every_active_member_once(make_desk):
    desk, found = make_desk(like="canvas"), []
    url = "/courses/BIO101/memberships?limit=20"
    while url:
        answer = desk.get(url, spec.MEMBERSHIP_CONTAINER)
        found += [member["user_id"] for member in answer.json["members"]]
        url = link(answer, "next")

    active = {key for key, member in desk.platform.course("BIO101").members.items() if member.status == "Active"}
    assert (len(found), set(found)) == (len(active), active)


def test_canvas_lists_active_members_and_the_test_student_and_no_differences_link(desk):
    answer = desk.roster()
    listed = {member["user_id"] for member in answer.json["members"]}

    assert (INACTIVE in listed, TEST_STUDENT in listed, link(answer, "differences")) == (False, True, None)


def test_canvas_filters_by_a_whole_urn_and_lets_a_short_name_through_to_nobody(desk):
    full = desk.roster(f"?role={spec.CONTEXT_ROLE.replace('#', '%23')}Instructor").json["members"]

    assert (len(full), desk.roster("?role=Instructor").json["members"]) == (3, [])


def test_canvas_answers_400_for_a_foreign_resource_link(desk):
    answer = desk.roster("?rlid=elsewhere")

    assert (answer.status_code, answer.json["errors"]["message"]) == (
        400,
        "Tool does not have access to rlid or rlid does not exist",
    )


def test_canvas_adds_a_message_for_its_own_resource_link(desk):
    rlid = desk.claim(spec.CLAIM_RESOURCE_LINK)["id"]

    assert "message" in desk.roster(f"?rlid={rlid}").json["members"][0]


def test_canvas_answers_401_to_deleting_the_coupled_item(desk):
    assert desk.send("DELETE", desk.coupled(), b"", spec.LINE_ITEM).status_code == 401


@pytest.mark.parametrize(("second", "status"), [(4, 400), (5, 200), (6, 200)])
def test_canvas_refuses_an_older_time_and_takes_an_equal_one_again(desk, item, second, status):
    desk.score(item, scoreGiven=5, scoreMaximum=10, second=5)

    assert desk.score(item, scoreGiven=6, scoreMaximum=10, second=second).status_code == status


def test_canvas_counts_each_post_as_a_submission_unless_told_otherwise(desk, item):
    for second, extension in enumerate(({}, {"new_submission": True}, {"new_submission": False})):
        desk.score(item, scoreGiven=5, scoreMaximum=10, second=second, **{spec.CANVAS_SUBMISSION: extension})
    desk.score(item, scoreGiven=5, scoreMaximum=10, second=9)

    assert cell(desk, item).submissions == 3


def test_canvas_appends_comments_and_forgets_none(desk, item):
    for comment in ("One.", "Two.", None):
        desk.score(item, scoreGiven=5, scoreMaximum=10, **({"comment": comment} if comment else {}))

    assert (cell(desk, item).comments, desk.results(item)[0]["comment"]) == (["One.", "Two."], "Two.")


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"scoreGiven": 6, "scoreMaximum": 10, "gradingProgress": "PendingManual"}, 6),
        ({"scoreGiven": 6, "scoreMaximum": 10, "gradingProgress": "Pending"}, None),
        ({"scoreGiven": 6, "scoreMaximum": 10, "gradingProgress": "Failed"}, None),
        ({"scoreGiven": 6, "scoreMaximum": 10, "gradingProgress": "NotReady"}, None),
        ({}, None),
    ],
)
def test_canvas_nulls_a_grade_that_is_not_given_and_graded(desk, item, fields, shown):
    desk.score(item, scoreGiven=5, scoreMaximum=10)
    desk.score(item, second=1, **fields)

    assert desk.results(item)[0].get("resultScore") == shown


@pytest.mark.parametrize("user_id", ["nobody", TEACHER, INACTIVE, TEST_STUDENT])
def test_canvas_says_the_same_of_everybody_who_is_no_student(desk, item, user_id):
    answer = desk.score(item, user_id, scoreGiven=5, scoreMaximum=10)

    assert (answer.status_code, answer.json["errors"]["message"]) == (
        422,
        "User not found in course or is not a student",
    )


@pytest.mark.parametrize("maximum", [{"scoreMaximum": 0}, {}])
def test_canvas_answers_422_without_a_maximum(desk, item, maximum):
    assert desk.score(item, scoreGiven=0, **maximum).status_code == 422


def test_canvas_tells_results_out_of_the_tools_own_maximum_without_a_time(desk, item):
    desk.score(item, scoreGiven=83, scoreMaximum=100)
    [row] = desk.results(item)

    assert (row["resultScore"], row["resultMaximum"], "timestamp" in row) == (83, 100, False)


def test_canvas_leaves_out_whom_only_a_teacher_has_graded(desk, item):
    number = int(item.partition("?")[0].rpartition("/")[2])
    desk.platform.override_grade("SEM12", number, "000812", 7)
    desk.score(item, scoreGiven=5, scoreMaximum=10)

    assert [row["userId"] for row in desk.results(item)] == [STUDENT]


def test_canvas_takes_whole_seconds_and_fields_that_it_does_not_know(desk, item):
    answer = desk.score(item, scoreGiven=5, scoreMaximum=10, timestamp="2026-09-21T10:00:00Z", points=5)

    assert (answer.status_code, answer.content_type) == (200, spec.SCORE)


def test_canvas_says_what_requests_cost_and_403_when_the_quota_is_spent(desk):
    desk.platform.exhaust_quota(1, refusals=2)
    answers = [desk.roster() for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 403, 403, 200]
    assert [answer.headers["X-Rate-Limit-Remaining"] for answer in answers] == ["700.0", "0.0", "0.0", "700.0"]
    assert "Rate Limit Exceeded" in answers[1].text
    assert ["X-Request-Cost" in answer.headers for answer in answers] == [True, False, False, True]


def test_canvas_can_say_429_until_the_quota_is_restored(desk):
    desk.platform.exhaust_quota(status=429)
    before = desk.get(sub_path(desk.coupled(), "results"), spec.RESULT_CONTAINER).status_code
    desk.platform.restore_quota()

    assert (before, desk.roster().status_code) == (429, 200)


# --- The leaky bucket -----------------------------------------------------------------------------


def test_canvas_takes_the_cost_of_each_request_from_a_quota_that_fills_again(desk, clock):
    desk.platform.meter_quota(cost=30)
    told = [float(desk.roster().headers["X-Rate-Limit-Remaining"]) for _ in range(2)]
    clock.advance(1)
    told.append(float(desk.roster().headers["X-Rate-Limit-Remaining"]))
    clock.advance(3600)
    told.append(float(desk.roster().headers["X-Rate-Limit-Remaining"]))

    assert told == [670, 640, 620, 670]


@pytest.mark.parametrize(("status", "said"), [(None, 403), (429, 429)])
def test_canvas_refuses_who_finds_the_bucket_full_until_it_has_leaked(desk, clock, status, said):
    desk.platform.meter_quota(cost=40, full=100, status=status)
    before = [desk.roster().status_code for _ in range(3)]
    clock.advance(3.1)  # 80 lie in it, and 50 are asked for: 31 have to leak

    assert (before, desk.roster().status_code, desk.platform.quota.refused) == ([200, 200, said], 200, 1)


def test_canvas_lets_requests_under_way_hold_50_and_gives_it_back(make_desk, monkeypatch):
    """The third of three at once is refused, where three in a row would not be."""
    desk = make_desk(like="canvas", latency=1)
    monkeypatch.setattr(desk.platform, "sleep", lambda seconds: None)
    desk.token(*spec.ALL_SCOPES)
    desk.platform.meter_quota(cost=1, full=150)
    statuses = []

    def meanwhile(seconds):  # while one request takes its time, the next one comes
        if not desk.platform.quota.refused:
            statuses.append(desk.roster().status_code)

    monkeypatch.setattr(desk.platform, "sleep", meanwhile)
    statuses.append(desk.roster().status_code)

    assert (statuses, desk.platform.quota.remaining) == ([403, 200, 200], 148)


def test_canvas_gives_back_what_a_refused_or_failed_request_held(desk, item):
    desk.platform.meter_quota(cost=1)
    desk.score(item, "nobody", scoreGiven=5, scoreMaximum=10)
    desk.get("/courses/NONE/memberships", spec.MEMBERSHIP_CONTAINER)

    assert desk.platform.quota.remaining == 698
