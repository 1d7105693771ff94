"""The state between runs: one JSON file, replaced whole, never half written.

The invented university comes from its seed again; only what has changed since is kept.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .model import Cell, Content, Course, LineItem, Membership, Tool
from .people import Person

if TYPE_CHECKING:
    from .state import Platform

#: Seconds between two writes: 3,000 scores in a row shall not write the file 3,000 times.
_INTERVAL = 0.25


class Store:
    """Keeps a platform in a file, and fills the platform from it at the start."""

    def __init__(self, path: Path, platform: Platform) -> None:
        self._path = path
        self._platform = platform
        self._waiting: threading.Timer | None = None
        self._written = 0.0
        if path.exists():
            _restore(platform, json.loads(path.read_text(encoding="utf-8")))

    def changed(self) -> None:
        """Write now, or soon when the last write was a moment ago. The caller holds the platform's lock."""
        if self._waiting is not None:
            return
        wait = self._written + _INTERVAL - time.monotonic()
        if self._written == 0 or wait <= 0:
            self.flush()
            return
        self._waiting = threading.Timer(wait, self.flush)
        self._waiting.daemon = True
        self._waiting.start()

    def flush(self) -> None:
        """Write now; the temporary name is renamed only when it is whole."""
        with self._platform.lock:
            if self._waiting is not None:
                self._waiting.cancel()
            self._waiting = None
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name, suffix=".new")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(_dump(self._platform), file, ensure_ascii=False)
            Path(name).replace(self._path)
            self._written = time.monotonic()


def _dump(platform: Platform) -> dict[str, Any]:
    return {
        "seed": platform.options.seed,
        "key": platform.key.to_pem(),
        "next_item": platform.next_item,
        "registration_tokens": platform.registration_tokens,
        "tools": [asdict(tool) for tool in platform.tools.values()],
        "courses": {course.course_id: _dump_course(course) for course in platform.courses.values()},
    }


def _dump_course(course: Course) -> dict[str, Any]:
    return {
        "version": course.version,
        "links": course.links,
        "contents": [asdict(content) for content in course.contents.values()],
        "members": [asdict(member) for member in course.members.values() if member.changed],
        "items": [asdict(item) for item in course.items.values()],
    }


def _restore(platform: Platform, kept: dict[str, Any]) -> None:
    if kept["seed"] != platform.options.seed:
        raise ValueError("This state file belongs to another seed: its people are others.")
    platform.key.load(kept["key"])
    platform.next_item = kept["next_item"]
    platform.registration_tokens = kept["registration_tokens"]
    for raw in kept["tools"]:
        lists = {key: tuple(raw[key]) for key in ("redirect_uris", "scopes", "messages") if key in raw}
        tool = Tool(**{**raw, **lists})
        platform.tools[tool.client_id] = tool
    for course_id, raw in kept["courses"].items():
        _restore_course(platform.courses[course_id], raw)


def _restore_course(course: Course, kept: dict[str, Any]) -> None:
    course.version, course.links = kept["version"], kept["links"]
    for raw in kept["members"]:
        member = Membership(**{**raw, "person": Person(**raw["person"]), "roles": tuple(raw["roles"])})
        course.members[member.person.user_id] = member
    for raw in kept.get("contents", ()):  # a file of an earlier version has none
        course.contents[raw["number"]] = Content(**raw)
    for raw in kept["items"]:
        cells = {user_id: Cell(**cell) for user_id, cell in raw["cells"].items()}
        course.items[raw["number"]] = LineItem(**{**raw, "cells": cells})
