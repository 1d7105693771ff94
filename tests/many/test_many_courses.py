"""Hundreds of courses in one frame: in order, each once, with one token and a bounded number of requests."""

from __future__ import annotations

import threading
import time

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import ltix_data as ltix
from ltix_data import errors, frames, pace
from ltix_data.courses import KnownCourse
from ltix_data.session.lookup import Index

from .term import SOON, Term


def test_three_hundred_courses_are_read_with_one_token_and_each_once(make_term):
    term = make_term(300)

    found = term.session().rosters()

    assert found["course"].value_counts().to_dict() == term.members
    assert (term.tokens, set(term.courses_asked().values())) == (1, {1})
    assert found.columns.tolist() == ["course", *frames.roster([]).columns]
    assert (found.attrs["errors"], found.attrs["from_cache"]) == ([], 0)


def test_rows_come_in_the_order_of_the_courses_asked_for(make_term):
    """Whatever order the platform answers in."""
    term = make_term(40)
    term.answer = lambda path: time.sleep(0.02 if "C03" in path else 0)
    names = sorted(term.members, reverse=True)

    found = term.session().results(names)

    assert found["course"].drop_duplicates().tolist() == names


def test_many_courses_are_the_frames_of_each_one_after_another(term):
    session = term.session()
    each = [session.course(name) for name in term.members]

    rosters, results = session.rosters(), session.results()

    for found, parts in ((rosters, [c.roster() for c in each]), (results, [c.results() for c in each])):
        assert_frame_equal(found.drop(columns="course"), pd.concat(parts, ignore_index=True))


def test_several_requests_are_under_way_at_once_and_never_more_than_the_bound(make_term):
    term = make_term(200, items=4)
    term.answer = lambda path: time.sleep(0.005)

    term.session().results()

    assert 1 < term.at_once <= pace.MOST


def test_few_courses_share_the_readers(make_term):
    """Two courses with many columns are not read one request at a time each; the bound is that of many."""
    term = make_term(2, items=60)
    term.answer = lambda path: time.sleep(0.01)

    found = term.session().results()

    assert len(found) == 120
    assert 2 < term.at_once <= pace.MOST


def test_a_course_that_is_asked_for_twice_is_there_once(term):
    """By its name, and by its title and context id as well."""
    found = term.session().rosters(["C001", "C000", "C001", "Course C000", "id-C001"])

    assert found["course"].value_counts().to_dict() == {"C001": 2, "C000": 1}
    assert term.courses_asked() == {"C001": 1, "C000": 1}


def test_one_name_is_one_course(term):
    assert set(term.session().rosters("C002")["course"]) == {"C002"}


def test_a_column_of_names_will_do(term):
    session = term.session()

    assert len(session.rosters(session.courses()["name"])) == 6


def test_no_course_at_all_has_the_columns_of_all_and_asks_nothing(term):
    session = term.session()

    for empty, full in ((session.rosters([]), session.rosters()), (session.results([]), session.results())):
        pd.testing.assert_series_equal(empty.dtypes, full.dtypes)
        assert (len(empty), empty.attrs["errors"]) == (0, [])
    assert term.courses_asked() == {"C000": 1, "C001": 1, "C002": 1}


def test_a_misspelt_course_is_told_before_anything_is_read(term):
    with pytest.raises(errors.UnknownNameError, match="Did you mean “C001”"):
        term.session().rosters(["C000", "C0O1"])

    assert (term.asked, term.tokens) == ([], 0)


def test_a_title_of_two_courses_is_ambiguous_among_many_too(term):
    session = term.session()
    session.registration.remember(term.known("D", title="Same"), term.known("E", title="Same"))

    with pytest.raises(errors.AmbiguousError, match="“D”, “E”"):
        session.rosters(["C000", "Same"])


def test_courses_that_fail_are_listed_with_the_reason_and_warned_about_once(make_term):
    term = make_term(30)
    session = term.session()
    for key in ("C003", "C017"):
        del term.members[key]

    with pytest.warns(ltix.LtixWarning, match=r"2 courses could not be read \(C003, C017\) and are missing") as warned:
        found = session.rosters()

    assert [one.filename for one in warned if one.category is ltix.LtixWarning] == [__file__]
    assert found["course"].drop_duplicates().tolist() == list(term.members)
    assert [(one["course"], one["error"]) for one in found.attrs["errors"]] == [
        ("C003", "NotFoundError"),
        ("C017", "NotFoundError"),
    ]


def test_a_course_without_grades_is_listed_and_one_without_line_items_has_no_rows(term):
    session = term.session()
    term.labels["C001"] = []
    session.registration.remember(term.known("C002", lineitems_url=None))

    with pytest.warns(ltix.LtixWarning, match="1 course could not be read"):
        found = session.results()

    assert found["course"].tolist() == ["C000"]
    assert [(one["course"], one["error"]) for one in found.attrs["errors"]] == [("C002", "UsageError")]


def test_names_are_looked_up_by_an_index():
    """10,000 names among 10,000 courses: looking through all of them for each would take minutes."""
    known = [
        KnownCourse(
            f"n{n}", context_id=f"x{n}", label=f"n{n + 1}", title=f"t{n}", memberships_url="https://e.example/m"
        )
        for n in range(10_000)
    ]
    index = Index(known)

    for course in known[1:]:
        assert index.called(course.name) == ("name", [course]), "and not the one whose label it is"
        assert index.called(course.context_id) == ("context_id", [course])
        assert index.called(course.title) == ("title", [course])
    assert index.called("n10000") == ("label", [known[-1]])
    assert index.called("nobody") == ("name", [])


def test_a_course_that_was_added_meanwhile_is_found(make_term):
    session = make_term(2).session()
    session.course("C000")

    session.add_course("new", memberships_url="https://e.example/m")

    assert session.course("new").name == "new"


def test_a_pseudonymous_session_shows_pseudonyms_of_all_courses(term):
    found = term.session(pseudonyms="a key that is long enough").rosters()

    assert found["user_id"].str.fullmatch("p[a-z2-7]{12}").all()
    assert found[["name", "email"]].isna().all(axis=None)


def test_the_term_counts_itself(signing_key):
    """What the tests stand on: it sees requests that overlap."""
    term = Term(signing_key, 2)
    together = threading.Barrier(2)

    def meet(path):
        if path != "/token":
            together.wait(SOON)

    term.answer = meet

    term.session().rosters()
    term.close()

    assert term.at_once == 2
