"""A course as a launch describes it, and as it is stored."""

from __future__ import annotations

import pytest

from ltix_data import errors, spec
from ltix_data.courses import KnownCourse

URL = "https://lms.example.edu"


def test_a_course_survives_being_stored():
    course = KnownCourse(
        name="BIO101",
        context_id="7",
        title="Biology",
        memberships_url=f"{URL}/m?a=1",
        lineitems_url=f"{URL}/i",
        scopes=(spec.SCOPE_SCORE,),
        services={"https://x.example/claim/y": {"url": URL}},
        links={"link-1": f"{URL}/i/1", "link-2": None},
    )

    assert KnownCourse.from_json(course.to_json()) == course


@pytest.mark.parametrize(
    ("fields", "offered"),
    [
        ({}, set()),
        ({"memberships_url": URL}, {spec.SCOPE_MEMBERSHIPS}),
        ({"lineitems_url": URL}, set(spec.GRADE_SCOPES)),
        ({"lineitem_url": URL}, {spec.SCOPE_LINE_ITEM_READONLY, spec.SCOPE_RESULT_READONLY, spec.SCOPE_SCORE}),
        ({"lineitem_url": URL, "scopes": (spec.SCOPE_SCORE,)}, {spec.SCOPE_SCORE}),
        (
            {"memberships_url": URL, "lineitems_url": URL, "scopes": (spec.SCOPE_SCORE,)},
            {spec.SCOPE_MEMBERSHIPS, spec.SCOPE_SCORE},
        ),
    ],
    ids=["nothing", "roster", "line items", "one line item", "one line item, scores only", "roster and scores"],
)
def test_what_may_be_asked_for_is_what_was_offered_or_else_what_the_endpoints_need(fields, offered):
    assert KnownCourse("BIO101", **fields).offered_scopes == offered


@pytest.mark.parametrize(
    "fields",
    [
        {"name": " "},
        {"name": None},
        {"title": 7},
        {"memberships_url": "lms.example.edu/m"},
        {"lineitems_url": "ftp://lms.example.edu"},
        {"lineitem_url": "https://user:pw@lms.example.edu"},
        {"scopes": "one two"},
        {"services": {"x": {"not": object()}}},
        {"links": {"link-1": "nowhere"}},
        {"links": {1: None}},
        {"links": ["link-1"]},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_what_cannot_be_a_course_is_refused_when_it_is_made(fields):
    with pytest.raises(errors.UsageError):
        KnownCourse(**({"name": "BIO101"} | fields))


def test_a_launch_that_offers_no_service_is_no_course():
    claims = {spec.CLAIM_CONTEXT: {"id": "7", "label": "BIO101"}, spec.CLAIM_CUSTOM: {"a": "b"}}

    with pytest.raises(errors.UsageError, match="offers no course services"):
        KnownCourse.from_claims(claims)


@pytest.mark.parametrize(
    ("context", "name"),
    [
        ({"id": "7", "label": "BIO101", "title": "Biology"}, "BIO101"),
        ({"id": "7", "title": "Biology"}, "Biology"),
        ({"id": "7", "label": " "}, "7"),
    ],
)
def test_a_course_is_called_by_its_label_or_title_or_id(context, name):
    claims = {spec.CLAIM_CONTEXT: context, spec.CLAIM_MEMBERSHIPS: {"context_memberships_url": URL}}

    assert KnownCourse.from_claims(claims).name == name


def test_the_link_of_a_course_is_among_its_links():
    course = KnownCourse(
        "BIO101", resource_link_id="a", lineitem_url=f"{URL}/i/1", links={"a": f"{URL}/old", "b": None}
    )

    assert course.links == {"a": f"{URL}/i/1", "b": None}
    assert course.coupled_urls == {f"{URL}/i/1"}


def test_a_column_of_another_link_is_no_address_for_the_token():
    """It may be of a host that the platform left long ago."""
    course = KnownCourse("BIO101", memberships_url=URL, links={"a": "https://old.example/i/1"})

    assert course.service_urls == (URL,)
