"""What a user of ltix_data is promised on every platform: the rows of the conformance matrix.

Each promise is one function of a `Target`. It returns when it holds, and fails by an assertion. Where a
platform does not do a thing at all, the promise is one clear `LtixError`: "refused" in the matrix, which
the target's deviations must explain.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import pandas as pd
import pytest
from target import Target

import ltix_data as ltix
from ltix_data import errors

Promise = Callable[[Target], None]
PROMISES: dict[str, tuple[str, Promise]] = {}
_numbers = itertools.count(1)


def promise(text: str, section: str) -> Callable[[Promise], Promise]:
    """Add a row to the matrix."""

    def add(check: Promise) -> Promise:
        PROMISES[text] = (section, check)
        return check

    return add


def new_item(target: Target, out_of: float = 10, **fields: str) -> pd.Series:
    """Make a line item that no other check uses."""
    name = f"Item {next(_numbers)}"
    return target.course.create_line_item(name, out_of, **{"resource_id": name} | fields)


def held(target: Target, item: pd.Series) -> dict[str, float]:
    """Return the percentages that the platform shows for *item*, by user_id."""
    results = target.course.results(item).dropna(subset=["score"])
    return dict(zip(results["user_id"], results["percent"], strict=True))


def verdict(target: Target, text: str) -> str:
    """Return what becomes of a promise at *target*: “yes”, “refused” or what went wrong."""
    section, check = PROMISES[text]
    try:
        check(target)
    except (errors.RefusedError, errors.AccessError) as error:
        explained = section in target.deviations
        return "refused" if explained and error.hint else f"refused, and no deviation explains it: {error}"
    except AssertionError as error:
        return f"no: {error}"
    return "yes"


@promise("the roster has everybody once, with a role", "NRPS §2.1")
def _roster(target: Target) -> None:
    roster = target.course.roster()

    assert dict(zip(roster["user_id"], roster["role"], strict=True)) == target.members


@promise("a roster by role has those alone", "NRPS §2.4.1")
def _role(target: Target) -> None:
    everybody, found = target.course.roster(), target.course.roster(role="Learner")
    learning = everybody["roles"].map(lambda roles: any(role.endswith("membership#Learner") for role in roles))

    assert found["user_id"].tolist() == everybody["user_id"][learning].tolist()
    assert set(target.learners) <= set(found["user_id"])


@promise("a dead token is renewed without the user noticing", "Security §4.1.1")
def _renewal(target: Target) -> None:
    target.course.roster()
    target.expire_tokens()

    assert len(target.course.roster()) == len(target.members)


@promise("a line item is made and read back", "AGS §3.2.5")
def _create(target: Target) -> None:
    item = new_item(target, tag="quiz")
    listed = target.course.line_items().set_index("item_id")

    assert listed.loc[item.item_id, ["label", "out_of", "tag"]].tolist() == [item.label, 10, "quiz"]


@promise("line items are found by tag and resource id", "AGS §3.2.4")
def _filters(target: Target) -> None:
    item, other = new_item(target, tag="this"), new_item(target, tag="that")

    assert item.item_id in target.course.line_items(tag="this")["item_id"].tolist()
    assert other.item_id not in target.course.line_items(tag="this")["item_id"].tolist()
    assert target.course.line_items(resource_id=item.label)["item_id"].tolist() == [item.item_id]


@promise("an update changes what is named and keeps the rest", "AGS §3.2.6")
def _update(target: Target) -> None:
    item = new_item(target, tag="quiz")
    changed = target.course.update_line_item(item, label=f"{item.label} b")

    assert changed[["item_id", "label", "out_of", "tag", "resource_id"]].tolist() == [
        item.item_id,
        f"{item.label} b",
        10,
        "quiz",
        item.label,
    ]


@promise("a line item of the tool's own is deleted", "AGS §3.2")
def _delete(target: Target) -> None:
    item = new_item(target)
    target.course.delete_line_item(item)

    assert item.item_id not in target.course.line_items()["item_id"].tolist()


@promise("a score is stored as it was meant", "AGS §3.4")
def _score(target: Target) -> None:
    item, user = new_item(target), target.learners[0]
    target.course.post_score(item, user, 7.5)

    assert held(target, item) == {user: 75}


@promise("a score on another scale is worth the same", "AGS §3.4.4")
def _scale(target: Target) -> None:
    item, user = new_item(target), target.learners[0]
    target.course.post_score(item, user, 15, out_of=20)

    assert held(target, item) == {user: 75}


@promise("scores for one person in a row are all taken", "AGS §3.4.9")
def _in_a_row(target: Target) -> None:
    item, user = new_item(target), target.learners[0]
    for score in (5, 3):
        target.course.post_score(item, user, score)

    assert held(target, item) == {user: 30}


@promise("a grade is cleared when asked for", "AGS §3.4.4")
def _clear(target: Target) -> None:
    item, user = new_item(target), target.learners[0]
    target.course.post_score(item, user, 5)
    target.course.post_score(item, user, None, clear=True)

    assert held(target, item) == {}


@promise("the results of one person are theirs alone", "AGS §3.3.6")
def _one_person(target: Target) -> None:
    item, (one, other) = new_item(target), target.learners[:2]
    target.course.post_score(item, one, 5)
    target.course.post_score(item, other, 6)

    assert target.course.results(item, user=one)[["user_id", "percent"]].values.tolist() == [[one, 50]]


@promise("who has no grade is missing, not 0", "AGS §3.3.5")
def _missing(target: Target) -> None:
    item, (zero, none) = new_item(target), target.learners[:2]
    target.course.post_score(item, zero, 0)
    column = target.course.gradebook()[item.label]

    assert column[zero] == 0
    assert math.isnan(column[none])


@promise("the gradebook is in points of the line item", "AGS §3.4.4")
def _gradebook(target: Target) -> None:
    item, user = new_item(target), target.learners[0]
    target.course.post_score(item, user, 1, out_of=4)

    assert target.course.gradebook().loc[user, item.label] == 2.5


@promise("an upload is confirmed row by row, and sent once", "AGS §3.4")
def _upload(target: Target) -> None:
    item, users = new_item(target), target.learners[:3]
    sheet = pd.DataFrame({"user_id": [*users, "nobody"], "points": [8, "", 0, 5]})
    first = target.course.plan_grades(sheet, item, "user_id", "points").send()
    again = target.course.plan_grades(sheet, item, "user_id", "points").send()

    assert first.outcomes["outcome"].tolist() == ["confirmed", "skipped", "confirmed", "skipped"]
    assert again.outcomes["outcome"].tolist() == ["unchanged", "skipped", "unchanged", "skipped"]
    assert held(target, item) == {users[0]: 80, users[2]: 0}


@promise("an upload makes the line item it needs, once", "AGS §3.2.5")
def _upload_creates(target: Target) -> None:
    label, user = f"New {next(_numbers)}", target.learners[0]
    sheet = pd.DataFrame({"user_id": [user], "points": [4]})
    for _ in range(2):
        plan = target.course.plan_grades(sheet, label, "user_id", "points", out_of=10, create=True)
        assert plan.send().ok

    assert target.course.line_items()["label"].tolist().count(label) == 1


@promise("a line item that is not there is an error that says so", "AGS §3.2.3")
def _unknown(target: Target) -> None:
    with pytest.raises(ltix.LtixError) as caught:
        target.course.results("No such item")

    assert "No such item" in str(caught.value)
