"""Beyond one machine: rosters and results of a whole institution as dask DataFrames.

    from ltix_data import fleet  # pip install "ltix-data[dask]"
    rosters = fleet.rosters("uni-moodle")
    rosters.to_parquet("term")  # nothing is read before; partitions are written as they come

What travels to the workers is the name of the registration and those of courses. Each worker process opens a session
of its own from that name: the registration's file and its key must be there (`ltix_data.keystore` lists the places;
``LTIX_DATA_DIR`` and ``LTIX_KEY_FILE`` on a shared disk, say). Its threads share the session and its token.

Not more than *at_once* courses of a registration are read at once over all workers, each by one request at a time;
below that every worker keeps the pace of `ltix_data.pace`. Where nobody counts over processes (dask's “processes”
scheduler) nothing is read. All frames with the same *at_once* count together; those with another count for themselves.

A course that could not be read is one row: its name and `error`, all else missing. Where workers cannot open a session
at all (registration or key not there, token refused, platform not reached), the whole computation raises that error.

There are no gradebooks: their columns differ from course to course, and dask must know them before anything is read.
`results` holds the same in rows; ``read.pivot_table(index="user_id", columns="label", values="score")`` makes one
course of it wide.

A plan for 100,000 courses
--------------------------
With 100 people and 10 line items in each; measured with Python 3.11, on two busy cores, against the practice platform.

Requests. A roster takes one for each page: 100,000 where it is whole (Moodle), 200,000 in pages of 50 (Canvas).
Results take one for the line items and one or more for each: 1,100,000. Do you need all of them?

Hours. One course after another, in *at_once* places. Moodle took about 75 posts a second at 8 at once, and fewer at
16; at that rate rosters take 25 minutes, and results 4 hours. Where an answer takes 100 ms, 8 at once could be 80 a
second, and 55 were: half an hour and 5.5 hours. Where it takes a second: 3.5 hours and 38.

Quota. Canvas lets a tool use 10 units a second, and 700 at once, of which every request under way holds 50: *at_once*
of 8 fits, 14 would not. Its answers say in X-Request-Cost what they cost; hours are requests x cost / 36,000: at half
a unit each, 3 for rosters and 15 for results. Ask its administrators first, and read at night.

Memory. 1,000 rows of rosters take 380 KiB, of results 200 KiB: a partition of 50 courses 2 and 10 MiB, all of it 4 and
20 GiB. So do not ``compute()`` it; written to parquet it is 40 and 8 KiB for 1,000 rows, 0.4 and 0.8 GiB. A worker
takes 270 MiB at work, and another 300 for the addresses of 100,000 courses (a file of 73 MiB, read in 25 s).

Workers. One process with *at_once* threads does it, as quickly as two with half as many; a second is for when the first
dies. The platform is the bottleneck: more workers only wait, and each asks for a token at the start and whenever its
own expires (every hour): 10 in 5 hours. Reading 1,000 rows costs a worker about 60 ms of its processor.

Once. Each ``compute()``, ``len()`` or ``set_index()`` of such a frame reads the platform anew: write it first, then
work with what was written. Keep the list of courses and write into a new folder each time; it can be taken up again:

    names = list(ltix.connect("uni-moodle").courses()["name"])
    fleet.rosters("uni-moodle", names).to_parquet("term/1")
    # broken off, or with errors? What was read need not be read again (a course without people is, for it has no rows):
    read = pandas.read_parquet("term", columns=["course", "error"])
    left = set(names) - set(read["course"][read["error"].isna()])
    fleet.rosters("uni-moodle", sorted(left)).to_parquet("term/2")

A file that was being written when its worker died is one that parquet refuses to read: delete it. A platform that goes
down in the middle is not asked for the rest: once eight courses in a row fail the same way, each after all tries, those
behind them (in that worker process, and in that frame) say in `error` that they were not read.

shape          the columns of a partition
reading        what a worker does: a few courses into one partition
leases         how many courses are read at once, over all workers
stations       the sessions of one process
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING

from .. import registration, registry
from ..errors import UsageError
from . import shape
from .reading import Reading
from .shape import Kind

if TYPE_CHECKING:
    import dask.dataframe as dd

__all__ = ["results", "rosters"]

_NEEDED = ("dask", "distributed", "pyarrow")


def rosters(
    name: str,
    courses: Iterable[str] | None = None,
    *,
    at_once: int = 8,
    per_partition: int = 50,
    pseudonyms: bool = False,
) -> dd.DataFrame:
    """Return the rosters of courses, read by dask's workers when the frame is computed.

    Args:
        name: the registration's name.
        courses: the courses' names, context ids, labels or titles; all that are known here, where None.
        at_once: how many courses are read at once, over all workers.
        per_partition: courses in a partition.
        pseudonyms: show people under pseudonyms, see `ltix_data.connect`; the workers need the key of these too.

    Returns:
        The columns of `Session.rosters` in their order, then `error`. Text is ``string[pyarrow]``, and that are here
        also roles (URIs with a space between them; ``.str.split()`` parts them) and status (platforms have words of
        their own, and dask must know a category's before). role is a category; test_user is ``boolean``, missing
        with the rest where the course could not be read. error (text) says why it could not; missing everywhere else.

    Raises:
        UsageError: dask is not installed, or an argument cannot be used: a `Session`, say, or a key.
        UnknownNameError: *courses* is None, and no registration has that name here.
    """
    return _frame("rosters", name, courses, at_once, per_partition, pseudonyms)


def results(
    name: str,
    courses: Iterable[str] | None = None,
    *,
    at_once: int = 8,
    per_partition: int = 50,
    pseudonyms: bool = False,
) -> dd.DataFrame:
    """Return the results of courses, read by dask's workers when the frame is computed.

    Arguments and errors are those of `rosters`.

    Returns:
        The columns of `Session.results` in their order, then `error`: score, out_of and percent are float64, scored_at
        is datetime64 UTC, all others are text (``string[pyarrow]``). A course without results has no row.
    """
    return _frame("results", name, courses, at_once, per_partition, pseudonyms)


def _frame(
    kind: Kind, name: str, courses: Iterable[str] | None, at_once: int, per_partition: int, pseudonyms: bool
) -> dd.DataFrame:
    _require()
    known = _checked(name, pseudonyms)
    for key, count in (("at_once", at_once), ("per_partition", per_partition)):
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise UsageError(f"{key} must be a whole number above 0.")
    asked = _names(known, courses)
    read = Reading(kind, known, at_once, pseudonyms, home=os.getpid(), call=uuid.uuid4().hex)
    chunks = [tuple(asked[start : start + per_partition]) for start in range(0, len(asked), per_partition)]

    import dask.dataframe as dd

    return dd.from_map(read, chunks or [()], meta=shape.empty(kind), label=f"ltix-{kind}")


def _require() -> None:
    missing = [needed for needed in _NEEDED if find_spec(needed) is None]
    if missing:
        raise UsageError(
            f"A fleet needs {', '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed.",
            hint='pip install "ltix-data[dask]"',
        )


def _checked(name: object, pseudonyms: object) -> str:
    """Return the name, if it is one: whatever else was passed would travel to the workers, key and token included."""
    if not isinstance(name, str):
        raise UsageError(
            "A fleet takes a registration's name.",
            hint="Each worker opens its own session; store it with ltix.register(…).",
        )
    if not isinstance(pseudonyms, bool):
        raise UsageError(
            "pseudonyms must be True or False here: a key would travel to the workers.",
            hint="Give it to each worker as LTIX_DATA_PSEUDONYM_KEY_<NAME> or in its keyring.",
        )
    return registry.check_name(name)


def _names(name: str, courses: Iterable[str] | None) -> list[str]:
    if courses is None:
        return [course.name for course in registration.load(name).courses]
    asked = [courses] if isinstance(courses, str) else list(courses)
    if not all(isinstance(course, str) and course.strip() for course in asked):
        raise UsageError("Say which courses: their names, as text.")
    return asked
