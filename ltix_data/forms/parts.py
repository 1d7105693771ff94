"""What forms are made of: labelled controls, places for HTML, and work in the background.

The state of a widget is written into notebooks, by papermill and by “Save Widget State”. So it holds no
name, no id of a person, no grade, no token and no key: what is personal is shown in an `Area`, which is
ordinary cell output, and what somebody types is taken out of its box with `taken` as it is used.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, Literal

import ipywidgets

from .. import markup
from ..errors import LtixError

Kind = Literal["info", "warning", "error", "done"]

#: A label is never cut off.
WIDE = {"description_width": "initial"}
_LAYOUT = {"width": "auto", "max_width": "44rem", "min_width": "18rem"}
_SETTLING = 0.2
"""Seconds; threads of a kernel that is at work are some hundredths apart."""


class Area:
    """A place for HTML that is no widget state: an output of the cell, which is replaced as a whole.

    May be changed before it is displayed, from callbacks and from background threads. `html` and `text` are
    what it shows.
    """

    def __init__(self) -> None:
        self.html = self.text = ""
        self._handle: Any = None

    def show(self, html: str, text: str) -> None:
        """Show *html*, and *text* where there is no HTML; both replace what was there."""
        self.html, self.text = html, text
        if self._handle is not None:
            self._handle.update(self._bundle(), raw=True)

    def clear(self) -> None:
        """Show nothing."""
        self.show("", "")

    def fail(self, error: BaseException) -> None:
        """Show in words what went wrong; a screen reader speaks it at once."""
        said = str(error) if isinstance(error, LtixError) else _unexpected(error)
        self.show(f'<div role="alert">{markup.note(said, kind="error")}</div>', said)

    def display(self) -> None:
        """Put it here, under what the cell has shown so far; where it was put before, it changes there too."""
        from IPython.display import display

        place = True if self._handle is None else self._handle.display_id
        self._handle = display(self._bundle(), raw=True, display_id=place)  # type: ignore[no-untyped-call]

    def _bundle(self) -> dict[str, str]:
        return {"text/html": self.html or "<span></span>", "text/plain": self.text}


def _unexpected(error: BaseException) -> str:
    """Return no more than the kind: the words of others' errors may hold what is in a cell or an answer."""
    return f"Something went wrong that this form did not expect ({type(error).__name__}). Run the cell again."


class Said:
    """A line of plain text that a screen reader speaks when it changes; for nothing that is personal.

    `text` is what it says, `widget` what is put into a form.
    """

    def __init__(self) -> None:
        self.text = ""
        self.widget = ipywidgets.HTML()
        self.say("")

    def say(self, text: str) -> None:
        """Say something else; nothing, where it is empty."""
        self.text = text
        self.widget.value = f'<div role="status" aria-live="polite" aria-atomic="true">{escape(text)}</div>'


def said() -> Said:
    """Return a line for short messages."""
    return Said()


def heading(text: str, *, level: int = 3) -> ipywidgets.HTML:
    """Return a heading, so that a form can be walked through by its headings."""
    size = "1.05em" if level > 2 else "1.25em"
    style = f"margin:0.6em 0 0.2em;font-size:{size};font-weight:600"
    return ipywidgets.HTML(f'<h{level} style="{style}">{escape(text)}</h{level}>')


def hint(text: str) -> ipywidgets.HTML:
    """Return a sentence of explanation; for nothing that is personal."""
    return ipywidgets.HTML(f'<div style="opacity:0.8;line-height:1.4">{escape(text)}</div>')


def labelled(make: Callable[..., Any], label: str, *, tooltip: str | None = None, **options: Any) -> Any:
    """Return a control with a visible label in front of it, which screen readers know as its name.

    Args:
        make: the kind of widget, such as ``ipywidgets.Dropdown``.
        label: its label.
        tooltip: what it is for, where the label does not say it all.
        options: for *make*.
    """
    given = {"style": WIDE, "layout": _LAYOUT} | options
    return make(description=label, tooltip=tooltip or label, **given)


def text_box(label: str, *, tooltip: str | None = None, **options: Any) -> ipywidgets.Text:
    """Return a box to type into, whose text is known when Enter is pressed or the box is left."""
    return labelled(ipywidgets.Text, label, tooltip=tooltip, continuous_update=False, **options)


def taken(box: ipywidgets.Text) -> str:
    """Return what was typed into a box, trimmed, and empty the box: it may be personal."""
    typed = str(box.value).strip()
    box.value = ""
    return typed


def button(text: str, do: Callable[[], object], *, kind: str = "", tooltip: str | None = None) -> ipywidgets.Button:
    """Return a button that calls *do*.

    Args:
        text: what it says.
        do: called without arguments.
        kind: "primary", "success", "warning", "danger", or "".
        tooltip: what it does, where the text does not say it all.
    """
    made = ipywidgets.Button(
        description=text, button_style=kind, tooltip=tooltip or text, layout={"width": "auto", "min_width": "6rem"}
    )

    def clicked(_: ipywidgets.Button) -> None:
        settle()
        do()

    made.on_click(clicked)
    return made


def settle() -> None:
    """Wait, in a kernel, for what was typed right before a click.

    JupyterLab sends some messages to a subshell, a thread of its own, and a button's not always to the same thread as
    a box's (4.6 with ipykernel 7, observed): the click can be known before the text.
    """
    from IPython import get_ipython

    if hasattr(get_ipython(), "kernel"):
        time.sleep(_SETTLING)


def row(*widgets: ipywidgets.Widget) -> ipywidgets.HBox:
    """Return widgets beside each other, which wrap where the window is narrow."""
    return ipywidgets.HBox(list(widgets), layout={"flex_flow": "row wrap", "align_items": "center", "grid_gap": "6px"})


def column(*widgets: ipywidgets.Widget) -> ipywidgets.VBox:
    """Return widgets below each other."""
    return ipywidgets.VBox(list(widgets))


def shown(widget: ipywidgets.Widget, *, when: object) -> None:
    """Show a widget, or take it away, for the eye, the keyboard and the screen reader alike."""
    widget.layout.display = None if when else "none"


def offer(control: Any, options: Sequence[tuple[str, Any]], chosen: Any = None) -> None:
    """Offer these options; *chosen* is chosen then, else what was before, else the first.

    ipywidgets itself chooses nothing when it gets other options, and shows an empty list.
    """
    values = [value for _, value in options]
    wanted = [value for value in (chosen, control.value) if value is not None and value in values]
    if list(control.options) != list(options):
        control.options = list(options)
    control.index = values.index(wanted[0]) if wanted else (0 if values else None)


def on_change(widget: ipywidgets.Widget, do: Callable[[], object]) -> None:
    """Call *do*, without arguments, when a widget's value changes."""
    widget.observe(lambda _: do(), names="value")


class Background:
    """Does one thing at a time in a thread of its own, so that buttons still answer.

    Args:
        fail: told of the error, if there is one.
        disable: widgets that cannot be used while something is done.
    """

    def __init__(self, fail: Callable[[BaseException], object], *, disable: Sequence[ipywidgets.Widget] = ()) -> None:
        self._fail, self._disable = fail, disable
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being done."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, do: Callable[[], object]) -> None:
        """Do something; nothing, where something is being done already."""
        if not self.busy:
            self._thread = threading.Thread(target=self.now, args=(do,), name="ltix-form", daemon=True)
            self._thread.start()

    def now(self, do: Callable[[], object]) -> None:
        """Do something, and return when it is done."""
        were = [(widget, widget.disabled) for widget in self._disable]
        for widget in self._disable:
            widget.disabled = True
        try:
            do()
        except Exception as error:
            self._fail(error)
        finally:
            for widget, disabled in were:
                widget.disabled = disabled

    def wait(self, seconds: float | None = None) -> None:
        """Wait until what is being done has ended.

        Raises:
            TimeoutError: it has not, after so many seconds.
        """
        if self._thread is not None:
            self._thread.join(seconds)
        if self.busy:
            raise TimeoutError("The form is still at work.")
