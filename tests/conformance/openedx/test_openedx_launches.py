"""What Open edX's launches and deep linking are like; the platform is `lti-consumer-xblock`'s own code.

claim or parameter          what it is                                        rule
--------------------------  ------------------------------------------------  ----------------------------------
iss, aud, azp               the LMS' address; the client id, as text, twice   Security §5.1.2
sub                         the external id, a UUID; login_hint is the same   Core §5.3.6
exp                         an hour after iat
deployment_id               “1”, always                                       Core §5.3.3
target_link_uri             the tool's launch URL; a deep-linked one's own    Core §5.3.4: it must be the login's
roles                       one context role or two, and “None” of the        Core §5.3.7; in no order
                            institution and the system
context                     id = label = the course key; type CourseOffering  Core §5.4.1
resource_link               the id alone, a usage key; no title               Core §5.3.5
name, email,                only where the component asks for them; no        Core §5.3.6, §5.4.2
preferred_username          given or family name
tool_platform               guid and name; no product_family_code             Core §5.4.3
custom                      “x = y” of the component's settings, or those     Core §5.4.6
                            of the deep-linked item, not both
endpoint                    lineitem only where Open edX makes the column     AGS §3.1
                            (“declarative”); scopes by the same setting
lti_message_hint            opaque; the authentication request must bring it  Security §5.1.1.1
a deep linking request      neither resource link nor services nor custom;    DL §4.4
                            title and text are empty; no data
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import tool as tools
from browser import Browser, Form

import ltix_data as ltix
from ltix_data import deeplinking, spec
from ltix_data.deeplinking import Column, Link, Period, Picture, ResourceLink

from . import provider

pytestmark = pytest.mark.process

URL = "https://tool.example/quiz"
ADA, GRACE, KATHERINE, MARY, STUDENT = 1, 2, 4, 5, 101


@pytest.fixture(scope="module")
def campus(signing_key):
    """The platform and the tool that it launches."""
    with tools.running() as tool, provider.running(signing_key) as platform:
        platform.tell_of_tool(tool.login_url, tool.launch_url)
        tool.registration = platform.registration(signing_key)
        yield tool, platform


@pytest.fixture
def tool(campus):
    return campus[0]


@pytest.fixture
def platform(campus):
    return campus[1]


@pytest.fixture
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture
def launched(tool, platform, browser):
    """Launch as somebody, and return what the tool made of it."""

    def launched(number, what="", code="BIO101"):
        page = browser.submit(browser.open(platform.page(number, what, code)).form)
        assert page.status == 200, page.text
        return tool.seen[-1]

    return launched


@pytest.fixture
def choose(tool, platform, browser):
    """Answer a request for content with some items; afterwards the component has none again."""

    def choose(*items):
        tool.chosen = items
        return browser.submit(browser.submit(browser.open(platform.page(GRACE, "choosing")).form).form)

    yield choose
    choose()
    tool.chosen = ()


# --- Launches ------------------------------------------------------------------------------------------


def test_a_launch_carries_these_claims_and_no_others(tool, platform, launched):
    course = platform.facts["courses"]["BIO101"]
    member = next(user for user, facts in course["members"].items() if facts["name"] == "Ada Lovelace")

    claims = dict(launched(ADA).claims)

    assert set(claims.pop(spec.CLAIM_ROLES)) == {
        f"{spec.CONTEXT_ROLE}Administrator",
        f"{spec.CONTEXT_ROLE}Instructor",
        f"{spec.INSTITUTION_ROLE}None",
        f"{spec.SYSTEM_ROLE}None",
    }
    assert claims.pop("exp") - claims.pop("iat") == 3600
    assert set(claims.pop(spec.CLAIM_TOOL_PLATFORM)) == {"guid", "name"}
    assert isinstance(claims.pop("nonce"), str)
    assert claims == {
        "iss": platform.facts["url"],
        "aud": platform.facts["client_id"],
        "azp": platform.facts["client_id"],
        "sub": member,
        "name": "Ada Lovelace",
        "email": "ada@practice.example",
        "preferred_username": "user1",
        spec.CLAIM_MESSAGE_TYPE: spec.RESOURCE_LINK_REQUEST,
        spec.CLAIM_VERSION: spec.LTI_VERSION,
        spec.CLAIM_DEPLOYMENT_ID: "1",
        spec.CLAIM_TARGET_LINK_URI: tool.launch_url,
        spec.CLAIM_RESOURCE_LINK: {"id": course["resource_link_id"]},
        spec.CLAIM_CONTEXT: {
            "id": course["context_id"],
            "label": course["context_id"],
            "title": "Cells & Genes - Practice",
            "type": ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"],
        },
        spec.CLAIM_LAUNCH_PRESENTATION: {"document_target": "iframe"},
        spec.CLAIM_CUSTOM: {"unit": "3"},
        spec.CLAIM_MEMBERSHIPS: {
            "context_memberships_url": course["memberships_url"],
            "service_versions": ["2.0"],
        },
        spec.CLAIM_GRADES: {
            "lineitems": course["lineitems_url"],
            "scope": [spec.SCOPE_LINE_ITEM, spec.SCOPE_RESULT_READONLY, spec.SCOPE_SCORE],
        },
    }


def test_a_course_that_shares_no_names_tells_none(launched):
    claims = launched(ADA, code="FULL").claims

    assert not {"name", "given_name", "family_name", "email", "preferred_username"} & claims.keys()


def test_a_course_key_of_other_letters_than_ascii_is_a_course(tool, launched):
    """edx-platform allows it where ALLOW_UNICODE_COURSE_ID is set; usage keys, our resource links, have it too."""
    known = tool.registration.capture(launched(ADA, code="生物学").course).course

    with ltix.connect(tool.registration) as session:
        assert len(session.course(known.name).roster()) == 7
    assert known.context_id == "course-v1:Practice+生物学+2025"


@pytest.mark.parametrize("number", [ADA, GRACE, KATHERINE, MARY, STUDENT])
def test_the_role_of_a_launch_is_the_one_of_the_roster(platform, launched, number):
    found = launched(number)

    assert found.role == platform.facts["courses"]["BIO101"]["members"][found.user_id]["role"]


def test_the_column_that_open_edx_makes_itself_is_captured_and_graded(tool, platform, launched):
    known = tool.registration.capture(launched(STUDENT, code="ONE").course).course
    learner = tool.seen[-1].user_id

    with ltix.connect(tool.registration) as session:
        course = session.course(known.name)
        course.post_score(known.lineitem_url, learner, 8, out_of=10)
        items = course.line_items()

    assert items[["item_id", "label", "out_of", "coupled"]].values.tolist() == [
        [known.lineitem_url, "Practice tool", 1.0, True]
    ]
    assert platform.grades()[known.resource_link_id, learner] == (0.8, None)


def test_where_open_edx_makes_the_column_the_tool_may_make_none(tool, launched):
    known = tool.registration.capture(launched(STUDENT, code="ONE").course).course

    assert known.scopes == (spec.SCOPE_LINE_ITEM_READONLY, spec.SCOPE_RESULT_READONLY, spec.SCOPE_SCORE)


def test_the_authentication_request_must_come_back_to_a_registered_address(tool, platform, browser):
    """It compares redirect_uri with the launch URL to the letter, unless more were entered."""
    page = browser.open(platform.page(ADA))

    answer = browser.open(page.url.replace("redirect_uri=http", "redirect_uri=https"))

    assert (page.status, answer.status) == (200, 400)


# --- Deep linking --------------------------------------------------------------------------------------


def test_a_request_for_content_has_no_link_no_services_and_no_data(tool, launched):
    found = launched(ADA, "choosing")
    asked = found.deep_linking

    absent = {spec.CLAIM_RESOURCE_LINK, spec.CLAIM_GRADES, spec.CLAIM_MEMBERSHIPS, spec.CLAIM_CUSTOM}
    assert not absent & found.claims.keys()
    assert found.course is None
    assert found.claims[spec.CLAIM_TARGET_LINK_URI] == tool.launch_url
    assert asked.accept_types == ("ltiResourceLink", "link", "html", "image")
    assert asked.accept_presentation_targets == ("iframe", "window", "embed")
    assert (asked.title, asked.text, asked.data, asked.accept_line_item) == (None, None, None, None)


def test_only_staff_and_admins_of_the_course_are_asked_for_content(platform, browser):
    """A student is refused, and so is “limited staff”, before the tool sees anything."""
    answers = [browser.open(platform.page(number, "choosing")).status for number in (ADA, GRACE, KATHERINE, STUDENT)]

    assert answers == [200, 200, 403, 403]


def test_an_answer_is_taken_only_from_the_browser_of_an_author(tool, launched):
    claims = launched(ADA, "choosing").claims
    answered = deeplinking.answer(tool.registration, claims, [ResourceLink(url=URL, title="A quiz")])

    with Browser() as stranger:
        assert stranger.submit(Form(answered.return_url, {"JWT": answered.jwt})).status == 403


def test_a_launch_of_a_deep_linked_item_goes_to_its_address_with_its_parameters(tool, launched, choose):
    """The login names the tool's launch URL all the same, against Core §5.3.4: the two may differ."""
    url = f"{tool.launch_url}?item=3"
    choose(ResourceLink(url=url, title="Item 3", custom={"item": "3"}))

    claims = launched(STUDENT).claims

    assert claims[spec.CLAIM_TARGET_LINK_URI] == url
    assert claims[spec.CLAIM_CUSTOM] == {"item": "3"}


def test_several_deep_linked_items_are_a_page_of_launches(tool, platform, browser, choose):
    items = {
        f"{tool.launch_url}?item={number}": ResourceLink(url=f"{tool.launch_url}?item={number}") for number in "12"
    }
    choose(*items.values())

    pages = [browser.open(link) for link in browser.open(platform.page(STUDENT)).links]
    seen = [browser.submit(page.form) and tool.seen[-1].claims[spec.CLAIM_TARGET_LINK_URI] for page in pages]

    assert seen == list(items)


def test_the_column_of_a_deep_linked_item_is_kept_and_never_made(tool, platform, launched, choose):
    """Nothing but its serializer knows of “lineItem”; make the column with create_line_item instead."""
    choose(ResourceLink(url=tool.launch_url, title="A quiz", line_item=Column("Deep-linked", 10, tag="deep")))

    known = tool.registration.capture(launched(STUDENT).course).course
    with ltix.connect(tool.registration) as session:
        labels = session.course(known.name).line_items()["label"].tolist()

    assert platform.content_items()[0]["lineItem"] == {"label": "Deep-linked", "scoreMaximum": 10, "tag": "deep"}
    assert (known.lineitem_url, "Deep-linked" in labels) == (None, False)


def test_of_a_resource_link_text_pictures_and_release_are_dropped(platform, choose):
    period = Period(starts_at=datetime(2026, 9, 1, 8, tzinfo=UTC), ends_at=datetime(2026, 9, 2, 8, tzinfo=UTC))
    answer = choose(
        ResourceLink(
            url=URL,
            title="A quiz",
            text="Read first",
            icon=Picture(url=URL),
            line_item=Column("A quiz", 10, grades_released=False),
            available=period,
        )
    )

    assert answer.status == 200
    assert platform.content_items() == [
        {
            "type": "ltiResourceLink",
            "url": URL,
            "title": "A quiz",
            "lineItem": {"label": "A quiz", "scoreMaximum": 10},
            "available": {"startDateTime": "2026-09-01T08:00:00Z", "endDateTime": "2026-09-02T08:00:00Z"},
        }
    ]


def test_an_empty_answer_takes_away_what_was_chosen_before(platform, choose):
    choose(ResourceLink(url=URL, title="A quiz"))
    before = len(platform.content_items())
    choose()

    assert (before, platform.content_items()) == (1, [])


@pytest.mark.parametrize(
    "item",
    [
        Link(url=URL, icon=Picture(url=URL)),  # a picture needs width and height
        Link(url=URL, iframe=deeplinking.Iframe(src=URL)),  # so does a frame
        ResourceLink(url=URL, title="T" * 256),  # a title has 255 characters at most
    ],
    ids=["a picture without a size", "a frame without a size", "a long title"],
)
def test_one_item_it_cannot_keep_is_answered_by_500_and_the_whole_answer_is_lost(platform, choose, item):
    choose(ResourceLink(url=URL, title="Before"))
    answer = choose(ResourceLink(url=URL, title="A quiz"), item)

    assert answer.status == 500
    assert [item["title"] for item in platform.content_items()] == ["Before"]
