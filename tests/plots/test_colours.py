"""Colours that nobody mixes up, and that never stand alone."""

from __future__ import annotations

from itertools import combinations, pairwise

import matplotlib as mpl
import pytest

from ltix_data.plots import colours

from .sight import EYES, distance, lab

DICHROMATS = ("usual", "protanopia", "deuteranopia", "tritanopia")


@pytest.mark.parametrize("eyes", DICHROMATS)
def test_lines_are_told_apart_by_colour_with_any_two_kinds_of_cones(eyes):
    used = [colour for colour, _, _ in colours.LINES]

    assert min(distance(one, other, eyes) for one, other in combinations(used, 2)) > 15


@pytest.mark.parametrize("eyes", EYES)
def test_everything_drawn_stands_out_from_the_paper(eyes):
    used = [
        colours.INK,
        colours.SOFT_INK,
        colours.FILL,
        colours.MARK,
        colours.MISSING,
        *next(zip(*colours.LINES, strict=True)),
    ]

    assert min(distance(colour, colours.PAPER, eyes) for colour in used) > 25


@pytest.mark.parametrize("eyes", DICHROMATS)
def test_the_median_stands_out_from_the_bars(eyes):
    assert distance(colours.FILL, colours.MARK, eyes) > 60


@pytest.mark.parametrize("eyes", EYES)
def test_on_a_heat_map_higher_is_lighter_for_everybody(eyes):
    scale = mpl.colormaps[colours.SCALE]

    light = [lab(scale(step / 20), eyes)[0] for step in range(21)]

    assert all(after - before > 1.5 for before, after in pairwise(light))


def test_each_line_has_a_shape_of_its_own_and_a_stroke_that_its_neighbours_have_not():
    shapes, strokes = ([look[part] for look in colours.LINES] for part in (1, 2))

    assert len(set(shapes)) == len(shapes)
    assert all(one != other for one, other in pairwise(strokes))


@pytest.mark.parametrize(
    "ground", [colours.PAPER, *(mpl.colormaps[colours.SCALE](step / 50)[:3] for step in range(51))]
)
def test_ink_is_readable_on_any_ground(ground):
    light, ink = colours.luminance(ground), colours.luminance(colours.on(ground))
    brighter, darker = max(light, ink), min(light, ink)

    assert (brighter + 0.05) / (darker + 0.05) > 4.1


@pytest.mark.parametrize("ink", [colours.INK, colours.SOFT_INK])
def test_words_are_readable_on_paper(ink):
    assert 1.05 / (colours.luminance(ink) + 0.05) > 7
