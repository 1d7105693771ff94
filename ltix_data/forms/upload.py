"""The form that sends the grades of a sheet: choose, look, mend, send, and see what became of every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import exports, sheets
from ..cells import is_data
from ..errors import LtixError, UsageError
from ..exports import Export
from ..sheets import Sheet
from . import mending, pages, parts
from .choices import Choices
from .delivering import Delivering
from .files import FileChoice
from .mending import Mending
from .reading import Course, People

if TYPE_CHECKING:
    import pandas as pd

    from ..grading import Plan, Report

_NO_HEADER = "Write a row with the columns' names above the first one, and choose the file again."


class UploadForm:
    """Sends the grades of a sheet into a course; a cell that ends with ``course.widgets.upload()`` shows it.

    What takes a while is done in the background: the buttons answer, and `wait` waits for its end.

    Attributes:
        sheet: the sheet as it was read; None before there is one.
        plan: what would be sent; None before it was asked for, and after a choice was changed.
        report: what became of what was sent last; None before.
    """

    def __init__(self, course: Course, source: pd.DataFrame | str | Path | None = None, **wishes: Any) -> None:
        self.sheet: Sheet | None = None
        self.plan: Plan | None = None
        self.report: Report | None = None
        self._course, self._wishes = course, wishes
        self._file: tuple[str, bytes] | None = None
        self._mended: dict[tuple[int, str], str] = {}  # row and column -> what is to stand there
        self._notes: tuple[str, ...] = ()  # what is said of the sheet already
        self._names: dict[str, str] = {}
        self._people: People | None = None
        self.said = parts.said()
        self.looked, self.planned, self.sent = parts.Area(), parts.Area(), parts.Area()
        self.files = FileChoice(self._got, self._named, self._page_chosen)
        self.choices = Choices(self._plan_asked, self._outdated)
        self.mending = Mending(self._put, self._leave_out, self._undo, self._show_plan)
        self.delivering = Delivering(self._send, self._resume, self.said)
        controls = (self.files.controls, self.choices.controls, self.mending.controls, self.delivering.controls)
        self._failing = self.looked
        self._work = parts.Background(self._failed, disable=[one for some in controls for one in some])
        parts.shown(self.choices.widget, when=False)
        self._work.now(lambda: self._begin(source))

    def wait(self, seconds: float | None = None) -> None:
        """Wait until what the form is doing has ended.

        Raises:
            TimeoutError: it has not, after so many seconds.
        """
        self._work.wait(seconds)

    def __repr__(self) -> str:
        return f"<Form: grades from a sheet into {self._course.name}; the last expression of a cell shows it>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        title = parts.heading(f"Grades from a sheet into {self._course.name}", level=2)
        display(parts.column(title, self.files.widget))  # type: ignore[no-untyped-call]
        self.looked.display()
        display(self.choices.widget)  # type: ignore[no-untyped-call]
        self.planned.display()
        display(parts.column(self.mending.widget, self.delivering.widget, self.said.widget))  # type: ignore[no-untyped-call]
        self.sent.display()

    # --- Reading -----------------------------------------------------------------------------------

    def _begin(self, source: pd.DataFrame | str | Path | None) -> None:
        self._know_course()
        unclear = self._wish()
        if source is not None:
            self._take(self._opened(source))
        self._failing = self.planned
        if unclear is not None:
            raise unclear
        if source is not None and self.choices.item.value and self._wishes["match"] is not None:
            self._plan_now()

    def _know_course(self) -> None:
        roster, items = self._course.roster(), self._course.line_items()
        self._names = {user: name for user, name in zip(roster["user_id"], roster["name"], strict=True) if name == name}
        self.choices.know_course(items, roster)
        self._people = People(roster)

    def _wish(self) -> UsageError | None:
        """Choose what the caller named; return what is wrong with it, for the form can choose otherwise."""
        try:
            self.choices.wish(item=self._wishes["item"], match=self._wishes["match"])
        except UsageError as error:
            return error
        return None

    def _opened(self, source: pd.DataFrame | str | Path) -> Sheet:
        if not isinstance(source, (str, Path)):
            self._file = None
            return sheets.read(source)
        self._file = (Path(source).name, sheets.contents(source))
        return self._parsed()

    def _parsed(self) -> Sheet:
        name, data = self._file or ("", b"")
        titles = sheets.titles(name, data)
        self.files.offer_pages([] if self._tells_somebody(titles) else titles)
        return sheets.parse(name, data, sheet=self.files.title)

    def _got(self, name: str, data: bytes) -> None:
        self._file = (name, data)
        self.files.offer_pages([])
        self._reading(self._parsed)

    def _named(self, path: str) -> None:
        self.files.offer_pages([])
        self._reading(lambda: self._opened(path))

    def _page_chosen(self) -> None:
        if self._file is not None and not self._work.busy:
            self._reading(self._parsed)

    def _reading(self, read: Callable[[], Sheet]) -> None:
        """Read another sheet; the one before is forgotten, even if this one cannot be used."""

        def take() -> None:
            self.sheet = None
            parts.shown(self.choices.widget, when=False)
            self._forget()
            self._take(read())

        self._do("Reading the sheet…", self.looked, take)

    def _take(self, sheet: Sheet) -> None:
        """Take a sheet that was read; refuse one whose header would carry people into the form's lists."""
        if self._people is None:  # the platform could not be asked before
            self._know_course()
        if is_data(sheet.columns) or self._tells_somebody(sheet.columns):
            raise UsageError(
                f"The first row of {sheet.source} looks like a person's, not like a header.", hint=_NO_HEADER
            )
        self.sheet, self._mended = sheet, {}
        self.choices.know_sheet(sheet, score=self._wishes["score"], key=self._wishes["key"])
        export = exports.recognise(sheet)
        self._notes = (*sheet.notes, *export.notes)
        self.looked.show(*pages.sheet(sheet, export))
        parts.shown(self.choices.widget, when=True)
        self._forget()
        self.said.say(f"The sheet was read: {len(sheet.rows)} rows.")

    def _tells_somebody(self, words: Sequence[str]) -> bool:
        return self._people is not None and self._people.are_in(words)

    # --- Planning ----------------------------------------------------------------------------------

    def _plan_asked(self) -> None:
        self._do("Comparing the sheet with the gradebook…", self.planned, self._plan_now)

    def _plan_now(self) -> None:
        self._failing = self.planned
        self._forget()
        if self.sheet is None:
            raise UsageError("There is no sheet yet.", hint="Choose a file.")
        choice = self.choices.made()
        self.plan = self._course.plan_grades(
            self._export(self.sheet), choice.item, choice.match, choice.score, **choice.how
        )
        self.mending.offer(self.plan, mended=self._mended_rows)
        self._show_plan()
        self.delivering.offer(self.plan)
        self.said.say(mending.summary(self.plan))

    def _show_plan(self) -> None:
        if self.plan is not None:
            kind = self.mending.problem.value or ""
            self.planned.show(*pages.plan(self.plan, problem=kind, mended=self._mended_rows, read=self._notes))

    @property
    def _mended_rows(self) -> int:
        return len({row for row, _ in self._mended})

    def _forget(self) -> None:
        self.plan = None
        self.planned.clear()
        self.mending.offer(None, mended=self._mended_rows)
        self.delivering.offer(None)

    def _outdated(self) -> None:
        if self.plan is not None and not self._work.busy:
            self._forget()
            self.said.say("Changed: show again what would be sent.")

    def _export(self, sheet: Sheet) -> Export:
        """Return the sheet as what it was recognised for, with the mended cells: one of them could hide its kind."""
        export = exports.recognise(sheet, self.choices.assignment or None)
        mended = export.sheet
        for (row, column), text in self._mended.items():
            mended = mended.with_cell(row, column, text)
        return replace(export, sheet=mended)

    def _put(self, row: int, column: str, text: str) -> None:
        if text:
            self._change({(row, column): text})
        else:  # a blank is not sent: nobody shall get that by a slip
            self.said.say("Type the right value first. To send nothing for this row, leave it out.")

    def _leave_out(self, rows: Sequence[int]) -> None:
        if self.sheet is not None:
            scores = self.choices.score_column(self._export(self.sheet))
            self._change(dict.fromkeys(((row, scores) for row in rows), ""))

    def _change(self, cells: Mapping[tuple[int, str], str]) -> None:
        """Plan again with other cells: a row without a score is left out."""
        self._mended |= cells
        self._do("Planning again…", self.planned, self._plan_now)

    def _undo(self) -> None:
        self._mended = {}
        self._do("Planning again…", self.planned, self._plan_now)

    # --- Sending -----------------------------------------------------------------------------------

    def _send(self) -> None:
        if self.plan is not None:
            self._deliver(self.plan.send)

    def _resume(self) -> None:
        if self.report is not None:
            self._deliver(self.report.resume)

    def _deliver(self, send: Callable[..., Report]) -> None:
        def deliver() -> None:
            stop = self.delivering.begin()
            try:
                self.report = send(stop=stop, on_progress=self.delivering.told)
            finally:
                self.delivering.end()
            html, text = pages.report(self.report, self._names)
            self._forget()
            self.sent.show(html, text)
            self.delivering.offer(None, self.report)
            self.said.say(text if self.report.ok or not stop.is_set() else f"Stopped. {text}")

        self._do("Sending…", self.sent, deliver)

    # --- Within ------------------------------------------------------------------------------------

    def _do(self, saying: str, place: parts.Area, do: Callable[[], object]) -> None:
        """Do something in the background; what goes wrong is shown in *place*."""
        if not self._work.busy:
            self._failing = place
            place.clear()
            self.said.say(saying)
            self._work.start(do)

    def _failed(self, error: BaseException) -> None:
        self._failing.fail(error)
        self.said.say("That did not work: the form says why." if isinstance(error, LtixError) else "That did not work.")
