"""Several platforms in one frame: read at the same time, each by its own session; one that is shut is told of."""

from __future__ import annotations

import threading

import pandas as pd
import pytest

import ltix_data as ltix
from ltix_data import errors
from ltix_data.session import gradebooks, results, rosters

from .term import SOON

KEY = "a key that is long enough"


@pytest.fixture
def two(make_term):
    return make_term(3, name="moodle"), make_term(2, name="canvas")


@pytest.fixture
def store(signing_key, monkeypatch, tmp_path):
    """Store a term's registration, so that its name opens it."""
    key_file = tmp_path / "key.pem"
    key_file.touch(mode=0o600)
    key_file.write_text(signing_key.private_pem(), encoding="utf-8")
    monkeypatch.setenv("LTIX_KEY_FILE", str(key_file))

    def stored(term) -> str:
        found = ltix.register(term.name, issuer=term.url, client_id="c1", token_url=f"{term.url}/token", store="none")
        found.remember(*map(term.known, term.members))
        return term.name

    return stored


def test_all_courses_of_all_platforms_are_one_frame_with_a_column_for_each(two):
    one, other = two

    found = rosters([one.session(), other.session()])

    rows = found[["platform", "course"]].drop_duplicates().values.tolist()
    assert rows == [["moodle", "C000"], ["moodle", "C001"], ["moodle", "C002"], ["canvas", "C000"], ["canvas", "C001"]]
    assert found.columns.tolist() == ["platform", *one.session().rosters([]).columns]
    assert (one.tokens, other.tokens, found.attrs["errors"]) == (1, 1, [])


def test_results_and_gradebooks_tell_the_platform_first_too(two):
    one, other = two
    other.labels = {"C000": [("Quiz 1", 20.0)], "C001": []}
    sessions = [one.session(), other.session()]

    long, wide = results(sessions), gradebooks(sessions)

    assert long.columns.tolist() == ["platform", *one.session().results([]).columns]
    assert wide.columns.tolist() == ["platform", "course", "user_id", "name", "Quiz 1"]
    assert wide.attrs["out_of"]["canvas"] == {"C000": {"Quiz 1": 20.0}, "C001": {}}
    assert wide.attrs["out_of"]["moodle"]["C000"] == {"Quiz 1": 10.0}
    assert gradebooks(sessions, values="percent")["Quiz 1"].dropna().unique().tolist() == [50]


def test_platforms_are_read_at_the_same_time(two):
    """Each waits until the other was asked."""
    together = threading.Barrier(2)
    met = []

    def meet(term):
        def answer(path: str) -> None:
            if path == "/C000/members":
                met.append(together.wait(SOON))

        term.answer = answer

    for term in two:
        meet(term)

    rosters([term.session() for term in two])

    assert sorted(met) == [0, 1]


def test_names_of_registrations_are_opened_and_closed_again_and_open_sessions_stay_open(two, store):
    one, other = two
    session = other.session()
    before = threading.active_count()

    found = rosters([store(one), session])

    assert found["platform"].drop_duplicates().tolist() == ["moodle", "canvas"]
    assert len(session.rosters(["C000"])) == 1
    assert threading.active_count() <= before + 4  # those that answer connections still open


def test_one_name_is_one_registration(two, store):
    assert set(rosters(store(two[0]))["platform"]) == {"moodle"}


def test_a_registration_that_cannot_be_opened_is_told_and_the_others_are_there(two, store):
    one, _ = two

    with pytest.warns(ltix.LtixWarning, match=r"1 registration could not be read \(brightspace\) and is missing"):
        found = rosters(["brightspace", store(one)])

    assert set(found["platform"]) == {"moodle"}
    assert [(row["platform"], row["course"], row["error"]) for row in found.attrs["errors"]] == [
        ("brightspace", None, "UnknownNameError")
    ]


def test_a_refused_token_is_one_thing_to_tell_and_not_one_for_each_course(two):
    one, other = two
    one.answer = lambda path: 401 if path == "/token" else None
    other.answer = lambda path: 404 if "C001" in path else None

    with pytest.warns(
        ltix.LtixWarning, match=r"1 course and 1 registration could not be read \(moodle, C001\)"
    ) as warned:
        found = rosters([one.session(), other.session()])

    assert [(row["platform"], row["course"], row["error"]) for row in found.attrs["errors"]] == [
        ("moodle", None, "TokenError"),
        ("canvas", "C001", "NotFoundError"),
    ]
    assert set(found["platform"]) == {"canvas"}
    assert warned[0].filename == __file__


def test_a_platform_that_is_down_does_not_hold_up_the_other(make_term):
    one, other = make_term(100, name="one"), make_term(100, name="other")
    one.answer = lambda path: None if path == "/token" else 0

    with pytest.warns(ltix.LtixWarning, match="8 courses in a row"):
        found = rosters([one.session(limits={"attempts": 1}), other.session()])

    assert found["course"].nunique() == 100
    assert {row["platform"] for row in found.attrs["errors"]} == {"one"}


def test_what_is_kept_of_one_platform_is_not_taken_for_anothers(two):
    sessions = [term.session() for term in two]
    sessions[0].rosters(max_age="1h")

    found, again = (rosters(sessions, max_age="1h") for _ in range(2))

    assert (found.attrs["from_cache"], again.attrs["from_cache"]) == (3, 5)
    pd.testing.assert_frame_equal(found, again)
    assert [term.tokens for term in two] == [1, 1]


def test_what_is_kept_needs_no_token(two):
    one, other = two
    rosters([one.session(), other.session()], max_age="1h")
    for term in two:
        term.answer = lambda path: 401

    assert rosters([one.session(), other.session()], max_age="1h").attrs["errors"] == []


def test_pseudonyms_are_for_those_that_are_opened_and_refused_beside_an_open_session_with_names(two, store):
    one, other = two
    name = store(one)

    found = rosters([name, other.session(pseudonyms=KEY)], pseudonyms=KEY)
    assert found["name"].isna().all()
    with pytest.raises(errors.UsageError, match="“canvas” shows people by name"):
        rosters([name, other.session()], pseudonyms=KEY)


@pytest.mark.parametrize("wrong", [lambda s: [s, s], lambda s: ["uni", s, "canvas"], lambda s: ["canvas", "canvas"]])
def test_a_registration_that_is_given_twice_is_refused(two, wrong):
    with pytest.raises(errors.UsageError, match="“canvas” is given twice"):
        rosters(wrong(two[1].session()))

    assert two[1].asked == []


@pytest.mark.parametrize("wrong", [[17], [None], [["moodle"]]])
def test_what_is_no_session_is_refused(wrong):
    with pytest.raises(errors.UsageError, match="sessions must be"):
        rosters(wrong)


def test_no_registration_at_all_has_the_columns_of_all(two):
    for read in (rosters, results, gradebooks):
        empty, full = read([]), read([two[0].session()])
        assert empty.columns.tolist() == full.columns.tolist()[: len(empty.columns)]
        assert (len(empty), empty.attrs["errors"], empty.attrs["read_at"]) == (0, [], None)


def test_progress_counts_the_courses_of_all(make_term, capsys):
    terms = [make_term(10, name=name) for name in ("one", "other")]

    rosters([term.session() for term in terms])

    assert capsys.readouterr().err.splitlines()[-1] == "20 of 20 courses done"
