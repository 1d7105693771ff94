"""The reading commands with --pseudonyms: the same pseudonyms each time, and nobody named."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from notebooks.conftest import practising

from ltix_data.cli import main
from ltix_data.keys import SigningKey
from ltix_data.veil import Veil

from .conftest import leaked, traces

KEY = "a key that the environment provides"


@pytest.fixture(autouse=True)
def data_folder():
    """The registration is made once, by its own fixture."""


@pytest.fixture(scope="module")
def practice(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commands")
    with pytest.MonkeyPatch.context() as patch, practising(folder, SigningKey.generate()) as practice:
        patch.setenv("LTIX_DATA_PSEUDONYM_KEY_PRACTICE", KEY)
        yield practice


@pytest.mark.parametrize("form", ["table", "csv", "json"])
@pytest.mark.parametrize("command", ["roster", "results", "gradebook"])
def test_nothing_that_is_printed_names_anybody(practice, command, form):
    ended = CliRunner().invoke(main, [command, "practice", "SEM12", "--pseudonyms", "--format", form])

    assert ended.exit_code == 0, ended.output
    assert "p" in ended.output
    assert leaked(ended.output, traces(practice.platform)) == []


def test_every_command_gives_the_same_pseudonyms(practice):
    veil = Veil(KEY.encode())
    expected = {veil.cover(user_id) for user_id in practice.platform.course("SEM12").members}

    told = {}
    for command in ("roster", "results", "gradebook"):
        ended = CliRunner().invoke(main, [command, "practice", "SEM12", "--pseudonyms", "--format", "json"])
        told[command] = {row["user_id"] for row in json.loads(ended.stdout)}

    assert told["roster"] == expected
    assert told["results"]
    assert told["results"] | told["gradebook"] <= expected


def test_one_persons_results_are_asked_for_by_pseudonym(practice):
    user_id = next(iter(practice.stored("Quiz 1")))
    pseudonym = Veil(KEY.encode()).cover(user_id)

    ended = CliRunner().invoke(
        main, ["results", "practice", "SEM12", "--pseudonyms", "--user", pseudonym, "--format", "json"]
    )

    assert [row["user_id"] for row in json.loads(ended.stdout)] == [pseudonym]


def test_a_sheet_of_pseudonyms_reaches_the_gradebook_at_once_or_as_a_saved_plan(practice, tmp_path):
    user_id = next(iter(practice.stored("Quiz 1")))
    sheet, plan = tmp_path / "marks.csv", tmp_path / "quiz.plan"
    upload = ["upload", "practice", "SEM12", str(sheet), "--item", "Quiz 1", "--match", "user_id", "--score", "Points"]

    stored = []
    for points, how in ((4, []), (5, ["--save-plan", str(plan)])):
        sheet.write_text(f"user_id,Points\n{Veil(KEY.encode()).cover(user_id)},{points}\n")
        ended = [CliRunner().invoke(main, [*upload, "--pseudonyms", *how])]
        if how:
            ended.append(CliRunner().invoke(main, ["send", "practice", str(plan), "--pseudonyms"]))
        stored.append(practice.stored("Quiz 1")[user_id])

        assert [done.exit_code for done in ended] == [0] * len(ended), [done.output for done in ended]
        assert leaked("".join(done.output for done in ended), traces(practice.platform)) == []
    assert stored == [4, 5]


def test_without_the_option_people_are_named(practice):
    ended = CliRunner().invoke(main, ["roster", "practice", "SEM12", "--format", "csv"])

    assert leaked(ended.output, traces(practice.platform)) != []
