"""Without a cluster: the threads and synchronous schedulers, and what a process keeps between readings."""

from __future__ import annotations

import os
import subprocess
import sys

import pandas as pd
import pytest

import ltix_data as ltix
from ltix_data import fleet
from ltix_data.errors import TokenError, UnknownNameError, UsageError
from ltix_data.fleet import shape, stations
from ltix_data.fleet.reading import Reading
from ltix_data.session.outage import REFUSED

from .campus import campus, register

SYNCHRONOUS = {"scheduler": "synchronous"}


@pytest.mark.parametrize("scheduler", ["threads", "synchronous"])
def test_a_frame_is_computed_without_a_cluster(uni, scheduler):
    read = fleet.rosters(uni.name, per_partition=2).compute(scheduler=scheduler)
    assert read["course"].value_counts().to_dict() == dict.fromkeys(uni.courses, 12)
    assert uni.tokens == 1


def test_threads_read_no_more_courses_at_once_than_asked_for(environment, signing_key):
    with campus(signing_key, latency=0.02) as uni:
        uni.gather(3)
        fleet.rosters(uni.name, at_once=3, per_partition=1).compute(scheduler="threads", num_workers=8)
        assert uni.most == 3


@pytest.mark.parametrize("read", [fleet.rosters, fleet.results])
def test_a_course_is_read_by_one_request_at_a_time(environment, signing_key, read):
    """Also one with several pages, and several line items."""
    with campus(signing_key, courses=1, latency=0.005, page_size=2) as uni:
        with ltix.connect(uni.name) as session:
            for number in range(5):
                session.course("C00").create_line_item(f"Quiz {number}", 10)
        uni.most = 0
        assert read(uni.name).compute(scheduler="synchronous")["error"].isna().all()
        assert sum(uni.asked.values()) > 5
        assert uni.most == 1


def test_a_platform_that_is_down_is_not_asked_for_every_course(environment, signing_key):
    """What is not read for it says so; the next frame asks again."""
    with campus(signing_key, courses=104) as uni:
        asked = uni.courses
        uni.platform.courses.clear()
        for _ in range(2):
            uni.asked.clear()
            read = fleet.rosters(uni.name, asked).compute(scheduler="synchronous")
            assert read["course"].tolist() == asked
            assert sum(uni.asked.values()) == REFUSED
            assert read["error"].str.startswith("Not read, for").sum() == 104 - REFUSED


def test_an_error_that_nobody_foresaw_costs_one_course_and_tells_nothing_of_it():
    """Its message may hold anything."""

    class Odd:
        def course(self, name):
            raise ValueError("Ursula 4.5")

    part = Reading("rosters", "uni", 8, False, home=os.getpid(), call="")._read(Odd(), "C00")
    read = shape.frame("rosters", [part])
    assert read["course"].tolist() == ["C00"]
    assert read["error"].tolist() == ["ValueError: reading this course failed unexpectedly."]
    assert read.drop(columns=["course", "error"]).isna().all(axis=None)


def test_people_are_shown_under_pseudonyms_where_asked_for(uni, monkeypatch):
    monkeypatch.setenv("LTIX_DATA_PSEUDONYM_KEY_" + uni.name.upper().replace("-", "_"), "a key of sixteen bytes")
    covered = fleet.rosters(uni.name, ["C00"], pseudonyms=True).compute(scheduler="synchronous")
    plain = fleet.rosters(uni.name, ["C00"]).compute(scheduler="synchronous")
    assert covered["name"].isna().all()
    assert not set(covered["user_id"]) & set(plain["user_id"])
    assert len(covered) == len(plain) == 12


def test_the_processes_scheduler_is_refused(uni):
    """Its processes could not count together."""
    read = Reading("rosters", uni.name, 8, False, home=os.getpid() + 1, call="")
    with pytest.raises(UsageError, match="nothing was read"):
        read(["C00"])
    assert not uni.tokens


def test_what_was_broken_off_is_taken_up_again(uni, tmp_path):
    """As the package's docstring says: what was written is not read again."""
    names, term = uni.courses, tmp_path / "term"
    missing = uni.platform.courses.pop("C05")
    fleet.rosters(uni.name, names, per_partition=2).partitions[:3].to_parquet(term / "1", compute_kwargs=SYNCHRONOUS)
    read = pd.read_parquet(term, columns=["course", "error"])
    left = set(names) - set(read["course"][read["error"].isna()])
    assert left == {"C05", "C06", "C07"}
    uni.platform.courses["C05"] = missing
    fleet.rosters(uni.name, sorted(left)).to_parquet(term / "2", compute_kwargs=SYNCHRONOUS)
    whole = pd.read_parquet(term)
    assert whole[whole["error"].isna()].groupby("course").size().to_dict() == dict.fromkeys(names, 12)
    assert sum(uni.asked.values()) == 6 + 3


def test_one_course_of_the_results_can_be_made_wide(uni):
    with ltix.connect(uni.name) as session:
        course = session.course("C01")
        item, student = course.line_items().iloc[0], course.roster("Learner")["user_id"].iloc[0]
        course.post_score(item, student, 7.5)
    read = fleet.results(uni.name, ["C01"]).compute(scheduler="synchronous")
    wide = read.pivot_table(index="user_id", columns="label", values="score")
    assert wide.loc[student, item["label"]] == 7.5


# --- Sessions -----------------------------------------------------------------------------------------


def test_a_session_is_kept_between_readings(uni):
    for _ in range(3):
        fleet.rosters(uni.name).compute(scheduler="synchronous")
    assert uni.tokens == 1


def test_a_course_that_became_known_meanwhile_needs_no_new_session(uni):
    fleet.rosters(uni.name).compute(scheduler="synchronous")
    known = uni.registration.courses[0]
    uni.registration.remember(type(known)(name="again", memberships_url=known.memberships_url))
    read = fleet.rosters(uni.name, ["again"]).compute(scheduler="synchronous")
    assert len(read) == 12
    assert uni.tokens == 1


def test_a_registration_that_was_replaced_is_opened_anew(uni, signing_key):
    fleet.rosters(uni.name).compute(scheduler="synchronous")
    register(uni, signing_key, client_id="somebody-else", replace=True)
    with pytest.raises(TokenError):
        fleet.rosters(uni.name).compute(scheduler="synchronous")


def test_a_registration_that_was_forgotten_is_read_no_more(uni):
    frame = fleet.rosters(uni.name)
    frame.compute(scheduler="synchronous")
    ltix.forget(uni.name)
    with pytest.raises(UnknownNameError):
        frame.compute(scheduler="synchronous")


def test_a_session_that_could_not_be_opened_is_tried_again(uni):
    uni.platform.tool_keys, kept = None, uni.platform.tool_keys  # the platform fails
    frame = fleet.rosters(uni.name)
    with pytest.raises(TokenError):
        frame.compute(scheduler="synchronous")
    uni.platform.tool_keys = kept
    assert len(frame.compute(scheduler="synchronous")) == 8 * 12


def test_closed_sessions_are_opened_anew(uni):
    frame = fleet.rosters(uni.name)
    frame.compute(scheduler="synchronous")
    held = stations.session(uni.name, pseudonyms=False)
    stations.close()
    assert stations.session(uni.name, pseudonyms=False) is not held
    assert uni.tokens == 2


# --- Without the extra --------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["dask", "distributed", "pyarrow"])
def test_what_is_not_installed_is_named_with_the_command_that_installs_it(uni, monkeypatch, missing):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UsageError, match=f'needs {missing}, .* pip install "ltix-data\\[dask\\]"'):
        fleet.rosters(uni.name)


def test_the_package_is_imported_without_dask():
    code = (
        "import sys; from ltix_data import fleet; print(sorted({'dask', 'distributed', 'pyarrow'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() in ("[]", "['pyarrow']")  # pandas 3 brings pyarrow along where it is there
