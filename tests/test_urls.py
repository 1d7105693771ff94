"""URLs as text: nothing of them is lost, and none that is broken gets through."""

from __future__ import annotations

import httpx
import pytest

from ltix_data import urls
from ltix_data.errors import UsageError

ODD = ["https://[bad", "https://lms:port/", "https://lms:99999/", "//", "", "https://", "https://[::1", "\x00"]


@pytest.mark.parametrize(
    "url",
    [
        "https://lms.example.edu/x?type_id=1",
        "http://localhost:8080/",
        "https://[::1]:444/x",
        "HTTPS://lms.example.edu",
    ],
)
def test_a_whole_address_is_accepted_as_it_is(url):
    assert urls.require(f" {url}\n", "token_url") == url


@pytest.mark.parametrize(
    "url",
    [
        *ODD,
        None,
        7,
        b"https://lms.example.edu",
        "lms.example.edu/x",
        "ftp://lms.example.edu",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://user@lms.example.edu/",
        "https://@lms.example.edu/",
        "https://lms.example.edu\\@evil.example/",
        "https://lms.example.edu:0/",
        "https://lms.example.edu/a b",
        "https://lms.example.edu/a\tb",
        "https://lms.example.edu/\r\nX-Evil: 1",
    ],
)
def test_what_is_no_address_is_refused_without_being_repeated(url):
    with pytest.raises(UsageError) as caught:
        urls.require(url, "token_url")

    assert str(caught.value) == (
        "token_url is not a URL that can be used. Give the whole address, beginning with https://."
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://lms.example.edu/a", "https://LMS.example.edu:443/b", True),
        ("http://localhost/a", "http://localhost:80/b", True),
        ("https://lms.example.edu/", "http://lms.example.edu/", False),
        ("https://lms.example.edu/", "https://lms.example.edu:8443/", False),
        ("https://lms.example.edu/", "https://lms.example.edu.evil.example/", False),
        ("https://lms.example.edu/", "https://evil.example/lms.example.edu", False),
        ("https://[::1]/", "https://[::1]:443/", True),
    ],
)
def test_an_origin_is_scheme_host_and_port(one, other, same):
    assert (urls.origin(one) == urls.origin(other)) is same


@pytest.mark.parametrize(
    ("url", "secure"),
    [
        ("https://lms.example.edu/", True),
        ("http://lms.example.edu/", False),
        ("http://localhost:5000/", True),
        ("http://moodle.localhost/", True),
        ("http://127.0.0.2/", True),
        ("http://[::1]:8000/", True),
        ("http://127.0.0.1.evil.example/", False),
        ("http://localhost.evil.example/", False),
        ("http://10.0.0.1/", False),
        ("http://0.0.0.0/", False),
        ("ftp://localhost/", False),
    ],
)
def test_a_secret_travels_by_https_or_stays_on_this_machine(url, secure):
    assert urls.is_secure(url) is secure


@pytest.mark.parametrize(
    ("url", "query", "expected"),
    [
        ("https://h/p", {"role": None}, "https://h/p"),
        ("https://h/p", {"role": "a#b", "rlid": None}, "https://h/p?role=a%23b"),
        ("https://h/p?type_id=1", {"tag": "a b&c"}, "https://h/p?type_id=1&tag=a%20b%26c"),
        ("https://h/p?tag=old&x=%2F&flag", {"tag": "new"}, "https://h/p?x=%2F&flag&tag=new"),
        ("https://h/p?a=1&a=2&&=", {"b": "ü"}, "https://h/p?a=1&a=2&=&b=%C3%BC"),
    ],
)
def test_a_query_is_merged_into_the_one_there_is(url, query, expected):
    assert urls.add_query(url, query) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h/li/1", "https://h/li/1/scores"),
        ("https://h/li/1/", "https://h/li/1/scores"),
        ("https://h/li/1/lineitem?type_id=1", "https://h/li/1/lineitem/scores?type_id=1"),
        ("https://h?id=7", "https://h/scores?id=7"),
    ],
)
def test_a_sub_path_goes_before_the_query(url, expected):
    """Moodle's line items carry a query. [AGS §3.4.1]"""
    assert urls.append_path(url, "/scores") == expected


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/p?page=2#top", "https://h/p?page=2"),
        ("?page=2", "https://h/a/b?page=2"),
        ("c", "https://h/a/c"),
        ("//other/x", "https://other/x"),
        ("https://H/Path?Key=Value%2f", "https://H/Path?Key=Value%2f"),
    ],
)
def test_a_link_is_seen_from_where_it_stood(link, expected):
    assert urls.join("https://h/a/b?page=1", link) == expected


@pytest.mark.parametrize("odd", ODD)
def test_a_link_nobody_can_read_is_left_for_require_to_refuse(odd):
    joined = urls.join("https://h/a", odd)

    assert isinstance(urls.host(joined), str)


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example/p?tag=a%20b;c,d&e=%2f+%2F",
        "https://h.example/P/%7Euser/li?Type_ID=1&x=a:b@c",
        "https://h.example/p?x=1&&y",
    ],
)
def test_httpx_sends_a_url_as_it_was_written(url):
    """A platform may sign its page links."""
    assert str(httpx.URL(url)) == url
