"""The few statistics: medians, and the exponent by which cost grows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import linear_regression, median

__all__ = ["exponent", "median", "ratio"]


def ratio(above: float | None, below: float | None) -> float | None:
    """Return *above* / *below*; None where one of them was not measured."""
    return None if above is None or not below else above / below


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return *k* of the power law cost = c * size^k that fits best, by least squares of the logarithms.

    1 is linear growth; costs that do not depend on the size make it smaller.
    """
    return linear_regression([math.log(size) for size in sizes], [math.log(cost) for cost in costs]).slope
