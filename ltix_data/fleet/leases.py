"""How many courses of a registration are read at once, over all workers.

On a cluster the scheduler counts: `distributed.Semaphore`. A worker renews its leases by itself, however long a
course takes, and the leases of a worker that died run out (``distributed.scheduler.locks.lease-timeout``, 30 s).
Where the tasks run in this process (the threads and synchronous schedulers), it counts itself.
"""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager
from typing import Any
from weakref import WeakKeyDictionary

from ..errors import UsageError

_here: dict[tuple[int, str, int], AbstractContextManager[Any]] = {}
#: Those of each worker, of which a process may have several. Kept, for their timers that renew leases never end.
_shared: WeakKeyDictionary[Any, dict[tuple[str, int], AbstractContextManager[Any]]] = WeakKeyDictionary()
_lock = threading.Lock()


def lease(name: str, at_once: int, *, home: int) -> AbstractContextManager[Any]:
    """Return what to hold while a course of the registration *name* is read.

    All that is read of one registration with the same *at_once* is counted together.

    Args:
        name: the registration's.
        at_once: how many may hold it.
        home: the id of the process that asked for the frame.

    Raises:
        UsageError: this is another process than *home*, and no worker of a cluster: nobody could count.
    """
    import distributed

    try:
        worker = distributed.get_worker()
    except ValueError:
        return _in_this_process(name, at_once, home)
    with _lock:
        known = _shared.setdefault(worker, {})
        if (name, at_once) not in known:
            called = f"ltix_data-{name}-{at_once}"  # the scheduler takes no other number for a name it knows
            known[name, at_once] = distributed.Semaphore(max_leases=at_once, name=called)
        return known[name, at_once]


def _in_this_process(name: str, at_once: int, home: int) -> AbstractContextManager[Any]:
    if os.getpid() != home:
        raise UsageError(
            "The “processes” scheduler cannot count over its processes how much is read at once; nothing was read.",
            hint='Start a cluster, also on one machine: dask.distributed.Client(); or take scheduler="threads".',
        )
    with _lock:
        return _here.setdefault((home, name, at_once), threading.BoundedSemaphore(at_once))
