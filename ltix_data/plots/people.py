"""Whom a picture counts: active learners. Who else there is, it says in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import roles
from ..choosing import counted

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Learners:
    """The active learners of a roster, the platform's test student aside.

    Args:
        frame: their rows of the roster, indexed by user_id.
        inactive: how many learners are not active.
        tests: how many test students there are.
        everybody: the user_ids of the whole roster.
    """

    frame: pd.DataFrame
    inactive: int
    tests: int
    everybody: frozenset[str]

    @classmethod
    def of(cls, roster: pd.DataFrame) -> Learners:
        """Return the learners of a roster; somebody who teaches and learns is one."""
        learns = roster["roles"].map(lambda found: _learns(tuple(found))).astype(bool)
        tests = learns & roster["test_user"].astype(bool)
        active = learns & ~tests & roster["status"].eq("Active")
        frame = roster[active].drop_duplicates("user_id", keep="last").set_index("user_id")
        inactive = learns & ~tests & ~active
        return cls(frame, int(inactive.sum()), int(tests.sum()), frozenset(roster["user_id"]))

    def __len__(self) -> int:
        return len(self.frame)

    def held(self, results: pd.DataFrame) -> pd.DataFrame:
        """Return one item's *results*, one row for each learner; missing for who has none."""
        found = results.dropna(subset=["percent"]).drop_duplicates("user_id", keep="last").set_index("user_id")
        return found.reindex(self.frame.index)

    def left_out(self, graded: pd.Index[Any]) -> list[str]:
        """Return whom the picture leaves out, as sentences; *graded* are the user_ids that have a result."""
        gone = len(set(graded) - self.everybody)
        left = "1 who left the course with a result" if gone == 1 else f"{gone:,} who left the course with a result"
        parts = [
            *([counted(self.inactive, "inactive learner")] if self.inactive else []),
            *([counted(self.tests, "test student")] if self.tests else []),
            *([left] if gone else []),
        ]
        return [f"Left out: {', '.join(parts)}."] if parts else []


_learns = roles.matcher("Learner")


def learners(count: int) -> str:
    """Return “1 learner”, “3,000 learners”."""
    return f"{count:,} learner{'' if count == 1 else 's'}"


def have(count: int) -> str:
    """Return “1 has”, “3,000 have”."""
    return f"{count:,} {'has' if count == 1 else 'have'}"
