"""Which clients pass the same gate."""

from __future__ import annotations

import time

import pytest

from ltix_data import pace


def test_clients_of_one_platform_share_its_gate():
    one = pace.gate("https://lms.example", time.sleep, time.monotonic)

    assert pace.gate("https://lms.example", time.sleep, time.monotonic) is one


@pytest.mark.parametrize(
    "other",
    [
        ("https://elsewhere.example", time.sleep, time.monotonic),
        ("https://lms.example", lambda seconds: None, time.monotonic),
        ("https://lms.example", time.sleep, lambda: 0.0),
    ],
)
def test_another_platform_or_clock_has_a_gate_of_its_own(other):
    one = pace.gate("https://lms.example", time.sleep, time.monotonic)

    assert pace.gate(*other) is not one


def test_a_gate_is_forgotten_with_its_last_client():
    pace.gate("https://once.example", time.sleep, time.monotonic).hold(1000)
    with pace.gate("https://once.example", time.sleep, time.monotonic).turn() as turn:
        turn.answered({})

    assert pace.gate("https://once.example", time.sleep, time.monotonic).under_way == 0
