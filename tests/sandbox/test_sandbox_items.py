"""Line items: a tool's own, replaced whole, and found only at the URL they were given."""

import pytest

from ltix_data import spec

from .conftest import jwks_of, link


@pytest.fixture
def lineitems(desk):
    return desk.claim(spec.CLAIM_GRADES)["lineitems"]


def listed(desk, query="", course="SEM12"):
    url = desk.claim(spec.CLAIM_GRADES, course)["lineitems"] + query
    return [item["label"] for item in desk.get(url, spec.LINE_ITEM_CONTAINER).json]


def test_a_course_is_born_with_one_coupled_item_that_the_launch_names(desk):
    item = desk.get(desk.coupled(), spec.LINE_ITEM).json

    assert item["id"] == desk.coupled()
    assert item["resourceLinkId"] == desk.claim(spec.CLAIM_RESOURCE_LINK)["id"]
    assert listed(desk) == ["Practice tool: activity"]


def test_a_created_item_is_answered_whole_with_its_location(desk, lineitems):
    sent = {
        "label": "Quiz",
        "scoreMaximum": 7.5,
        "tag": "t",
        "resourceId": "r",
        "https://tool.example/x": {"deep": [1]},
    }

    answer = desk.send("POST", lineitems, sent, spec.LINE_ITEM)

    url = answer.headers["Location"]
    assert (answer.status_code, answer.content_type) == (201, spec.LINE_ITEM)
    assert answer.json == {"id": url, "startDateTime": None, "endDateTime": None, **sent}
    assert desk.get(url, spec.LINE_ITEM).json == answer.json


def test_what_was_read_can_be_sent_back(desk):
    item = desk.create(tag="t")
    body = desk.get(item, spec.LINE_ITEM).json

    assert desk.send("PUT", item, body, spec.LINE_ITEM).json == body


@pytest.mark.parametrize(
    "fields",
    [
        {"label": ""},
        {"label": "  "},
        {"label": None},
        {"label": 7},
        {"scoreMaximum": 0},
        {"scoreMaximum": -1},
        {"scoreMaximum": "10"},
        {"scoreMaximum": None},
        {"scoreMaximum": True},
        {"tag": 5},
        {"resourceId": ["r"]},
        {"startDateTime": "2026-09-21T10:00:00"},
        {"endDateTime": "2026-02-31T10:00:00Z"},
        {"gradesReleased": "yes"},
        {"outOf": 10},
    ],
)
def test_an_item_with_one_thing_wrong_is_refused_and_not_kept(desk, lineitems, fields):
    answer = desk.send("POST", lineitems, {"label": "Quiz", "scoreMaximum": 10, **fields}, spec.LINE_ITEM)

    assert (answer.status_code, "[AGS" in answer.json["reason"]) == (400, True)
    assert listed(desk) == ["Practice tool: activity"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"label":"a","scoreMaximum":NaN}', b"\xff"])
def test_a_body_that_is_no_json_object_is_400(desk, lineitems, body):
    assert desk.send("POST", lineitems, body, spec.LINE_ITEM).status_code == 400


@pytest.mark.parametrize("media_type", [spec.JSON, f"{spec.LINE_ITEM}; charset=utf-8", spec.LINE_ITEM_CONTAINER])
def test_another_content_type_is_415(desk, lineitems, media_type):
    answer = desk.send("POST", lineitems, {"label": "Quiz", "scoreMaximum": 10}, media_type)

    assert answer.status_code == 415


def test_a_resource_link_that_is_not_the_tools_own_is_404(desk, lineitems):
    desk.platform.add_tool(jwks=jwks_of(desk.key))
    body = {"label": "Quiz", "scoreMaximum": 10, "resourceLinkId": "link-SEM12-2"}

    assert desk.send("POST", lineitems, body, spec.LINE_ITEM).status_code == 404


def test_a_second_item_on_the_link_takes_the_item_out_of_the_launch(desk):
    desk.create(resourceLinkId=desk.claim(spec.CLAIM_RESOURCE_LINK)["id"])

    assert "lineitem" not in desk.claim(spec.CLAIM_GRADES)


def test_filters_narrow_and_combine(desk):
    desk.create(label="a", tag="x", resourceId="r1")
    desk.create(label="b", tag="x", resourceId="r2")
    desk.create(label="c", tag="y", resourceId="r1")

    assert listed(desk, "&tag=x") == ["a", "b"]
    assert listed(desk, "&tag=x&resource_id=r1") == ["a"]
    assert listed(desk, "&resource_link_id=link-SEM12-1") == ["Practice tool: activity"]
    assert listed(desk, "&tag=none") == []


def test_pages_carry_filter_and_query(make_desk):
    desk = make_desk(page_size=2)
    for label in "abcde":
        desk.create(label=label, tag="x")
    url, found = desk.claim(spec.CLAIM_GRADES)["lineitems"] + "&tag=x", []
    while url:
        answer = desk.get(url, spec.LINE_ITEM_CONTAINER)
        found.append([item["label"] for item in answer.json])
        url = link(answer, "next")

    assert found == [["a", "b"], ["c", "d"], ["e"]]


def test_a_put_unsets_what_it_omits_but_not_the_link(desk):
    rlid = desk.claim(spec.CLAIM_RESOURCE_LINK)["id"]
    item = desk.create(tag="t", startDateTime="2026-09-21T10:00:00Z", resourceLinkId=rlid)

    answer = desk.send("PUT", item, {"label": "New", "scoreMaximum": 20}, spec.LINE_ITEM)

    assert answer.json == {
        "id": item,
        "label": "New",
        "scoreMaximum": 20,
        "resourceLinkId": rlid,
        "startDateTime": None,
        "endDateTime": None,
    }


@pytest.mark.parametrize("change", [{"id": "http://localhost/other"}, {"resourceLinkId": "link-SEM12-1"}])
def test_id_and_link_must_not_change(desk, change):
    item = desk.create()

    assert desk.send("PUT", item, {"label": "New", "scoreMaximum": 20, **change}, spec.LINE_ITEM).status_code == 400
    assert desk.get(item, spec.LINE_ITEM).json["label"] == "Quiz"


def test_a_new_maximum_rescales_results_and_the_old_one_restores_them(desk):
    item = desk.create(scoreMaximum=3)
    desk.score(item, scoreGiven=1, scoreMaximum=3)
    desk.send("PUT", item, {"label": "Quiz", "scoreMaximum": 10}, spec.LINE_ITEM)
    rescaled = desk.results(item)[0]
    desk.send("PUT", item, {"label": "Quiz", "scoreMaximum": 3}, spec.LINE_ITEM)

    assert (rescaled["resultScore"], rescaled["resultMaximum"]) == (pytest.approx(10 / 3), 10)
    assert desk.results(item)[0]["resultScore"] == 1


def test_the_coupled_item_cannot_be_deleted(desk):
    answer = desk.send("DELETE", desk.coupled(), b"", spec.LINE_ITEM)

    assert (answer.status_code, len(listed(desk))) == (403, 1)


def test_a_tools_own_item_can_be_deleted_once(desk):
    item = desk.create()

    statuses = [desk.send("DELETE", item, b"", spec.LINE_ITEM).status_code for _ in range(2)]

    assert (statuses, desk.get(item, spec.LINE_ITEM).status_code) == ([204, 404], 404)


def test_a_url_without_its_query_finds_nothing(desk, lineitems):
    assert desk.get(desk.coupled().partition("?")[0], spec.LINE_ITEM).status_code == 404
    assert desk.get(lineitems.partition("?")[0] + "?tag=x", spec.LINE_ITEM_CONTAINER).status_code == 404


def test_another_tools_items_do_not_exist(desk):
    other = desk.platform.add_tool(jwks=jwks_of(desk.key))
    foreign = desk.platform.course_claims("SEM12", other, "http://localhost")[spec.CLAIM_GRADES]["lineitem"]

    assert desk.get(foreign, spec.LINE_ITEM).status_code == 404
    assert desk.get(foreign.replace("type_id=2", "type_id=1"), spec.LINE_ITEM).status_code == 404
    assert len(listed(desk)) == 1


@pytest.mark.parametrize("accept", ["*/*", spec.JSON, spec.LINE_ITEM, f"{spec.LINE_ITEM_CONTAINER}, */*"])
def test_the_container_has_one_media_type(desk, lineitems, accept):
    assert desk.get(lineitems, accept).status_code == 406


def test_reading_needs_either_line_item_scope_and_writing_the_full_one(desk, lineitems):
    body = {"label": "Quiz", "scoreMaximum": 10}
    read = [
        desk.get(lineitems, spec.LINE_ITEM_CONTAINER, scope).status_code
        for scope in (spec.SCOPE_LINE_ITEM, spec.SCOPE_LINE_ITEM_READONLY, spec.SCOPE_SCORE)
    ]
    written = [
        desk.send("POST", lineitems, body, spec.LINE_ITEM, scope).status_code
        for scope in (spec.SCOPE_LINE_ITEM, spec.SCOPE_LINE_ITEM_READONLY)
    ]

    assert (read, written) == ([200, 200, 403], [201, 403])


def test_the_launch_offers_what_the_tool_is_registered_for(make_desk):
    desk = make_desk(tool={"scopes": (spec.SCOPE_SCORE,)})
    claims = desk.platform.course_claims("SEM12", desk.tool, "http://localhost")

    assert spec.CLAIM_MEMBERSHIPS not in claims
    assert claims[spec.CLAIM_GRADES] == {
        "scope": [spec.SCOPE_SCORE],
        "lineitem": "http://localhost/courses/SEM12/lineitems/1?type_id=1",
    }
