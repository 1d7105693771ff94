"""The statistics of the benchmarks."""

from __future__ import annotations

import pytest

from .measuring import Measure, Results, cpu, wall
from .medians import exponent, ratio


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_the_exponent_of_a_power_law_is_found(power):
    sizes = [100, 1000, 3000, 10_000]

    assert exponent(sizes, [0.003 * size**power for size in sizes]) == pytest.approx(power)


def test_a_fixed_cost_makes_the_exponent_smaller():
    sizes = [100, 1000, 10_000]

    assert 0 < exponent(sizes, [1 + size / 1000 for size in sizes]) < 1


@pytest.mark.parametrize(("above", "below", "wanted"), [(3.0, 2.0, 1.5), (None, 2.0, None), (3.0, None, None)])
def test_a_ratio_needs_both_its_parts(above, below, wanted):
    assert ratio(above, below) == wanted


def measures(*walls: float, units: int = 1) -> list[Measure]:
    return [Measure(wall, 2 * wall, 0, {}, {}, units) for wall in walls]


def test_one_slow_round_does_not_count():
    results = Results()
    results.measures["a", "x"] = measures(1.0, 1.2, 60.0)

    assert results.typical("a", "x", wall) == 1.2
    assert results.typical("a", "somebody else", wall) is None


def test_what_sends_scores_is_compared_by_the_score():
    """So that one who sends a hundred one by one is compared with one who sends a thousand."""
    [few], [many] = measures(1.0, units=100), measures(5.0, units=1000)

    assert (wall(few), wall(many)) == (0.01, 0.005)
    assert (cpu(few), cpu(many)) == (0.02, 0.01)
