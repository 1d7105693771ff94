"""Whether what came of a work is right: a fast wrong answer is no result."""

from __future__ import annotations

from typing import Any

from .platform import world
from .scenarios import FLOOR, LTIX, Case, Entry


class WrongResultError(Exception):
    """A contender, or the benchmark itself, got something wrong; nothing it measured counts."""


def check(case: Case, entry: Entry, facts: dict[str, Any], counts: dict[str, Any]) -> None:
    """Compare what a contender found, and what the platform counted, with what there is.

    Raises:
        WrongResultError: they differ; the message says in what.
    """
    wanted = _facts(case, entry)
    found = {name: facts.get(name) for name in wanted}
    counted_wanted = _counts(case, entry)
    counted = {name: counts.get(name) for name in counted_wanted}
    if found != wanted or counted != counted_wanted:
        raise WrongResultError(
            f"{entry.label} in “{case.title}”: got {found}, should be {wanted}; "
            f"the platform counted {counted}, should be {counted_wanted}."
        )


def _facts(case: Case, entry: Entry) -> dict[str, Any]:
    """Return what must come of it."""
    setting, learners = case.setting, world.learners_of(case.setting.members)
    if entry.work == "scores":
        return {"confirmed": entry.units}
    if entry.work == "gradebook":
        if entry.contender == FLOOR:
            return {"results": learners * setting.items}
        points = sum(world.score(who, item) for who in range(learners) for item in range(setting.items))
        return {"rows": learners, "columns": setting.items, "sum": points}
    rows = setting.members * setting.courses
    if entry.contender == FLOOR:
        return {"rows": rows}
    wanted = {"rows": rows, "people": setting.members, "learners": learners * setting.courses}
    if entry.work == "rosters":
        wanted |= {"courses": setting.courses} | ({"failed": 0} if entry.contender == LTIX else {})
    return wanted


def _counts(case: Case, entry: Entry) -> dict[str, Any]:
    """Return what the platform must have counted: tokens, and each score once."""
    scores = entry.units if entry.work == "scores" else 0
    return {
        "tokens": case.setting.courses if entry.scene.get("shared") is False else _tokens(entry),
        "refused": 0,
        "scores": scores,
        "duplicates": 0,
        "sum": sum(map(world.score, range(scores))),
    }


def _tokens(entry: Entry) -> int:
    """Return how many tokens it asks for: pylti1p3 has one for each set of scopes it knows."""
    return 2 if (entry.contender, entry.work) == ("pylti1p3", "gradebook") else 1
