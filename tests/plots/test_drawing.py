"""How pictures look: nothing cut off, nothing over another, no warning, the same everywhere."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import style
from matplotlib.artist import Artist
from matplotlib.font_manager import fontManager
from matplotlib.image import imread
from matplotlib.text import Text

from ltix_data.plots import CoursePlots, Picture, lettering

from .classes import START, Classroom, member, result

KINDS: dict[str, Callable[[Classroom], Picture]] = {
    "distribution": lambda course: CoursePlots(course).distribution(course.labels[0]),
    "completion": lambda course: CoursePlots(course).completion(),
    "gradebook": lambda course: CoursePlots(course).gradebook(),
    "progress": lambda course: CoursePlots(course).progress_over_time(),
}
SIZES = [(1, 1), (3, 5), (12, 6), (40, 12), (41, 30), (120, 31), (12, 100), (3000, 7)]
HOSTILE = {
    "long": "%d " + "W" * 300,
    "formula": r"$\frac{1}{$ $x^{2}$ \alpha %d $",
    "lines": "one\n\ttwo\r\n%d",
    "right to left": "מבחן %d ليلى حدّاد \u202e",
    "no font has": "😀 王秀英 \U0010ffff \x00 %d",
    "nothing": "   ",
    "percent": "100% {0} %d%% {",
}


@pytest.fixture(autouse=True)
def warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="matplotlib")  # of its own libraries
        yield


@pytest.fixture(params=KINDS)
def kind(request) -> Callable[[Classroom], Picture]:
    return KINDS[request.param]


def pixels(picture: Picture) -> np.ndarray:
    return imread(io.BytesIO(picture.png()), format="png")[..., :3]


def drawn_texts(picture: Picture) -> list[tuple[Text, object]]:
    """Return every text that is seen, and the rectangle it takes, in pixels."""
    figure = picture.figure
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    seen = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    boxes = [(text, text.get_window_extent(renderer)) for text in seen if _inside(text)]
    return [(text, box) for text, box in boxes if box.width > 0]


def _inside(text: Text) -> bool:
    """Return whether a tick's label is of a tick that the axes show."""
    axes = text.axes
    if axes is None or text.get_text() == "":
        return True
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in axis.majorTicks:
            if text in (tick.label1, tick.label2):
                return text.get_visible() and low - 1e-9 <= tick.get_loc() <= high + 1e-9
    return True


def assert_readable(picture: Picture) -> None:
    figure = picture.figure
    texts = drawn_texts(picture)
    outside = [text.get_text() for text, box in texts if not _within(box, figure.bbox)]
    level = [(text.get_text(), box.padded(-1)) for text, box in texts if text.get_rotation() in (0, 90)]
    over = [(one, other) for (one, box), (other, more) in combinations(level, 2) if box.overlaps(more)]
    assert outside == []
    assert over == []
    tight = figure.get_tightbbox(figure.canvas.get_renderer())
    assert tight.x0 >= 0
    assert tight.y0 >= 0
    assert tight.x1 <= figure.get_figwidth()
    assert tight.y1 <= figure.get_figheight()


def _within(box: object, whole: object) -> bool:
    return box.x0 >= 0 and box.y0 >= 0 and box.x1 <= whole.width and box.y1 <= whole.height


@pytest.mark.parametrize(("learners", "items"), SIZES)
def test_no_text_is_cut_off_or_over_another(kind, learners, items):
    assert_readable(kind(Classroom.of(learners, items)))


@pytest.mark.parametrize(
    ("label", "items"), [*((label, 6) for label in HOSTILE.values()), (HOSTILE["long"], 12), (HOSTILE["long"], 30)]
)
def test_whatever_a_line_item_is_called_fits_and_warns_of_nothing(kind, label, items):
    course = Classroom.of(12, items, label=label)

    picture = kind(course)

    assert_readable(picture)
    assert 0.005 < (pixels(picture).min(axis=2) < 0.9).mean() < 0.9  # neither blank nor a block


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_whatever_a_person_is_called_fits_and_warns_of_nothing(name):
    course = Classroom.of(12, 6)
    course.members = [member(person.user_id, name, roles=person.roles) for person in course.members]

    picture = KINDS["gradebook"](course)

    assert_readable(picture)
    assert picture.png()


@pytest.mark.parametrize(("percent", "learners"), [(0.0, 1), (100.0, 70), (100.0001, 1), (150.0, 70), (1e250, 2)])
def test_scores_at_the_ends_and_beyond_are_drawn(kind, percent, learners):
    course = Classroom.of(learners, 2)
    course.cells = [(item, result(person, percent / 10)) for item in course.items for person in course.members]
    course.taken = [course.snapshot(0)]

    assert_readable(kind(course))


@pytest.mark.parametrize(
    "span",
    [
        timedelta(seconds=4),
        timedelta(minutes=9),
        timedelta(hours=20),
        timedelta(days=3),
        timedelta(weeks=15),
        timedelta(days=800),
    ],
    ids=str,
)
def test_dates_are_readable_whether_snapshots_are_seconds_or_years_apart(span):
    course = Classroom.of(12, 3)
    for number, taken in enumerate(course.taken):
        taken.taken_at = START + number / 3 * span

    picture = KINDS["progress"](course)

    assert_readable(picture)
    assert len([label for label in picture.figure.axes[1].get_xticklabels() if label.get_text()]) >= 2


def test_learners_without_any_result_are_drawn(kind):
    course = Classroom.of(12, 3)
    course.cells = []
    course.taken = [course.snapshot(0), course.snapshot(1)]

    assert_readable(kind(course))


def test_a_missing_cell_looks_unlike_a_zero():
    course = Classroom([member("a")], Classroom.of(1, 1).items, [])
    missing = inside(KINDS["gradebook"](course))
    course.cells = [(course.items[0], result("a", 0))]
    zero = inside(KINDS["gradebook"](course))

    assert missing.mean() > 0.8  # strokes on white
    assert missing.std() > 0.05
    assert zero.mean() < 0.3  # dark blue


def inside(picture: Picture) -> np.ndarray:
    """Return the pixels of the left quarter of a heat map's cells."""
    image = pixels(picture)
    box = picture.figure.axes[0].get_position()
    top, bottom = (round((1 - edge) * image.shape[0]) for edge in (box.y1, box.y0))
    left, right = (round(edge * image.shape[1]) for edge in (box.x0, box.x0 + box.width / 4))
    return image[top + 4 : bottom - 4, left + 4 : right - 4]


def test_the_picture_is_white_at_its_edges_and_opaque(kind):
    image = imread(io.BytesIO(kind(Classroom.of(12, 3)).png()), format="png")

    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    assert (edge == 1.0).all()
    assert (image[..., 3] == 1.0).all()


@pytest.mark.parametrize("look", ["dark_background", "of the user's own"])
def test_how_a_user_sets_up_matplotlib_changes_nothing(kind, look):
    course = Classroom.of(12, 4)
    plain = kind(course).png()
    own = {
        "text.usetex": True,
        "font.family": "serif",
        "font.size": 30,
        "axes.grid": True,
        "figure.dpi": 300,
        "savefig.dpi": 20,
        "savefig.bbox": "tight",
        "savefig.transparent": True,
        "savefig.facecolor": "red",
        "figure.constrained_layout.use": False,
        "axes.spines.left": False,
        "xtick.bottom": False,
        "ytick.right": True,
        "xtick.labelbottom": False,
        "xtick.minor.visible": True,
        "lines.linewidth": 9,
        "lines.marker": "x",
        "patch.force_edgecolor": True,
        "image.cmap": "jet",
        "timezone": "Asia/Tokyo",
        "axes.xmargin": 0.4,
        "text.color": "red",
        "axes.prop_cycle": mpl.cycler(color=["red"]),
    }

    with mpl.rc_context(own) if look == "of the user's own" else style.context(look):
        changed = kind(course).png()

    assert changed == plain


def test_nothing_of_matplotlib_changes_for_the_user(kind):
    before = dict(mpl.rcParams)
    backend = mpl.rcParams._get_backend_or_none()

    kind(Classroom.of(12, 3)).png()

    assert dict(mpl.rcParams) == before
    assert mpl.rcParams._get_backend_or_none() == backend


def test_pictures_drawn_at_once_by_threads_are_those_drawn_one_by_one():
    course = Classroom.of(30, 4)
    alone = [make(course).png() for make in KINDS.values()]

    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda make: make(course).png(), list(KINDS.values()) * 3))

    assert together == alone * 3


@pytest.mark.parametrize("items", [1, 7, 100])
def test_three_thousand_learners_take_a_bounded_number_of_parts(kind, items):
    picture = kind(Classroom.of(3000, items))

    assert len(picture.figure.findobj(Artist)) < 400
    assert len(picture.png()) < 400_000


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_it_is_saved_as_the_kind_that_its_name_says(ending, tmp_path):
    path = KINDS["gradebook"](Classroom.of(5, 2)).save(tmp_path / f"picture.{ending}")

    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert path.read_bytes().startswith(start)


def test_a_script_that_an_installed_font_has_is_drawn_and_else_a_box_stands_for_it(tmp_path):
    font = a_font_of("王", "Noto Sans CJK JP", tmp_path / "font.ttf")
    before = lettering.legible("王")

    fontManager.addfont(font)
    try:
        known, foreign = lettering.legible("王"), lettering.tidy("a😀 \U0010fffe")
    finally:
        fontManager.ttflist[:] = [entry for entry in fontManager.ttflist if entry.fname != str(font)]

    assert known
    assert lettering.legible("王") == before
    assert "\U0010fffe" not in foreign


def a_font_of(letter: str, family: str, path: Path) -> Path:
    """Make a font that has one letter, a box."""
    pen = TTGlyphPen(None)
    for move, point in ((pen.moveTo, (0, 0)), (pen.lineTo, (0, 700)), (pen.lineTo, (700, 700)), (pen.lineTo, (700, 0))):
        move(point)
    pen.closePath()
    box = pen.glyph()
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "letter"])
    builder.setupCharacterMap({ord(letter): "letter"})
    builder.setupGlyf({".notdef": box, "letter": box})
    builder.setupHorizontalMetrics({".notdef": (800, 0), "letter": (800, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(path)
    return path
