"""Pages that can be foretold are asked for ahead; what is returned is always what the links say."""

from __future__ import annotations

import _thread
import itertools
import sys
import threading
import time
import warnings
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import HOST, ROSTER_URL, Reply, Script, members, person, says, text

from ltix_data import errors, pace, spec
from ltix_data.paging.ahead import MOST, Series

from .conftest import tried

PATH = "/c/1/memberships"
SOON = 30  # seconds within which what is waited for comes on a busy machine


class Distant(Script):
    """A platform whose every page takes a while, by the clock of whoever reads it."""

    seconds = 0.02

    def client(self, **options):
        client = super().client(**options)
        client.monotonic = partial(next, itertools.count(0.0, self.seconds))
        return client


@pytest.fixture
def lms(signing_key):
    return Distant(signing_key)


class Pages:
    """Answers by URL: number of the page -> its entry, and where it leads.

    *links* makes the address behind a page from its number; *replies* answer for some pages in their own way.
    """

    def __init__(self, count: int, links=lambda number: f"?page={number + 1}", replies=None) -> None:
        self.replies = dict(replies or {})
        self.urls = [ROSTER_URL, *(ROSTER_URL + links(number) for number in range(1, count))]
        self.behind = ROSTER_URL + links(count)

    def __call__(self, seen):
        number = self.urls.index(seen.url) + 1 if seen.url in self.urls else 0
        reply = self.replies.get(number)
        if reply is not None:
            return reply(seen) if callable(reply) else reply
        if not number:
            return Reply(404)
        more = {"link": f'<{self.urls[number]}>; rel="next"'} if number < len(self.urls) else {}
        return says(members(person(f"u{number}")), **more)


def pages(client, *, ahead: bool = True):
    return client.pages(
        ROSTER_URL,
        "the roster",
        scopes=(spec.SCOPE_MEMBERSHIPS,),
        accept=spec.MEMBERSHIP_CONTAINER,
        key="members",
        section="NRPS §2.1",
        ahead=ahead,
    )


def read(client, *, ahead: bool = True) -> list[str]:
    return [entry["user_id"] for page in pages(client, ahead=ahead) for entry in page.data["members"]]


def ids(count: int) -> list[str]:
    return [f"u{number}" for number in range(1, count + 1)]


def settled(lms) -> list[str]:
    """Return what was asked for, once nothing is under way any more."""
    for thread in threading.enumerate():
        if thread.name == "ltix-ahead":
            thread.join(SOON)
    return [url.removeprefix("GET ").removeprefix(ROSTER_URL) for url in lms.asked]


# --- What is foretold -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "links",
    [
        lambda number: f"?page={number + 1}",
        lambda number: f"?start={number * 100}&limit=100",
        lambda number: f"?type_id=7&from={number * 50}&x=%2F&=&y",
        lambda number: f"?b=1&page={number}&b=1",
    ],
)
def test_every_page_is_asked_for_once_and_in_order(lms, links):
    served = Pages(20, links)
    lms.on(PATH, served)

    assert read(lms.client()) == ids(20)
    asked = settled(lms)
    wasted = [url for url in asked if ROSTER_URL + url not in served.urls]
    assert (len(asked) - len(wasted), len(set(asked)), len(wasted) < MOST) == (20, len(asked), True)


def third_waits_for_fourth():
    """Return six pages of which the third comes only when the fourth was asked for too."""
    fourth = threading.Event()
    served = Pages(6)

    def third(seen):
        assert fourth.wait(SOON)
        return says(members(person("u3")), link=f'<{served.urls[3]}>; rel="next"')

    def noting(seen):
        fourth.set()
        return says(members(person("u4")), link=f'<{served.urls[4]}>; rel="next"')

    served.replies = {3: third, 4: noting}
    return served


def test_pages_are_under_way_together(lms):
    lms.on(PATH, third_waits_for_fourth())

    assert read(lms.client()) == ids(6)


def test_pages_that_come_at_once_are_read_one_by_one(lms):
    """There is nothing to save, and threads cost something."""
    lms.seconds = 0.004
    lms.on(PATH, Pages(20))

    assert (read(lms.client()), len(settled(lms))) == (ids(20), 20)


@pytest.mark.parametrize("count", [1, 2])
def test_a_short_list_asks_for_nothing_ahead(lms, count):
    lms.on(PATH, Pages(count))

    assert (read(lms.client()), len(settled(lms))) == (ids(count), count)


@pytest.mark.parametrize(
    "links",
    [
        lambda number: f"?bookmark=bookmark:{number:x}abc",  # Canvas
        lambda number: f"?page={number:03}",
        lambda number: f"?page={100 - number}",
        lambda number: f"?page={number}&at={number}",
        lambda number: f"?page={number}.5",
        lambda number: f"?page=-{number}",
        lambda number: f"?p{number}=1",
        lambda number: f"?page={10**15 + number}",
        lambda number: f"?page={number}{'&x' * number}",
        lambda number: f"?page=²{number}",
    ],
)
def test_what_cannot_be_foretold_is_read_link_by_link(lms, links):
    served = Pages(9, links)
    served.urls = [url.replace("²", "%C2%B2") for url in served.urls]
    lms.on(PATH, served)

    assert (read(lms.client()), len(settled(lms))) == (ids(9), 9)


@pytest.mark.parametrize(
    ("one", "other", "then"),
    [
        ("https://a/x?p=1", "https://a/x?p=2", "https://a/x?p=3"),
        ("https://a/x?q=7&p=100&r", "https://a/x?q=7&p=200&r", "https://a/x?q=7&p=300&r"),
        ("https://a/x?p=0", "https://a/x?p=9", "https://a/x?p=18"),
        ("https://a/x?p=1", "https://a/y?p=2", None),
        ("https://a/x?p=1", "https://b/x?p=2", None),
        ("https://a/x/1", "https://a/x/2", None),
        ("https://a/x?p=1", "https://a/x?p=1", None),
        ("https://a/x?p=1", "https://a/x?q=2", None),
        ("https://a/x?1", "https://a/x?2", None),
        ("https://a/x?p=1", "https://a/x", None),
        ("https://a/x", "https://a/x?p=1", None),
    ],
)
def test_a_series_is_one_number_that_grows(one, other, then):
    series = Series.between(one, other)

    assert (series and (series.after(0), series.after(1))) == (then and (other, then))


# --- What is believed -------------------------------------------------------------------------------


def test_what_the_links_do_not_confirm_is_thrown_away(lms):
    """The numbers go on by one, and then skip: the page asked for ahead is there, and nobody's."""
    jump = Pages(12, lambda number: f"?page={number + 1 if number < 6 else number + 50}")
    jump.replies = {0: says(members(person("stranger")))}
    lms.on(PATH, jump)

    assert read(lms.client()) == ids(12)
    asked = settled(lms)
    assert (len(set(asked)), len(asked) - 12 < MOST) == (len(asked), True)


def test_what_was_thrown_away_is_not_used_later(lms):
    """The links leave the series, and come back to a page that was asked for ahead."""
    served = Pages(8)
    served.replies = {
        6: says(members(person("u6")), link=f'<{ROSTER_URL}?page=60>; rel="next"'),
        0: says(members(person("between")), link=f'<{ROSTER_URL}?page=7>; rel="next"'),
    }
    lms.on(PATH, served)

    assert read(lms.client()) == [*ids(6), "between", "u7", "u8"]
    assert settled(lms).count("?page=7") == 2


@pytest.mark.parametrize("behind", [Reply(404), Reply(500), Reply(403), text("<html>"), says(members(person("ghost")))])
def test_what_is_behind_the_end_does_not_matter(lms, behind):
    lms.on(PATH, Pages(12, replies={0: behind}))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read(lms.client()) == ids(12)


@pytest.mark.parametrize("reply", [Reply(404), Reply(500), Reply(400), text("<html>"), says({"members": 1})])
def test_an_error_that_the_links_lead_to_is_raised(lms, reply):
    lms.on(PATH, Pages(12, replies={7: reply}))

    with pytest.raises(errors.PlatformError) as plain:
        read(lms.client(), ahead=False)
    with pytest.raises(errors.PlatformError) as ahead:
        read(lms.client())

    assert (type(ahead.value), str(ahead.value)) == (type(plain.value), str(plain.value))


def test_a_page_that_failed_ahead_is_asked_for_once_more(lms):
    """Some platforms do not like to be asked for so much at once; from there on it is one by one."""
    served, failures = Pages(30), iter([Reply(400)])
    seventh = says(members(person("u7")), link=f'<{served.urls[7]}>; rel="next"')
    served.replies = {7: lambda seen: next(failures, None) or seventh}
    lms.on(PATH, served)

    assert read(lms.client()) == ids(30)
    asked = settled(lms)
    assert (asked.count("?page=7"), "?page=31" in asked) == (2, False)


def test_no_more_pages_are_asked_for_than_there_may_be(lms):
    lms.on(PATH, Pages(40))

    with pytest.raises(errors.TooLargeError, match="more than 12 pages"):
        read(lms.client(max_pages=12))

    assert len(settled(lms)) == 12


def test_a_token_that_dies_meanwhile_is_renewed(lms):
    dead = iter([Reply(401)])
    served = Pages(20)
    ninth = says(members(person("u9")), link=f'<{served.urls[9]}>; rel="next"')
    served.replies = {9: lambda seen: next(dead, None) or ninth}
    lms.on(PATH, served)

    assert (read(lms.client()), len(lms.token_requests)) == (ids(20), 2)


TARGETS = st.one_of(
    st.integers(0, 9).map(lambda number: f"{ROSTER_URL}?page={number}"),
    st.sampled_from(
        [None, ROSTER_URL, f"{ROSTER_URL}?page=40", f"{ROSTER_URL}?q=1", "https://evil.example/?page=5", "https://[x"]
    ),
)


@st.composite
def webs(draw: st.DrawFn) -> dict[str, Reply]:
    """Return pages that mostly follow one another, and some that lead anywhere."""
    count, step = draw(st.integers(1, 14)), draw(st.sampled_from([1, 1, 3]))
    urls = [ROSTER_URL, *(f"{ROSTER_URL}?page={2 + number * step}" for number in range(count))]
    found = {}
    for place, url in enumerate(urls):
        following = urls[place + 1] if place + 1 < len(urls) else draw(TARGETS)
        if draw(st.integers(0, 9)) == 0:
            following = draw(TARGETS)
        entries = [person(f"u{place if draw(st.integers(0, 9)) else place - 1}")] * draw(st.sampled_from([0, 1, 1, 1]))
        strange = draw(st.sampled_from([None] * 20 + [Reply(200), Reply(404), Reply(500), text("{}"), text("<p>")]))
        link = {} if following is None else {"link": f'<{following}>; rel="next"'}
        found[url] = strange or says(members(*entries), **link)
    return found


@tried
@given(webs())
def test_the_outcome_is_that_of_reading_one_by_one(signing_key, web):
    def outcome(ahead: bool) -> tuple:
        lms = Distant(signing_key)
        lms.on(PATH, lambda seen: web.get(seen.url, Reply(404)))
        found: list = []
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                found.extend(page.data for page in pages(lms.client(attempts=1, max_pages=11), ahead=ahead))
                ended = None
            except errors.LtixError as error:
                ended = (type(error), str(error))
        return found, ended, [str(warning.message) for warning in warned]

    assert outcome(ahead=True) == outcome(ahead=False)


# --- Being left, stopped, interrupted -----------------------------------------------------------------


def test_a_reader_that_leaves_asks_for_nothing_more(lms):
    lms.on(PATH, Pages(200))
    found = pages(lms.client())
    for _ in range(6):
        next(found)
    found.close()

    assert (len(settled(lms)) <= 6 + MOST, [t for t in threading.enumerate() if t.name == "ltix-ahead"]) == (True, [])


def failing_when_released(served, release, first: int) -> None:
    """Hold the answers to all pages from one on; they are a failure that is worth another try."""

    def answer(seen):
        assert release.wait(SOON)
        return Reply(503)

    served.replies = dict.fromkeys(range(first, 200), answer)


def test_what_was_under_way_when_a_reader_left_is_not_tried_again(lms):
    served, release = Pages(200), threading.Event()
    failing_when_released(served, release, first=7)
    lms.on(PATH, served)
    found = pages(lms.client())
    for _ in range(6):
        next(found)
    found.close()
    release.set()

    asked = settled(lms)
    assert len(set(asked)) == len(asked)


@pytest.mark.parametrize("reading", ["columns", "roster"])
def test_a_roster_that_is_too_large_is_left_at_once(signing_key, reading):
    """Even while the error is kept, and with it the frames that read (as notebooks do)."""
    lms = Distant(signing_key, platform="Canvas")
    served, release = Pages(200), threading.Event()
    failing_when_released(served, release, first=12)
    lms.on(PATH, served)
    with pytest.raises(errors.TooLargeError) as caught:
        getattr(lms.memberships(), reading)(max_members=10)
    release.set()

    asked = settled(lms)
    assert (len(set(asked)), len(asked) <= 11 + MOST, caught.value.hint is not None) == (len(asked), True, True)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere so large a stack is refused at once")
def test_where_no_thread_is_to_be_had_it_is_read_link_by_link(lms):
    lms.on(PATH, Pages(9))
    before = threading.stack_size(2**47)
    try:
        found = read(lms.client())
    finally:
        threading.stack_size(before)

    assert (found, len(settled(lms))) == (ids(9), 9)


def held(lms, release, at: int = 3) -> None:
    """Let nothing be answered from one page on until *release* is set."""
    served = Pages(40)

    def hold(number):
        def answer(seen):
            assert release.wait(SOON)
            return says(members(person(f"u{number}")), link=f'<{served.urls[number]}>; rel="next"')

        return answer

    served.replies = {number: hold(number) for number in range(at, 40)}
    lms.on(PATH, served)


def test_an_interrupt_ends_it_within_two_seconds(lms):
    release, second = threading.Event(), threading.Event()
    held(lms, release)
    found = pages(lms.client())

    def press():
        assert second.wait(SOON)
        _thread.interrupt_main()

    presser = threading.Thread(target=press)
    presser.start()
    next(found), next(found)
    begun = time.monotonic()
    second.set()
    with pytest.raises(KeyboardInterrupt):
        next(found)
    took = time.monotonic() - begun
    release.set()
    presser.join()

    assert (took < 4, len(settled(lms)) <= 4) == (True, True)


def test_a_stop_ends_it_while_it_waits(lms):
    release, stop = threading.Event(), threading.Event()
    held(lms, release)
    found = pages(lms.client())
    later = threading.Timer(0.3, stop.set)

    with pace.stoppable(stop):
        next(found), next(found)
        later.start()
        begun = time.monotonic()
        with pytest.raises(errors.StoppedError):
            next(found)
        took = time.monotonic() - begun
    release.set()

    assert (took < SOON / 2, len(settled(lms)) <= 4) == (True, True)


def test_a_stop_ends_it_even_where_everything_has_come(lms):
    stop = threading.Event()
    lms.on(PATH, Pages(40))
    found = pages(lms.client())

    with pace.stoppable(stop):
        for _ in range(8):
            next(found)
        settled(lms)
        stop.set()
        with pytest.raises(errors.StoppedError):
            next(found)


# --- Who asks ahead -----------------------------------------------------------------------------------


def test_many_rosters_at_once_are_read_one_page_after_another(signing_key):
    """Their readers have enough under way."""
    lms = Distant(signing_key, platform="Canvas")
    lms.on(PATH, Pages(9))
    found, _ = lms.memberships().columns(ahead=False)

    assert (found["user_id"], len(settled(lms))) == (ids(9), 9)


def test_a_roster_asks_ahead_unless_told_otherwise(lms):
    lms.on(PATH, third_waits_for_fourth())

    assert lms.memberships().columns()[0]["user_id"] == ids(6)


def test_differences_and_streams_are_read_one_page_after_another(lms):
    lms.on(PATH, Pages(9))
    service = lms.memberships()

    assert [member.user_id for member in service.members()] == ids(9)
    assert [member.user_id for member in service.differences(f"{HOST}{PATH}").members] == ids(9)
    assert len(settled(lms)) == 18
