"""What was measured, as Markdown: the goals, and a table for each case."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .goals import Goal, goals, milliseconds
from .measuring import Results, wall
from .medians import median, ratio
from .scenarios import Case

BEGIN, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"


class IncompleteError(Exception):
    """The README's table would have rows that were not measured, or the README has no place for it."""


def whole(results: Results, about: str) -> str:
    """Return the goals and the tables of all cases."""
    tables = (f"## {case.title} ({case.key})\n\n{_table(results, case)}" for case in results.cases.values())
    return "\n\n".join([f"# Benchmarks\n\n{about}\n\n{goals_table(results)}\n\n{_LEGEND}", *tables]) + "\n"


def goals_table(results: Results) -> str:
    """Return one row for each goal."""
    rows = ["| goal | got | wanted | met |", "|---|---|---|---|"]
    rows += [f"| {goal.title} | {_got(goal)} | {goal.wanted} | {goal.met} |" for goal in goals(results)]
    return "\n".join(rows)


def write_into(readme: Path, results: Results, about: str) -> None:
    """Put the goals between the marks of a README, and change nothing else in it.

    Raises:
        IncompleteError: a goal was not measured, or there are no marks.
    """
    missing = [goal.title for goal in goals(results) if goal.got is None]
    if missing:
        raise IncompleteError(f"Not measured: {'; '.join(missing)}. The README's table needs a whole run.")
    text = readme.read_text(encoding="utf-8")
    place = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    if not place.search(text):
        raise IncompleteError(f"{readme} has no {BEGIN} … {END} to write between.")
    table = f"{BEGIN}\n{goals_table(results)}\n\n{about}\n{END}"
    readme.write_text(place.sub(lambda _: table, text, count=1), encoding="utf-8")


def _got(goal: Goal) -> str:
    if goal.got is None:
        return ""
    number = f"{goal.got:.0f}" if goal.got.is_integer() else f"{goal.got:.{1 if goal.got >= 10 else 2}f}"
    return f"{number}{goal.unit}" + (f" ({goal.note})" if goal.note else "")


def _table(results: Results, case: Case) -> str:
    """Return one row for each contender: medians over the rounds."""
    scored = any(entry.work == "scores" for entry in case.entries)
    marks = list(
        dict.fromkeys(
            name for entry in case.entries for found in results.of(case.key, entry.label) for name in found.marks
        )
    )
    names = [
        "contender",
        "ms a score" if scored else "ms",
        "least to most",
        "CPU ms",
        "peak MB",
        "tokens",
        "requests",
        "at once",
        *(f"{name}, ms" for name in marks),
        f"times {case.entries[0].label}",
    ]
    return "\n".join(
        [
            f"| {' | '.join(names)} |",
            "|---" * len(names) + "|",
            *(f"| {' | '.join(row)} |" for row in _rows(results, case, marks)),
        ]
    )


def _rows(results: Results, case: Case, marks: list[str]) -> Iterator[list[str]]:
    first = results.typical(case.key, case.entries[0].label, wall)
    for entry in case.entries:
        found = results.of(case.key, entry.label)
        if not found:
            continue
        times = sorted(map(wall, found))
        relative = ratio(median(times), first)
        yield [
            entry.label,
            milliseconds(median(times)),
            f"{milliseconds(times[0])} to {milliseconds(times[-1])}",
            milliseconds(median(measure.cpu / measure.units for measure in found)),
            f"{median(measure.peak for measure in found) / 2**20:.0f}",
            f"{median(measure.counts['tokens'] for measure in found):g}",
            f"{median(measure.counts['requests'] for measure in found):g}",
            f"{median(measure.counts['most_at_once'] for measure in found):g}" if case.setting.latency else "",
            *(_marked([measure.marks[name] for measure in found if name in measure.marks]) for name in marks),
            "" if relative is None else f"{relative:.2f}",
        ]


def _marked(seconds: list[float]) -> str:
    return milliseconds(median(seconds)) if seconds else ""


_LEGEND = """\
All times are medians, each measurement in a fresh process, the contenders in turn; imports, and the
garbage collection that they are followed by, count in (e) alone.
The floor is the same requests over raw sockets in one thread, known beforehand, their answers received and not read.
Peak memory is the whole process's, Python and pandas included. “At once” is how many requests waited together for
their answers, where answers take time: the platform counted them, and the tokens. ltix_data's journal is written to
the folder of temporary files, which should be on a disk; one that sends one by one sends fewer scores where answers
take time, and is compared by the score."""
