"""Authorised requests: where the token goes, how pages follow one another, and when it is enough."""

from __future__ import annotations

import warnings

import pytest
from scripted import HOST, ROSTER_URL, SECRET, Reply, Script, grant, says, text

from ltix_data import errors, spec

MEMBERS = (spec.SCOPE_MEMBERSHIPS,)
PATH = "/c/1/memberships"
NEXT = f'<{ROSTER_URL}?p={{}}>; rel="next"'


@pytest.fixture
def lms(signing_key):
    return Script(signing_key)


def entries(client, url: str = ROSTER_URL) -> list:
    pages = client.pages(
        url, "the roster", scopes=MEMBERS, accept=spec.MEMBERSHIP_CONTAINER, key="members", section="NRPS §2.1"
    )
    return [entry for page in pages for entry in page.entries("members", "the roster", "NRPS §2.1")]


def page(*found: object, link: str | bytes | None = None) -> Reply:
    return says({"members": list(found)}, **({} if link is None else {"link": link}))


# --- Where the token goes -------------------------------------------------------------------------


def test_the_media_type_is_sent_exactly_and_alone(lms):
    """Moodle refuses lists and wildcards, Open edX quality values."""
    lms.on("/x", says({}))
    lms.client().send_json("PUT", f"{HOST}/x", "it", b"{}", scopes=MEMBERS, media_type=spec.LINE_ITEM)

    (seen,) = lms.service_requests
    assert (seen.headers["accept"], seen.headers["content-type"]) == (spec.LINE_ITEM, spec.LINE_ITEM)


def test_a_read_has_no_content_type(lms):
    lms.on("/x", says({}))
    lms.client().get_json(f"{HOST}/x", "it", scopes=MEMBERS)

    (seen,) = lms.service_requests
    assert (seen.headers["accept"], "content-type" in seen.headers) == ("application/json", False)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "https://lms.example.edu.evil.example/x",
        "https://lms.example.edu:8443/x",
        "http://lms.example.edu/x",
        "http://evil.example/x",
        "https://sub.lms.example.edu/x",
        "http://localhost/x",
    ],
)
def test_a_host_nobody_named_gets_no_token_and_none_is_fetched(lms, url):
    with pytest.raises(errors.ForeignHostError, match="the access token was not sent"):
        lms.client().send("GET", url, "it", scopes=MEMBERS)

    assert lms.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "/x",
        "lms.example.edu/x",
        "https://u:pw@lms.example.edu/x",
        "https://lms.example.edu:0/x",
        "https://[x",
        "",
        None,
    ],
)
def test_what_is_no_url_is_refused_before_anything_is_sent(lms, url):
    with pytest.raises(errors.UsageError, match="not a URL"):
        lms.client().send("GET", url, "it", scopes=MEMBERS)

    assert lms.seen == []


def test_plain_http_gets_no_token_even_where_a_course_named_it(lms):
    client = lms.client(origins=frozenset({"http://plain.example:80"}))

    with pytest.raises(errors.ForeignHostError, match="plain http"):
        client.send("GET", "http://plain.example/x", "it", scopes=MEMBERS)

    assert lms.seen == []


def test_a_host_that_a_course_named_gets_the_token(lms):
    """Brightspace's services are on another host than its token endpoint."""
    lms.on("/x", says({}))
    client = lms.client(origins=frozenset({"https://services.example.org:443"}))
    client.send("GET", "https://services.example.org/x", "it", scopes=MEMBERS)

    assert lms.service_requests[0].headers["authorization"] == f"Bearer {SECRET}"


def test_a_repeated_write_after_a_dead_token_is_the_same_write(lms):
    client = lms.client()
    client.tokens.token()
    lms.on("/x", Reply(403), says({}))  # Sakai
    client.send_json("POST", f"{HOST}/x", "a score", b'{"a":1}', scopes=MEMBERS, media_type=spec.SCORE)

    assert [seen.body for seen in lms.service_requests] == [b'{"a":1}'] * 2


def test_a_new_token_that_was_granted_less_is_not_tried(lms):
    client = lms.client()
    client.tokens.token()
    lms.on("/token", grant(scope=spec.SCOPE_SCORE))
    lms.on(PATH, Reply(401))

    with pytest.raises(errors.ScopeError):
        entries(client)

    assert len(lms.service_requests) == 1


# --- Pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        f'<{ROSTER_URL}?p=2&Key=Ab%2F>; rel="next"',
        f"<{ROSTER_URL}?p=2&Key=Ab%2F>; rel=next",  # lti1p3platform
        f"<{ROSTER_URL}?p=2&amp;Key=Ab%2F>; rel=“next”".encode(),  # Moodle
        '<?p=2&Key=Ab%2F>; rel="next"',
        f'<{HOST}/first>; rel="first", <{ROSTER_URL}?p=2&Key=Ab%2F>; REL="NEXT", <{HOST}/last>; rel="last"',
    ],
)
def test_the_next_page_is_asked_for_as_the_link_says(lms, link):
    lms.on(PATH, page(1, link=link), page(2))

    assert (entries(lms.client()), lms.asked) == (
        [1, 2],
        [f"GET {ROSTER_URL}", f"GET {ROSTER_URL}?p=2&Key=Ab%2F"],
    )


@pytest.mark.parametrize("to", ["", "?p=2", "?p=1"])
def test_links_in_a_circle_are_an_error(lms, to):
    """Nobody could tell whether what was read is all."""
    pages = {"": page(1, link=NEXT.format(1)), "p=1": page(2, link=NEXT.format(2))}
    back = page(3, link=f'<{ROSTER_URL}{to}>; rel="next"')
    lms.on(PATH, lambda seen: pages.get(seen.url.partition("?")[2], back))

    with pytest.raises(errors.MalformedResponseError, match="in a circle"):
        entries(lms.client())

    assert len(lms.service_requests) == 3


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/p2",
        "//evil.example/p2",
        "http://lms.example.edu/p2",
        "https://lms.example.edu:8443/p2",
        "https://services.example.org/p2",  # known, and yet not where this list is
    ],
)
def test_a_next_link_that_leads_away_is_not_followed(lms, target):
    lms.on(PATH, page(1, link=f'<{target}>; rel="next"'))

    with pytest.raises(errors.ForeignHostError, match="not followed"):
        entries(lms.client(origins=frozenset({"https://services.example.org:443"})))

    assert len(lms.service_requests) == 1


@pytest.mark.parametrize("target", ["https://[bad", "https://lms.example.edu:port/", "javascript:x", "https://a@b/"])
def test_a_next_link_that_is_no_url_is_an_error(lms, target):
    lms.on(PATH, page(1, link=f'<{target}>; rel="next"'))

    with pytest.raises(errors.MalformedResponseError, match="is no URL"):
        entries(lms.client())


def test_pages_without_end_are_too_many(lms):
    numbers = iter(range(1, 10_000))

    def endless(seen):
        number = next(numbers)
        return page(number, link=NEXT.format(number))

    lms.on(PATH, endless)

    with pytest.raises(errors.TooLargeError, match="more than 2000 pages"):
        entries(lms.client())

    assert len(lms.service_requests) == 2000


def test_as_many_pages_as_are_allowed_are_read(lms):
    lms.on(PATH, page(1, link=NEXT.format(1)), page(2, link=NEXT.format(2)), page(3))

    assert entries(lms.client(max_pages=3)) == [1, 2, 3]


def test_blackboards_phantom_pages_end_the_list(lms):
    numbers = iter(range(1, 100))
    full = iter([page(1, link=NEXT.format(0))])
    lms.on(PATH, lambda seen: next(full, None) or page(link=NEXT.format(next(numbers))))

    assert (entries(lms.client()), len(lms.service_requests)) == ([1], 3)


def test_one_empty_page_in_the_middle_does_not_end_the_list(lms):
    """A platform may filter after it cut its pages."""
    lms.on(PATH, page(1, link=NEXT.format(1)), page(link=NEXT.format(2)), page(2))

    assert entries(lms.client()) == [1, 2]


def test_a_page_that_repeats_the_last_one_ends_the_list_and_says_so(lms):
    numbers = iter(range(1, 100))
    lms.on(PATH, page(1, link=NEXT.format(0)), lambda seen: page(2, link=NEXT.format(next(numbers))))

    with pytest.warns(errors.LtixWarning, match=r"lms\.example\.edu repeated the last page of the roster"):
        found = entries(lms.client())

    assert (found, len(lms.service_requests)) == ([1, 2], 3)


def test_sakais_empty_body_behind_the_last_page_ends_the_list(lms):
    lms.on(PATH, page(1, link=NEXT.format(1)), Reply(200))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert entries(lms.client()) == [1]


NO_CONTAINERS = [
    text("<html>Please log in</html>"),
    text('{"members": [{"user_id": "u1"}'),
    text('{"members": [{"x": NaN}]}'),
    text('{"members": ' + "[" * 10_000),
    text("{}"),
    text("[]"),
    text('[{"user_id": "u1"}]'),
    text("null"),
    text('"members"'),
    text("7"),
    text('{"members": null}'),
    text('{"members": {}}'),
    text('{"members": "all"}'),
]


@pytest.mark.parametrize("body", [*NO_CONTAINERS, text(""), Reply(204)])
def test_an_answer_that_is_no_container_is_an_error(lms, body):
    lms.on(PATH, body)

    with pytest.raises(errors.MalformedResponseError, match=r"^lms\.example\.edu answered the roster with"):
        entries(lms.client())


@pytest.mark.parametrize("body", NO_CONTAINERS)
def test_a_later_page_that_is_no_container_is_an_error(lms, body):
    """Half a roster is worse than none."""
    lms.on(PATH, page(1, link=NEXT.format(1)), body)

    with pytest.raises(errors.MalformedResponseError, match=r"^lms\.example\.edu answered the roster with"):
        entries(lms.client())


def test_a_failing_later_page_is_an_error(lms):
    lms.on(PATH, page(1, link=NEXT.format(1)), Reply(500))

    with pytest.raises(errors.UnavailableError):
        entries(lms.client())


def test_a_token_that_dies_between_two_pages_is_renewed(lms):
    lms.on(PATH, page(1, link=NEXT.format(1)), Reply(401), page(2))

    assert (entries(lms.client()), len(lms.token_requests)) == ([1, 2], 2)
