"""A course on a platform: taken, listed, compared with now, forgotten."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest
from pandas.testing import assert_frame_equal

import ltix_data as ltix
from ltix_data import spec
from ltix_data.errors import LtixError, LtixWarning, SnapshotError, UsageError
from ltix_data.sandbox import university
from ltix_data.snapshots import all_of

INSTRUCTOR = university.INSTRUCTOR
COLUMNS = {
    "taken_at": "datetime64[us, UTC]",
    "members": "int64",
    "line_items": "int64",
    "results": "int64",
    "size": "int64",
    "pseudonyms": "bool",
    "format": "category",
    "state": "category",
}


def learners(practice) -> list[str]:
    roster = practice.course.roster(role="Learner", status="Active")
    return roster.loc[~roster["test_user"], "user_id"].tolist()


def busy_week(practice) -> list[str]:
    """Let one join, one leave, one be promoted, one go inactive, two get grades and a line item appear."""
    left, promoted, gone, graded, *_ = people = learners(practice)
    practice.platform.enrol("SEM12", "newcomer-1", name="New Comer")
    practice.platform.unenrol("SEM12", left)
    practice.platform.enrol("SEM12", promoted, roles=INSTRUCTOR)
    practice.platform.set_status("SEM12", gone, "Inactive")
    practice.course.post_score(practice.course.line_items().iloc[0], graded, 70)
    practice.course.create_line_item("Essay", 20)
    return people


def test_a_snapshot_holds_the_frames_as_the_course_gave_them(dated, form):
    course = dated.course
    dated.course.post_score(course.line_items().iloc[0], learners(dated)[0], 50, comment="good")

    taken = course.snapshot()

    assert taken.taken_at == dated.session._client.now.time
    assert taken.pseudonyms is False
    assert repr(taken) == "<Snapshot of SEM12, 2026-11-16 06:00 UTC: 12 members, 1 line item, 1 result>"
    for name in ("roster", "line_items", "results"):
        assert_frame_equal(getattr(taken, name), getattr(course, name)())
    assert taken.roster.attrs == course.roster().attrs


def test_snapshots_are_listed_the_latest_first_with_their_sizes(dated, clock, form):
    empty = dated.course.snapshots()
    first = dated.course.snapshot()
    clock.go(days=7)
    dated.course.snapshot()

    listed = dated.course.snapshots()

    assert {name: str(dtype) for name, dtype in listed.dtypes.items()} == COLUMNS
    assert {name: str(dtype) for name, dtype in empty.dtypes.items()} == COLUMNS
    assert len(empty) == 0
    assert listed["taken_at"].tolist() == [clock.time, first.taken_at]
    assert listed.iloc[1][["members", "line_items", "results", "format", "state"]].tolist() == [12, 1, 0, form, "whole"]
    assert listed["size"].min() > 500


def test_another_course_has_snapshots_of_its_own(dated):
    dated.course.snapshot()

    other = dated.session.course("BIO101")

    assert other.snapshots_of() == []
    with pytest.raises(UsageError, match="not of “BIO101”"):
        other.changes(dated.course.snapshots_of()[0])


def test_a_week_is_told_whole(dated, clock):
    dated.course.snapshot()
    left, promoted, gone, graded, *_ = busy_week(dated)
    clock.go(days=7)

    found = dated.course.changes()

    assert (found.since, found.until) == (clock.go(days=-7), clock.go(days=7))
    assert dict(zip(found.members["user_id"], found.members["change"], strict=True)) == {
        "newcomer-1": "joined",
        left: "left",
        promoted: "role",
        gone: "status",
    }
    assert found.grades[["user_id", "change", "new", "out_of"]].values.tolist() == [[graded, "new", 70.0, 100.0]]
    assert found.line_items[["change", "label"]].values.tolist() == [["new", "Essay"]]


def test_comparing_stores_nothing(dated):
    dated.course.snapshot()

    dated.course.changes()

    assert len(dated.course.snapshots()) == 1


def test_two_snapshots_are_compared_without_asking_the_platform(dated, clock):
    first = dated.course.snapshot()
    busy_week(dated)
    clock.go(days=7)
    second = dated.course.snapshot()
    dated.requests.clear()

    named = dated.course.changes(first, second)

    assert dated.requests == []
    assert len(named.members) == 4
    assert_frame_equal(named.members, dated.course.changes(until=second).members)
    assert not dated.course.changes()
    assert dated.course.changes("7 days")
    assert_frame_equal(dated.course.changes("2026-11-17").members, named.members)
    with pytest.raises(UsageError, match="later than since"):
        dated.course.changes(second, first)


def test_without_a_snapshot_the_error_says_how_to_take_one(dated):
    with pytest.raises(UsageError, match=r"course\.snapshot\(\)"):
        dated.course.changes()


def test_a_since_that_nobody_understands_is_told_so(dated):
    dated.course.snapshot()

    with pytest.raises(UsageError, match="7 days"):
        dated.course.changes("last week")


def damage(snapshot) -> None:
    for file in snapshot.path.glob("roster.*"):
        file.write_bytes(file.read_bytes()[:-20])


def test_a_damaged_snapshot_gives_way_with_a_warning_and_is_an_error_where_it_is_asked_for(dated, clock, form):
    dated.course.snapshot()
    busy_week(dated)
    clock.go(days=1)
    damaged = dated.course.snapshot()
    damage(damaged)
    clock.go(days=1)

    with pytest.warns(LtixWarning, match="damaged"):
        found = dated.course.changes()
    with pytest.warns(LtixWarning, match="damaged"):
        assert len(dated.course.snapshots_of()) == 1
    with pytest.raises(SnapshotError, match="damaged"):
        dated.course.changes(damaged)

    assert len(found.members) == 4
    assert dated.course.snapshots()["state"].tolist() == ["damaged", "whole"]


@pytest.mark.parametrize("act", ["changes", "snapshot"])
@pytest.mark.parametrize("answered", [0, 1, 2, 3])
def test_a_course_that_cannot_be_read_whole_is_an_error_and_nobody_left(dated, act, answered):
    """The roster, the line items (twice) and the results are one request each."""
    dated.course.snapshot()
    dated.platform.exhaust_quota(after=answered, status=403)

    with pytest.raises(LtixError):
        getattr(dated.course, act)()

    assert len(dated.course.snapshots()) == 1


def known(practice, **fields):
    """Return the course as another launch would have described it."""
    return practice.session._open(replace(practice.course._known, **fields))


def test_a_course_without_grades_keeps_its_roster_alone(dated):
    course = known(dated, lineitems_url=None, lineitem_url=None, scopes=None, links={})

    taken = course.snapshot()

    assert taken.parts == ("roster",)
    assert len(taken.line_items) == len(taken.results) == 0
    assert "Grades are not compared: this tool could not read them then." in dated.course.changes().notes


def test_a_course_without_a_roster_keeps_its_grades_alone(dated):
    assert known(dated, memberships_url=None).snapshot().parts == ("line_items", "results")


def test_a_course_whose_results_may_not_be_read_keeps_its_line_items(dated):
    course = known(dated, scopes=(spec.SCOPE_LINE_ITEM,))

    assert course.snapshot().parts == ("roster", "line_items")


def test_a_course_that_offers_nothing_is_told_so(dated):
    course = known(dated, memberships_url=None, lineitems_url=None, lineitem_url=None, links={}, resource_link_id=None)

    with pytest.raises(UsageError, match="neither a roster nor grades"):
        course.snapshot()


def test_forgetting_by_age(dated, clock):
    for _ in range(3):
        dated.course.snapshot()
        clock.go(days=100)

    assert dated.course.forget_snapshots(before="150 days") == 2
    assert len(dated.course.snapshots()) == 1
    assert dated.course.forget_snapshots(before="now") == 1
    assert list(all_of()) == []


@pytest.mark.parametrize("before", ["all", None, "soon"])
def test_forgetting_needs_a_time(dated, before):
    dated.course.snapshot()

    with pytest.raises(UsageError):
        dated.course.forget_snapshots(before=before)

    assert len(dated.course.snapshots()) == 1


# --- Pseudonyms -----------------------------------------------------------------------------------

KEY = b"a key for pseudonyms, long enough"


@pytest.fixture
def covered(dated):
    """Return a function that opens the course in a session with pseudonyms."""

    def opened(key: bytes = KEY):
        session = ltix.connect(dated.registration, http=dated.http, pseudonyms=key)
        session._client.now = dated.session._client.now
        return session.course("SEM12")

    return opened


def stored_bytes(snapshot) -> bytes:
    frames = b"".join(getattr(snapshot, name).to_csv().encode() for name in ("roster", "line_items", "results"))
    return frames + b"".join(path.read_bytes() for path in snapshot.path.iterdir())


def test_a_pseudonymous_session_stores_nothing_that_says_who_anybody_is(dated, covered, form):
    people = dated.course.roster().query("not test_user")  # its name is in the URI of its role
    dated.course.post_score(dated.course.line_items().iloc[0], learners(dated)[0], 50, comment="Well done, Ada")

    taken = covered().snapshot()

    assert taken.pseudonyms
    assert "pseudonymous" in repr(taken).lower()
    content = stored_bytes(taken)
    for name in ("user_id", "name", "given_name", "family_name", "email", "sourcedid", "username"):
        for value in people[name].dropna():
            assert value.encode() not in content
    assert b"Well done" not in content


def test_pseudonymous_changes_are_the_same_ones_under_pseudonyms(dated, covered, clock):
    dated.course.snapshot()
    covered().snapshot()
    busy_week(dated)
    clock.go(days=7)
    course = covered()
    cover = course._client.veil.cover

    plain, veiled = dated.course.changes(dated.course.snapshots_of()[0]), course.changes()

    assert veiled.members["name"].isna().all()
    assert {*zip(veiled.members["change"], veiled.members["user_id"], strict=True)} == {
        (change, cover(user_id))
        for change, user_id in zip(plain.members["change"], plain.members["user_id"], strict=True)
    }
    assert veiled.grades["user_id"].tolist() == [cover(user_id) for user_id in plain.grades["user_id"]]


def test_an_ordinary_snapshot_is_used_under_pseudonyms(dated, covered, clock, form):
    dated.course.post_score(dated.course.line_items().iloc[0], learners(dated)[0], 50, comment="Well done, Ada")
    ordinary = dated.course.snapshot()
    clock.go(days=7)
    course = covered()

    (seen,) = course.snapshots_of()

    for part in ("roster", "line_items", "results"):
        assert_frame_equal(getattr(seen, part), getattr(course, part)())
    assert not course.changes()
    assert not course.changes(ordinary)
    busy_week(dated)
    assert len(course.changes().members) == 4


def test_an_ordinary_session_leaves_pseudonymous_snapshots_alone_and_says_so(dated, covered, clock):
    covered().snapshot()

    with pytest.raises(UsageError, match=r"no earlier snapshot.*1 snapshot .*pseudonyms"):
        dated.course.changes()
    with pytest.raises(UsageError, match="holds pseudonyms"):
        dated.course.changes(covered().snapshots_of()[0])

    dated.course.snapshot()
    assert any("pseudonyms" in note for note in dated.course.changes().notes)
    assert dated.course.snapshots()["pseudonyms"].tolist() in ([True, False], [False, True])
    assert [one.pseudonyms for one in dated.course.snapshots_of()] == [False]


def test_pseudonyms_of_another_key_are_not_taken_for_other_people(covered):
    covered(b"another key of the same length..").snapshot()

    with pytest.raises(UsageError, match="another key"):
        covered().changes()


def test_changes_and_errors_are_quiet_about_people(dated, clock):
    dated.course.snapshot()
    busy_week(dated)
    people = dated.course.roster()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shown = repr(dated.course.changes()) + dated.course.changes()._repr_html_()

    assert not [name for name in people["name"].dropna() if name in shown]
    assert not [user for user in people["user_id"] if user in shown]


@pytest.mark.parametrize(("since", "count"), [(None, 3), ("8 days", 1), ("2026-11-22", 2), ("1 minute", 0)])
def test_snapshots_from_a_time_on(dated, clock, since, count):
    for _ in range(3):
        dated.course.snapshot()
        clock.go(weeks=1)

    assert len(dated.course.snapshots_of(since)) == count


def test_snapshots_from_no_time_on_are_refused(practice):
    with pytest.raises(UsageError, match="no time that can be understood"):
        practice.course.snapshots_of("last week")
