"""Both halves meet: the tool answers, the strict practice platform judges, and the column can be graded."""

from datetime import UTC, datetime

import pytest

from ltix_data import spec
from ltix_data.deeplinking import (
    Column,
    File,
    HtmlFragment,
    Iframe,
    Image,
    Link,
    Period,
    Picture,
    Request,
    ResourceLink,
    Window,
)
from ltix_data.errors import UsageError

from .conftest import ISSUER, LEARNER, REDIRECT, TEACHER

URL = "https://tool.example/quiz/1"
QUIZ = ResourceLink(
    url=URL,
    title="Quiz <1>",
    text="Ten questions.",
    custom={"quiz": "1", "link": "$ResourceLink.id", "due": "$ResourceLink.submission.endDateTime"},
    line_item=Column("Quiz 1 points", 12.5, tag="quiz", resource_id="q-1"),
    submission=Period(ends_at=datetime(2030, 1, 1, tzinfo=UTC)),
)
PICTURE = Picture(url="https://tool.example/p.png", width=9, height=9)
EXTRA = {"https://tool.example/more": {"level": 1}}
ALL_TYPES = [
    QUIZ,
    Link(url=URL, title="Page", icon=PICTURE, embed="<b>x</b>", window=Window(width=9), iframe=Iframe(src=URL)),
    File(url=URL, title="Sheet", thumbnail=PICTURE, media_type="application/pdf", expires_at=datetime.now(UTC)),
    HtmlFragment(html="<script>alert(1)</script>", title="Fragment"),
    Image(url=URL, title="Picture", width=3, height=4, extensions=EXTRA),
]


def test_the_request_says_what_the_tool_needs_and_names_no_link(campus):
    claims = campus.request()
    request = Request.from_claims(claims)

    assert claims[spec.CLAIM_MESSAGE_TYPE] == spec.DEEP_LINKING_REQUEST
    assert spec.CLAIM_RESOURCE_LINK not in claims
    assert (claims["sub"], claims[spec.CLAIM_CONTEXT]["label"]) == (TEACHER, "SEM12")
    assert "lineitem" not in claims[spec.CLAIM_GRADES]
    assert request.return_url == f"{ISSUER}/courses/SEM12/deep_linking/{campus.tool.client_id}"
    assert (request.accept_multiple, request.accept_line_item, request.auto_create) == (True, True, True)
    assert len(request.accept_types) == 5
    assert request.data


@pytest.mark.parametrize("item", ALL_TYPES, ids=lambda item: item.type)
def test_each_type_is_accepted_and_kept_as_it_was_sent(campus, item):
    placed = campus.place(item)

    assert [content.item for content in placed] == [item.to_json()]


def test_all_types_in_one_answer_stand_in_the_course_for_teachers_and_learners(campus):
    campus.place(*ALL_TYPES)
    pages = {}
    for user in (TEACHER, LEARNER):
        campus.log_in(user)
        pages[user] = campus.web.get("/courses/SEM12", base_url=ISSUER).text

    for title in ("Quiz &lt;1&gt;", "Page", "Sheet", "Fragment", "Picture"):
        assert title in pages[TEACHER]
        assert title in pages[LEARNER]
    assert "Add content from Quizzes" in pages[TEACHER]
    assert "Add content from Quizzes" not in pages[LEARNER]
    assert "<script>alert(1)" not in pages[LEARNER]


def test_an_answer_without_items_places_nothing_and_shows_its_words(campus):
    page = campus.post(campus.answer(campus.request(), message="Cancelled <1>.", error_message="No quiz yet."))

    assert (page.status_code, campus.placed()) == (200, [])
    assert "Cancelled &lt;1&gt;." in page.text
    assert "No quiz yet." in page.text


@pytest.mark.parametrize(
    ("limits", "items"),
    [
        ({"type": ["link", "image"]}, [QUIZ]),
        ({"multiple": "no"}, [QUIZ, QUIZ]),
        ({"line_items": "no"}, [QUIZ]),
        ({"media_types": "image/*"}, [ALL_TYPES[2]]),
    ],
)
def test_what_the_request_limits_is_refused_before_anything_is_sent(campus, limits, items):
    claims = campus.request(**limits)
    with pytest.raises(UsageError, match="accept_"):
        campus.answer(claims, items)

    assert (campus.posts, campus.placed()) == (0, [])


@pytest.mark.parametrize("said", ["yes", "no", "unsaid"])
def test_what_the_teachers_page_says_arrives_at_the_tool(campus, said):
    request = Request.from_claims(campus.request(multiple=said, line_items=said, type=["link"], media_types="a/b"))

    known = {"yes": True, "no": False, "unsaid": None}[said]
    assert (request.accept_multiple, request.accept_line_item) == (known, known)
    assert (request.accept_types, request.accept_media_types) == (("link",), ("a/b",))


def test_the_new_link_is_launched_as_itself(campus):
    link = campus.place(QUIZ)[0].link_id
    claims = campus.launch(link)

    assert claims[spec.CLAIM_MESSAGE_TYPE] == spec.RESOURCE_LINK_REQUEST
    assert claims[spec.CLAIM_RESOURCE_LINK] == {"id": link, "title": "Quiz <1>", "description": "Ten questions."}
    assert claims[spec.CLAIM_TARGET_LINK_URI] == URL
    assert {"quiz": "1", "link": link, "due": "2030-01-01T00:00:00.000+00:00"}.items() <= claims[
        spec.CLAIM_CUSTOM
    ].items()


def test_a_link_without_an_address_leads_where_the_tool_always_does(campus):
    link = campus.place(ResourceLink(title="Home"))[0].link_id

    assert campus.launch(link)[spec.CLAIM_TARGET_LINK_URI] == REDIRECT


def test_a_column_made_by_deep_linking_can_be_graded(campus):
    """The whole story: ask, answer, launch the new link, learn the course from it, post a score, see it."""
    link = campus.place(QUIZ)[0].link_id
    claims = campus.launch(link, TEACHER)
    with campus.session(claims) as session:
        course = session.course("SEM12")
        items = course.line_items()
        row = items[items["resource_link_id"] == link].iloc[0]
        course.post_score(row["item_id"], LEARNER, 11.25)
    book = campus.web.get(f"/courses/SEM12/gradebook/{campus.tool.client_id}", base_url=ISSUER).text

    assert claims[spec.CLAIM_GRADES]["lineitem"] == row["item_id"]
    assert (row["label"], row["out_of"], row["tag"], row["resource_id"]) == ("Quiz 1 points", 12.5, "quiz", "q-1")
    assert bool(row["coupled"])
    assert "Quiz 1 points (of 12.5)" in book
    assert "<td>11.25</td>" in book


def test_a_tool_that_may_make_no_column_itself_gets_one_by_deep_linking(make_campus):
    """Some platforms grant no scope to make line items: then this is the only way."""
    campus = make_campus(scopes=(spec.SCOPE_LINE_ITEM_READONLY, spec.SCOPE_RESULT_READONLY, spec.SCOPE_SCORE))
    link = campus.place(QUIZ)[0].link_id
    claims = campus.launch(link, TEACHER)
    with campus.session(claims) as session:
        course = session.course("SEM12")
        items = course.line_items(resource_link=link)
        course.post_score(items["item_id"][0], LEARNER, 5)
        results = course.results()

    assert spec.SCOPE_LINE_ITEM not in claims[spec.CLAIM_GRADES]["scope"]
    assert list(items["label"]) == ["Quiz 1 points"]
    assert results.loc[results["item_id"] == items["item_id"][0], "score"].tolist() == [5.0]


def test_a_line_item_that_is_not_accepted_makes_no_column(campus):
    """accept_lineitem false means ignored, not refused: a tool that sends one anyway gets its link. [DL §4.4.1]"""
    claims = campus.request(line_items="no")
    claims[spec.CLAIM_DEEP_LINKING_SETTINGS]["accept_lineitem"] = True
    before = len(campus.platform.course("SEM12").items)
    campus.post(campus.answer(claims, [QUIZ]))

    assert (len(campus.placed()), len(campus.platform.course("SEM12").items)) == (1, before)


def test_two_links_have_columns_of_their_own(campus):
    campus.place(QUIZ)
    links = [content.link_id for content in campus.place(QUIZ)]
    columns = [campus.launch(link)[spec.CLAIM_GRADES]["lineitem"] for link in links]

    assert len(set(links)) == len(set(columns)) == 2
