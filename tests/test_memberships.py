"""Rosters, with the habits of real platforms. [NRPS 2.0]"""

from __future__ import annotations

import warnings
from urllib.parse import parse_qsl, urlsplit

import pytest
from scripted import HOST, ROSTER_URL, Reply, Script, members, person, says

from ltix_data import errors, spec
from ltix_data.records import Member

PATH = "/c/1/memberships"
LEARNER = spec.CONTEXT_ROLE + "Learner"
INSTRUCTOR = spec.CONTEXT_ROLE + "Instructor"
TA = spec.CONTEXT_SUB_ROLE + "Instructor#TeachingAssistant"
MESSAGE = {"message": [{"https://purl.imsglobal.org/spec/lti/claim/message_type": "LtiResourceLinkRequest"}]}


@pytest.fixture
def lms(signing_key):
    return Script(signing_key)


def ids(found) -> list[str]:
    return [member.user_id for member in found]


def asked(seen) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(seen.url).query))


def test_a_roster_is_asked_for_by_its_media_type_and_scope(lms):
    lms.on(PATH, says(members(person("u1"))))
    roster = lms.memberships().roster()

    (seen,) = lms.service_requests
    assert (seen.method, seen.url, seen.headers["accept"], roster.members, roster.differences_url) == (
        "GET",
        ROSTER_URL,
        "application/vnd.ims.lti-nrps.v2.membershipcontainer+json",
        (Member("u1", roles=(LEARNER,)),),
        None,
    )


@pytest.mark.parametrize("role", ["Learner", "learner", LEARNER])
def test_a_role_is_asked_for_by_its_full_uri_beside_the_urls_own_query(lms, role):
    """Canvas refuses short names; Moodle's URL carries a query."""
    lms.on(PATH, says(members()))
    lms.memberships(f"{ROSTER_URL}?type_id=1").roster(role=role, resource_link="rl 1")

    assert asked(lms.service_requests[0]) == {"type_id": "1", "role": LEARNER, "rlid": "rl 1"}


def test_moodles_unfiltered_second_page_is_filtered_here(lms):
    lms.on(
        PATH,
        says(members(person("u1", LEARNER)), link=f'<{ROSTER_URL}?from=1>; rel="next"'),
        says(members(person("t1", "Instructor"), person("u2", "Learner"))),
    )

    assert ids(lms.memberships().roster(role="Learner").members) == ["u1", "u2"]


def test_a_platform_that_ignores_the_role_is_filtered_here(lms):
    """Open edX; sub-roles fit their principal role."""
    lms.on(PATH, says(members(person("u1"), person("t1", INSTRUCTOR), person("a1", INSTRUCTOR, TA), person("x1", TA))))
    service = lms.memberships()

    assert (ids(service.members(role="Instructor")), ids(service.members(role="TeachingAssistant"))) == (
        ["t1", "a1", "x1"],
        ["a1", "x1"],
    )


def test_assistants_are_found_by_asking_for_everyone(lms):
    lms.on(PATH, says(members(person("a1", TA))))
    list(lms.memberships().members(role="TeachingAssistant"))

    assert lms.asked == [f"GET {ROSTER_URL}"]


@pytest.mark.parametrize("status", ["Inactive", "inactive", " INACTIVE "])
def test_a_status_is_filtered_here(lms, status):
    lms.on(PATH, says(members(person("u1"), person("u2", status="inactive"), person("u3", status="Limbo"))))

    assert (ids(lms.memberships().roster(status=status).members), lms.asked) == (["u2"], [f"GET {ROSTER_URL}"])


@pytest.mark.parametrize("wrong", [{"role": "Student"}, {"role": ""}, {"status": "Gone"}, {"status": ""}])
def test_a_filter_nobody_knows_is_refused_before_anything_is_asked(lms, wrong):
    """Moodle answers an unknown role with everyone."""
    for act in (lambda: lms.memberships().roster(**wrong), lambda: list(lms.memberships().members(**wrong))):
        with pytest.raises(errors.UsageError):
            act()

    assert lms.seen == []


def test_who_is_listed_twice_is_one_person_with_both_roles_and_every_known_field(lms):
    lms.on(
        PATH,
        says(
            members(
                person("u1", LEARNER, email="a@example.edu", status="Active"),
                person("u2"),
                person("u1", INSTRUCTOR, name="Ann", status="Inactive"),
            )
        ),
    )

    assert lms.memberships().roster().members == (
        Member("u1", roles=(LEARNER, INSTRUCTOR), status="Active", name="Ann", email="a@example.edu"),
        Member("u2", roles=(LEARNER,)),
    )


def test_a_role_is_looked_for_in_both_entries_of_a_person(lms):
    lms.on(PATH, says(members(person("u1", LEARNER), person("u1", INSTRUCTOR))))

    assert lms.memberships().roster(role="Learner").members == (Member("u1", roles=(LEARNER, INSTRUCTOR)),)


def test_a_course_larger_than_open_edx_lists_is_an_error_that_says_who_can_mend_it(lms):
    lms.on(PATH, says({"error": "above_response_limit"}, 403))

    with pytest.raises(errors.AccessError, match="COURSE_MEMBER_API_ENROLLMENT_LIMIT"):
        lms.memberships().roster()


def test_a_roster_that_is_forbidden_stays_forbidden(lms):
    lms.on(PATH, Reply(403))

    with pytest.raises(errors.AccessError, match="the roster of course “BIO101”"):
        lms.memberships().roster()

    assert len(lms.service_requests) == 1


def test_a_resource_link_that_was_ignored_is_said(lms):
    """Open edX; a platform that heeds it sends each member's message. [NRPS §3.2]"""
    lms.on(PATH, says(members(person("u1"))))

    with pytest.warns(errors.LtixWarning, match="seems to ignore the resource_link filter"):
        found = lms.memberships().roster(resource_link="rl1")

    assert ids(found.members) == ["u1"]


@pytest.mark.parametrize("found", [[person("u1", **MESSAGE), person("u2")], []])
def test_a_resource_link_that_was_heeded_is_not_warned_of(lms, found):
    lms.on(PATH, says(members(*found)))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(lms.memberships().roster(resource_link="rl1").members) == len(found)


def test_more_people_than_allowed_are_an_error_while_reading(signing_key):
    lms = Script(signing_key, platform="Canvas")
    numbers = iter(range(1, 100))

    def endless(seen):
        n = next(numbers)
        return says(members(person(f"a{n}"), person(f"b{n}")), link=f'<{ROSTER_URL}?p={n}>; rel="next"')

    lms.on(PATH, endless)

    with pytest.raises(errors.TooLargeError, match="more than 5 members"):
        lms.memberships().roster(max_members=5, ahead=False)

    assert len(lms.service_requests) == 3


def test_as_many_people_as_allowed_are_read(lms):
    lms.on(PATH, says(members(*(person(f"u{n}") for n in range(5)))))

    assert len(lms.memberships().roster(max_members=5).members) == 5


def test_differences_are_asked_by_the_url_as_it_was_given(lms):
    opaque = f"{HOST}/diff?Since=AbC%2F&x"
    lms.on(PATH, says(members(person("u1")), link=f'<{opaque}>; rel="differences"'))
    lms.on("/diff", says(members(person("u1", status="Deleted"), person("u9")), link=f'<{HOST}/d2>; rel="differences"'))
    service = lms.memberships()
    changes = service.differences(service.roster().differences_url)

    assert (lms.asked[-1], [(m.user_id, m.status) for m in changes.members], changes.differences_url) == (
        f"GET {opaque}",
        [("u1", "Deleted"), ("u9", "Active")],
        f"{HOST}/d2",
    )


@pytest.mark.parametrize("url", ["https://evil.example/diff", "http://lms.example.edu/diff"])
def test_differences_elsewhere_get_no_token(lms, url):
    lms.on(PATH, says(members(person("u1")), link=f'<{url}>; rel="differences"'))
    service = lms.memberships()
    roster = service.roster()

    with pytest.raises(errors.ForeignHostError):
        service.differences(roster.differences_url)

    assert len(lms.service_requests) == 1


def test_members_come_as_they_are_read(lms):
    """The second page is not asked for before the first is used."""
    lms.on(PATH, says(members(person("u1")), link=f'<{ROSTER_URL}?p=2>; rel="next"'), says(members(person("u2"))))
    found = lms.memberships().members()
    first = next(found)

    assert (first.user_id, len(lms.service_requests), ids(found)) == ("u1", 1, ["u2"])


def test_one_broken_member_fails_the_roster_and_stays_private(lms):
    lms.on(PATH, says(members(person("u1"), {"name": "Ann-Private", "email": "ann@example.edu", "roles": []})))

    with pytest.raises(errors.MalformedResponseError) as caught:
        lms.memberships().roster()

    assert (str(caught.value)[:54], "Ann" in repr(caught.value), "ann@" in repr(caught.value)) == (
        "The platform sent a member whose “user_id” is missing.",
        False,
        False,
    )


def test_a_course_without_a_roster_service_says_what_to_do(lms):
    service = lms.memberships()
    service.endpoint = {}

    with pytest.raises(errors.UsageError, match="Launch the tool from this course again"):
        service.roster()
