"""How many requests may be under way at once. No clock, no lock: `gate` has them."""

from __future__ import annotations

import math
from collections import defaultdict

#: With how many it begins, and how many there are at most: threads share one interpreter, which more of them only slow.
START, MOST = 4, 32
#: Answers that a round has at least: of fewer, one slow one would say too much.
_FEWEST = 4
#: A round's latency against the usual, as logarithms: the platform is full; it begins to fill up; one answer at most.
_FULL, _FILLING, _OUTLIER = math.log(1.7), math.log(1.3), math.log(4.0)
_FEWER, _HALF = 0.8, 0.5
#: After so many times that it shrank by a fifth it goes down to `START`, to learn anew what is usual: soon at first,
#: for the first answers of a platform are slow ones, later more seldom.
_PATIENCE, _MOST_PATIENCE = 4, 16


class Window:
    """How many requests may be under way at once; the package says by which rules.

    Latencies are compared as logarithms, so that a kind's few long answers weigh no more than its many short ones.

    Attributes:
        round: how often it has changed or been judged; the ticket of a request that begins now.
    """

    def __init__(self) -> None:
        self.round = 0
        self._size = float(START)
        self._since = 0  # the first round of which answers count
        self._doubling = True
        self._refused = 0  # the round that the last refusal began
        self._shrunk, self._patience = 0, _PATIENCE
        self._room = math.inf  # what fits into a quota, as far as this round's answers told
        self._usual: dict[str, float] = {}
        self._answers: list[tuple[str, float]] = []
        self._failures = 0

    @property
    def size(self) -> int:
        """How many may be under way."""
        return int(self._size)

    def answered(self, ticket: int, kind: str, seconds: float, *, growing: bool = True) -> None:
        """Learn from an answer.

        Args:
            ticket: the `round` when its request began.
            kind: what it is compared with.
            seconds: how long it took.
            growing: False where nobody waits for a place, or something else than this window holds requests back.
        """
        if ticket >= self._since:
            self._answers.append((kind, math.log(max(seconds, 1e-6))))
            self._judge(growing)

    def failed(self, ticket: int) -> None:
        """Learn from a request that failed, or whose answer never came."""
        if ticket >= self._since:
            self._failures += 1
            self._judge(growing=False)

    def refused(self, ticket: int) -> None:
        """Halve, if the request that was refused began after the last refusal."""
        if ticket >= self._refused:
            self._change(max(1.0, self._size * _HALF))
            self._refused, self._doubling = self.round, False

    def fit(self, room: int) -> None:
        """Take note that *room* requests fit into a quota."""
        self._room = min(self._room, max(1, room))
        self._size = min(self._size, self._room)

    def _judge(self, growing: bool) -> None:
        if len(self._answers) + self._failures < max(self.size, _FEWEST):
            return
        low = self._size <= START
        known = self._known()
        rise = self._rise(known)
        self._learn(rise, low)
        if not low and len(known) * 2 < len(self._answers):  # new work: nobody knows yet how many the platform bears
            self._restart()
        elif low and rise > _FULL:  # it became slower for reasons of its own
            self._change(self._size)
        elif rise > _FULL:
            self._shrink()
        else:
            self._doubling = self._doubling and (low or rise <= _FILLING)
            self._change(self._grown() if growing else self._size)

    def _shrink(self) -> None:
        self._shrunk += 1
        if self._shrunk == self._patience:
            self._patience = min(2 * self._patience, _MOST_PATIENCE)
            self._restart()
        elif self._size * _FEWER > START:
            self._change(self._size * _FEWER)
        else:
            self._restart()

    def _restart(self) -> None:
        self._change(START)
        self._doubling, self._shrunk = True, 0

    def _grown(self) -> float:
        return min(self._size * 2 if self._doubling else self._size + 1, MOST, max(self._room, self._size))

    def _change(self, size: float) -> None:
        self._since = self.round if self._doubling and size > self._size else self.round + 1
        self._size, self.round = size, self.round + 1
        self._answers, self._failures, self._room = [], 0, math.inf

    def _known(self) -> list[float]:
        """Return how much slower than usual each answer was of whose kind something is known."""
        return [value - self._usual[kind] for kind, value in self._answers if kind in self._usual]

    def _rise(self, known: list[float]) -> float:
        slower = [_bounded(value) for value in known] + [_OUTLIER] * self._failures
        return sum(slower) / len(slower) if slower else 0.0

    def _learn(self, rise: float, low: bool) -> None:
        """Learn what is usual: while the window is small; later of new kinds only, less what all took longer."""
        found: defaultdict[str, list[float]] = defaultdict(list)
        for kind, value in self._answers:
            found[kind].append(value)
        for kind, values in found.items():
            usual = self._usual.get(kind)
            if usual is None:
                middle = sorted(values)[(len(values) - 1) // 2]  # one that took for ever says nothing
                self._usual[kind] = middle if low else middle - max(0.0, rise)
            elif low:
                self._usual[kind] += sum(_bounded(value - usual) for value in values) / (len(values) + _FEWEST)


def _bounded(value: float) -> float:
    return min(max(value, -_OUTLIER), _OUTLIER)
