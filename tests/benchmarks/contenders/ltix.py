"""ltix_data, as its users write it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import Mark, Scene, Work

_MOST = 1_000_000  # members; the default is an error beyond 50,000


def _registration(ltix: Any, scene: Scene) -> Any:
    return ltix.Registration(
        name="benchmark",
        issuer=scene.origin,
        client_id="benchmark",
        token_url=f"{scene.origin}/token",
        private_key=scene.pem,
    )


def _open(ltix: Any, scene: Scene) -> Any:
    session = ltix.connect(_registration(ltix, scene))
    for number in range(scene.courses):
        urls = {"memberships_url": scene.members_url(number), "lineitems_url": scene.items_url(number)}
        session.add_course(f"course {number}", f"context-{number}", **urls)
    return session


def _loaded() -> Any:
    import pandas  # noqa: F401

    import ltix_data

    assert ltix_data.connect, "what it loads when first used is loaded"
    assert ltix_data.Registration
    return ltix_data


def roster(scene: Scene) -> Work:
    ltix = _loaded()
    from . import frames

    def act(mark: Mark) -> Any:
        session = _open(ltix, scene)
        mark("connect")
        return session.course("course 0").roster(max_members=_MOST)

    return Work(act, frames.roster_facts)


def rosters(scene: Scene) -> Work:
    ltix = _loaded()
    from . import frames

    def act(mark: Mark) -> Any:
        session = _open(ltix, scene)
        mark("connect")
        return session.rosters()

    return Work(act, lambda frame: {**frames.rosters_facts(frame), "failed": len(frame.attrs["errors"])})


def scores(scene: Scene) -> Work:
    """Plan before, for reading the roster and the sheet is no sending; the journal is written within."""
    ltix = _loaded()
    import pandas as pd

    from ..platform import world

    people = range(scene.scores)
    sheet = pd.DataFrame({"user_id": map(world.learner, people), "points": map(world.score, people)})
    course = _open(ltix, scene).course("course 0")
    plan = course.plan_grades(sheet, f"{scene.items_url()}/0", match="user_id", score="points")

    def act(_: Mark) -> Any:
        return plan.send(workers=scene.workers, verify=scene.verify)

    def facts(report: Any) -> dict[str, Any]:
        return {"confirmed": int((report.outcomes["outcome"] == "confirmed").sum())}

    return Work(act, facts)


def gradebook(scene: Scene) -> Work:
    ltix = _loaded()
    from . import frames

    def act(mark: Mark) -> Any:
        session = _open(ltix, scene)
        with _timed_building(mark):
            return session.course("course 0").gradebook()

    return Work(act, frames.gradebook_facts)


@contextmanager
def _timed_building(mark: Mark) -> Iterator[None]:
    """Mark how long the frame takes to build, once everything is read: what others do with ``pivot_table``."""
    from ltix_data import frames

    build = frames.gradebook_of

    def timed(*args: Any, **options: Any) -> Any:
        began = time.perf_counter()
        frame = build(*args, **options)
        mark("building", time.perf_counter() - began)
        return frame

    frames.gradebook_of = timed
    try:
        yield
    finally:
        frames.gradebook_of = build


def first_frame(scene: Scene) -> Work:
    """From nothing imported to a frame."""

    def act(mark: Mark) -> Any:
        import ltix_data

        mark("import")
        session = _open(ltix_data, scene)
        mark("connect")
        return session.course("course 0").roster()

    def facts(frame: Any) -> dict[str, Any]:
        from . import frames

        return frames.roster_facts(frame)

    return Work(act, facts)
