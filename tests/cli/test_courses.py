"""The courses a registration knows: by their addresses, like another, from a pasted launch."""

from __future__ import annotations

import json

import pytest

from ltix_data import registration
from ltix_data.courses import KnownCourse

from .conftest import run, told


def names(name: str = "uni") -> list[str]:
    return sorted(course.name for course in registration.load(name).courses)


def test_the_list_needs_no_key_and_no_platform(practice, monkeypatch):
    monkeypatch.delenv("LTIX_KEY_FILE")
    practice.platform.under_maintenance = True

    table = run("courses", "uni")
    records = json.loads(run("courses", "uni", "--format", "json").stdout)

    assert (table.exit_code, table.stdout.split()[:4]) == (0, ["name", "label", "title", "context_id"])
    assert sorted(one["name"] for one in records) == ["BIO101", "SEM12"]
    assert all(isinstance(one["scopes"], list) for one in records)


def test_a_course_is_added_by_its_addresses(practice):
    done = run(
        *("add-course", "uni", "CHEM7", "--memberships-url", f"{practice.url}/courses/x/memberships"),
        *("--lineitems-url", f"{practice.url}/i?type_id=1", "--context-id", "0042", "--title", "Chemistry"),
    )

    added = next(course for course in registration.load("uni").courses if course.name == "CHEM7")
    assert done.exit_code == 0, told(done)
    assert (added.context_id, added.title, added.lineitems_url) == ("0042", "Chemistry", f"{practice.url}/i?type_id=1")
    assert added.scopes is None


@pytest.mark.parametrize("options", [[], ["--memberships-url", "nowhere"]])
def test_a_course_that_cannot_be_reached_is_not_added(practice, options):
    done = run("add-course", "uni", "CHEM7", *options)

    assert (done.exit_code, names()) == (1, ["BIO101", "SEM12"])


def forget_all_but(practice, name: str) -> dict[str, str]:
    """Forget every course but one; return the ids of the others in addresses, by name."""
    run("forget-course", "uni", "BIO101" if name == "SEM12" else "SEM12")
    claims = {
        course: KnownCourse.from_claims(practice.platform.course_claims(course, practice.tool, practice.url))
        for course in practice.platform.courses
    }
    return {known.name: known.memberships_url.split("/")[-2] for known in claims.values() if known.name != name}


def test_courses_like_one_are_added_and_told(practice):
    others = forget_all_but(practice, "SEM12")
    ids = [part for one in others.values() for part in ("--id", one)]

    done = run("add-courses", "uni", "--like", "SEM12", *ids, "--was", "SEM12", "--format", "json")

    assert (done.exit_code, [one["added"] for one in json.loads(done.stdout)]) == (0, [True] * len(others)), done.stderr
    assert names() == sorted([*others, "SEM12"])


def test_courses_come_from_a_sheet(practice):
    others = forget_all_but(practice, "SEM12")
    sheet = practice.folder / "courses.csv"
    sheet.write_text("id\n" + "\n".join(others.values()) + "\n")

    done = run("add-courses", "uni", "--like", "SEM12", "--from", str(sheet), "--was", "SEM12")

    assert (done.exit_code, names()) == (0, sorted([*others, "SEM12"])), told(done)


def test_some_that_are_not_there_end_with_2_and_none_at_all_with_1(practice):
    others = forget_all_but(practice, "SEM12")
    good = next(iter(others.values()))

    some = run("add-courses", "uni", "--like", "SEM12", "--id", good, "--id", "NOSUCH9", "--was", "SEM12")
    none = run("add-courses", "uni", "--like", "SEM12", "--id", "NOSUCH9", "--was", "SEM12")

    assert (some.exit_code, none.exit_code) == (2, 1)
    assert "1 of 2 courses were not added" in some.stderr
    assert "NOSUCH9" in some.stdout
    assert len(names()) == 2


def test_ids_are_needed_once(practice):
    neither = run("add-courses", "uni", "--like", "SEM12")
    both = run("add-courses", "uni", "--like", "SEM12", "--id", "1", "--from", "x.csv")

    assert (neither.exit_code, both.exit_code) == (1, 1)
    assert "--from" in neither.stderr


# --- Launches that were made elsewhere --------------------------------------------------------------


def launch(practice) -> str:
    course = practice.platform.courses["BIO101"]
    user = next(iter(course.members))
    return practice.platform.id_token("BIO101", practice.tool, user, nonce="n", base_url=practice.url)


@pytest.mark.parametrize("way", ["file", "stdin"])
def test_a_pasted_launch_makes_its_course_known(practice, way):
    run("forget-course", "uni", "BIO101")
    file = practice.folder / "launch.txt"
    file.write_text(launch(practice))

    done = run("capture", "uni", str(file)) if way == "file" else run("capture", "uni", "-", typed=launch(practice))

    assert (done.exit_code, names()) == (0, ["BIO101", "SEM12"]), told(done)
    assert "Stored <Course BIO101" in done.stdout


def test_claims_are_taken_too_under_a_name_of_ones_own(practice):
    run("forget-course", "uni", "BIO101")
    claims = practice.platform.course_claims("BIO101", practice.tool, practice.url)

    done = run("capture", "uni", "-", "--name", "bio", typed=json.dumps(claims))

    assert (done.exit_code, names()) == (0, ["SEM12", "bio"]), told(done)


@pytest.mark.parametrize("text", ["", "nonsense", "{}", "a.b.c"])
def test_what_is_no_launch_is_refused_and_not_repeated(practice, text):
    done = run("capture", "uni", "-", typed=text)

    assert (done.exit_code, done.stdout, names()) == (1, "", ["BIO101", "SEM12"])
    assert "nonsense" not in told(done)


def test_a_file_that_is_not_there_is_told(practice):
    done = run("capture", "uni", "missing.txt")

    assert done.exit_code == 1
    assert "missing.txt" in done.stderr


def test_a_course_is_forgotten_by_any_of_its_names(practice):
    title = next(course.title for course in registration.load("uni").courses if course.name == "BIO101")

    done = run("forget-course", "uni", title)

    assert (done.exit_code, names()) == (0, ["SEM12"])
    assert run("forget-course", "uni", "BIO101").exit_code == 1
