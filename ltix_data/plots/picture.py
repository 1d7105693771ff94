"""A picture of a course: drawn when it is shown, with the numbers behind it and a text in its place."""

from __future__ import annotations

import base64
import html
import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import privacy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_SHARPNESS = 2  # pixels for each pixel of the page: screens show finer than they say
_DRAWING = threading.Lock()  # matplotlib's fonts are shared by all threads


class Picture:
    """A picture, in a notebook an image with a text for those who do not see it.

    Attributes:
        data: the DataFrame that it shows; the method that made it says which columns.
        alt: what it shows, in numbers; no name of a person.

    Args:
        draw: makes the figure.
        data: see above.
        alt: see above.
    """

    def __init__(self, draw: Callable[[], Figure], data: pd.DataFrame, alt: str) -> None:
        self._draw = draw
        self.data = data
        self.alt = alt
        self._figure: Figure | None = None
        self._masked = False

    @property
    def figure(self) -> Figure:
        """The matplotlib figure, yours to change. It is drawn anew when `mask_names` is switched."""
        if self._figure is None or self._masked != privacy.masking():
            self._masked = privacy.masking()
            with _DRAWING:
                self._figure = self._draw()
        return self._figure

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file of the kind that its name says (.png, .svg, .pdf); return its path."""
        target = Path(path).expanduser()
        figure = self.figure
        with _DRAWING:
            figure.savefig(target, **_as_drawn(figure), dpi=figure.dpi * _SHARPNESS)
        return target

    def png(self) -> bytes:
        """Return the picture as a PNG."""
        file, figure = io.BytesIO(), self.figure
        with _DRAWING:
            figure.savefig(file, format="png", **_as_drawn(figure), dpi=figure.dpi * _SHARPNESS)
        return file.getvalue()

    def __repr__(self) -> str:
        return self.alt

    def _repr_html_(self) -> str:
        """Return an image that needs neither a script nor the network, white on any page."""
        wide, _ = self.figure.get_size_inches() * self.figure.dpi
        data = base64.b64encode(self.png()).decode("ascii")
        style = "max-width:100%;height:auto;background:#fff;border-radius:4px"
        return (
            f'<img src="data:image/png;base64,{data}" alt="{html.escape(self.alt)}" width="{wide:.0f}" style="{style}">'
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/html": self._repr_html_(), "text/plain": self.alt}


def _as_drawn(figure: Figure) -> dict[str, Any]:
    """Return how to save it as it is, whatever rcParams say."""
    return {
        "facecolor": figure.get_facecolor(),
        "edgecolor": "none",
        "transparent": False,
        "bbox_inches": figure.bbox_inches,
    }
