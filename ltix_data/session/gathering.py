"""Reading many courses of one platform: what is kept comes from this computer, the rest from a few threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Generic, TypeVar

from .. import coursecache, frames, pace
from ..client import ServiceClient
from ..columns import Book, Columns
from ..course import Course, reading
from ..coursecache import CourseCache, Form
from ..courses import KnownCourse
from ..crew import work_off
from ..errors import LtixError, StoppedError
from ..progress import Progress
from .outage import Outage

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Task(Generic[Found]):
    """What is read of each course.

    Args:
        form: how it is kept.
        read: reads it of a course, with as many readers as are given.
        options: what else tells it from what another call reads.
        weigh: is told of everything that comes; raises as soon as it is too much for one frame.
    """

    form: Form[Found]
    read: Callable[[Course, int], Found]
    options: tuple[str | None, ...] = ()
    weigh: Callable[[Found], object] = lambda found: None


ROSTERS: Task[Columns] = Task(coursecache.ROSTER, lambda course, readers: reading.roster(course, ahead=readers > 1))
RESULTS: Task[Columns] = Task(coursecache.RESULTS, lambda course, readers: reading.results(course, readers=readers))


def books(status: str | None) -> Task[Book]:
    """Return the task of reading gradebooks, of learners of one status or of all."""
    return Task(
        coursecache.BOOK,
        lambda course, readers: reading.book(course, status=status, readers=readers),
        options=(status,),
        weigh=frames.Extent().add,
    )


class Gathering(Generic[Found]):
    """One task over courses of one platform, each once.

    Args:
        task: what to read.
        client: their platform's.
        courses: which, and what each is known by.
        max_age: how many seconds old what is kept may be; None neither takes nor keeps anything.

    Attributes:
        name: the registration's name.
        found: what there is, by the place of its course.
        failed: why there is nothing.
        refused: why nothing more could be read at all, where that is not of any course.
        from_cache: how many were kept from before.
        oldest: when the oldest was read, in seconds since 1970.
    """

    def __init__(
        self,
        task: Task[Found],
        client: ServiceClient,
        courses: Sequence[tuple[KnownCourse, Course]],
        *,
        max_age: float | None,
    ) -> None:
        self._task, self._client = task, client
        self._known: list[KnownCourse] = [known for known, _ in courses]
        self._courses: list[Course] = [course for _, course in courses]
        self.name = client.registration.name
        self.found: dict[int, Found] = {}
        self.failed: dict[int, LtixError] = {}
        self.refused: LtixError | None = None
        self.from_cache = 0
        self.oldest = client.now()
        self._kept: set[int] = set()
        self._cache = None if max_age is None else CourseCache(self.name, max_age=max_age, now=client.now)
        self._outage, self._stop, self._readers = Outage(), threading.Event(), 1

    def __len__(self) -> int:
        return len(self._courses)

    @property
    def left(self) -> list[int]:
        """Return the places of the courses of which nothing is known yet."""
        return [place for place in range(len(self)) if place not in self.found and place not in self.failed]

    @property
    def parts(self) -> list[tuple[str, Found]]:
        """Return what was found, in the order of the courses, with their names."""
        return [(self._courses[place].name, self.found[place]) for place in sorted(self.found)]

    @property
    def failures(self) -> list[tuple[str | None, LtixError]]:
        """Return what is missing, in the order of the courses: name and reason, no name where all that was left is."""
        whole: list[tuple[str | None, LtixError]] = [] if self.refused is None else [(None, self.refused)]
        return [*((self._courses[place].name, self.failed[place]) for place in sorted(self.failed)), *whole]

    @property
    def stopped(self) -> str | None:
        """Return why the rest was not read, where reading was given up."""
        return self._outage.why

    @property
    def kept(self) -> int | None:
        """Return of how many courses what was found is kept now; None where nothing was to be, or could be."""
        if self._cache is None or self._cache.trouble is not None:
            return None
        return self.from_cache + len(self._kept)

    @property
    def trouble(self) -> str | None:
        """Return why something could not be kept."""
        return None if self._cache is None else self._cache.trouble

    def recall(self, progress: Progress) -> None:
        """Take what is kept and young enough, and remove what is too old."""
        if self._cache is None:
            return
        self._cache.sweep()
        for place in range(len(self)):
            pace.check()
            kept = self._cache.get(self._task.form, self._key(place))
            if kept is not None:
                self.found[place], read_at = kept
                self._task.weigh(self.found[place])
                self.oldest = min(self.oldest, read_at)
                self.from_cache += 1
                progress.tick(kept=True)

    def read(self, progress: Progress, *, workers: int = pace.MOST) -> None:
        """Read what is left: many courses by one reader each, few by several.

        Args:
            progress: is told of each.
            workers: how many requests may be under way at most; the platform's gate may let fewer pass.
        """
        left = self.left
        at_once = max(1, min(workers, len(left)))
        self._readers = workers // at_once
        crew = work_off(left, self._one, workers=at_once, stop=self._stop, leave=self._stop)
        with closing(crew) as answers:
            for place, answer in answers:
                if isinstance(answer, LtixError):
                    self.failed[place] = answer
                else:
                    self.found[place] = answer
                    self._task.weigh(answer)
                progress.tick()
        self.failed.update((place, self._outage.unread()) for place in self.left)

    def _one(self, place: int) -> tuple[int, Found | LtixError]:
        begun = self._client.now()
        try:
            with pace.stoppable(self._stop):
                pace.check()
                found = self._task.read(self._courses[place], self._readers)
        except StoppedError:
            return place, self._outage.unread()
        except LtixError as error:
            if self._outage.failed(error):
                self._stop.set()
            return place, error
        self._outage.served()
        if self._cache is not None and self._cache.put(self._task.form, self._key(place), found, begun):
            self._kept.add(place)
        return place, found

    def _key(self, place: int) -> str:
        """Return what tells this reading of a course from all others: whose, where, what, and who may be seen."""
        known, registration, veil = self._known[place], self._client.registration, self._client.veil
        endpoints = (known.memberships_url, known.lineitems_url, known.lineitem_url)
        return coursecache.key(
            registration.name,
            registration.issuer,
            registration.client_id,
            *endpoints,
            None if veil is None else veil.mark,
            self._task.form.name,
            *self._task.options,
        )
