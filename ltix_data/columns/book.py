"""Who has which grade where: a gradebook before it is wide."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

from ..records import LineItem
from .tables import Columns


@dataclass(frozen=True, slots=True)
class Book:
    """The gradebook of a course.

    Args:
        people: columns user_id and name: learners in the roster's order, then those with a grade who left it.
        items: its line items, in the platform's order.
        results: of each of them, with the columns `OF_RESULTS`; those that name the same people in a row share one
            list of them.
    """

    people: Columns
    items: tuple[LineItem, ...]
    results: tuple[Columns, ...]

    @classmethod
    def of(
        cls,
        learners: Columns,
        items: Sequence[LineItem],
        results: Sequence[Columns],
        *,
        known: Collection[str] = (),
    ) -> Self:
        """Return the gradebook of *learners*, and of whoever has a score and is not among them.

        Args:
            learners: columns user_id and name at least.
            items: the line items.
            results: what is known of each of them.
            known: the user_ids of the whole roster: a teacher's try is no learner's grade.
        """
        here = {*learners["user_id"], *known}
        left: dict[str, None] = {}
        results = _sharing(results)
        for found in results:
            if not here.issuperset(found["user_id"]):
                graded = zip(found["user_id"], found["score"], strict=True)
                left |= dict.fromkeys(user_id for user_id, score in graded if score is not None and user_id not in here)
        people: Columns = {
            "user_id": [*learners["user_id"], *left],
            "name": [*learners["name"], *([None] * len(left))],
        }
        return cls(people, tuple(items), tuple(results))


def _sharing(results: Sequence[Columns]) -> list[Columns]:
    """Return the results of each line item, with one list of people where it is that of the line item before."""
    shared: list[Columns] = []
    for found in results:
        same = bool(shared) and found["user_id"] == shared[-1]["user_id"]
        shared.append(found | {"user_id": shared[-1]["user_id"]} if same else found)
    return shared
