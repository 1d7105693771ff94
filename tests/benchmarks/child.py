"""One measurement, in a process made for it: reads a job from standard input, writes what it measured."""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
from importlib import import_module
from typing import Any

from .contenders import Scene

_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


def measured(job: dict[str, Any]) -> dict[str, Any]:
    """Do one work and return wall and CPU seconds, peak bytes, moments within it, and what came of it."""
    if job["core"] is not None:
        os.sched_setaffinity(0, {job["core"]})
    module = import_module(f".contenders.{job['contender']}", __package__)
    work = getattr(module, job["work"])(Scene(**job["scene"]))
    marks: dict[str, float] = {}

    def mark(name: str, seconds: float | None = None) -> None:
        marks[name] = time.perf_counter() - began if seconds is None else seconds

    gc.collect()  # what importing left behind is importing's: to look through pandas once takes 60 ms
    began, spent = time.perf_counter(), time.process_time()
    outcome = work.act(mark)
    wall, cpu = time.perf_counter() - began, time.process_time() - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _MAXRSS_UNIT
    return {"wall": wall, "cpu": cpu, "peak": peak, "marks": marks, "facts": work.facts(outcome)}


if __name__ == "__main__":
    print(json.dumps(measured(json.load(sys.stdin))))
