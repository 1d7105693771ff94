"""The command: ``python -m tests.benchmarks``."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from . import environment, report
from .contenders import raw
from .measuring import Results, in_fresh_process, measure_all
from .platform import process
from .platform.answers import TOKEN
from .platform.process import Stub
from .platform.world import Setting
from .scenarios import CONTENDERS, PEER, Case, Sizes, growth, standard

_CALIBRATION = 3000  # requests


def main(arguments: list[str] | None = None) -> None:
    """Measure what was asked for, and write the report; of what was measured, when something fails."""
    asked = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="ltix-peers-") as folder:
        python = Path(sys.executable) if asked.no_peers else environment.built(asked.peers or Path(folder))
        results, rounds = Results(), asked.rounds or (3 if asked.quick else 5)
        with process.running() as stub:
            about = _about(python, rounds, _cost(stub))
            pem = environment.private_key(python)
            try:
                measure_all(stub, list(_cases(asked)), in_fresh_process(python), pem, results, rounds=rounds)
            finally:
                _write(report.whole(results, about), asked.markdown)
    if asked.readme:
        report.write_into(asked.readme, results, about)


def _write(text: str, file: Path | None) -> None:
    if file:
        file.write_text(text, encoding="utf-8")
    else:
        print(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[""], metavar="CASE", help="cases that begin so: a, b/1000/20ms")
    parser.add_argument("--contenders", nargs="+", choices=CONTENDERS, help="these alone")
    parser.add_argument("--rounds", type=int, help="how often each is measured: 5, or 3 with --quick")
    parser.add_argument("--quick", action="store_true", help="only the cases that goals need")
    parser.add_argument("--scaling", action="store_true", help="also how cost grows with members and courses")
    parser.add_argument("--peers", type=Path, metavar="DIR", help="where the contenders' environment is kept")
    parser.add_argument("--no-peers", action="store_true", help="without pylti1p3, in this environment")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="where the report goes, instead of here")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="write the goals between its marks")
    return parser


def _cases(asked: argparse.Namespace) -> Iterator[Case]:
    """Yield the cases that were asked for, with the contenders that were."""
    sizes = Sizes()
    cases = [case for case in standard(sizes) if case.quick or not asked.quick]
    cases += growth(sizes) if asked.scaling or asked.readme else ()
    for case in cases:
        entries = tuple(
            entry
            for entry in case.entries
            if entry.contender in (asked.contenders or CONTENDERS) and not (asked.no_peers and entry.contender == PEER)
        )
        if entries and case.key.startswith(tuple(asked.only)):
            yield replace(case, entries=entries)


def _cost(stub: Stub) -> float:
    """Return the seconds of CPU that a request costs the platform itself."""
    stub.configure(Setting())
    for _ in range(_CALIBRATION // 100):  # a child's peak memory begins at its parent's: nothing is piled up here
        raw.ask([raw.request(f"{stub.origin}/courses/0/members", TOKEN)] * 100, stub.origin)
    counted: float = stub.counts()["cpu"]
    return counted / _CALIBRATION


def _about(python: Path, rounds: int, cost: float) -> str:
    """Return what the numbers stand on, in a sentence or two."""
    found = environment.versions(python)
    versions = ", ".join(f"{name} {version}" for name, version in found.items())
    apart = (
        "a core each for server and client" if process.cores()[0] is not None else "server and client not kept apart"
    )
    return (
        f"Medians of {rounds} rounds on {os.cpu_count()} cores, {apart}, each measurement in a fresh process; "
        f"a page of 100 members costs the server {cost * 1e6:.0f} µs. {versions}."
    )


if __name__ == "__main__":
    main()
