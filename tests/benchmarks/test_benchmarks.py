"""The benchmarks work, on tiny sizes: every scenario, every contender but pylti1p3, which needs an installation.

Nothing is timed. The contenders work in this process, but for one that shows that a fresh one does; the platform is a
process of its own, as always.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("resource", reason="peak memory is asked of a system that has getrusage")

from . import environment, report
from .checking import WrongResultError, check
from .child import measured
from .goals import goals
from .measuring import Measure, Results, in_fresh_process, measure, measure_all
from .platform.process import Stub, running
from .platform.world import Setting
from .scenarios import CONTENDERS, FLOOR, LTIX, PEER, Case, Entry, Sizes, growth, standard

TINY = Sizes(
    members=1100,
    scores=(("1000", 60),),
    courses=5,
    course_members=3,
    items=3,
    learners=10,
    far=0.05,
    serial=((0, 10), (20, 8), (100, 6)),
    growth_members=(20, 40),
    growth_courses=(2, 4),
    growth_each=2,
)
ABOUT = "On a small scale."


@pytest.fixture(scope="module")
def stub():
    with running() as platform:
        yield platform


@pytest.fixture(scope="module")
def pem() -> str:
    return environment.private_key(Path(sys.executable))


@pytest.fixture
def in_this_process(monkeypatch):
    def run(job, folder):
        monkeypatch.setenv("LTIX_DATA_DIR", folder)
        return measured(job)

    return run


def without_peer(case: Case) -> Case:
    return replace(case, entries=tuple(entry for entry in case.entries if entry.contender != PEER))


def test_every_scenario_runs_with_right_results(stub: Stub, pem, in_this_process):
    """Each contender reads and sends what there is, with one token, and the report has a table of each case."""
    results = Results()
    cases = [without_peer(case) for case in (*standard(TINY), *growth(TINY))]

    measure_all(stub, cases, in_this_process, pem, results, rounds=1)

    text = report.whole(results, ABOUT)
    assert [case.title for case in cases if f"## {case.title} ({case.key})\n" not in text] == []
    assert {label.partition(",")[0] for _, label in results.measures} == set(CONTENDERS) - {PEER}
    assert all(goal.got is not None for goal in goals(results) if PEER not in goal.title and "pivot" not in goal.title)


def test_a_measurement_in_a_fresh_process_has_all_its_numbers(stub: Stub, pem):
    [case] = [case for case in standard(TINY) if case.key == "e"]

    found = measure(stub, case, case.entries[0], in_fresh_process(Path(sys.executable)), pem)

    assert (found.wall > 0, found.cpu > 0, found.peak > 2**20) == (True, True, True)
    assert list(found.marks) == ["import", "connect"]
    assert found.counts["tokens"] == 1


def test_a_contender_that_fails_ends_the_run(stub: Stub, pem):
    """What it said is passed on."""
    case = Case("x", "Broken", Setting(), (Entry(FLOOR, "roster", {"origin": "http://127.0.0.1:9"}),))

    with pytest.raises(RuntimeError, match=r"(?s)floor failed at roster.*ConnectionRefusedError"):
        measure(stub, case, case.entries[0], in_fresh_process(Path(sys.executable)), pem)


@pytest.mark.parametrize(
    ("facts", "counts"),
    [
        ({"confirmed": 1}, {}),
        ({}, {"duplicates": 1}),
        ({}, {"tokens": 2}),
        ({}, {"sum": 1.0}),
        ({}, {"refused": 1}),
    ],
)
def test_a_wrong_answer_is_no_result(facts, counts):
    """A row that is missing, a score that came twice, a token too many, another sum: each ends the run."""
    entry = Entry(LTIX, "scores", {"scores": 2})
    right = {"tokens": 1, "refused": 0, "scores": 2, "duplicates": 0, "sum": 3.5}
    case = Case("x", "Scores", Setting(members=3), (entry,))
    check(case, entry, {"confirmed": 2}, right)

    with pytest.raises(WrongResultError, match="Scores"):
        check(case, entry, {"confirmed": 2} | facts, right | counts)


def some(wall: float, **marks: float) -> Measure:
    return Measure(wall, wall, 2**25, marks, {"tokens": 1, "requests": 1, "most_at_once": 9})


def full() -> Results:
    """Return results in which ltix_data takes a second, the floor half of one, and all others ten."""
    results = Results()
    for case in (*standard(Sizes()), *growth(Sizes())):
        results.cases[case.key] = case
        for entry in case.entries:
            seconds = {LTIX: 1.0, FLOOR: 0.5}.get(entry.contender, 10.0)
            results.measures[case.key, entry.label] = [some(seconds, building=seconds, **{"import": seconds})]
    return results


def test_goals_say_whether_they_are_met():
    found = {goal.title: goal for goal in goals(full())}

    roster = found["(a) big roster, pages of 50: faster than pylti1p3"]
    assert (roster.got, roster.met, roster.wanted) == (10.0, "yes, stretch too", "at least 1.3x (stretch 1.7x)")
    courses = found["(c) many courses: faster than pylti1p3 as documented"]
    assert (courses.got, courses.met) == (10.0, "**no**")
    floor = found["(c) many courses: time of the floor at 16 connections, as many as were used"]
    assert (floor.got, floor.met, floor.note) == (2.0, "**no**", "1,000 against 500 ms")
    assert found["Cost by courses, large ones: exponent"].got == pytest.approx(0.0)


def test_goals_that_were_not_measured_have_a_row_all_the_same():
    rows = report.goals_table(Results()).splitlines()[2:]

    assert len(rows) == len(list(goals(full())))
    assert all(row.endswith("| not measured |") for row in rows)


def test_the_readme_is_changed_between_its_marks_alone(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{report.BEGIN}\nold \\1\n{report.END}\nbehind\n", encoding="utf-8")

    report.write_into(readme, full(), ABOUT)

    table = report.goals_table(full())
    assert readme.read_text(encoding="utf-8") == f"before\n{report.BEGIN}\n{table}\n\n{ABOUT}\n{report.END}\nbehind\n"


@pytest.mark.parametrize("results", [Results(), None], ids=["nothing measured", "no marks"])
def test_a_readme_is_left_as_it_is_where_the_table_cannot_be_whole(tmp_path, results):
    readme = tmp_path / "README.md"
    readme.write_text(f"{report.BEGIN}{report.END}" if results else "no marks", encoding="utf-8")
    before = readme.read_text(encoding="utf-8")

    with pytest.raises(report.IncompleteError):
        report.write_into(readme, full() if results is None else results, ABOUT)

    assert readme.read_text(encoding="utf-8") == before
