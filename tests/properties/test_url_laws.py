"""URLs: paths grow before the query, queries keep their bytes, and what is no URL is a UsageError."""

from __future__ import annotations

from urllib.parse import unquote_plus

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ltix_data import urls
from ltix_data.errors import UsageError

from .conftest import many

KEYS = ("type_id", "role", "a b", "ü", "limit", "x[]", "a&b")
_KEYS_WRITTEN = ("type_id", "role", "a+b", "a%20b", "%C3%BC", "%c3%bc", "ü", "limit", "x[]", "x%5B%5D", "a%26b", "")
HOSTS = (
    "https://lms.example.edu",
    "https://LMS.example.edu:8443",
    "http://[::1]:8000",
    "https://xn--bcher-kva.example",
)


def paths() -> st.SearchStrategy[str]:
    part = st.sampled_from(["", "c", "1", "A", "b;v=1", "%2F", "x,y", "..", "lineitem", "ü", "@"])
    return st.lists(part, max_size=4).map(lambda parts: "".join(f"/{part}" for part in parts))


def pairs() -> st.SearchStrategy[list[str]]:
    value = st.sampled_from(["", "=", "=1", "=a+b", "=%2f", "=%2F", "=a=b", "=?", "=ü", "=/x/", "=;"])
    pair = st.tuples(st.sampled_from(_KEYS_WRITTEN), value).map("".join)
    return st.lists(pair.filter(bool), max_size=4)


@st.composite
def addresses(draw: st.DrawFn) -> tuple[str, str, list[str]]:
    """Draw host, path and the pairs of the query."""
    return draw(st.sampled_from(HOSTS)), draw(paths()), draw(pairs())


def put(host: str, path: str, query: list[str]) -> str:
    return host + path + ("?" + "&".join(query) if query else "")


def queries() -> st.SearchStrategy[dict[str, str | None]]:
    anything = st.text(st.characters(codec="utf-8"), max_size=6)
    return st.dictionaries(st.sampled_from(KEYS), anything | st.none(), max_size=3)


# --- Paths ----------------------------------------------------------------------------------------


@many
@given(addresses(), st.sampled_from(["/scores", "/results"]))
@example(("https://lms.example.edu", "/mod/lti/1/lineitem", ["type_id=1"]), "/scores")  # Moodle
@example(("https://lms.example.edu", "", ["a=/x/"]), "/scores")
def test_a_path_grows_before_the_query_and_the_query_keeps_its_bytes(address, suffix):
    host, path, query = address

    assert urls.append_path(put(*address), suffix) == put(host, path.rstrip("/") + suffix, query)


# --- Queries --------------------------------------------------------------------------------------


def key(pair: str) -> str:
    return unquote_plus(pair.partition("=")[0])


@many
@given(addresses(), queries())
@example(("https://lms.example.edu", "/i", ["type_id=1", "a+b=%2f", "role"]), {"role": "x", "a b": None})
def test_a_query_replaces_its_keys_and_keeps_the_bytes_of_the_others(address, wanted):
    host, path, before = address
    given_ = {name: value for name, value in wanted.items() if value is not None}

    url = urls.add_query(put(*address), wanted)

    kept = [pair for pair in before if key(pair) not in given_]
    begin = put(host, path, kept)
    added = url.removeprefix(begin).lstrip("?&")
    assert url.startswith(begin)
    assert {key(pair): unquote_plus(pair.partition("=")[2]) for pair in added.split("&") if pair} == given_
    assert urls.add_query(url, wanted) == url, "asked twice, the same"


@given(addresses(), queries(), queries())
def test_what_is_asked_last_counts(address, first, last):
    first = {name: value for name, value in first.items() if value is not None}
    last = dict.fromkeys(first, "x") | {name: value for name, value in last.items() if value is not None}
    assume(last)

    assert urls.add_query(urls.add_query(put(*address), first), last) == urls.add_query(put(*address), last)


@given(addresses(), queries())
def test_query_and_path_do_not_mind_the_order(address, wanted):
    url = put(*address)

    assert urls.append_path(urls.add_query(url, wanted), "/results") == urls.add_query(
        urls.append_path(url, "/results"), wanted
    )


# --- Origins and links ----------------------------------------------------------------------------


@given(addresses(), queries())
def test_the_origin_is_host_and_port_alone(address, wanted):
    host, _, _ = address
    url = put(*address)

    changed = {urls.append_path(url, "/results"), urls.add_query(url, wanted), host.upper().replace("HTTPS", "https")}
    assert {urls.origin(one) for one in changed} == {urls.origin(host)}
    assert urls.origin(urls.origin(url)) == urls.origin(url)


@given(addresses(), addresses())
@example(("https://lms.example.edu", "/c", []), ("https://lms.example.edu", "/c/b;", []))
def test_an_absolute_link_comes_back_as_it_is(base, link):
    assert urls.join(put(*base), put(*link)) == put(*link)
    assert urls.join(put(*base), put(*link) + "#here") == put(*link)


@given(addresses(), pairs())
def test_a_link_that_is_only_a_query_keeps_host_and_path(base, query):
    assume(query)
    host, path, _ = base
    assume(not {"", ".."} & set(path.split("/")[1:]))  # those are tidied up

    assert urls.join(put(*base), "?" + "&".join(query)) == put(host, path, query)


@many
@given(
    addresses(),
    st.text(max_size=8)
    | st.lists(st.sampled_from(["//", "[", "]", ":", "/", "?", "#", "é", "..", "a", "@", "9" * 6])).map("".join),
)
@example(("https://lms.example.edu", "/c", []), "//[")
@example(("https://lms.example.edu", "/c", []), "//\u2100")
def test_any_link_is_joined_and_joining_again_changes_nothing(base, link):
    once = urls.join(put(*base), link)

    assert urls.join(put(*base), once) == once


# --- What is a URL --------------------------------------------------------------------------------

_PIECES = (
    *(
        "https:",
        "HTTP:",
        "ftp:",
        "//",
        "/",
        "user:pw@",
        "@",
        "lms.example.edu",
        "LOCALHOST",
        "[::1]",
        "[",
        "]",
        "127.0.0.1",
    ),
    *(":0", ":443", ":99999", ":x", ":", "?", "#", "&", "=", "%", "%zz", ";", " ", "\t", "\n", "\0", "\x7f", "\u2028"),
    *("é", "\u2100", "\uff0f", "\ud800", "٣", "\\", "<", '"'),
)


@many
@given(
    st.lists(st.sampled_from(_PIECES) | st.text(st.characters(exclude_categories=()), max_size=3), max_size=5).map(
        "".join
    ),
    st.sampled_from(["", "https://", "https://lms.example.edu", "http://localhost:8000/"]),
)
@example("https://[", "")
@example("lms.example.edu:99999", "https://")
@example("a\u2100b", "https://")
@example("u@h", "https://")
def test_any_text_is_a_url_or_a_usage_error(text, begin):
    given_ = begin + text
    try:
        url = urls.require(given_, "The address")
    except UsageError:
        return

    scheme, host = urls.origin(url).split("://")
    assert (url, urls.require(url, "The address")) == (given_.strip(), url)
    assert scheme in ("http", "https")
    assert host.rpartition(":")[0]
    assert urls.host(url)
    assert not urls.is_secure(url) or scheme == "https" or urls.is_loopback(url)
    assert not any(character.isspace() or character in "\0\x7f" for character in url)
    for changed in (urls.append_path(url, "/results"), urls.add_query(url, {"user_id": "ü 1"})):
        assert urls.origin(urls.require(changed, "The address")) == urls.origin(url)


@pytest.mark.parametrize("value", [None, 7, b"https://lms.example.edu", ["https://lms.example.edu"], {}])
def test_what_is_no_text_is_no_url(value):
    with pytest.raises(UsageError, match="is not a URL"):
        urls.require(value, "The address")
