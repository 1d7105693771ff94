"""Measurements: each in a fresh process, the contenders of a case in turn, round after round."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .checking import check
from .medians import median
from .platform.process import TOP, Stub, cores
from .scenarios import Case, Entry

#: Does a job of `child.measured` and returns what that returns; the folder is for what is stored meanwhile.
Runner = Callable[[dict[str, Any], str], dict[str, Any]]


@dataclass(frozen=True)
class Measure:
    """One measurement: seconds, bytes, seconds by mark, and what the platform counted. *units* see `Entry`."""

    wall: float
    cpu: float
    peak: float
    marks: dict[str, float]
    counts: dict[str, Any]
    units: int = 1


@dataclass
class Results:
    """What was measured so far, by case and by contender."""

    cases: dict[str, Case] = field(default_factory=dict)
    measures: dict[tuple[str, str], list[Measure]] = field(default_factory=lambda: defaultdict(list))

    def of(self, key: str, label: str) -> list[Measure]:
        """Return the measures of a contender in a case."""
        return self.measures.get((key, label), [])

    def typical(self, key: str, label: str, of: Callable[[Measure], float]) -> float | None:
        """Return the median of something over all rounds; None where it was not measured."""
        found = self.of(key, label)
        return median(map(of, found)) if found else None


def wall(measure: Measure) -> float:
    """Return the seconds it took, or each score took."""
    return measure.wall / measure.units


def cpu(measure: Measure) -> float:
    """Return the seconds of CPU it took, or each score took."""
    return measure.cpu / measure.units


def in_fresh_process(python: Path) -> Runner:
    """Return what does a job in a process of its own, under *python*."""

    def run(job: dict[str, Any], folder: str) -> dict[str, Any]:
        done = subprocess.run(
            [str(python), "-m", "tests.benchmarks.child"],
            cwd=TOP,
            # compiled once, as what pip installs is: else each process would compile ltix_data anew
            env={**os.environ, "LTIX_DATA_DIR": folder, "PYTHONDONTWRITEBYTECODE": ""},
            input=json.dumps({**job, "core": cores()[1]}),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{job['contender']} failed at {job['work']}:\n{done.stderr}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    return run


def measure(stub: Stub, case: Case, entry: Entry, run: Runner, pem: str) -> Measure:
    """Let one contender do its work once, and check what came of it.

    Raises:
        WrongResultError: it is wrong.
        RuntimeError: the contender failed.
    """
    stub.configure(case.setting)
    setting = case.setting
    scene = {"courses": setting.courses, "members": setting.members, "page": setting.page, "items": setting.items}
    job = {"contender": entry.module, "work": entry.work, "core": None}
    job["scene"] = {"origin": stub.origin, "pem": pem, **scene, **entry.scene}
    with tempfile.TemporaryDirectory(prefix="ltix-benchmark-") as folder:
        found = run(job, folder)
    counts = stub.counts()
    check(case, entry, found.pop("facts"), counts)
    return Measure(**found, counts=counts, units=entry.units)


def measure_all(stub: Stub, cases: Sequence[Case], run: Runner, pem: str, results: Results, *, rounds: int) -> None:
    """Measure every case so many times, all of them in each round: a machine that is busy for a while slows them all.

    The contenders of a case take turns, and each round another begins. What was measured is in *results*, also when
    something fails.

    Args:
        stub: the platform.
        cases: with the contenders that are wanted.
        run: does one measurement.
        pem: the private key.
        results: where measures go.
        rounds: at most, see `Case`.
    """
    results.cases.update({case.key: case for case in cases})
    for number in range(rounds):
        for case in cases:
            first = number % len(case.entries)
            for entry in (case.entries[first:] + case.entries[:first]) if number < case.rounds else ():
                print(f"\r{f'round {number + 1}, {case.key}: {entry.label}':60}", end="", file=sys.stderr, flush=True)
                results.measures[case.key, entry.label].append(measure(stub, case, entry, run, pem))
    print(f"\r{'done':60}", file=sys.stderr)
