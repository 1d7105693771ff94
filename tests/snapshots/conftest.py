"""Both formats, and a platform whose clock can be set."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from ltix_data.snapshots import formats

MONDAY = datetime(2026, 11, 16, 6, 0, tzinfo=UTC)


@pytest.fixture(params=formats.FORMATS)
def form(request, monkeypatch) -> str:
    """Write in each format in turn."""
    monkeypatch.setattr(formats, "best", lambda: request.param)
    return str(request.param)


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.time = MONDAY

    def __call__(self) -> float:
        return self.time.timestamp()

    def go(self, **span: float) -> datetime:
        self.time += timedelta(**span)
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dated(practice, clock) -> Callable[[], object]:
    """Return the practice platform; its session's clock is *clock*."""
    practice.session._client.now = clock
    return practice
