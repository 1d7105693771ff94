"""Choosing a sheet: by dialog, by dropping it on the form, by its path."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import ipywidgets

from . import parts

_KINDS = ".csv,.tsv,.txt,.xlsx,.xlsm,.xls,.ods"

#: The upload button knows no dropping. It opens the dialog of a file field that it keeps to itself: this puts the
#: dropped files into that field in place of opening the dialog, so that they come as chosen ones do. Where a page
#: allows no inline script, the button works all the same.
_DROPPED = (
    "event.preventDefault(); this.style.borderStyle = 'dashed';"
    "const files = event.dataTransfer.files, open = HTMLInputElement.prototype.click;"
    "const button = this.closest('.widget-box').querySelector('.jupyter-button');"
    "if (files.length && button && !button.disabled) {"
    " HTMLInputElement.prototype.click = function () {"
    " this.files = files; this.dispatchEvent(new Event('change')); };"
    " try { button.click(); } finally { HTMLInputElement.prototype.click = open; } }"
)
_PLACE = (
    '<div style="border:2px dashed currentColor;border-radius:6px;padding:0.5em 1.2em;opacity:0.75;line-height:1.4"'
    " ondragover=\"event.preventDefault(); this.style.borderStyle = 'solid'\""
    " ondragleave=\"this.style.borderStyle = 'dashed'\""
    f' ondrop="{_DROPPED}">or drop it here</div>'
)


class FileChoice:
    """Where a sheet comes from.

    Args:
        got: called with the name and the bytes of a file that was chosen or dropped.
        named: called with a path that was typed.
        page_chosen: called when another sheet of a workbook was chosen.
    """

    def __init__(
        self,
        got: Callable[[str, bytes], object],
        named: Callable[[str], object],
        page_chosen: Callable[[], object],
    ) -> None:
        self._got, self._named = got, named
        self.upload = ipywidgets.FileUpload(
            accept=_KINDS,
            multiple=False,
            description="Choose a file…",
            tooltip="Choose a sheet of grades: .csv, .tsv, .xlsx, .xls or .ods",
            layout={"width": "auto"},
        )
        self.path = parts.text_box("or its path:", tooltip="The path of a file where this notebook runs, then Enter")
        self.page = parts.labelled(ipywidgets.Dropdown, "Sheet of the workbook", options=[("the filled one", "")])
        self.widget = parts.column(parts.row(self.upload, ipywidgets.HTML(_PLACE), self.path), parts.row(self.page))
        self.controls: list[ipywidgets.Widget] = [self.upload, self.path, self.page]
        parts.shown(self.page, when=False)
        parts.on_change(self.upload, self._uploaded)
        parts.on_change(self.path, self._typed)
        parts.on_change(self.page, page_chosen)

    def offer_pages(self, titles: Sequence[str]) -> None:
        """Let a sheet of a workbook be chosen, where there are several."""
        parts.offer(self.page, [("the filled one", ""), *((title, title) for title in titles)])
        parts.shown(self.page, when=len(titles) > 1)

    @property
    def title(self) -> str | None:
        """The sheet of a workbook that was chosen."""
        return self.page.value or None

    def _uploaded(self) -> None:
        if self.upload.value:
            file = self.upload.value[0]
            name, data = str(file["name"]), bytes(file["content"])
            self.upload.value = ()  # it is grades, and the state of a widget is kept in notebooks
            self._got(name, data)

    def _typed(self) -> None:
        if path := parts.taken(self.path):
            self._named(path)
