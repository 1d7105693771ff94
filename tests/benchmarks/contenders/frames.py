"""The frames an analyst makes of what a library without frames hands out: typed columns, in pandas' usual way."""

from __future__ import annotations

from typing import Any

import pandas as pd

_TEXTS = ["user_id", "name", "given_name", "family_name", "email", "lis_person_sourcedid"]
_WORDS = ["Administrator", "Instructor", "ContentDeveloper", "TeachingAssistant", "Mentor", "Learner"]
_TEXT = pd.Series(["a"]).dtype


def roster(members: list[dict[str, Any]]) -> pd.DataFrame:
    """Return one row for each member: texts, the main role and the status as categories, all roles as tuples."""
    frame = pd.DataFrame(members, columns=[*_TEXTS, "roles", "status"])
    frame = frame.astype(dict.fromkeys(_TEXTS, _TEXT))
    frame["roles"] = frame["roles"].map(tuple)
    frame["role"] = pd.Categorical(frame["roles"].map(_main_role), categories=_WORDS)
    frame["status"] = frame["status"].astype("category")
    return frame


def _main_role(roles: tuple[str, ...]) -> str | None:
    held = {role.rpartition("#")[2] for role in roles}
    return next((word for word in _WORDS if word in held), None)


def stacked(rosters: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rosters of several courses as one frame."""
    named = [frame.assign(course=f"course {number}") for number, frame in enumerate(rosters)]
    return pd.concat(named, ignore_index=True)


def gradebook(answers: list[tuple[str, list[dict[str, Any]]]], people: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each learner and one column for each label; *answers* are labels with their results."""
    rows = [(result["userId"], label, result["resultScore"]) for label, found in answers for result in found]
    long = pd.DataFrame(rows, columns=["user_id", "label", "score"])
    wide = long.pivot_table(index="user_id", columns="label", values="score")
    return people.loc[people["role"] == "Learner"].set_index("user_id")[["name"]].join(wide)


def roster_facts(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what a roster is checked by."""
    people = int(frame["user_id"].nunique())
    return {"rows": len(frame), "people": people, "learners": int((frame["role"] == "Learner").sum())}


def rosters_facts(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what the rosters of several courses are checked by."""
    return {**roster_facts(frame), "courses": int(frame["course"].nunique())}


def gradebook_facts(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what a wide gradebook is checked by."""
    numbers = frame.drop(columns="name", errors="ignore")
    return {"rows": len(frame), "columns": numbers.shape[1], "sum": float(numbers.to_numpy().sum())}
