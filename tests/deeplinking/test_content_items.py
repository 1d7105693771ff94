"""Content items: each type to the letter, and nothing that a platform would stumble over."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ltix_data.deeplinking import (
    Column,
    Custom,
    File,
    HtmlFragment,
    Iframe,
    Image,
    Link,
    Period,
    Picture,
    ResourceLink,
    Window,
)
from ltix_data.errors import UsageError

URL = "https://tool.example/quiz/1?a=b"
NOON = datetime(2026, 9, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))


def test_a_resource_link_is_written_with_everything_it_has():
    link = ResourceLink(
        url=URL,
        title="Quiz 1",
        text="The first one.",
        icon=Picture(url=URL, width=32, height=32),
        thumbnail=Picture(url=URL),
        window=Window(target_name="quiz", width=800, height=600, features="menubar=no"),
        iframe=Iframe(width=800, height=600),
        custom={"quiz": "1", "empty": "", "due": "$ResourceLink.submission.endDateTime"},
        line_item=Column("Quiz 1", 10, tag="t", resource_id="q1", grades_released=False),
        available=Period(starts_at=NOON),
        submission=Period(ends_at=NOON),
        extensions={"https://tool.example/more": {"level": [1]}},
    )

    assert link.to_json() == {
        "type": "ltiResourceLink",
        "url": URL,
        "title": "Quiz 1",
        "text": "The first one.",
        "icon": {"url": URL, "width": 32, "height": 32},
        "thumbnail": {"url": URL},
        "window": {"targetName": "quiz", "width": 800, "height": 600, "windowFeatures": "menubar=no"},
        "iframe": {"width": 800, "height": 600},
        "custom": {"quiz": "1", "empty": "", "due": "$ResourceLink.submission.endDateTime"},
        "lineItem": {
            "label": "Quiz 1",
            "scoreMaximum": 10,
            "tag": "t",
            "resourceId": "q1",
            "gradesReleased": False,
        },
        "available": {"startDateTime": "2026-09-01T10:00:00.000+00:00"},
        "submission": {"endDateTime": "2026-09-01T10:00:00.000+00:00"},
        "https://tool.example/more": {"level": [1]},
    }


def test_a_resource_link_without_a_url_leads_to_the_tools_usual_address():
    assert ResourceLink(title="Home").to_json() == {"type": "ltiResourceLink", "title": "Home"}


def test_the_other_four_types_are_written_as_the_specification_has_them():
    link = Link(url=URL, title="Page", embed="<b>x</b>", window=Window(), iframe=Iframe(src=URL, width=5, height=6))
    file = File(url=URL, media_type="application/pdf", expires_at=NOON)

    assert [
        item.to_json() for item in (link, file, HtmlFragment(html="<p>x</p>"), Image(url=URL, width=3, height=4))
    ] == [
        {
            "type": "link",
            "url": URL,
            "title": "Page",
            "embed": {"html": "<b>x</b>"},
            "window": {},
            "iframe": {"src": URL, "width": 5, "height": 6},
        },
        {
            "type": "file",
            "url": URL,
            "mediaType": "application/pdf",
            "expiresAt": "2026-09-01T10:00:00.000+00:00",
        },
        {"type": "html", "html": "<p>x</p>"},
        {"type": "image", "url": URL, "width": 3, "height": 4},
    ]


def test_a_type_of_a_platforms_own_goes_out_as_it_is():
    item = Custom("https://lms.example/types/poll", {"question": "Why?"})

    assert item.to_json() == {"type": "https://lms.example/types/poll", "question": "Why?"}


@pytest.mark.parametrize(("out_of", "written"), [(10.0, "10"), (10, "10"), (2.5, "2.5")])
def test_a_whole_maximum_is_written_as_an_integer(out_of, written):
    assert str(Column("x", out_of).to_json()["scoreMaximum"]) == written


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Link(url="quiz/1"), "url"),
        (lambda: Link(url="ftp://tool.example/"), "url"),
        (lambda: Link(url=f" {URL}"), "url"),
        (lambda: Link(url=URL, title=" "), "title"),
        (lambda: Link(url=URL, title=7), "title"),
        (lambda: Link(url=URL, title="half \ud800"), "title"),
        (lambda: Link(url=URL, text=""), "text"),
        (lambda: Link(url=URL, icon=URL), "icon"),
        (lambda: Link(url=URL, window={"width": 3}), "window"),
        (lambda: Link(url=URL, iframe=Iframe(width=3)), "src"),
        (lambda: Link(url=URL, extensions={"more": 1}), "extensions"),
        (lambda: Link(url=URL, extensions={URL: float("nan")}), "extensions"),
        (lambda: Link(url=URL, extensions={URL: NOON}), "extensions"),
        (lambda: Link(url=URL, extensions=[URL]), "extensions"),
        (lambda: ResourceLink(url="/quiz"), "url"),
        (lambda: ResourceLink(iframe=Iframe(src=URL)), "src"),
        (lambda: ResourceLink(custom={"n": 1}), "custom"),
        (lambda: ResourceLink(custom={"n": None}), "custom"),
        (lambda: ResourceLink(custom={1: "n"}), "custom"),
        (lambda: ResourceLink(custom="n=1"), "custom"),
        (lambda: ResourceLink(line_item={"scoreMaximum": 1}), "line_item"),
        (lambda: ResourceLink(available=(NOON, NOON)), "available"),
        (lambda: File(url=""), "url"),
        (lambda: File(url=URL, media_type="pdf"), "media_type"),
        (lambda: File(url=URL, media_type="image/*"), "media_type"),
        (lambda: File(url=URL, expires_at=datetime(2026, 9, 1)), "expires_at"),
        (lambda: File(url=URL, expires_at="2026-09-01"), "expires_at"),
        (lambda: HtmlFragment(html=""), "html"),
        (lambda: Image(url=URL, width=0), "width"),
        (lambda: Image(url=URL, height=True), "height"),
        (lambda: Image(url=URL, height=1.5), "height"),
        (lambda: Picture(url="x"), "url"),
        (lambda: Window(width=-1), "width"),
        (lambda: Window(target_name=""), "target_name"),
        (lambda: Period(), "starts_at"),
        (lambda: Period(starts_at=datetime(2026, 9, 1)), "starts_at"),
        (lambda: Period(starts_at=NOON, ends_at=NOON), "ends_at"),
        (lambda: Period(ends_at="tomorrow"), "ends_at"),
        (lambda: Column("", 10), "label"),
        (lambda: Column("x", 0), "out_of"),
        (lambda: Column("x", -1), "out_of"),
        (lambda: Column("x", float("inf")), "out_of"),
        (lambda: Column("x", float("nan")), "out_of"),
        (lambda: Column("x", "10"), "out_of"),
        (lambda: Column("x", True), "out_of"),
        (lambda: Column("x", 1, tag=""), "tag"),
        (lambda: Column("x", 1, grades_released="yes"), "grades_released"),
        (lambda: Custom("poll"), "type"),
        (lambda: Custom(URL, {"type": "link"}), "type"),
        (lambda: Custom(URL, {"when": NOON}), "extensions"),
    ],
)
def test_a_field_that_cannot_be_used_is_refused_by_its_name(make, field):
    with pytest.raises(UsageError, match=f"“?{field}”?"):
        make()


def test_a_period_may_be_open_at_either_end():
    times = [
        Period(starts_at=NOON),
        Period(ends_at=NOON),
        Period(starts_at=NOON, ends_at=datetime(2026, 9, 2, tzinfo=UTC)),
    ]

    assert [len(period.to_json()) for period in times] == [1, 1, 2]


def test_an_item_cannot_be_changed_once_it_was_checked():
    with pytest.raises(AttributeError):
        Link(url=URL).url = "x"
