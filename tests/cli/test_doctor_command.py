"""ltix-data doctor: what it prints, and what cron learns from its exit status."""

from __future__ import annotations

import json

import pytest
from keyring_backends import key

from ltix_data import registration, spec

from .conftest import run, told


def test_all_well_is_0(practice):
    done = run("doctor", "uni")

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("uni: 0 problems, 0 warnings; ")
    assert "To mend it" not in done.stdout


def test_a_warning_alone_is_2(make_practice):
    make_practice(withhold_names=True)

    done = run("doctor", "uni", "--course", "SEM12")

    assert done.exit_code == 2
    assert done.stdout.splitlines()[-3:] == [
        "To mend it",
        "  the platform's administrator",
        "    Share the user's name and e-mail with the tool: its privacy setting on the platform. (names of SEM12)",
    ]


def test_a_problem_is_1_and_says_in_commands_what_to_do(practice):
    practice.tool.jwks = {"keys": [key(1).public_jwk]}

    done = run("doctor", "uni")

    assert done.exit_code == 1
    assert "does not have this key" in done.stdout
    assert "“ltix-data key show”" in done.stdout
    assert "registration.public_jwk" not in told(done)


def test_a_registration_without_courses_is_told_the_command_that_adds_them(practice):
    for name in ("SEM12", "BIO101"):
        registration.load("uni").forget_course(name)

    done = run("doctor", "uni")

    assert done.exit_code == 2
    assert "“ltix-data add-course”" in done.stdout


def test_json_has_every_finding(make_practice):
    make_practice(granted_scopes=tuple(scope for scope in spec.ALL_SCOPES if scope != spec.SCOPE_SCORE))

    done = run("doctor", "uni", "--course", "SEM12", "--format", "json")

    found = {(one["check"], one["subject"]): one for one in json.loads(done.stdout)}
    assert done.exit_code == 1
    assert found["scope", "scores"]["verdict"] == "problem"
    assert found["scope", "scores"]["who"] == "the platform's administrator"
    assert found["scores", "SEM12"]["verdict"] == "skipped"
    assert set(found["roster", "SEM12"]) == {"check", "subject", "verdict", "message", "who", "hint"}


def test_only_the_named_courses_are_examined(practice):
    done = run("doctor", "uni", "--course", "BIO101", "--format", "csv")

    assert "BIO101" in done.stdout
    assert "SEM12" not in done.stdout


@pytest.mark.parametrize("arguments", [["uno"], ["uni", "--course", "BIO999"], ["uni", "--format", "xml"], []])
def test_what_cannot_be_examined_is_1_with_one_line(practice, arguments):
    done = run("doctor", *arguments)

    assert (done.exit_code, done.stdout) == (1, "")
    assert told(done)


def test_it_can_be_kept_in_a_file(practice):
    file = practice.folder / "doctor.json"

    done = run("doctor", "uni", "--output", str(file))

    assert (done.exit_code, done.stdout) == (0, "")
    assert {one["verdict"] for one in json.loads(file.read_text())} == {"ok"}
