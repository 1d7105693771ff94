"""Several platforms in one frame: many courses of each, all platforms at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from .. import columns, frames, pace
from ..columns import Columns
from ..crew import work_off
from ..errors import LtixError, ScopeError, UsageError
from ..progress import Progress
from ..registration import Registration
from . import ages, missing
from .ages import Age
from .gathering import RESULTS, ROSTERS, Gathering, Task, books
from .many import check_values, gathering_of, shows_names
from .session import Session, connect

if TYPE_CHECKING:
    import pandas as pd

Found = TypeVar("Found")
#: What a platform can be named by: a registration's name, the registration, or an open session with it.
Platform: TypeAlias = str | Registration | Session

#: Threads over all platforms; each has 32 at most, and one at least.
_THREADS = 128


def rosters(
    sessions: Platform | Iterable[Platform], *, max_age: Age | None = None, pseudonyms: bool | bytes | str = False
) -> pd.DataFrame:
    """Return the rosters of all courses of several registrations in one frame.

    The platforms are read at the same time, each by a session of its own, with one token; `Session.rosters` tells
    how, what *max_age* keeps, and what happens at Ctrl-C.

    Args:
        sessions: the registrations, by name; sessions that are open already may be among them. What is opened here
            is closed again.
        max_age: take courses that were read so recently from this computer, and keep what is read.
        pseudonyms: open the registrations with it; see `connect`. A session that is open already must have been.

    Returns:
        Column platform (text, the registration's name), then those of `Session.rosters`. What could not be read is
        listed in ``.attrs["errors"]``, with platform; the course is None where a registration cannot be opened, or
        no token can be had from it.

    Raises:
        UsageError: a registration is given twice; *max_age* is no age; or a session shows people by name, and
            *pseudonyms* are wanted.
        KeyboardInterrupt: within two seconds, with how to go on.
    """
    found = _Several.read(ROSTERS, sessions, max_age, pseudonyms)
    frame = frames.roster_of(found.stacked(columns.ROSTER))
    return missing.told(frame, found.gatherings, failures=found.failures)


def results(
    sessions: Platform | Iterable[Platform], *, max_age: Age | None = None, pseudonyms: bool | bytes | str = False
) -> pd.DataFrame:
    """Return the results of all courses of several registrations in one frame.

    Args and errors are those of `rosters`.

    Returns:
        Column platform (text, the registration's name), then those of `Session.results`; attrs as in `rosters`.
    """
    found = _Several.read(RESULTS, sessions, max_age, pseudonyms)
    frame = frames.results_of(found.stacked(columns.RESULTS))
    return missing.told(frame, found.gatherings, failures=found.failures)


def gradebooks(
    sessions: Platform | Iterable[Platform],
    *,
    values: Literal["score", "percent"] = "score",
    status: str | None = None,
    max_age: Age | None = None,
    pseudonyms: bool | bytes | str = False,
) -> pd.DataFrame:
    """Return the gradebooks of all courses of several registrations in one frame.

    Args and errors are those of `rosters`, and *values* and *status* those of `Session.gradebooks`.

    Returns:
        Column platform (text, the registration's name), then those of `Session.gradebooks`. ``.attrs["out_of"]`` and
        ``.attrs["item_id"]`` say by platform, course and column what it is out of, and its URL; other attrs as in
        `rosters`.
    """
    check_values(values, status)
    found = _Several.read(books(status), sessions, max_age, pseudonyms)
    parts = [part for gathering in found.gatherings for part in gathering.parts]
    platforms = [gathering.name for gathering in found.gatherings for _ in gathering.parts]
    frame = frames.gradebooks_of(parts, values=values, platforms=platforms)
    return missing.told(frame, found.gatherings, failures=found.failures)


class _Several(Generic[Found]):
    """One task over several platforms.

    Attributes:
        gatherings: what came of each that could be opened.
        closed: why the others could not, by name.
    """

    def __init__(self, gatherings: Sequence[Gathering[Found]], closed: dict[str, LtixError]) -> None:
        self.gatherings, self.closed = gatherings, closed

    @classmethod
    def read(
        cls,
        task: Task[Found],
        sessions: Platform | Iterable[Platform],
        max_age: Age | None,
        pseudonyms: bool | bytes | str,
    ) -> _Several[Found]:
        """Open what is not open, read it all, and close what was opened."""
        age, asked = ages.seconds(max_age), _named(sessions, pseudonyms)
        with ExitStack() as stack:
            opened, closed = _opened(asked, pseudonyms, stack)
            found = cls([gathering_of(session, task, age) for session in opened], closed)
            try:
                found._gather(opened)
            except KeyboardInterrupt:
                raise missing.interrupted(found.gatherings) from None
            return found

    def _gather(self, opened: Sequence[Session]) -> None:
        workers = max(1, min(pace.MOST, _THREADS // max(1, len(opened))))
        stop = threading.Event()
        with Progress(sum(map(len, self.gatherings)), "courses done") as progress:

            def one(number: int) -> None:
                with pace.stoppable(stop):
                    _gather_one(self.gatherings[number], opened[number], progress, workers)

            with closing(work_off(range(len(opened)), one, workers=len(opened), stop=stop)) as done:
                for _ in done:
                    pass

    @property
    def failures(self) -> frames.Failures:
        """Return what is missing, platform by platform."""
        found = frames.Failures(missing.failure(None, error, platform=name) for name, error in self.closed.items())
        for gathering in self.gatherings:
            found += [missing.failure(name, error, platform=gathering.name) for name, error in gathering.failures]
        return found

    def stacked(self: _Several[Columns], names: Sequence[str]) -> Columns:
        """Return all rows, with platform and course before them."""
        parts = [columns.stacked(gathering.parts, names) for gathering in self.gatherings]
        rows = zip(self.gatherings, parts, strict=True)
        platforms = chain.from_iterable([gathering.name] * len(part["course"]) for gathering, part in rows)
        return {"platform": list(platforms), **columns.joined(parts, ("course", *names))}


def _gather_one(gathering: Gathering[Any], session: Session, progress: Progress, workers: int) -> None:
    """Read one platform; where it gives no token, that is one thing to tell, and not one for each course."""
    gathering.recall(progress)
    try:
        if gathering.left:
            session.token()
    except ScopeError:
        pass  # each course says better what it lacks
    except LtixError as error:
        pace.check()
        gathering.refused = error
        return
    gathering.read(progress, workers=workers)


def _named(sessions: Platform | Iterable[Platform], pseudonyms: bool | bytes | str) -> dict[str, Platform]:
    """Return what is to be read by the registrations' names.

    Raises:
        UsageError: something is none of them, is there twice, or would show who people are.
    """
    asked = [sessions] if isinstance(sessions, (str, Registration, Session)) else list(sessions)
    found: dict[str, Platform] = {}
    for one in asked:
        if not isinstance(one, (str, Registration, Session)):
            raise UsageError("sessions must be names of registrations, or sessions that ltix.connect(…) opened.")
        name = _name(one)
        if name in found:
            raise UsageError(f"“{name}” is given twice: its people would be there twice.")
        if isinstance(one, Session) and pseudonyms is not False and shows_names(one):
            raise UsageError(
                f"The session with “{name}” shows people by name.",
                hint="Give the registration's name instead, or open it with ltix.connect(…, pseudonyms=True).",
            )
        found[name] = one
    return found


def _name(one: Platform) -> str:
    if isinstance(one, str):
        return one
    return one.name if isinstance(one, Registration) else one.registration.name


def _opened(
    asked: dict[str, Platform], pseudonyms: bool | bytes | str, stack: ExitStack
) -> tuple[list[Session], dict[str, LtixError]]:
    """Return the sessions, and why there is none with the others; *stack* closes those that were opened here."""
    opened, closed = [], {}
    for name, one in asked.items():
        try:
            opened.append(one if isinstance(one, Session) else stack.enter_context(connect(one, pseudonyms=pseudonyms)))
        except LtixError as error:
            closed[name] = error
    return opened, closed
