"""What is measured: the cases of the scenarios (a) to (e), how cost grows, and how big they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .platform import world
from .platform.world import Setting

WORKERS = (8, 32)
CONNECTIONS = (8, 16, 32)
CONTENDERS = LTIX, PEER, NAIVE, FLOOR = ("ltix_data", "pylti1p3", "httpx", "floor")
_MODULES = {LTIX: "ltix", PEER: "pylti1p3", NAIVE: "naive", FLOOR: "floor"}


@dataclass(frozen=True)
class Entry:
    """One contender in a case. What comes behind a comma in its name says how it does the work.

    Args:
        label: as it is shown.
        work: the function in its module.
        scene: what differs from the platform's setting, see `contenders.Scene`.
    """

    label: str
    work: str
    scene: dict[str, Any] = field(default_factory=dict)

    @property
    def contender(self) -> str:
        """The contender's own name."""
        return self.label.partition(",")[0]

    @property
    def module(self) -> str:
        """The module of `contenders` that does it."""
        return _MODULES[self.contender]

    @property
    def units(self) -> int:
        """How many scores it sends; 1 where it sends none. What it costs is compared by the score."""
        return int(self.scene.get("scores", 0)) or 1


@dataclass(frozen=True)
class Case:
    """A work that several contenders do on the same platform.

    Args:
        key: its name on the command line; the scenario's letter comes first.
        title: its name in the report.
        setting: how the platform is.
        entries: who does it; the first is what the others are compared with.
        rounds: at most so many, for one that takes minutes.
        quick: whether a quick run has it.
    """

    key: str
    title: str
    setting: Setting
    entries: tuple[Entry, ...]
    rounds: int = 1000
    quick: bool = True


@dataclass(frozen=True)
class Sizes:
    """How big everything is. The keys of cases name the standard latencies and sizes, whatever they are here.

    Args:
        members: of the big roster.
        scores: to send, few and many.
        courses: to read at once.
        course_members: of each of them.
        items: line items of the gradebook.
        learners: of the gradebook.
        far: factor on every latency.
        serial: most scores that one who sends them one by one sends, by latency in ms; speed is compared by score.
        growth_members: sizes of growing rosters.
        growth_courses: numbers of courses, each of `growth_each` members.
        growth_each: see there.
    """

    members: int = 10_000
    scores: tuple[tuple[str, int], ...] = (("1000", 1000), ("5000", 5000))
    courses: int = 200
    course_members: int = 100
    items: int = 100
    learners: int = 500
    far: float = 1.0
    serial: tuple[tuple[int, int], ...] = ((0, 5000), (20, 500), (100, 100))
    growth_members: tuple[int, ...] = (1000, 3000, 10_000, 30_000, 100_000)
    growth_courses: tuple[int, ...] = (100, 300, 1000, 3000, 10_000)
    growth_each: int = 20


def standard(sizes: Sizes) -> Iterator[Case]:
    """Yield the cases of the scenarios (a) to (e)."""
    yield from _rosters(sizes)
    yield from _scores(sizes)
    yield from _courses(sizes)
    yield from _gradebooks(sizes)
    entries = tuple(Entry(label, "first_frame") for label in (LTIX, PEER, NAIVE))
    yield Case("e", "Import, connect, first frame of 100 members", Setting(), entries)


def growth(sizes: Sizes) -> Iterator[Case]:
    """Yield the cases that show how cost grows with size."""
    for count in sizes.growth_members:
        title = f"A roster of {count:,} members, pages of 1,000"
        setting = Setting(members=count, page=1000)
        yield Case(f"scaling/members/{count}", title, setting, (Entry(LTIX, "roster"),), rounds=3)
    for count in sizes.growth_courses:
        title = f"{count:,} courses of {sizes.growth_each} members"
        setting = Setting(courses=count, members=sizes.growth_each)
        yield Case(f"scaling/courses/{count}", title, setting, (Entry(LTIX, "rosters"),), rounds=3)


def _rosters(sizes: Sizes) -> Iterator[Case]:
    everyone = tuple(Entry(label, "roster") for label in (LTIX, PEER, NAIVE, FLOOR))
    for page in (50, 100, 1000):
        title = f"{sizes.members:,} members to a frame, pages of {page}, no latency"
        yield Case(f"a/{page}", title, Setting(members=sizes.members, page=page), everyone)
    limited = Setting(members=sizes.members, page=100, largest=1000, latency=0.02 * sizes.far)
    title = f"{sizes.members:,} members to a frame, pages of 100 (1,000 where asked for), 20 ms"
    yield Case("a/larger", title, limited, (*everyone, Entry(f"{FLOOR}, pages of 1000", "roster", {"limit": 1000})))


def _scores(sizes: Sizes) -> Iterator[Case]:
    most = dict(sizes.serial)
    for name, count in sizes.scores:
        for latency in (0, 20, 100):
            members = world.members_for(count)
            setting = Setting(members=members, page=1000, latency=latency / 1000 * sizes.far)
            yield Case(
                f"b/{name}/{latency}ms",
                f"{count:,} scores, {latency} ms",
                setting,
                tuple(_senders(count, min(count, most[latency]))),
                rounds=2 if (name, latency) == ("5000", 100) else 1000,
                quick=(name, latency) == ("1000", 20),
            )


def _senders(count: int, serial: int) -> Iterator[Entry]:
    for workers in WORKERS:
        yield Entry(f"{LTIX}, {workers} workers", "scores", {"scores": count, "workers": workers})
    unread = {"scores": count, "workers": 8, "verify": False}
    yield Entry(f"{LTIX}, 8 workers, not read back", "scores", unread)
    for workers in WORKERS:
        yield Entry(f"{FLOOR}, {workers} connections", "scores", {"scores": count, "workers": workers})
    for label in (PEER, NAIVE):
        yield Entry(label, "scores", {"scores": serial})


def _courses(sizes: Sizes) -> Iterator[Case]:
    setting = Setting(courses=sizes.courses, members=sizes.course_members, latency=0.02 * sizes.far)
    entries = [
        Entry(LTIX, "rosters"),
        Entry(f"{PEER}, a token for each course", "rosters", {"shared": False}),
        Entry(f"{PEER}, one token", "rosters"),
        Entry(NAIVE, "rosters"),
        *(Entry(f"{FLOOR}, {count} connections", "rosters", {"workers": count}) for count in CONNECTIONS),
    ]
    yield Case("c", f"{sizes.courses} courses of {sizes.course_members} members, 20 ms", setting, tuple(entries))


def _gradebooks(sizes: Sizes) -> Iterator[Case]:
    entries = [Entry(label, "gradebook") for label in (LTIX, PEER, NAIVE)]
    entries.append(Entry(f"{FLOOR}, 8 connections", "gradebook", {"workers": 8}))
    for latency in (0, 20):
        setting = Setting(
            members=world.members_for(sizes.learners),
            page=1000,
            items=sizes.items,
            graded=True,
            latency=latency / 1000 * sizes.far,
        )
        title = f"{sizes.items} line items x {sizes.learners} learners to a wide gradebook, {latency} ms"
        yield Case(f"d/{latency}ms", title, setting, tuple(entries))
