"""ltix-data scrub: what it takes out, how it ends, and that git's pre-commit can run it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

import ltix_data as ltix

from .conftest import run, told

TOP = Path(__file__).parents[2]
HOOKS = TOP / ".pre-commit-hooks.yaml"


@pytest.fixture
def notebook(tmp_path) -> Path:
    path = tmp_path / "n.ipynb"
    outputs = [nbformat.v4.new_output("stream", text="王秀英, xwang@students.example.edu")]
    cell = nbformat.v4.new_code_cell("x = 1", outputs=outputs)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    return path


@pytest.fixture
def snapshot(practice):
    with ltix.connect("uni") as session:
        session.course("SEM12").snapshot()
    return practice


def shown(path: Path) -> str:
    return nbformat.read(path, as_version=4).cells[0].outputs[0].text


def test_it_removes_what_it_finds_and_ends_with_2(snapshot, notebook):
    done = run("scrub", str(notebook))

    assert (done.exit_code, shown(notebook)) == (2, "[removed], [removed]")
    assert "n.ipynb: 2 removed" in told(done)
    assert "王" not in told(done)


def test_it_ends_with_0_when_nothing_is_left_to_find(snapshot, notebook):
    run("scrub", str(notebook))

    again = run("scrub", str(notebook))

    assert (again.exit_code, again.output) == (0, "")


def test_a_check_ends_with_2_and_changes_nothing(snapshot, notebook):
    before = notebook.read_bytes()

    done = run("scrub", "--check", str(notebook))

    assert (done.exit_code, notebook.read_bytes()) == (2, before)
    assert "2 to remove" in done.output


def test_without_a_roster_it_ends_with_1(practice, notebook):
    before = notebook.read_bytes()

    done = run("scrub", str(notebook))

    assert (done.exit_code, notebook.read_bytes()) == (1, before)
    assert "No roster is known" in told(done)


def test_rosters_are_read_live_from_a_registration(practice, notebook):
    done = run("scrub", "--registration", "uni", str(notebook))

    assert (done.exit_code, shown(notebook)) == (2, "[removed], [removed]"), told(done)


def test_one_course_is_enough_and_another_knows_others(practice, notebook):
    made = nbformat.read(notebook, as_version=4)
    made.cells[0].outputs[0].text = "Ursula Vögeli-Núñez"
    nbformat.write(made, notebook)

    other = run("scrub", "--check", "--registration", "uni", "--course", "BIO101", str(notebook))
    own = run("scrub", "--check", "--registration", "uni", "--course", "SEM12", str(notebook))

    assert (other.exit_code, own.exit_code) == (0, 2)


def test_a_course_that_cannot_be_read_ends_with_1(practice, notebook):
    practice.platform.under_maintenance = True

    done = run("scrub", "--registration", "uni", str(notebook))

    assert done.exit_code == 1
    assert "王秀英" in shown(notebook)


@pytest.mark.parametrize("options", [["--course", "SEM12"], ["--registration", "nobody"]])
def test_what_names_nothing_ends_with_1(practice, notebook, options):
    assert run("scrub", *options, str(notebook)).exit_code == 1


def test_one_that_is_no_notebook_ends_with_1_and_the_others_are_done(snapshot, notebook, tmp_path):
    bad = tmp_path / "bad.ipynb"
    bad.write_text("x")

    done = run("scrub", str(bad), str(notebook))

    assert (done.exit_code, shown(notebook)) == (1, "[removed], [removed]")
    assert "not JSON" in told(done)


def test_what_is_left_for_people_to_look_at_is_told_and_ends_with_0(snapshot, notebook):
    made = nbformat.read(notebook, as_version=4)
    made.cells[0].source, made.cells[0].outputs = "kwame = 1", []
    nbformat.write(made, notebook)

    done = run("scrub", str(notebook))

    assert done.exit_code == 0
    assert "1 name that may be a word" in done.output


# --- pre-commit -----------------------------------------------------------------------------------------


def hooks() -> dict[str, dict]:
    return {hook["id"]: hook for hook in yaml.safe_load(HOOKS.read_text(encoding="utf-8"))}


def environment() -> dict[str, str]:
    """Return an environment in which ltix-data is the one that is tested, and git is nobody's."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    git = {f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {**os.environ, **git, "PATH": path, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def repository(folder: Path, notebook: Path) -> Path:
    folder.mkdir()
    subprocess.run(["git", "init", "-q", "."], cwd=folder, check=True, env=environment())
    shutil.copy(notebook, folder)
    subprocess.run(["git", "add", "."], cwd=folder, check=True, env=environment())
    return folder / notebook.name


def test_the_hooks_are_for_notebooks_and_run_in_the_environment_that_has_the_keyring():
    found = hooks()

    assert sorted(found) == ["ltix-scrub", "ltix-scrub-check"]
    for hook in found.values():
        assert (hook["language"], hook["types"], hook["require_serial"], hook["verbose"]) == (
            "system",
            ["jupyter"],
            True,
            True,
        )


@pytest.mark.process
@pytest.mark.parametrize(("hook", "changes"), [("ltix-scrub", True), ("ltix-scrub-check", False)])
def test_the_entry_of_a_hook_stops_a_commit_of_a_staged_notebook(snapshot, notebook, tmp_path, hook, changes):
    staged = repository(tmp_path / "repository", notebook)

    done = subprocess.run(
        [*shlex.split(hooks()[hook]["entry"]), staged.name], cwd=staged.parent, env=environment(), capture_output=True
    )

    assert done.returncode == 2, done.stderr
    assert (shown(staged) == "[removed], [removed]") is changes


@pytest.mark.process
def test_pre_commit_itself_runs_the_hooks(snapshot, notebook, tmp_path):
    """The hooks as a local repository of pre-commit's: nothing is fetched."""
    staged = repository(tmp_path / "repository", notebook)
    config = {"repos": [{"repo": "local", "hooks": [hooks()["ltix-scrub"]]}]}
    (staged.parent / ".pre-commit-config.yaml").write_text(json.dumps(config), encoding="utf-8")
    told_to = {**environment(), "PRE_COMMIT_HOME": str(tmp_path / "home")}

    def commit() -> subprocess.CompletedProcess[str]:
        subprocess.run(["git", "add", "."], cwd=staged.parent, check=True, env=told_to)
        return subprocess.run(
            ["git", "commit", "-q", "-m", "x"], cwd=staged.parent, env=told_to, capture_output=True, encoding="utf-8"
        )

    subprocess.run(
        [sys.executable, "-m", "pre_commit", "install"], cwd=staged.parent, check=True, env=told_to, capture_output=True
    )
    first, second = commit(), commit()

    assert (first.returncode, second.returncode) == (1, 0), first.stderr + second.stderr
    assert "files were modified by this hook" in first.stderr
    assert "王" not in first.stderr
    committed = subprocess.run(
        ["git", "show", f"HEAD:{staged.name}"], cwd=staged.parent, env=told_to, capture_output=True, encoding="utf-8"
    )
    assert "[removed], [removed]" in committed.stdout
