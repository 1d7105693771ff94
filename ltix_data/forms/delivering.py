"""Sending a plan, cancelling that, and going on with it: the buttons and the progress."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets

from ..choosing import counted
from . import parts

if TYPE_CHECKING:
    from ..grading import Plan, Report

_STEPS = 100  # updates of the bar at most; each is a message to the browser


class Delivering:
    """The controls.

    Args:
        send: called to send the plan.
        resume: called to send what is missing.
        said: speaks.
    """

    def __init__(self, send: Callable[[], object], resume: Callable[[], object], said: parts.Said) -> None:
        self._said = said
        self.stop = threading.Event()
        self.send = parts.button("Send", send, kind="success")
        self.cancel = parts.button("Cancel", self._cancel, kind="danger", tooltip="Stop sending; nothing is lost")
        self.resume = parts.button(
            "Send what is missing", resume, kind="success", tooltip="Nothing is sent twice: what is there is looked up"
        )
        self.bar = parts.labelled(ipywidgets.IntProgress, "0 of 0", layout={"width": "22rem"})
        self._sending = parts.row(self.bar, self.cancel)
        self.widget = parts.column(parts.row(self.send, self.resume), self._sending)
        self.widget.layout.margin = "0.8em 0 0"
        self.controls: list[ipywidgets.Widget] = [self.send, self.resume]
        self.offer(None)
        parts.shown(self._sending, when=False)

    def offer(self, plan: Plan | None, report: Report | None = None) -> None:
        """Offer to send a plan, or to send what a report says is missing."""
        ready = plan.count("ready") if plan else 0
        self.send.description = f"Send {counted(ready, 'score')}"
        parts.shown(self.send, when=ready)
        parts.shown(self.resume, when=report is not None and is_resumable(report))

    def begin(self) -> threading.Event:
        """Show the progress and the way to stop it; return what stops it."""
        self.stop = threading.Event()
        self.cancel.disabled = False
        self.bar.value = 0
        parts.shown(self._sending, when=True)
        return self.stop

    def told(self, done: int, total: int) -> None:
        """Show how many are done."""
        if done in (0, total) or done % max(1, total // _STEPS) == 0:
            self.bar.max, self.bar.value = max(1, total), done
            self.bar.description = f"{done} of {total}"

    def end(self) -> None:
        """Show that nothing is being sent any more."""
        parts.shown(self._sending, when=False)

    def _cancel(self) -> None:
        self.stop.set()
        self.cancel.disabled = True
        self._said.say("Stopping: waiting a moment for the answers that are on their way.")


def is_resumable(report: Report) -> bool:
    """Return whether something is missing that sending again may bring there."""
    return report.upload_id is not None and bool(report.failures["outcome"].isin(["refused", "unknown"]).any())
