"""500 grades through a network that loses one request in five, in every way there is: in the end all are right."""

from __future__ import annotations

from random import Random

import pytest

from ltix_data.errors import LtixError

from . import proxy as p

COURSE, ROWS, ROUNDS = "MED3000", 500, 40
WAYS = (
    p.late(0.02),
    p.reset_before,
    p.reset_after,
    p.reset_in_head,
    p.reset_in_body,
    p.close_in_body,
    p.close_afterwards,
    p.change(p.cut),
    p.instead(200, b"<html>Maintenance</html>"),
    p.afterwards(200, b"<html>Maintenance</html>"),
    p.instead(429, retry_after="1"),
    p.instead(403, b"403 Forbidden (Rate Limit Exceeded)"),
    p.instead(401),
    p.instead(500),
    p.instead(503, retry_after="1"),
    p.afterwards(500),
    p.afterwards(502),
)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_grade_arrives_once(make_network, seed):
    """Plan, send, and again, until a plan finds nothing to send."""
    network = make_network(page_size=500)
    chance = Random(seed)
    bad = p.Random20(chance.random, WAYS)
    network.proxy.on("", "", bad)
    course = network.session.course(COURSE)
    sheet = network.sheet(COURSE, ROWS)
    confirmed: set[str] = set()
    wrongs: list[str] = []

    for _ in range(ROUNDS):
        try:
            plan = course.plan_grades(sheet, network.item_url(COURSE), "user_id", "score")
        except LtixError:
            continue
        again = confirmed.intersection(row.user_id for row in plan.rows if row.state == "ready")
        wrongs += [f"{user} was confirmed, and is to be sent again" for user in again]
        if not plan.count("ready"):
            break
        before = network.accepted()
        try:
            outcomes = plan.send().outcomes
        except LtixError:  # no token: nothing was sent
            wrongs += ["sent and raised"] if network.accepted() != before else []
            continue
        held = network.held(COURSE)
        for row in outcomes.itertuples():
            there = held.get(row.user_id)
            if (row.outcome in ("confirmed", "unchanged") and there != row.score) or (
                row.outcome in ("refused", "differs") and there is not None
            ):
                wrongs.append(f"{row.user_id}: {row.outcome}, and the platform holds {there}")
        confirmed |= set(outcomes["user_id"][outcomes["outcome"].isin(["confirmed", "unchanged"])])

    wanted = dict(zip(sheet["user_id"], sheet["score"], strict=True))
    assert (plan.count("ready"), wrongs, set(range(len(WAYS))) - set(bad.done)) == (0, [], set())
    assert (network.held(COURSE), set(network.accepted().values())) == (wanted, {1})
