"""The goals: each a ratio of medians of one run, what it should be, and what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .measuring import Measure, Results, cpu, wall
from .medians import exponent, ratio
from .scenarios import CONNECTIONS, FLOOR, LTIX, NAIVE, PEER, WORKERS

_DOCUMENTED, _SHARED = f"{PEER}, a token for each course", f"{PEER}, one token"
_LARGE = 3  # sizes
Cost = Callable[[Measure], float]


@dataclass(frozen=True)
class Goal:
    """One goal, and how far it is reached.

    Args:
        title: what is compared with what.
        got: the ratio, exponent or number; None where something was not measured.
        bound: what it should be.
        least: whether *bound* is the least; else it is the most.
        stretch: a bound that would be better still.
        unit: behind the numbers.
        note: the medians behind a ratio.
    """

    title: str
    got: float | None
    bound: float
    least: bool = True
    stretch: float | None = None
    unit: str = "x"
    note: str = ""

    @property
    def wanted(self) -> str:
        """What it should be, in words."""
        word = "at least" if self.least else "at most"
        stretch = "" if self.stretch is None else f" (stretch {self.stretch:g}{self.unit})"
        return f"{word} {self.bound:g}{self.unit}{stretch}"

    @property
    def met(self) -> str:
        """Whether it is so: "yes", "yes, stretch too", "no", or "not measured"."""
        if self.got is None:
            return "not measured"
        if self.stretch is not None and self._holds(self.stretch):
            return "yes, stretch too"
        return "yes" if self._holds(self.bound) else "**no**"

    def _holds(self, bound: float) -> bool:
        return self.got is not None and (self.got >= bound if self.least else self.got <= bound)


def goals(results: Results) -> Iterator[Goal]:
    """Yield every goal; those that need what was not measured say so."""
    yield from _rosters(results)
    yield from _scores(results)
    yield from _courses(results)
    yield from _gradebooks(results)
    yield from _imports(results)
    yield from _growth(results, "members")
    yield from _growth(results, "courses")


def _rosters(results: Results) -> Iterator[Goal]:
    for page, least, stretch in ((50, 1.3, 1.7), (100, 1.3, 1.6), (1000, 1.15, 1.3)):
        title = f"(a) big roster, pages of {page}: faster than {PEER}"
        yield _faster(results, title, f"a/{page}", LTIX, PEER, least, stretch=stretch)
    yield _faster(results, f"(a) 20 ms, larger pages allowed: faster than {PEER}", "a/larger", LTIX, PEER, 5)


def _scores(results: Results) -> Iterator[Goal]:
    key = "b/1000/20ms"
    for workers, least in zip(WORKERS, (6.5, 25), strict=True):
        mine = f"{LTIX}, {workers} workers"
        title = f"(b) scores at 20 ms, {workers} workers: faster than {PEER}, serial"
        yield _faster(results, title, key, mine, PEER, least)
    for workers in WORKERS:
        mine, floor = f"{LTIX}, {workers} workers", f"{FLOOR}, {workers} connections"
        yield _within(results, f"(b) {workers} workers: time of the floor", key, mine, floor, 1.35)
    title = f"(b) CPU of a score, 8 workers: of {PEER}'s"
    yield _within(results, title, key, f"{LTIX}, 8 workers", PEER, 0.9, stretch=0.4, cost=cpu)


def _courses(results: Results) -> Iterator[Goal]:
    yield _faster(results, f"(c) many courses: faster than {PEER} as documented", "c", LTIX, _DOCUMENTED, 25)
    yield _faster(results, f"(c) many courses: faster than {PEER}, one token", "c", LTIX, _SHARED, 10)
    most = results.typical("c", LTIX, lambda measure: float(measure.counts["most_at_once"]))
    count = next((count for count in CONNECTIONS if most is not None and count >= most), CONNECTIONS[-1])
    title = f"(c) many courses: time of the floor at {count} connections, as many as were used"
    yield _within(results, title, "c", LTIX, f"{FLOOR}, {count} connections", 1.6)
    tokens = [float(measure.counts["tokens"]) for measure in results.of("c", LTIX)]
    yield Goal("(c) many courses: tokens asked for", max(tokens, default=None), 1, least=False, unit="")


def _gradebooks(results: Results) -> Iterator[Goal]:
    for latency, least in (("0ms", 2), ("20ms", 7)):
        title = f"(d) wide gradebook, {latency[:-2]} ms: faster than {PEER}"
        yield _faster(results, title, f"d/{latency}", LTIX, PEER, least)
    title = "(d) building its frame: faster than pivot_table"
    yield _faster(results, title, "d/0ms", LTIX, PEER, 10, cost=_marked("building"))


def _imports(results: Results) -> Iterator[Goal]:
    for other, most, called in ((PEER, 0.35, f"{PEER} and pandas"), (NAIVE, 1.3, "httpx")):
        yield _within(results, f"(e) import: time of {called}", "e", LTIX, other, most, cost=_marked("import"))


def _growth(results: Results, kind: str) -> Iterator[Goal]:
    """Yield the exponents over all sizes and over the largest alone, where fixed costs hide nothing."""
    keys = [key for key in results.cases if key.startswith(f"scaling/{kind}/")]
    costs = {int(key.rpartition("/")[2]): results.typical(key, LTIX, _reading) for key in keys}
    points = [(count, cost) for count, cost in costs.items() if cost is not None]
    for words, kept in (("", points), (", large ones", points[-_LARGE:])):
        got = exponent(*zip(*kept, strict=True)) if len(kept) > 1 else None
        note = f"{kept[0][0]:,} to {kept[-1][0]:,}" if kept else ""
        yield Goal(f"Cost by {kind}{words}: exponent", got, 1.1, least=False, unit="", note=note)


def _reading(measure: Measure) -> float:
    """Return the seconds from the session on: who knows 10,000 courses has not added them one by one just before."""
    return measure.wall - measure.marks.get("connect", 0.0)


def _marked(name: str) -> Cost:
    return lambda measure: measure.marks[name]


def _faster(
    results: Results,
    title: str,
    key: str,
    mine: str,
    other: str,
    least: float,
    *,
    stretch: float | None = None,
    cost: Cost = wall,
) -> Goal:
    ours, theirs = (results.typical(key, label, cost) for label in (mine, other))
    return Goal(title, ratio(theirs, ours), least, stretch=stretch, note=_note(ours, theirs))


def _within(
    results: Results,
    title: str,
    key: str,
    mine: str,
    other: str,
    most: float,
    *,
    stretch: float | None = None,
    cost: Cost = wall,
) -> Goal:
    ours, theirs = (results.typical(key, label, cost) for label in (mine, other))
    return Goal(title, ratio(ours, theirs), most, least=False, stretch=stretch, note=_note(ours, theirs))


def _note(ours: float | None, theirs: float | None) -> str:
    return "" if ours is None or theirs is None else f"{milliseconds(ours)} against {milliseconds(theirs)} ms"


def milliseconds(seconds: float) -> str:
    """Return seconds as milliseconds, with as many digits as mean something."""
    value = seconds * 1000
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
