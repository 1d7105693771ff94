"""Rosters: complete over pages, filtered on all of them, silent about what was not agreed."""

import pytest

from ltix_data import spec

from .conftest import link

LEARNER = spec.CONTEXT_ROLE + "Learner"


def pages(desk, query="", course="BIO101"):
    """Follow the next links and return the pages' members."""
    url = f"/courses/{course}/memberships{query}"
    while url:
        answer = desk.get(url, spec.MEMBERSHIP_CONTAINER)
        yield answer.json["members"]
        url = link(answer, "next")


def test_a_container_has_id_context_and_members(desk):
    body = desk.roster().json

    assert body["id"] == "http://localhost/courses/SEM12/memberships"
    assert body["context"] == desk.claim(spec.CLAIM_CONTEXT)
    assert len(body["members"]) == 12


def test_a_name_with_an_apostrophe_survives_unescaped(desk):
    names = [member["name"] for member in desk.roster().json["members"]]

    assert {"Aoife O'Neil", "Seán O’Brien", "王秀英", "ليلى حدّاد", "Anna  Maria Schmidt"} <= set(names)


def test_all_pages_together_hold_everyone_once(desk):
    ids = [member["user_id"] for page in pages(desk) for member in page]

    assert (len(ids), len(set(ids))) == (350, 350)


def test_no_page_is_longer_than_the_platform_allows(make_desk):
    desk = make_desk(page_size=100)

    assert [len(page) for page in pages(desk, "?limit=1000")] == [100, 100, 100, 50]


def test_a_smaller_limit_is_kept_on_every_page(desk):
    assert [len(page) for page in pages(desk, "?limit=5", "SEM12")] == [5, 5, 2]


@pytest.mark.parametrize(
    "role", ["Instructor", "http%3A%2F%2Fpurl.imsglobal.org%2Fvocab%2Flis%2Fv2%2Fmembership%23Instructor"]
)
def test_the_second_page_carries_the_role_filter(desk, role):
    found = list(pages(desk, f"?role={role}&limit=4"))

    assert len(found) == 2
    assert all(any("Instructor" in role for role in member["roles"]) for page in found for member in page)


def test_a_sub_role_filter_finds_assistants(desk):
    role = "http%3A%2F%2Fpurl.imsglobal.org%2Fvocab%2Flis%2Fv2%2Fmembership%2FInstructor%23TeachingAssistant"

    assert [member["name"] for member in desk.roster(f"?role={role}").json["members"]] == ["Kwame Okafor"]


def test_a_role_that_nobody_has_finds_nobody(desk):
    assert desk.roster("?role=Mentor").json["members"] == []


def test_someone_who_leaves_while_the_pages_are_read_does_not_hide_another(desk):
    first = desk.roster("?limit=4")
    desk.platform.unenrol("SEM12", first.json["members"][0]["user_id"])

    rest = desk.get(link(first, "next"), spec.MEMBERSHIP_CONTAINER).json["members"]

    assert rest[0]["user_id"] == "000812"


def test_differences_report_who_came_changed_and_left(desk):
    url = link(desk.roster(), "differences")
    desk.platform.enrol("SEM12", "new-1", name="Nils Neu", email="nils@example.edu")
    desk.platform.set_status("SEM12", "0004713", "Inactive")
    desk.platform.unenrol("SEM12", "000812")

    members = desk.get(url, spec.MEMBERSHIP_CONTAINER).json["members"]

    assert {member["user_id"]: member["status"] for member in members} == {
        "000812": "Deleted",
        "0004713": "Inactive",
        "new-1": "Active",
    }


def test_differences_are_counted_from_the_first_page(desk):
    first = desk.roster("?limit=8")
    desk.platform.set_status("SEM12", "0004711", "Inactive")
    second = desk.get(link(first, "next"), spec.MEMBERSHIP_CONTAINER)

    members = desk.get(link(second, "differences"), spec.MEMBERSHIP_CONTAINER).json["members"]

    assert [member["user_id"] for member in members] == ["0004711"]


def test_who_came_and_went_in_between_is_not_reported(desk):
    url = link(desk.roster(), "differences")
    desk.platform.enrol("SEM12", "brief-1")
    desk.platform.unenrol("SEM12", "brief-1")

    assert desk.get(url, spec.MEMBERSHIP_CONTAINER).json["members"] == []


def test_a_plain_roster_never_says_deleted(desk):
    desk.platform.unenrol("SEM12", "000812")

    assert {member["status"] for member in desk.roster().json["members"]} == {"Active", "Inactive"}


def test_a_resource_link_adds_a_message_with_resolved_variables(make_desk):
    desk = make_desk(tool={"custom": {"login": "$User.username", "odd": "$Some.thing"}})
    rlid = desk.claim(spec.CLAIM_RESOURCE_LINK)["id"]

    member = desk.roster(f"?rlid={rlid}").json["members"][0]

    message = member["message"][0]
    assert message[spec.CLAIM_MESSAGE_TYPE] == spec.RESOURCE_LINK_REQUEST
    assert message[spec.CLAIM_CUSTOM]["login"] == member["ext_user_username"]
    assert message[spec.CLAIM_CUSTOM]["odd"] == "$Some.thing"


def test_another_tools_resource_link_is_refused(desk):
    desk.platform.add_tool(jwks={"keys": [{"kty": "RSA"}]})

    assert desk.roster("?rlid=link-SEM12-2").status_code == 404
    assert desk.roster("?rlid=link-SEM12-1").status_code == 200


def test_withheld_names_leave_ids_and_roles_only(make_desk):
    desk = make_desk(withhold_names=True, tool={"custom": {"login": "$User.username"}})
    rlid = desk.claim(spec.CLAIM_RESOURCE_LINK)["id"]

    plain = {field for member in desk.roster().json["members"] for field in member}
    linked = desk.roster(f"?rlid={rlid}")

    assert plain == {"user_id", "roles", "status"}
    assert "uvoegeli" not in linked.text


@pytest.mark.parametrize(
    "accept",
    ["*/*", "application/json", f"{spec.MEMBERSHIP_CONTAINER};q=0.9", f"{spec.MEMBERSHIP_CONTAINER}, application/json"],
)
def test_any_other_accept_header_is_406(desk, accept):
    assert desk.get("/courses/SEM12/memberships", accept).status_code == 406


def test_without_a_token_it_is_401_with_a_challenge(desk):
    answer = desk.web.get("/courses/SEM12/memberships", headers={"Accept": spec.MEMBERSHIP_CONTAINER})

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="ltix-practice"')


def test_without_the_scope_it_is_403(desk):
    answer = desk.get("/courses/SEM12/memberships", spec.MEMBERSHIP_CONTAINER, spec.SCOPE_SCORE)

    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


def test_an_unknown_course_is_404(desk):
    assert desk.roster(course="NONE").status_code == 404


@pytest.mark.parametrize("query", ["?limit=0", "?limit=-1", "?limit=ten", "?limit=٣"])
def test_a_limit_that_is_no_positive_number_is_400(desk, query):
    assert desk.roster(query).status_code == 400


def test_unknown_query_parameters_are_ignored(desk):
    assert len(desk.roster("?colour=red").json["members"]) == 12
