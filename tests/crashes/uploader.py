"""Uploads grades as a script would, in a process that can be killed at a chosen place or moment.

Run as a program with the tool's key in UPLOADER_KEY. It takes orders, one line of JSON each, from stdin:

    {"folder": LTIX_DATA_DIR, "registration": {…}, "course": {…}, "item": URL, "rows": [[user_id, score, comment]],
     "act": "send" or the id of the upload to resume, "workers": 8,
     "where": a boundary of the journal, "number": the how-manieth of them,
     "seconds": how long it may live on from there, where the boundary is "alarm", "signal": what ends it then}

For each it forks, which costs a hundredth of a new interpreter, and tells how that ended: {"signal": 9},
{"code": 0}, or {"code": 130} after a KeyboardInterrupt. With the argument ``once`` it does a single order
itself, and tells what came of it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
import time
import traceback

import filelock  # noqa: F401 - imported before the fork what an upload would import after it
import pandas as pd

import ltix_data as ltix
from ltix_data import delivery
from ltix_data.courses import KnownCourse
from ltix_data.http import HttpClient
from ltix_data.journal import Journal
from ltix_data.keys import SigningKey
from ltix_data.wire import trust

BOUNDARIES = ("before", "middle", "unended", "after")


class Doomed(Journal):
    """Kills its process at one of its writes."""

    where, number = "", 0
    alarm = staticmethod(lambda: None)
    _writes = _answers = 0
    _counting = threading.Lock()

    def answered(self, row, outcome, reason):
        with self._counting:
            Doomed._answers += 1
            if (self.where, self.number) == ("answered", self._answers):
                die()
        super().answered(row, outcome, reason)

    def _write(self, *lines, flush=True):
        with self._counting:
            Doomed._writes += 1
            where = self.where if self._writes == self.number else ""
        data = b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)
        if where == "alarm":
            self.alarm()
        part = {"before": 0, "middle": len(data) // 2, "unended": len(data) - 1}.get(where)
        if part is not None:
            with self._lock:  # as in the real one, no other thread's line can follow
                os.write(self._handle, data[:part])
                die()
        super()._write(*lines, flush=flush)
        if where == "after":
            die()


def die():
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)  # the signal comes first


def obey(order, key):
    """Do what was ordered, and return the report."""
    os.environ["LTIX_DATA_DIR"] = order["folder"]
    Doomed.where, Doomed.number = order.get("where", ""), order.get("number", 0)
    delivery.Journal = Doomed
    registration = ltix.Registration(private_key=key, **order["registration"])
    course = KnownCourse.from_json(order["course"])
    registration.remember(course)
    with ltix.connect(registration, http=HttpClient(sleep=lambda seconds: time.sleep(seconds / 100))) as session:
        if order["act"] != "send":
            return session.resume(order["act"])
        sheet = pd.DataFrame(order["rows"], columns=["user_id", "score", "comment"])
        plan = session.course(course.name).plan_grades(sheet, order["item"], "user_id", "score", comment="comment")
        return plan.send(workers=order["workers"])


def forked(order, key):
    """Obey in a child; return how that ended."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(told)
            Doomed.alarm = staticmethod(lambda: os.write(tell, b"!"))
            obey(order, key)
            code = 0
        except KeyboardInterrupt:
            code = 130
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(tell)
    if os.read(told, 1):  # the alarm; nothing if it ended without one
        select.select([told], [], [], order["seconds"])  # time runs, unless it ends before
        os.kill(child, order.get("signal", signal.SIGKILL))
    status = os.waitpid(child, 0)[1]
    os.close(told)
    return {"signal": os.WTERMSIG(status)} if os.WIFSIGNALED(status) else {"code": os.WEXITSTATUS(status)}


def once(order, key):
    """Obey here, and tell what the cell of a notebook would show, and when: all processes share this clock."""
    try:
        return {"ok": obey(order, key).ok}
    except KeyboardInterrupt as stop:
        return {"interrupt": str(stop), "at": time.monotonic()}


def main():
    key = SigningKey.parse(os.environ["UPLOADER_KEY"])
    trust()  # 25-160 ms, once for all
    if sys.argv[1:] == ["once"]:
        print(json.dumps(once(json.loads(sys.stdin.readline()), key)), flush=True)
        return
    for line in sys.stdin:
        assert threading.active_count() == 1, "forking a process with threads copies locks that nobody lets go of"
        print(json.dumps(forked(json.loads(line), key)), flush=True)


if __name__ == "__main__":
    main()
