"""Rosters and results read by worker processes of a real cluster."""

from __future__ import annotations

import os
import signal
import threading
import time

import dask
import pandas as pd
import pytest

import ltix_data as ltix
from ltix_data import fleet
from ltix_data.errors import InvalidKeyError, TokenError, UnknownNameError
from ltix_data.fleet import shape

from .campus import PATIENCE, campus, register
from .conftest import LEASE

PEOPLE = 12

pytestmark = pytest.mark.process


def compute(client, frame) -> pd.DataFrame:
    try:
        return client.compute(frame).result(timeout=PATIENCE).reset_index(drop=True)
    finally:
        settle(client)


def settle(client) -> None:
    """Wait until nothing is being read: after an error the rest of it still is."""
    until, soon = time.monotonic() + PATIENCE, threading.Event()
    while any(client.run(_leases).values()):
        assert time.monotonic() < until
        soon.wait(0.02)


def _leases() -> int:
    """Return how many leases this worker holds."""
    from ltix_data.fleet import leases

    return sum(len(lease._leases) for known in leases._shared.values() for lease in known.values())


def people(frame: pd.DataFrame) -> set[tuple[str, str]]:
    return set(zip(frame["course"], frame["user_id"], strict=True))


def test_workers_read_what_a_session_reads(client, uni):
    read = compute(client, fleet.rosters(uni.name, per_partition=3))
    with ltix.connect(uni.name) as session:
        expected = session.rosters()
    texts = [
        "course",
        "user_id",
        "name",
        "given_name",
        "family_name",
        "email",
        "sourcedid",
        "username",
        "role",
        "status",
    ]
    assert read["error"].isna().all()
    assert read[texts].astype(object).fillna("").equals(expected[texts].astype(object).fillna(""))
    assert read["test_user"].tolist() == expected["test_user"].tolist()
    assert [tuple(roles.split()) for roles in read["roles"]] == expected["roles"].tolist()


def test_every_worker_process_asks_for_one_token(client, uni):
    """Its threads share it, and so do the frames that are read later."""
    uni.gather(3)  # each process has two threads
    compute(client, fleet.rosters(uni.name, per_partition=1))
    compute(client, fleet.results(uni.name, per_partition=1))
    assert uni.tokens == 2


def test_no_more_courses_are_read_at_once_than_asked_for(client, environment, signing_key):
    """Over both workers, which could read four, and over several frames."""
    with campus(signing_key, latency=0.03, page_size=5) as uni:
        uni.gather(2)
        frames = [
            fleet.rosters(uni.name, at_once=2, per_partition=1),
            fleet.results(uni.name, at_once=2, per_partition=1),
        ]
        futures = [client.compute(frame) for frame in frames]
        assert [len(future.result(timeout=PATIENCE)) for future in futures] == [8 * PEOPLE, 0]
        assert uni.most == 2


def test_a_lease_outlives_its_time_while_the_worker_does(client, uni):
    """A course that takes longer than the time after which a dead worker's lease is given away."""
    long_enough = threading.Event()
    uni.gate = lambda path: long_enough.wait(PATIENCE)
    future = client.compute(fleet.rosters(uni.name, at_once=1, per_partition=1))
    uni.wait_for(lambda: uni.under_way == 1)
    until = time.monotonic() + 2.5 * LEASE
    while time.monotonic() < until:
        assert not long_enough.wait(0.1)
    assert uni.most == 1
    long_enough.set()
    assert len(future.result(timeout=PATIENCE)) == 8 * PEOPLE
    assert uni.most == 1


def test_a_course_that_cannot_be_read_is_one_row_that_says_why(client, uni):
    uni.platform.courses.pop("C03")
    read = compute(client, fleet.rosters(uni.name, [*uni.courses, "no such course"], per_partition=4))
    failed = read[read["error"].notna()]
    assert failed["course"].tolist() == ["C03", "no such course"]
    assert failed.drop(columns=["course", "error"]).isna().all(axis=None)
    assert failed["error"].iloc[0].startswith("NotFoundError: ")
    assert failed["error"].iloc[1].startswith("UnknownNameError: ")
    assert len(read) == 7 * PEOPLE + 2


def test_a_platform_that_fails_in_the_middle_costs_only_its_courses(client, uni):
    uni.gate = lambda path: None if "C05" not in path else 1 / 0
    read = compute(client, fleet.rosters(uni.name, per_partition=8))
    assert read.loc[read["error"].notna(), "course"].tolist() == ["C05"]
    assert len(read) == 7 * PEOPLE + 1


def test_results_come_from_workers_too(client, uni):
    with ltix.connect(uni.name) as session:
        course = session.course("C01")
        student = course.roster("Learner")["user_id"].iloc[0]
        course.post_score(course.line_items()["item_id"].iloc[0], student, 7.5)
    read = compute(client, fleet.results(uni.name, per_partition=4))
    assert read[["course", "user_id", "score"]].to_numpy().tolist() == [["C01", student, 7.5]]
    assert read["error"].isna().all()


@pytest.mark.parametrize("read", [fleet.rosters, fleet.results])
@pytest.mark.parametrize("converting", [True, False])
def test_every_partition_has_the_dtypes_that_dask_was_told(client, uni, read, converting):
    """Whatever is in it: people, nobody, or a course that could not be read; and whatever dask's settings are."""
    uni.platform.courses.pop("C00")
    uni.platform.courses["C01"].members.clear()
    with dask.config.set({"dataframe.convert-string": converting}):
        frame = read(uni.name, per_partition=1)
        parts = client.gather(client.compute(frame.partitions[:3].to_delayed()))
    assert all(part.dtypes.equals(frame.dtypes) for part in parts)
    assert all(part.dtypes.equals(shape.empty(read.__name__).dtypes) for part in parts)


def test_a_worker_that_is_killed_is_read_anew(client, uni):
    """Its lease too is given to another: here there is but one."""
    released = threading.Event()
    uni.gate = lambda path: None if "C02" not in path else released.wait(PATIENCE)
    processes = client.run(os.getpid)
    future = client.compute(fleet.rosters(uni.name, at_once=1, per_partition=2))
    path = "/courses/C02/memberships"
    uni.wait_for(lambda: uni.asked[path] == 1)
    holder = next(address for address, lent in client.run(_leases).items() if lent)
    os.kill(processes[holder], signal.SIGKILL)
    uni.wait_for(lambda: uni.asked[path] == 2)
    released.set()
    read = future.result(timeout=PATIENCE)
    assert len(read) == len(people(read)) == 8 * PEOPLE
    assert read["error"].isna().all()
    client.wait_for_workers(2, timeout=PATIENCE)


# --- What ends the whole computation, and comes back from a worker whole ------------------------------


def test_a_registration_that_workers_do_not_know_is_an_error_of_all(client, uni):
    with pytest.raises(UnknownNameError, match="No registration is called “elsewhere”") as caught:
        compute(client, fleet.rosters("elsewhere", ["C00"]))
    assert caught.value.hint


def test_a_key_that_is_not_the_registered_one_is_an_error_of_all(client, environment, signing_key):
    with campus(type(signing_key).generate()) as uni:
        with pytest.raises(InvalidKeyError, match="LTIX_KEY_FILE is not the one registered") as caught:
            compute(client, fleet.rosters(uni.name))
        assert caught.value.hint.startswith("Provide the right one")
        assert not uni.tokens


def test_a_refused_token_is_an_error_of_all(client, environment, signing_key):
    """Each thread asks for one, perhaps again; not every course."""
    with campus(signing_key, courses=40, registered=False) as uni:
        register(uni, signing_key, client_id="somebody-else")
        with pytest.raises(TokenError) as caught:
            compute(client, fleet.rosters(uni.name, per_partition=1))
        assert (caught.value.status, caught.value.code) == (401, "invalid_client")
        assert caught.value.spec == "Security §4.1.1"
        assert uni.tokens < 20
        assert not uni.asked
