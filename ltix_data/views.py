"""How a plan and a report show themselves: counts and a distribution, no name and no single grade."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np

from . import markup
from .choosing import counted
from .markup import words
from .rows import Change, PlannedRow


class Plan(Protocol):
    """What is shown of a plan."""

    rows: tuple[PlannedRow, ...]
    notes: tuple[str, ...]

    @property
    def label(self) -> str: ...  # noqa: D102
    @property
    def out_of(self) -> float | None: ...  # noqa: D102
    def count(self, state: str) -> int: ...  # noqa: D102


class Report(Protocol):
    """What is shown of a report."""

    label: str
    upload_id: str | None

    @property
    def outcomes(self) -> Any: ...  # noqa: D102
    @property
    def failures(self) -> Any: ...  # noqa: D102
    @property
    def ok(self) -> bool: ...  # noqa: D102


_BINS = 10
_FEW = 5  # of fewer grades than this a distribution would show single ones


def counts(found: Mapping[Any, int]) -> str:
    """Return “3 new, 1 lower”, the most frequent first."""
    return ", ".join(f"{count} {word}" for word, count in Counter(found).most_common()) or "none"


def plan_line(plan: Plan) -> str:
    """Return the plan as text: what would be done, and the grades before and after."""
    changes = Counter(row.change for row in plan.rows if row.state == "ready")
    out_of = "" if plan.out_of is None else f" (out of {plan.out_of:g})"
    first = (
        f"Plan for “{markup.still(plan.label)}”{out_of}: {plan.count('ready')} ready ({counts(changes)}), "
        f"{plan.count('unchanged')} unchanged, {plan.count('blank')} blank, "
        f"{counted(plan.count('problem'), 'problem')}."
    )
    over = sum(row.overwrites for row in plan.rows if row.state == "ready")
    warning = [f"{counted(over, 'row')} would overwrite a grade changed on the platform: see .changes."] if over else []
    before, after = _shares(plan)
    spread = f"Percent of the maximum, of those in the sheet: before {_spread(before)}; after {_spread(after)}."
    return "\n".join([first, *warning, spread] if len(after) >= _FEW else [first, *warning])


def plan_html(plan: Plan) -> str:
    """Return the plan as HTML; whatever the platform or the file wrote in it is escaped."""
    problems = Counter(row.problem for row in plan.rows if row.state == "problem")
    return markup.render(
        "plan.html",
        label=plan.label,
        out_of="" if plan.out_of is None else f"{plan.out_of:g}",
        effects=_effects(plan),
        over=sum(row.overwrites for row in plan.rows if row.state == "ready"),
        problems=[(*words.problem(code), code, count) for code, count in problems.most_common()],
        spread=_distribution(plan),
        notes=plan.notes,
        steps=_plan_steps(plan),
    )


def report_text(report: Report) -> str:
    """Return the report as text."""
    text = f"Report for “{markup.still(report.label)}”: {counts(Counter(report.outcomes['outcome'].dropna()))}."
    return text if report.ok else f"{text}\n{_advice(report)}"


def report_html(report: Report) -> str:
    """Return the report as HTML: counts by outcome, the reasons grouped, and what to do."""
    found = Counter(report.outcomes["outcome"].dropna())
    failed = len(report.failures)
    return markup.render(
        "report.html",
        label=report.label,
        upload_id=report.upload_id or "",
        outcomes=[(f"{word}: {words.OUTCOMES.get(word, word)}", count) for word, count in found.most_common()],
        failed=failed,
        failures=f"{counted(failed, 'row')} of {sum(found.values())}",
        reasons=_reasons(report),
        steps=_report_steps(report),
    )


def _effects(plan: Plan) -> list[tuple[str, int]]:
    """Return in words how many rows would do what, in the order of the grades and then of what is left."""
    changes = Counter(row.change for row in plan.rows if row.state == "ready")
    found = {told: changes[change] for change, told in _CHANGES.items()}
    found |= {told: plan.count(state) for state, told in _LEFT.items()}
    return [(told, count) for told, count in found.items() if count]


_CHANGES: dict[Change, str] = {
    "new": "new grade",
    "raise": "higher than now",
    "lower": "lower than now",
    "clear": "taken away",
    "same": "same grade, other comment or state",
}
_LEFT = {
    "unchanged": "unchanged: there already",
    "blank": "blank: not sent",
    "problem": "problem: not sent",
}


def _distribution(plan: Plan) -> dict[str, Any] | None:
    """Return the grades before and after in tens of a percent, and in words; None for a handful of people."""
    before, after = _shares(plan)
    if len(after) < _FEW:
        return None
    names = [f"{low}–{low + _BINS}" for low in range(0, 100, _BINS)]
    bins = list(zip(names, _binned(before), _binned(after), strict=True))
    return {"bins": bins, "before": _spread(before), "after": _spread(after)}


def _plan_steps(plan: Plan) -> list[tuple[str, str]]:
    found = []
    if plan.count("problem"):
        found.append(("plan.problems", "each of those rows, and what to do about it"))
    if plan.count("ready") or plan.count("unchanged"):
        found.append(("plan.changes", "every grade, before and after"))
    if ready := plan.count("ready"):
        rest = ", and leaves the problems out" if plan.count("problem") else ""
        found.append(("report = plan.send()", f"sends {counted(ready, 'grade')}{rest}"))
    return found


def _reasons(report: Report) -> list[tuple[str, str, int]]:
    """Return (outcome, why, how many rows), the most frequent first; no reason says who."""
    frame = report.outcomes
    told = [(word, _reason(str(why))) for word, why in zip(frame["outcome"], frame["reason"].fillna(""), strict=True)]
    return [(word, why, count) for (word, why), count in Counter(told).most_common() if why and word != "unchanged"]


def _reason(why: str) -> str:
    """Return why a row is not in the gradebook; a problem by its words, for a hint may quote what is in a cell."""
    code = re.match(r"problem: (\w+)\.", why)
    return ". ".join(words.problem(code[1])) if code else why


def _report_steps(report: Report) -> list[tuple[str, str]]:
    found = []
    if not report.ok:
        found.append(("report.failures", "the rows that are not in the gradebook, and why"))
    if not report.ok and not _is_only_skipped(report):
        found.append((f'session.resume("{report.upload_id}")', "sends what is missing; nothing is sent twice"))
    if len(report.outcomes):
        found.append(('report.save("report.csv")', "every row and what became of it, for a spreadsheet"))
    if report.upload_id:
        found.append((f'session.undo("{report.upload_id}")', "puts back what was there before"))
    return found


def _is_only_skipped(report: Report) -> bool:
    return bool(report.failures["outcome"].eq("skipped").all())


def _advice(report: Report) -> str:
    if _is_only_skipped(report):
        return "Look at .failures: mend those rows and plan the sheet again; what is there is not sent twice."
    return f'Look at .failures. session.resume("{report.upload_id}") sends what is missing.'


def _shares(plan: Plan) -> tuple[list[float], list[float]]:
    """Return the grades, as percentages, of those whom the plan is about: before it and after it."""
    rows = [row for row in plan.rows if row.state in ("ready", "unchanged") and row.out_of]
    before = [100 * row.old / row.out_of for row in rows if row.old is not None and row.out_of]
    after = [100 * row.score / row.out_of for row in rows if row.score is not None and row.out_of]
    return before, after


def _spread(shares: Iterable[float]) -> str:
    values = list(shares)
    if not values:
        return "no grades"
    return f"{len(values)} grades, mean {np.mean(values):.0f}, median {np.median(values):.0f}"


def _binned(shares: Iterable[float]) -> list[int]:
    return [int(count) for count in np.histogram(np.clip(list(shares), 0, 100), bins=_BINS, range=(0, 100))[0]]
