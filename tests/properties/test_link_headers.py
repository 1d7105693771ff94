"""Link headers: the right URL comes back exactly, however the header is spelt; no bytes at all make it fail."""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import assume, example, given
from hypothesis import strategies as st

from ltix_data.answers import Answer

from .conftest import many

HERE = "https://lms.example.edu/c/1/members"
RELATIONS = ("next", "prev", "first", "last", "differences", "self")


def link(header: str, relation: str) -> str | None:
    return Answer(200, {"link": header}, b"", HERE).link(relation)


def addresses() -> st.SearchStrategy[str]:
    """URLs in which everything stands that may: commas, semicolons, quotes by percent, upper case, queries."""
    piece = st.sampled_from(
        ["Ab", "z", "0", "%22", "%2F", "%e9", ",", ";", "'", "=", "(", ")", "*", ":", "@", "~", "+", "!"]
    )
    word = st.lists(piece, min_size=1, max_size=4).map("".join)
    path = st.lists(word, max_size=3).map(lambda words: "".join(f"/{part}" for part in words))
    query = st.lists(st.tuples(word, word).map("=".join), min_size=1, max_size=3).map("&".join)
    host = st.sampled_from(["https://lms.example.edu", "https://LMS.Example.edu:8443", "http://localhost:80"])
    urls = st.builds(lambda h, p, q: f"{h}{p}?{q}" if q else h + p, host, path, st.none() | query)
    return urls.filter(lambda url: "&amp;" not in url)


SPELLINGS: tuple[Callable[[str, str], str], ...] = (
    lambda url, rel: f'<{url}>; rel="{rel}"',
    lambda url, rel: f"<{url}>; rel={rel}",
    lambda url, rel: f"<{url}>;rel='{rel}'",
    lambda url, rel: f"<{url}>; REL = {rel.upper()}",
    lambda url, rel: f"<{url}>; rel=“{rel}”",
    lambda url, rel: f"<{url.replace('&', '&amp;')}>; rel=“{rel}”",
    lambda url, rel: f"<{url}>; rel=&quot;{rel}&quot;",
    lambda url, rel: f'< {url} > ; rel="{rel}"',
    lambda url, rel: f'<{url}>; type="text/html"; rel="{rel}"; title="page, two; of many"',
    lambda url, rel: f'<{url}>; title="page"; rel="start {rel}"',
)


@st.composite
def headers(draw: st.DrawFn) -> tuple[str, dict[str, str]]:
    """Draw a header, and the URL that each relation in it has."""
    found = draw(st.dictionaries(st.sampled_from(RELATIONS), addresses(), max_size=4))
    links = [draw(st.sampled_from(SPELLINGS))(url, rel) for rel, url in found.items()]
    header = draw(st.sampled_from([",", ", ", " , "])).join(links)
    as_latin_1 = draw(st.booleans())  # how httpx reads what it cannot tell the encoding of
    return (header.encode().decode("latin-1") if as_latin_1 else header), found


@many
@given(headers())
@example((f"<{HERE};>; rel=next", {"next": f"{HERE};"}))
@example(
    (
        f'<{HERE}?ids=1,2;3>; rel="prev", <{HERE}?ids=4,5;6>; rel=next',
        {"prev": f"{HERE}?ids=1,2;3", "next": f"{HERE}?ids=4,5;6"},
    )
)
def test_each_relation_has_its_own_url_letter_for_letter(drawn):
    header, found = drawn

    assert {rel: link(header, rel) for rel in RELATIONS} == dict.fromkeys(RELATIONS) | found


PIECES = ("a", ";", ",", " ", "rel=next", "<", ">", "=", "<b>", '\\"')


@given(addresses(), st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
@example("https://lms.example.edu/1", "a; rel=next")
@example("https://lms.example.edu/1", "a<b>c")
@example("https://lms.example.edu/1", r"5\" wide")
def test_what_a_title_says_leads_nowhere(url, title):
    """A quoted text may hold anything, quotation marks after a backslash. [RFC 8288 §3, RFC 9110 §5.6.4]"""
    assume(not re.search(r",\s*<", title))  # that is taken for the next link, or a stray mark would swallow one
    ours, other = f"{HERE}?page=2", f'<{url}>; title="{title}"; rel="prev"'

    assert link(f'{other}, <{ours}>; title="{title}"; rel="next"', "next") == ours
    assert link(other, "next") is None


@given(addresses(), addresses(), st.sampled_from([",", ", ", " , "]))
def test_a_stray_quotation_mark_swallows_no_link(first, following, between):
    """A roster without its next link would be cut short in silence."""
    header = f'<{first}>; rel="prev"; title="5" wide"{between}<{following}>; rel="next"'

    assert link(header, "next") == following


@many
@given(
    st.lists(
        st.sampled_from(["<", ">", ";", ",", "=", '"', "rel", "next", "&quot;", "“", "[", "//", ":", "é"])
        | st.text(max_size=3)
    ).map("".join)
)
@example('<https://[bad>; rel="next"')
@example("<//\u2100>; rel=next")
def test_no_text_makes_it_fail(header):
    assert isinstance(link(header, "next"), str | None)


@many
@given(st.binary(max_size=40), st.binary(max_size=20))
def test_no_bytes_make_it_fail(inside, after):
    header = (b"<" + inside + b">;rel=next" + after).decode("latin-1")

    assert isinstance(link(header, "next"), str | None)


@given(addresses(), st.sampled_from(RELATIONS))
def test_a_relation_that_is_not_there_has_no_url(url, relation):
    assume(relation != "next")

    assert link(f"<{url}>; rel={relation}", "next") is None
