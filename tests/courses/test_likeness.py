"""Where the id of a course stands in its addresses, on each platform."""

from __future__ import annotations

from urllib.parse import quote, unquote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ltix_data import spec
from ltix_data.courses import KnownCourse
from ltix_data.errors import AmbiguousError, UsageError
from ltix_data.likeness import learn

HOST = "https://lms.example.edu"
DEPLOYMENT = "2ff21e97-79cf-4794-9244-5bfb55b7a330"


def course(roster: str | None, items: str | None = None, context: str | None = None, name: str = "A") -> KnownCourse:
    return KnownCourse(name, context_id=context, memberships_url=roster, lineitems_url=items)


MOODLE = (
    f"{HOST}/mod/lti/services.php/CourseSection/42/bindings/7/memberships",
    f"{HOST}/mod/lti/services.php/42/lineitems?type_id=7",
)

# Each as the vendor documents it or its source makes it.
SHAPES = {
    "Canvas: a number, where the context id is a hash": (
        course(
            "https://uni.instructure.com/api/lti/courses/1234/names_and_roles",
            "https://uni.instructure.com/api/lti/courses/1234/line_items",
            "4dde05e8ca1973bcca9bffc13e1548820eee93a3",
        ),
        "1234",
        "5678",
        None,
        "https://uni.instructure.com/api/lti/courses/5678/names_and_roles",
        "https://uni.instructure.com/api/lti/courses/5678/line_items",
    ),
    "Moodle: the context id, beside the tool's number": (
        course(*MOODLE, "42"),
        "42",
        "43",
        "43",
        f"{HOST}/mod/lti/services.php/CourseSection/43/bindings/7/memberships",
        f"{HOST}/mod/lti/services.php/43/lineitems?type_id=7",
    ),
    "Blackboard: a key, with the placement's beside it": (
        course(
            f"{HOST}/learn/api/v1/lti/external/namesandroles/_4_1?placement_id=_553_1",
            f"{HOST}/learn/api/v1/lti/courses/_4_1/lineItems",
            "83656022865f4f47a898b986399a01a8",
        ),
        "_4_1",
        "_17_1",
        None,
        f"{HOST}/learn/api/v1/lti/external/namesandroles/_17_1?placement_id=_553_1",
        f"{HOST}/learn/api/v1/lti/courses/_17_1/lineItems",
    ),
    "Brightspace: the org unit, behind the deployment": (
        course(
            f"{HOST}/d2l/api/lti/nrps/2.0/deployment/{DEPLOYMENT}/orgunit/6836/memberships",
            f"{HOST}/d2l/api/lti/ags/2.0/deployment/{DEPLOYMENT}/orgunit/6836/lineitems",
            "6836",
        ),
        "6836",
        "6837",
        "6837",
        f"{HOST}/d2l/api/lti/nrps/2.0/deployment/{DEPLOYMENT}/orgunit/6837/memberships",
        f"{HOST}/d2l/api/lti/ags/2.0/deployment/{DEPLOYMENT}/orgunit/6837/lineitems",
    ),
    "Schoology: the section, behind the tool's number": (
        course(
            "https://lti-service.svc.schoology.com/lti-service/tool/8409/services/names-roles/v2p0/membership/7660186912",
            "https://lti-service.svc.schoology.com/lti-service/tool/8409/services/assignment-grade/v2p0/sections/7660186912/lineitems",
            "7660186912",
        ),
        "7660186912",
        "7660186913",
        "7660186913",
        "https://lti-service.svc.schoology.com/lti-service/tool/8409/services/names-roles/v2p0/membership/7660186913",
        "https://lti-service.svc.schoology.com/lti-service/tool/8409/services/assignment-grade/v2p0/sections/7660186913/lineitems",
    ),
    "Sakai 23: the site, whose id may be a word": (
        course(f"{HOST}/imsblis/lti13/namesandroles/mercury", f"{HOST}/imsblis/lti13/lineitems/mercury", "mercury"),
        "mercury",
        "8b206920-d4d9-4df5-9aba-bd100a2a0af0",
        "8b206920-d4d9-4df5-9aba-bd100a2a0af0",
        f"{HOST}/imsblis/lti13/namesandroles/8b206920-d4d9-4df5-9aba-bd100a2a0af0",
        f"{HOST}/imsblis/lti13/lineitems/8b206920-d4d9-4df5-9aba-bd100a2a0af0",
    ),
    "a roster alone": (
        course(f"{HOST}/api/lti/courses/1234/names_and_roles"),
        "1234",
        "5",
        None,
        f"{HOST}/api/lti/courses/5/names_and_roles",
        None,
    ),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_addresses_of_another_course_are_as_the_platform_makes_them(shape):
    captured, was, new, context, roster, items = shape

    learnt = learn(captured)

    assert learnt.was == was
    assert learnt.made(new, name="B") == KnownCourse(
        "B", context_id=context, memberships_url=roster, lineitems_url=items
    )


def test_nothing_of_the_captured_courses_own_comes_along():
    captured = KnownCourse(
        "BIO101",
        context_id="42",
        label="BIO101",
        title="Biology",
        memberships_url=MOODLE[0],
        lineitems_url=MOODLE[1],
        lineitem_url=f"{HOST}/mod/lti/services.php/42/lineitems/3/lineitem?type_id=7",
        resource_link_id="3",
        scopes=(spec.SCOPE_SCORE,),
        services={
            "https://x.example/claim/groups": {"groups_url": f"{HOST}/groups/42", "scope": ["s"]},
            "https://x.example/claim/notices": {"url": f"{HOST}/notices/7"},
            "https://x.example/claim/none": {"version": "42"},
        },
    )

    assert learn(captured).made("43", name="B") == KnownCourse(
        "B",
        context_id="43",
        memberships_url=MOODLE[0].replace("42", "43"),
        lineitems_url=MOODLE[1].replace("42", "43"),
        scopes=(spec.SCOPE_SCORE,),
        services={"https://x.example/claim/groups": {"groups_url": f"{HOST}/groups/43", "scope": ["s"]}},
    )


def test_an_id_is_never_a_part_of_a_longer_one():
    learnt = learn(course(f"{HOST}/v1/142/4/m?a=42&b=41", f"{HOST}/v1/4/i?x=14", "4"))

    made = learnt.made("9", name="B")

    assert made.memberships_url == f"{HOST}/v1/142/9/m?a=42&b=41"
    assert made.lineitems_url == f"{HOST}/v1/9/i?x=14"


def test_an_id_in_a_query_is_found_too():
    learnt = learn(course(f"{HOST}/m.php?course=42&tool=7", f"{HOST}/i.php?tool=7&course=42", "42"))

    made = learnt.made("A&b=c", name="B")

    assert made.memberships_url == f"{HOST}/m.php?course=A%26b%3Dc&tool=7"
    assert made.lineitems_url == f"{HOST}/i.php?tool=7&course=A%26b%3Dc"


@pytest.mark.parametrize(
    ("standing", "made"),
    [("course-v1:Org+Bio+1", "course-v1:Org+Che+2"), ("course-v1%3AOrg%2BBio%2B1", "course-v1%3AOrg%2BChe%2B2")],
)
def test_an_id_is_encoded_as_the_captured_one_was(standing, made):
    learnt = learn(course(f"{HOST}/c/{standing}/m", context="course-v1:Org+Bio+1"))

    assert learnt.made("course-v1:Org+Che+2", name="B").memberships_url == f"{HOST}/c/{made}/m"


# --- What settles it ------------------------------------------------------------------------------


def test_two_candidates_are_listed_with_the_ways_to_settle_it():
    with pytest.raises(AmbiguousError, match=r'“42”, “7”.*was="42".*second course'):
        learn(course(*MOODLE))


def test_the_user_can_say_which_it_is():
    learnt = learn(course(*MOODLE), was="42")

    assert learnt.made("43", name="B").lineitems_url == f"{HOST}/mod/lti/services.php/43/lineitems?type_id=7"


def test_a_second_course_settles_which_it_is():
    second = course(*(url.replace("42", "51") for url in MOODLE), name="B")

    assert learn(course(*MOODLE), [second]).was == "42"


SAME_NUMBER = (
    f"{HOST}/mod/lti/services.php/CourseSection/7/bindings/7/memberships",
    f"{HOST}/mod/lti/services.php/7/lineitems?type_id=7",
)


@pytest.mark.parametrize("was", [None, "7"])
def test_a_course_with_the_number_of_the_tool_is_told_by_a_second_course_alone(was):
    first = course(*SAME_NUMBER, "7")
    second = course(*(url.replace("42", "51") for url in MOODLE), "51", name="B")

    with pytest.raises(AmbiguousError, match=r"stands 2 times.*second course"):
        learn(first, was=was)
    assert learn(first, [second], was=was).made("9", name="C").memberships_url == (
        f"{HOST}/mod/lti/services.php/CourseSection/9/bindings/7/memberships"
    )


def test_of_three_courses_what_always_differs_counts():
    roster = HOST + "/tool/{}/course/{}/m"
    others = [course(roster.format(1, 43), name="B"), course(roster.format(2, 44), name="C")]

    assert learn(course(roster.format(1, 42)), others).was == "42"


def test_an_id_that_only_one_address_changes_with_is_not_the_courses():
    """Blackboard names the placement in the roster's address."""
    shape = SHAPES["Blackboard: a key, with the placement's beside it"][0]
    second = course(
        f"{HOST}/learn/api/v1/lti/external/namesandroles/_5_1?placement_id=_560_1",
        f"{HOST}/learn/api/v1/lti/courses/_5_1/lineItems",
        name="B",
    )

    assert learn(shape, [second]).was == "_4_1"


@pytest.mark.parametrize(
    "other",
    [
        course(*MOODLE, name="B"),
        course(*(url.replace("lms.", "old.").replace("42", "9") for url in MOODLE), name="B"),
        course(f"{HOST}/other/42/form", f"{HOST}/other/items", name="B"),
        course(None, MOODLE[1].replace("42", "9"), name="B"),
        KnownCourse("B"),
    ],
    ids=["the same", "another host", "another form", "no roster", "nothing"],
)
def test_courses_that_cannot_be_compared_settle_nothing(other):
    with pytest.raises(AmbiguousError):
        learn(course(*MOODLE), [other])


@pytest.mark.parametrize(
    ("captured", "words"),
    [
        (KnownCourse("A", lineitem_url=f"{HOST}/i/1"), "no address of a roster or of line items"),
        (
            course(
                f"{HOST}/api/lti_consumer/v1/lti/17/memberships",
                f"{HOST}/api/lti_consumer/v1/lti/17/lti-ags",
                "course-v1:Org+Bio+1",
            ),
            "Open edX numbers each block",
        ),
        (
            course(
                f"{HOST}/imsblis/lti13/namesandroles/5f2c:::mercury:::content:6",
                f"{HOST}/imsblis/lti13/lineitems/5f2c:::mercury:::content:6",
                "mercury",
            ),
            "inside a longer one",
        ),
        (course(f"{HOST}/tool/9/m/abc", f"{HOST}/tool/9/sections/123/i", "abc"), "go by different ids"),
        (course(f"{HOST}/m/1", f"{HOST}/i/2"), "no id in common"),
        (course(f"{HOST}/api/v1/members"), "no id in common"),
    ],
    ids=["no list", "Open edX", "Sakai before 23", "two ids", "nothing in common", "no id"],
)
def test_addresses_that_do_not_depend_on_one_id_are_refused(captured, words):
    with pytest.raises(UsageError, match=words):
        learn(captured)


def test_an_id_that_is_not_there_is_refused():
    with pytest.raises(UsageError, match="“4” is no whole part of the roster address"):
        learn(course(*MOODLE), was="4")


def test_a_seal_in_an_address_is_not_repeated_in_a_message():
    seal = "5f2c9d" * 12

    with pytest.raises(AmbiguousError) as caught:
        learn(course(f"{HOST}/a1/{seal}/m"))

    assert seal not in str(caught.value)


# --- Ids that could lead elsewhere ----------------------------------------------------------------

HOSTILE = [
    "",
    " ",
    "..",
    ".",
    "1/../../admin",
    "1\\2",
    "%2e%2e%2f",
    "1?x=1",
    "1#x",
    "..;",
    "1;x",
    "1\r\nHost: evil.example",
    "1\x00",
    "1\u202e2",
    "\ud800",
    "1\u00a02",
    "1" * 256,
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_an_id_that_could_lead_elsewhere_is_refused(hostile):
    with pytest.raises(UsageError) as caught:
        learn(course(*MOODLE, "42")).made(hostile, name="B")

    assert len(hostile) < 3 or hostile not in str(caught.value)


@pytest.mark.parametrize(
    "plain", ["00123", "9007199254740993", "_4_1", "a b", "Kurs Ä", "x@y", "course-v1:O+B+1", "a.b"]
)
def test_an_id_that_may_stand_in_an_address_does(plain):
    made = learn(course(*MOODLE, "42")).made(plain, name="B")

    assert unquote(str(made.memberships_url).split("/")[-4]) == plain
    assert str(made.memberships_url).isascii()


quick = settings(max_examples=50, deadline=None)  # the machine may be shared
IDS = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="/\\%?#;."), min_size=1, max_size=12)


@quick
@given(IDS, IDS, st.lists(IDS, max_size=4), st.lists(IDS, max_size=3), st.sampled_from(["/{}/", "/m?x=1&id={}&y="]))
def test_nothing_but_the_place_of_the_id_is_touched(old, new, before, after, around):
    """Whatever stands around the id stands there still, to the letter; and the id stays within its place."""
    assume(old not in (*before, *after, "1", "m"))
    head, tail = around.split("{}")
    head = "/".join([HOST, *map(_quoted, before)]) + head
    tail = tail + "-".join(map(_quoted, after)) + "#f"
    assume(old != unquote(tail[1:-2]))

    made = str(learn(course(f"{head}{_quoted(old)}{tail}"), was=old).made(new, name="B").memberships_url)

    middle = made.removeprefix(head).removesuffix(tail)
    assert made == f"{head}{middle}{tail}"
    assert unquote(middle) == new
    assert not set(middle) & set("/?#&=")


def _quoted(text: str) -> str:
    return quote(text, safe="")


@quick
@given(IDS, IDS)
def test_the_id_of_a_course_that_was_made_is_read_back(one, other):
    assume(one not in ("x", "m", "i"))
    learnt = learn(course(f"{HOST}/x/{_quoted(one)}/m", f"{HOST}/i?c={_quoted(one)}"), was=one)

    assert learnt.id_of(learnt.made(other, name="B")) == other


@pytest.mark.parametrize(
    "other",
    [
        course(MOODLE[0].replace("/7/", "/8/"), MOODLE[1]),
        course(MOODLE[0].replace("42", "43"), MOODLE[1]),
        course(MOODLE[0].replace("lms.", "other."), MOODLE[1]),
        course(MOODLE[0]),
    ],
    ids=["another tool", "two ids", "another host", "no line items"],
)
def test_a_course_of_another_form_has_no_id_that_could_be_compared(other):
    assert learn(course(*MOODLE, "42")).id_of(other) is None
