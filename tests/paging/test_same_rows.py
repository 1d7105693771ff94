"""Whatever a platform does with a limit, and however its links count: a roster is what its small pages hold."""

from __future__ import annotations

import itertools
import threading
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import Script, members, says

from ltix_data import columns
from ltix_data.paging import Sizes
from ltix_data.roles import WORDS

from .conftest import tried
from .servers import ADDRESSED, ENDS, LIMITS, Courses, Service, people

ROLES = [None, "Learner", "Instructor"]


@st.composite
def habits(draw: st.DrawFn) -> dict:
    """Return how a platform pages."""
    return {
        "size": draw(st.integers(1, 9)),
        "addressed": draw(st.sampled_from(ADDRESSED)),
        "limit": draw(st.sampled_from(LIMITS)),
        "most": draw(st.sampled_from([7, 10, 13, 19, 20, 21, 10**9])),
        "end": draw(st.sampled_from(ENDS)),
    }


@st.composite
def terms(draw: st.DrawFn) -> list[Service]:
    """Return the courses of a platform."""
    how = draw(habits())
    found = []
    for _ in range(draw(st.integers(1, 6))):
        count = draw(st.one_of(st.integers(0, 60), st.sampled_from([7, 10, 13, 19, 20, 21])))
        twice = draw(st.lists(st.integers(0, 59), max_size=3, unique=True)) if how["addressed"] != "after" else []
        found.append(Service(people(count, twice=tuple(twice)), **how))
    return found


def whole(signing_key, service: Service, role: str | None):
    """Return the roster as one page gives it."""
    script = Script(signing_key)
    script.on("/c/1/memberships", says(members(*service.entries)))
    return script.memberships().roster(role=role)


@pytest.mark.parametrize("ahead", [True, False])
@tried
@given(terms(), st.sampled_from(ROLES))
def test_a_roster_is_the_same_whatever_the_platform_does_with_a_limit(signing_key, ahead, services, role):
    courses = Courses(signing_key, *services)
    courses.client.page_sizes = Sizes(most=20)
    courses.client.monotonic = itertools.count().__next__  # every page takes a second

    for number, service in enumerate(services):
        expected = whole(signing_key, service, role)
        assert courses.course(number).roster(role=role, ahead=ahead) == expected
        found, differences = courses.course(number).columns(role=role, ahead=ahead)
        assert (found, differences) == (columns.roster(expected.members), expected.differences_url)


@tried
@given(terms())
def test_rosters_that_are_read_at_once_are_the_same_too(signing_key, services):
    courses = Courses(signing_key, *services)
    courses.client.page_sizes = Sizes(most=20)
    found = {}

    def read(number: int) -> None:
        found[number] = courses.course(number).roster(ahead=False)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(len(services))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {number: whole(signing_key, service, None) for number, service in enumerate(services)}


@tried
@given(habits(), st.integers(20, 60), st.data())
def test_who_stays_is_in_a_roster_that_changes_meanwhile(signing_key, how, count, data):
    """Where pages are counted by whom they showed last, nobody who stays is lost, whoever comes and goes."""
    leavers = data.draw(st.lists(st.integers(0, count - 1), max_size=3, unique=True))
    when = data.draw(st.lists(st.integers(1, 6), min_size=3, max_size=3, unique=True))
    changes = {
        moment: lambda entries, gone=f"u{number:05}": entries.__setitem__(
            slice(None), [entry for entry in entries if entry["user_id"] != gone]
        )
        for moment, number in zip(when, leavers, strict=False)
    }
    service = Service(people(count), **(how | {"addressed": "after"}), changes=changes)
    stayed = {entry["user_id"] for entry in service.entries} - {f"u{number:05}" for number in leavers}
    courses = Courses(signing_key, service)
    courses.client.page_sizes = Sizes(most=20)

    for _ in range(3):
        found = {member.user_id for member in courses.course(0).roster().members}
        assert stayed <= found


@tried
@given(terms(), st.sampled_from(sorted(WORDS)))
def test_a_filter_and_a_limit_never_go_together(signing_key, services, role):
    """Moodle's next link loses the role where a limit is sent."""
    courses = Courses(signing_key, *services)
    courses.client.page_sizes = Sizes(most=20)

    for number in range(len(services)):
        courses.course(number).roster()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            courses.course(number).roster(role=role, resource_link="r1")

    assert not [url for url in courses.asked if "limit=" in url and ("role=" in url or "rlid=" in url)]
