"""The platform's own report of differences: used where it can be right, and with the same outcome as a whole roster."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pandas.testing import assert_frame_equal

import ltix_data as ltix
from ltix_data import frames
from ltix_data.errors import MalformedResponseError, NotFoundError, UnavailableError
from ltix_data.records import Member
from ltix_data.sandbox import university
from ltix_data.snapshots import differences
from tests.snapshots.frames_to_keep import INSTRUCTOR, LEARNER


def happen(practice) -> None:
    """Let people join, leave, come back, join and leave at once, be promoted and go inactive."""
    people = practice.course.roster(role="Learner", status="Active")["user_id"].tolist()
    platform = practice.platform
    platform.enrol("SEM12", "newcomer-1", name="New Comer")
    platform.enrol("SEM12", "visitor-1", name="Short Stay")
    platform.unenrol("SEM12", "visitor-1")
    platform.unenrol("SEM12", people[0])
    platform.enrol("SEM12", people[1], roles=university.INSTRUCTOR)
    platform.set_status("SEM12", people[2], "Inactive")


def asked(practice) -> list[str]:
    return [path for path in practice.sent("GET") if path.endswith("/memberships")]


@pytest.mark.parametrize("pseudonyms", [False, True])
def test_both_ways_give_the_same_changes(dated, pseudonyms):
    session = ltix.connect(
        dated.registration, http=dated.http, pseudonyms=b"sixteen bytes or more" if pseudonyms else False
    )
    course = session.course("SEM12")
    course.snapshot()
    (old,) = course.snapshots_of()
    happen(dated)
    dated.requests.clear()

    told = course.changes(old)
    requests = len(asked(dated))
    whole = course.changes(_without_link(old))

    assert requests == 1
    assert len(told.members) == 4
    assert_frame_equal(told.members, whole.members)
    assert_frame_equal(told.grades, whole.grades)


def _without_link(snapshot):
    """Return the snapshot as of a platform without differences."""

    def contents(part):
        frame = snapshot.contents(part)
        frame.attrs = {}
        return frame

    return replace(snapshot, contents=contents)


def test_the_differences_link_is_what_is_asked(dated, monkeypatch):
    dated.course.snapshot()
    happen(dated)
    asked_urls = []
    told = dated.course.roster_changes
    monkeypatch.setattr(dated.course, "roster_changes", lambda since: asked_urls.append(since.attrs) or told(since))
    monkeypatch.setattr(dated.course, "roster", lambda: pytest.fail("the whole roster was read"))

    assert len(dated.course.changes().members) == 4
    assert [url["differences_url"].rsplit("?", 1)[1] for url in asked_urls] == ["since=0"]


@pytest.mark.parametrize(
    "error",
    [NotFoundError("gone", status=404), UnavailableError("down", status=500), MalformedResponseError("nonsense")],
)
def test_where_the_platform_refuses_its_own_link_the_roster_is_read(dated, monkeypatch, error):
    dated.course.snapshot()
    happen(dated)

    def refuse(since):
        raise error

    monkeypatch.setattr(dated.course, "roster_changes", refuse)

    assert len(dated.course.changes().members) == 4


def test_a_platform_that_takes_no_notice_of_its_link_is_not_believed(dated, monkeypatch):
    """It sends the whole roster, which does not tell who left."""
    dated.course.snapshot()
    happen(dated)
    monkeypatch.setattr(dated.course, "roster_changes", lambda since: dated.course.roster())

    assert len(dated.course.changes().members) == 4


@pytest.mark.parametrize("url", ["https://evil.example/roster", "not a url", "http://practice.example/plain"])
def test_a_link_that_leads_elsewhere_gets_no_token(dated, url):
    """A file changed by hand could name any address."""
    taken = dated.course.snapshot()
    roster = taken.roster
    roster.attrs["differences_url"] = url
    happen(dated)
    dated.requests.clear()
    changed = replace(taken, contents={"roster": roster, "line_items": taken.line_items, "results": taken.results}.get)

    assert len(dated.course.changes(changed).members) == 4
    assert len(asked(dated)) == 1


ROSTER = frames.roster([Member("a", (LEARNER,), name="Ada"), Member("b", (LEARNER, INSTRUCTOR)), Member("c", ())])


def test_a_report_is_put_into_the_roster():
    told = frames.roster(
        [Member("a", (), status="Deleted"), Member("c", (LEARNER,), status="Paused"), Member("d", (LEARNER,))]
    )

    now = differences.updated(ROSTER, told)

    assert now[["user_id", "status"]].values.tolist() == [["b", "Active"], ["c", "Paused"], ["d", "Active"]]


def test_a_report_of_nothing_leaves_the_roster():
    assert differences.updated(ROSTER, frames.roster([]))["user_id"].tolist() == ["a", "b", "c"]


def test_roles_in_another_order_are_the_same_person():
    assert differences.updated(ROSTER, frames.roster([Member("b", (INSTRUCTOR, LEARNER))])) is None
