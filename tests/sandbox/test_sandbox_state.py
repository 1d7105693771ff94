"""State outlives a restart, and is never half written."""

import json
import sys

import pytest

from ltix_data import spec
from ltix_data.sandbox import Options, Platform, create_app

from .conftest import Desk, jwks_of


@pytest.fixture
def restart(tmp_path, clock, key):
    """Return a function that starts a platform anew on one state file."""

    def start(desk=None):
        if desk:
            desk.platform.close()
        platform = Platform(Options(state_file=tmp_path / "state.json"), now=clock)
        tool = next(iter(platform.tools.values()), None) or platform.add_tool(jwks=jwks_of(key))
        return Desk(platform, key, tool, create_app(platform).test_client())

    return start


def test_tools_items_scores_and_people_outlive_a_restart(restart):
    desk = restart()
    item = desk.create(label="Quiz", tag="t")
    desk.score(item, scoreGiven=7, scoreMaximum=10, comment="Good.")
    desk.platform.override_grade("SEM12", 4, "000812", 3)
    desk.platform.enrol("SEM12", "new-1", name="Nils Neu")
    desk.platform.unenrol("SEM12", "0004711")
    key = desk.platform.key.jwks()
    before = (desk.roster().json, desk.results(item), desk.get(item, spec.LINE_ITEM).json)

    desk = restart(desk)

    assert (desk.roster().json, desk.results(item), desk.get(item, spec.LINE_ITEM).json) == before
    assert desk.platform.key.jwks() == key
    numbers = set(desk.platform.course("SEM12").items)
    desk.create()
    assert len(desk.platform.course("SEM12").items) == len(numbers) + 1


def test_an_equal_timestamp_is_still_409_after_a_restart(restart):
    desk = restart()
    item = desk.create()
    desk.score(item, scoreGiven=7, scoreMaximum=10)

    desk = restart(desk)

    assert desk.score(item, scoreGiven=8, scoreMaximum=10).status_code == 409


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_the_state_file_is_readable_by_its_owner_only_and_stands_alone(restart, tmp_path):
    desk = restart()
    desk.create()
    desk.platform.close()

    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
    assert (tmp_path / "state.json").stat().st_mode & 0o077 == 0


def test_many_changes_in_a_row_are_few_writes_and_all_are_kept(restart, tmp_path, monkeypatch):
    desk = restart()
    item, writes, dumps = desk.create(), [], json.dump
    monkeypatch.setattr("ltix_data.sandbox.store.json.dump", lambda *args, **kw: (writes.append(1), dumps(*args, **kw)))
    for second in range(50):
        desk.score(item, second=second, scoreGiven=second, scoreMaximum=100)
    desk.platform.close()

    kept = json.loads((tmp_path / "state.json").read_text(encoding="utf-8"))
    cell = kept["courses"]["SEM12"]["items"][1]["cells"]["0004713"]
    assert (cell["given"], len(writes) < 25) == (49, True)


def test_a_state_of_other_people_is_refused(restart, tmp_path):
    restart().platform.close()

    with pytest.raises(ValueError, match="seed"):
        Platform(Options(state_file=tmp_path / "state.json", seed=1))


def test_a_refused_change_changes_nothing(desk):
    with pytest.raises(ValueError, match="Active"):
        desk.platform.set_status("SEM12", "0004711", "active")

    assert desk.platform.course("SEM12").version == 0


@pytest.mark.parametrize("wrong", [{"page_size": 0}, {"token_lifetime": 0}, {"latency": -1}])
def test_options_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="at least"):
        Options(**wrong)
