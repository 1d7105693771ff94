"""Courses of any size and shape to draw, built from the package's own frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from ltix_data import frames, spec
from ltix_data.errors import UnknownNameError
from ltix_data.records import LineItem, Member, Result

LEARNER = (f"{spec.CONTEXT_ROLE}Learner",)
TEACHER = (f"{spec.CONTEXT_ROLE}Instructor",)
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass
class Snapshot:
    """A course as it was."""

    taken_at: datetime
    roster: pd.DataFrame
    line_items: pd.DataFrame
    results: pd.DataFrame
    parts: tuple[str, ...] = ("roster", "line_items", "results")


@dataclass
class Classroom:
    """A course that answers as `Course` does, from lists."""

    members: list[Member]
    items: list[LineItem]
    cells: list[tuple[LineItem, Result]]
    name: str = "SEM12"
    taken: list[Snapshot] = field(default_factory=list)

    @classmethod
    def of(cls, learners: int, items: int, *, seed: int = 0, label: str = "Quiz %d") -> Classroom:
        """Return a course with a teacher, whose learners have most of the grades."""
        random = np.random.default_rng(seed)
        people = [member(f"u{number:05d}", f"Learner {number}") for number in range(learners)]
        columns = [item(number, label.replace("%d", str(number + 1))) for number in range(items)]
        talent = random.normal(70, 14, learners)
        made = cls([member("t1", "A Teacher", roles=TEACHER), *people], columns, [])
        for number, column in enumerate(columns):
            marks = np.clip(talent + random.normal(0, 12, learners), 0, 100).round()
            there = random.random(learners) > 0.1 + 0.5 * number / max(items, 6)
            made.cells += [
                (column, result(person, mark / 10))
                for person, mark, held in zip(people, marks, there, strict=True)
                if held
            ]
        made.taken = [made.snapshot(week, share) for week, share in enumerate((0.3, 0.55, 0.8, 1.0))]
        return made

    @property
    def labels(self) -> list[str]:
        return [column.label for column in self.items]

    def snapshot(self, week: int, share: float = 1.0) -> Snapshot:
        cells = self.cells[:: max(1, round(1 / share))] if share < 0.5 else self.cells[: round(len(self.cells) * share)]
        return Snapshot(START + timedelta(weeks=week), self.roster(), self.line_items(), frames.results(cells))

    def roster(self) -> pd.DataFrame:
        return frames.roster(self.members)

    def line_items(self) -> pd.DataFrame:
        return frames.line_items(self.items, lambda _: False)

    def results(self, item: object = None) -> pd.DataFrame:
        named = item if item is None or isinstance(item, str) else item["item_id"]
        wanted = [column for column in self.items if named is None or named in (column.label, column.item_id)]
        if item is not None and not wanted:
            raise UnknownNameError("No such line item.")
        return frames.results(pair for pair in self.cells if pair[0] in wanted)

    def gradebook(self, *, values: str = "score") -> pd.DataFrame:
        learners = [person for person in self.members if LEARNER[0] in person.roles]
        known = {person.user_id for person in self.members}
        return frames.gradebook(learners, self.cells, self.items, values=values, known=known)

    def snapshots_of(self, since: datetime | None = None) -> list[Snapshot]:
        return [snapshot for snapshot in self.taken if since is None or snapshot.taken_at >= since]


def member(user_id: str, name: str | None = None, **fields: object) -> Member:
    return Member(user_id=user_id, **{"name": name, "roles": LEARNER, **fields})


def item(number: int, label: str, out_of: float = 10.0) -> LineItem:
    return LineItem(label=label, out_of=out_of, item_id=f"https://lms.example/items/{number}")


def result(person: Member | str, score: float | None, out_of: float = 10.0) -> Result:
    return Result(user_id=getattr(person, "user_id", person), score=score, out_of=out_of)
