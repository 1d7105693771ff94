"""What a worker does: a few courses, one after another, into one partition."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..columns import Columns
from ..course import Course, reading
from ..errors import LtixError, StoppedError
from ..session import Session
from ..session.outage import Outage
from . import leases, shape, stations
from .shape import Kind, Part

if TYPE_CHECKING:
    import pandas as pd

#: Seconds for which a lease is kept: taking one costs 5 to 20 ms, and others want their turn.
_TURN = 1.0
#: Of each frame that this process reads of: whether its platform is down.
_outages: dict[str, Outage] = {}


@dataclass(frozen=True, slots=True)
class Reading:
    """The function in dask's graph. It holds names, and nothing that opens anything.

    Args:
        kind: what is read of each course.
        name: the registration's name.
        at_once: how many courses are read at once over all workers.
        pseudonyms: whether people are shown under pseudonyms.
        home: the id of the process that asked.
        call: a word of its own for every frame, or dask would take one read yesterday for one asked today.
    """

    kind: Kind
    name: str
    at_once: int
    pseudonyms: bool
    home: int
    call: str

    def __dask_tokenize__(self) -> object:
        return type(self).__name__, self.kind, self.name, self.call

    def __call__(self, names: Sequence[str]) -> pd.DataFrame:
        """Return the partition of the courses *names*.

        Raises:
            LtixError: no session can be opened here (see `stations.session`): then there is nothing to be had at all.
        """
        lease = leases.lease(self.name, self.at_once, home=self.home)
        left, parts = deque(names), []
        while left:
            with lease:
                until = time.monotonic() + _TURN
                session = stations.session(self.name, pseudonyms=self.pseudonyms)
                while left and time.monotonic() < until:
                    parts.append(self._read(session, left.popleft()))
        return shape.frame(self.kind, parts)

    def _read(self, session: Session, name: str) -> Part:
        """Return the rows of a course; whatever is wrong with it, those of the others are not lost."""
        outage = _outages.setdefault(self.call, Outage())
        try:
            if outage.why is not None:
                raise outage.unread()
            course = session.course(name)
            part = Part(course.name, self._found(course))
            outage.served()
            return part
        except StoppedError as error:
            return Part.failed(self.kind, name, str(error))
        except LtixError as error:
            outage.failed(error)
            return Part.failed(self.kind, name, f"{type(error).__name__}: {error}")
        except Exception as error:  # what its message holds nobody knows
            return Part.failed(self.kind, name, f"{type(error).__name__}: reading this course failed unexpectedly.")

    def _found(self, course: Course) -> Columns:
        """Return what a course holds, read by one request at a time: a lease stands for one under way."""
        if self.kind == "results":
            return reading.results(course, readers=1)
        return reading.roster(course, ahead=False)
