"""The form to look around in: the roster, searched and filtered, and one line item beside it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

import ipywidgets
import numpy as np

from .. import privacy, roles
from ..errors import LtixError
from . import pages, parts
from .reading import IDENTITIES, Course, id_of, items_named

if TYPE_CHECKING:
    import pandas as pd

_SORTS = [("name", "name"), ("role", "role"), ("lowest score first", "up"), ("highest score first", "down")]
_SEARCHED = (*IDENTITIES, "given_name", "family_name")


class ExploreForm:
    """Shows a course's people and their grades; a cell that ends with ``course.widgets.explore()`` shows it.

    Attributes:
        shown: the rows of the roster that are shown, with score, out_of and percent where a line item is chosen.
    """

    def __init__(self, course: Course, item: object = None) -> None:
        self._course = course
        self._words = ""
        self._roster: pd.DataFrame | None = None
        self._results: pd.DataFrame | None = None
        self.shown: pd.DataFrame | None = None
        self.said, self.area = parts.said(), parts.Area()
        self.search = parts.text_box("Search", tooltip="A part of a name, an address or an id, then Enter")
        self.everybody = parts.button(
            "Show everybody", self._show_everybody, tooltip="Take the search and filters back"
        )
        self.role = parts.labelled(ipywidgets.Dropdown, "Role", options=[("every role", "")])
        self.status = parts.labelled(ipywidgets.Dropdown, "Status", options=[("every status", "")])
        self.item = parts.labelled(ipywidgets.Dropdown, "Line item", options=[("none", "")])
        self.order = parts.labelled(ipywidgets.Dropdown, "Sorted by", options=_SORTS)
        self.again = parts.button("Read again", self._read_again, tooltip="Ask the platform anew")
        controls = [self.search, self.everybody, self.role, self.status, self.item, self.order, self.again]
        self._work = parts.Background(self._failed, disable=controls)
        self._work.now(lambda: self._begin(item))
        for control in (self.role, self.status, self.order):
            parts.on_change(control, self._show)
        parts.on_change(self.search, self._searched)
        parts.on_change(self.item, self._item_chosen)

    def wait(self, seconds: float | None = None) -> None:
        """Wait until what the form is doing has ended.

        Raises:
            TimeoutError: it has not, after so many seconds.
        """
        self._work.wait(seconds)

    def __repr__(self) -> str:
        return f"<Form: the people of {self._course.name}; the last expression of a cell shows it>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        form = parts.column(
            parts.heading(f"The people of {self._course.name}", level=2),
            parts.row(self.search, self.everybody),
            parts.row(self.role, self.status, self.order),
            parts.row(self.item, self.again),
            self.said.widget,
        )
        display(form)  # type: ignore[no-untyped-call]
        self.area.display()

    def _begin(self, item: object) -> None:
        self._read()
        self._show()
        if item is not None and self._items is not None:
            self.item.value = id_of(self._items, item)
            self._read_results()
            self._show()

    def _read(self) -> None:
        roster = self._course.roster()
        self._roster = roster.drop_duplicates("user_id")
        present = [word for word in roles.WORDS if roster["roles"].map(roles.matcher(word)).any()]
        parts.offer(self.role, [("every role", ""), *((word, word) for word in present)])
        statuses = [str(word) for word in roster["status"].dropna().unique()]
        parts.offer(self.status, [("every status", ""), *((word, word) for word in sorted(statuses))])
        self._items = self._line_items()
        parts.offer(self.item, [("none", ""), *(items_named(self._items) if self._items is not None else ())])

    def _line_items(self) -> pd.DataFrame | None:
        """Return the line items; None in a course that offers none: its roster is worth seeing all the same."""
        try:
            return self._course.line_items()
        except LtixError:
            return None

    def _read_results(self) -> None:
        self._results = None
        if self.item.value:
            found = self._course.results(self.item.value)
            self._results = found.drop_duplicates("user_id", keep="last").set_index("user_id")

    # --- What the controls do ----------------------------------------------------------------------

    def _searched(self) -> None:
        if words := parts.taken(self.search):  # taken: it may be somebody's name
            self._words = words
            self._show()

    def _show_everybody(self) -> None:
        self._words = self.role.value = self.status.value = ""
        self._show()

    def _item_chosen(self) -> None:
        def read() -> None:
            self._read_results()
            self._show()

        self._do("Reading the grades…", read)

    def _read_again(self) -> None:
        def read() -> None:
            self._read()
            self._read_results()
            self._show()

        self._do("Reading the roster…", read)

    def _do(self, saying: str, do: Callable[[], object]) -> None:
        if not self._work.busy:
            self.said.say(saying)
            self._work.start(do)

    def _failed(self, error: BaseException) -> None:
        self.area.fail(error)
        self.said.say("That did not work: the form says why.")

    # --- What is shown -----------------------------------------------------------------------------

    def _show(self) -> None:
        if self._roster is None:
            return
        self.shown = self._sorted(self._graded(self._roster[self._fits(self._roster)]))
        title = f"{len(self.shown)} of {len(self._roster)} people"
        words = "what was searched for" if privacy.masking() else f"“{self._words}”"
        found = f"{title}, those with {words}" if self._words else title
        self.area.show(pages.people(self.shown, found, self._label()), found)
        self.said.say(f"{title} {'is' if len(self.shown) == 1 else 'are'} shown.")

    def _label(self) -> str:
        return next((str(label) for label, value in self.item.options if value == self.item.value), "")

    def _fits(self, roster: pd.DataFrame) -> pd.Series[bool]:
        fits = roster["user_id"].notna()
        if self.role.value:
            fits &= roster["roles"].map(roles.matcher(self.role.value)).astype(bool)
        if self.status.value:
            fits &= roster["status"].eq(self.status.value)
        if self._words:
            told = zip(*(roster[column].fillna("") for column in _SEARCHED), strict=True)
            fits &= np.array([_folded(self._words) in _folded("\n".join(cells)) for cells in told], dtype=bool)
        return fits

    def _graded(self, people: pd.DataFrame) -> pd.DataFrame:
        if self._results is None:
            return people
        return people.join(self._results[["score", "out_of", "percent"]], on="user_id")

    def _sorted(self, people: pd.DataFrame) -> pd.DataFrame:
        if self.order.value in ("up", "down"):
            if self._results is None:
                return people
            return people.sort_values("percent", ascending=self.order.value == "up", kind="stable")
        if self.order.value == "role":
            return people.sort_values(["role", "family_name", "name"], kind="stable")
        return people.sort_values(["family_name", "name", "user_id"], kind="stable")


def _folded(text: str) -> str:
    """Return a text as it is searched: accents composed, whichever way a platform writes them."""
    return unicodedata.normalize("NFC", text).casefold()
