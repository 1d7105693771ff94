"""Which snapshot a time means."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta, timezone

import pandas as pd
import pytest

from ltix_data.errors import UsageError
from ltix_data.snapshots import chosen, moment, taken
from tests.snapshots.frames_to_keep import owner

NOW = datetime(2026, 11, 25, 6, 0, tzinfo=UTC)
WEEKS = [taken(owner(), NOW - timedelta(weeks=weeks), {}, None) for weeks in (3, 2, 1)]


@pytest.fixture
def in_berlin(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone cannot be set")
@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-11-18", datetime(2026, 11, 17, 23, tzinfo=UTC)),
        (date(2026, 11, 18), datetime(2026, 11, 17, 23, tzinfo=UTC)),
        ("2026-11-18 12:30", datetime(2026, 11, 18, 11, 30, tzinfo=UTC)),
        ("2026-11-18T12:30:00Z", datetime(2026, 11, 18, 12, 30, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12), datetime(2026, 7, 1, 10, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=-5))), datetime(2026, 7, 1, 17, tzinfo=UTC)),
        (pd.Timestamp("2026-07-01 12:00", tz="UTC"), datetime(2026, 7, 1, 12, tzinfo=UTC)),
        ("7 days", NOW - timedelta(days=7)),
        ("36h", NOW - timedelta(hours=36)),
        (timedelta(days=1), NOW - timedelta(days=1)),
        (pd.Timedelta("2 days"), NOW - timedelta(days=2)),
    ],
)
def test_a_time_can_be_written_in_many_ways(in_berlin, given, meant):
    assert moment(given, NOW) == meant


@pytest.mark.parametrize(
    "given",
    ["", "7", "2026", "yesterday", "18/11/2026", "-7 days", timedelta(days=-1), 7, 1.5, None, pd.NaT, [], "1e9 y"],
)
def test_what_is_no_time_is_refused_with_what_to_write(given):
    with pytest.raises(UsageError, match="7 days"):
        moment(given, NOW)


@pytest.mark.parametrize(
    ("since", "weeks"),
    [
        (None, 1),
        (NOW - timedelta(days=7), 1),
        (NOW - timedelta(days=7, seconds=1), 2),
        ("7 days", 1),
        ("8 days", 2),
        ("14 days", 2),
        (WEEKS[0].taken_at, 3),
    ],
)
def test_a_time_means_the_last_snapshot_at_or_before_it(since, weeks):
    found, notes = chosen(WEEKS, since, NOW, lambda snapshot: True)

    assert (found.taken_at, notes) == (NOW - timedelta(weeks=weeks), ())


def test_a_weekly_report_that_starts_some_minutes_earlier_covers_one_week_not_two():
    found, notes = chosen(WEEKS, "7 days", NOW - timedelta(minutes=3), lambda snapshot: True)

    assert (found.taken_at, notes) == (NOW - timedelta(weeks=1), ())


def test_where_none_is_so_old_the_oldest_is_taken_and_noted():
    found, notes = chosen(WEEKS, "2026-01-01", NOW, lambda snapshot: True)

    assert found is WEEKS[0]
    assert notes == ("There is no snapshot as old as was asked for; the oldest is of 2026-11-04 06:00 UTC.",)


def test_a_damaged_one_gives_way_to_the_one_before_it():
    found, _ = chosen(WEEKS, None, NOW, lambda snapshot: snapshot is not WEEKS[2])

    assert found is WEEKS[1]


@pytest.mark.parametrize("snapshots", [[], WEEKS])
def test_without_a_sound_one_there_is_none(snapshots):
    assert chosen(snapshots, None, NOW, lambda snapshot: False) is None


def test_one_taken_later_than_the_time_compared_with_is_not_meant():
    assert chosen(WEEKS, None, WEEKS[0].taken_at - timedelta(days=1), lambda snapshot: True) is None
