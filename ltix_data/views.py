"""How a plan and a report show themselves: counts and a distribution, no name and no single grade."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np

from .choosing import counted
from .rows import PlannedRow


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
_PLAN = """\
<div class="ltix-plan">
<p><b>Plan for “{{ label }}”</b>{% if out_of %} (out of {{ out_of }}){% endif %}: nothing is sent yet.</p>
<table>
<tr>{% for word in counts %}<th>{{ word }}</th>{% endfor %}</tr>
<tr>{% for word in counts %}<td>{{ counts[word] }}</td>{% endfor %}</tr>
</table>
{% if problems %}<p>Problems: {{ problems }}. See <code>plan.problems</code>.</p>{% endif %}
<table>
<tr><th>percent of the maximum</th><th>before</th><th>after</th></tr>
{% for name, before, after in bins %}
<tr><td>{{ name }}</td><td>{{ bar(before) }} {{ before }}</td><td>{{ bar(after) }} {{ after }}</td></tr>
{% endfor %}
</table>
{% for note in notes %}<p>{{ note }}</p>{% endfor %}
</div>
"""
_REPORT = """\
<div class="ltix-report">
<p><b>Report for “{{ label }}”</b>{% if upload_id %}, upload <code>{{ upload_id }}</code>{% endif %}</p>
<table>
<tr>{% for word in counts %}<th>{{ word }}</th>{% endfor %}</tr>
<tr>{% for word in counts %}<td>{{ counts[word] }}</td>{% endfor %}</tr>
</table>
{% if not ok %}<p>{{ advice }}</p>{% endif %}
</div>
"""


def counts(found: Mapping[Any, int]) -> str:
    """Return “3 new, 1 lower”, the most frequent first."""
    return ", ".join(f"{count} {word}" for word, count in Counter(found).most_common()) or "none"


def plan_line(plan: Plan) -> str:
    """Return the plan as text: what would be done, and the grades before and after."""
    changes = Counter(row.change for row in plan.rows if row.state == "ready")
    out_of = "" if plan.out_of is None else f" (out of {plan.out_of:g})"
    first = (
        f"Plan for “{_still(plan.label)}”{out_of}: {plan.count('ready')} ready ({counts(changes)}), "
        f"{plan.count('unchanged')} unchanged, {plan.count('blank')} blank, "
        f"{counted(plan.count('problem'), 'problem')}."
    )
    over = sum(row.overwrites for row in plan.rows if row.state == "ready")
    warning = [f"{counted(over, 'row')} would overwrite a grade changed on the platform: see .changes."] if over else []
    before, after = _shares(plan)
    spread = f"Percent of the maximum, of those in the sheet: before {_spread(before)}; after {_spread(after)}."
    return "\n".join([first, *warning, spread] if len(after) >= _BINS else [first, *warning])


def plan_html(plan: Plan) -> str:
    """Return the plan as HTML; whatever the platform or the file wrote in it is escaped."""
    before, after = (_binned(shares) for shares in _shares(plan))
    names = [f"{low}–{low + _BINS}" for low in range(0, 100, _BINS)]
    states = {word: plan.count(state) for word, state in _STATES.items()}
    problems = Counter(row.problem for row in plan.rows if row.state == "problem")
    over = sum(row.overwrites for row in plan.rows if row.state == "ready")
    return _render(
        _PLAN,
        label=plan.label,
        out_of="" if plan.out_of is None else f"{plan.out_of:g}",
        counts=states | ({"overwrite a change on the platform": over} if over else {}),
        problems=counts(problems) if problems else "",
        bins=list(zip(names, before, after, strict=True)),
        bar=lambda count: "█" * round(20 * count / max(1, *before, *after)),
        notes=plan.notes,
    )


def report_text(report: Report) -> str:
    """Return the report as text."""
    text = f"Report for “{_still(report.label)}”: {counts(Counter(report.outcomes['outcome'].dropna()))}."
    return text if report.ok else f"{text}\n{_advice(report)}"


def report_html(report: Report) -> str:
    """Return the report as HTML."""
    found = {word: count for word, count in Counter(report.outcomes["outcome"]).items() if count}
    return _render(
        _REPORT,
        label=report.label,
        upload_id=report.upload_id or "",
        counts=found,
        ok=report.ok,
        advice=_advice(report),
    )


def _still(text: str) -> str:
    """Return the platform's text without the control characters that move a terminal's cursor."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "\ufffd", text)


_STATES = {"ready": "ready", "unchanged": "unchanged", "blank": "blank", "problems": "problem"}


def _advice(report: Report) -> str:
    if report.failures["outcome"].eq("skipped").all():
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


def _render(template: str, **values: Any) -> str:
    from jinja2 import Environment

    return Environment(autoescape=True).from_string(template).render(**values)
