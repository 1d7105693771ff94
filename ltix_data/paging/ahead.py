"""Pages whose addresses can be foretold, asked for before the links to them are read.

Two ``next`` links in a row that differ in one number of their queries and in nothing else (``page=2``, ``page=3``;
``start=100``, ``start=200``) foretell those behind them. Of these, 2 to 8 are asked for at once, the next one
included, and beyond 2 never more than half as many as were read already: so at most 7 lie behind the end, and of ten
requests at most three are in vain. What came is used only if the link on the page before it turns out to be exactly
that address; at the first that is not, all of it is thrown away and the rest is read link by link. An error of what
was asked for ahead is nothing: where the links do lead there, the page is asked for once more in the ordinary way,
whose errors count. Opaque links (Canvas' bookmarks) foretell nothing; and where pages come within 5 ms, on a fast
machine next door, threads would cost more than they save: those are read one by one.
"""

from __future__ import annotations

import math
import re
import threading
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import Self

from .. import pace
from ..answers import Answer
from .container import Ask, Clock

#: How many pages are asked for at once: to begin with, and at most; in between, half as many as were read.
FEWEST, MOST = 2, 8
#: Seconds that a page must take to be worth a thread, which costs half a millisecond.
WORTH = 0.005
_SLICE = 0.2  # seconds: on Windows Ctrl-C does not end a wait
_NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")


class Ahead:
    """Asks for pages as `Ask` does, some of them before it is asked itself. Used by one thread.

    Args:
        ask: asks for one page.
        clock: measures how long a page takes.
    """

    def __init__(self, ask: Ask, clock: Clock) -> None:
        self._ask, self._clock = ask, clock
        self._quickest = math.inf
        self._errands: dict[str, _Errand] = {}
        self._read = 0
        self._left = threading.Event()
        self._link: str | None = None
        self._series: Series | None = None

    def __call__(self, url: str) -> Answer:
        """Return the answer to *url*: what was asked for ahead, or what comes now.

        Raises:
            StoppedError: this thread was stopped.
            LtixError: as the ordinary way does.
        """
        errand = self._errands.pop(url, None)
        answer = errand.answer() if errand else None
        if errand and answer is None:  # the platform may not like to be asked for so much at once
            self.leave()
        return answer or self._asked(url)

    def _asked(self, url: str) -> Answer:
        begun = self._clock()
        answer = self._ask(url)
        self._quickest = min(self._quickest, self._clock() - begun)
        return answer

    def foretell(self, following: str, left: int) -> None:
        """Ask for the pages from *following* on if they can be foretold, *left* of them at most.

        Args:
            following: the link on the page that was read last.
            left: how many more pages may be read.
        """
        if self._left.is_set():
            return
        self._read += 1
        if self._series is None:
            self._series = Series.between(self._link, following) if self._link else None
        elif following == self._series.after(1):
            self._series = self._series.moved()
        else:
            self.leave()
            return
        self._link = following
        if self._series and self._quickest >= WORTH:
            at_once = min(max(FEWEST, self._read // 2), MOST, left)
            self._send([self._series.after(steps) for steps in range(at_once)])

    def leave(self) -> None:
        """Throw away what was asked for ahead, and ask for nothing more; what is under way ends by itself."""
        self._left.set()
        self._errands.clear()

    def _send(self, wanted: list[str]) -> None:
        try:
            for url in wanted:
                if url not in self._errands:
                    self._errands[url] = _Errand(self._ask, url, self._left)
        except RuntimeError:  # no more threads are to be had
            self.leave()


@dataclass(frozen=True, slots=True)
class Series:
    """Addresses that differ in one number.

    Args:
        begin: what stands before it.
        number: the number of the address that was read last.
        end: what stands behind it.
        step: from each to the next.
    """

    begin: str
    number: int
    end: str
    step: int

    @classmethod
    def between(cls, one: str, other: str) -> Self | None:
        """Return the series in which *other* follows *one*, or None."""
        (path, _, query), (its_path, _, its_query) = one.partition("?"), other.partition("?")
        pairs, its_pairs = query.split("&"), its_query.split("&")
        if path != its_path or len(pairs) != len(its_pairs):
            return None
        differing = [place for place, pair in enumerate(pairs) if pair != its_pairs[place]]
        if len(differing) != 1:
            return None
        place = differing[0]
        (key, _, was), (its_key, _, now) = pairs[place].partition("="), its_pairs[place].partition("=")
        if key != its_key or not _NUMBER.fullmatch(was) or not _NUMBER.fullmatch(now) or int(now) <= int(was):
            return None
        begin = f"{path}?{'&'.join([*pairs[:place], key])}="
        end = "".join(f"&{pair}" for pair in pairs[place + 1 :])
        return cls(begin, int(now), end, int(now) - int(was))

    def after(self, steps: int) -> str:
        """Return the address so many steps behind the one that was read last."""
        return f"{self.begin}{self.number + steps * self.step}{self.end}"

    def moved(self) -> Self:
        """Return the series one step on."""
        return type(self)(self.begin, self.number + self.step, self.end, self.step)


class _Errand:
    """One page, asked for on a thread of its own: a daemon, for nobody may wait for it."""

    def __init__(self, ask: Ask, url: str, left: threading.Event) -> None:
        self._answer: Answer | None = None
        run = copy_context().run
        self._thread = threading.Thread(target=run, args=(self._go, ask, url, left), name="ltix-ahead", daemon=True)
        self._thread.start()

    def _go(self, ask: Ask, url: str, left: threading.Event) -> None:
        with suppress(Exception), pace.stoppable(left):
            pace.check()
            self._answer = ask(url)

    def answer(self) -> Answer | None:
        """Wait for the answer; None is a failure, whatever it was.

        Raises:
            StoppedError: this thread was stopped.
        """
        pace.check()
        while self._thread.is_alive():
            self._thread.join(_SLICE)
            pace.check()
        return self._answer
