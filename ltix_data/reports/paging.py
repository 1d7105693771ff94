"""An executed notebook as one HTML page: it opens offline, on a phone, on paper, in light and dark.

nbconvert's own pages load MathJax and require.js from elsewhere and carry half a megabyte of style. This one loads
nothing, and tells the browser to load nothing: formulas stay as they were typed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from .._version import __version__
from .catalogue import Source

if TYPE_CHECKING:
    from nbconvert import HTMLExporter
    from nbformat import NotebookNode

#: What is shown of an output, the first there is. No scripts and no widgets: a page that is saved has no kernel.
_PRIORITY = [
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/latex",
    "text/plain",
]
_NO_ALT = "A picture without a description"
_POLICY = "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'"
#: Libraries in a notebook of one's own, such as plotly, put their script into the page.
_SCRIPTS = "; script-src 'unsafe-inline' 'unsafe-eval'"
_LOADED = re.compile(
    r"""<(?:script|img|iframe|link|source|audio|video)\b[^>]*?\s(?:src|href)\s*=\s*["']?((?:https?:)?//[^"'\s>]+)"""
    r"""|url\(\s*["']?((?:https?:)?//[^"')\s]+)""",
    re.IGNORECASE,
)


def page(
    source: Source,
    executed: NotebookNode,
    *,
    partial: bool = False,
    course: str | None = None,
    code: bool = False,
    language: str = "en",
) -> str:
    """Return the page of an executed notebook.

    Args:
        source: the notebook that was run.
        executed: what came of it, cleaned.
        partial: whether it lacks something: it is said at the top then.
        course: what the report is about, for the title.
        code: show the code too.
        language: what it is written in, as an ISO 639-1 code.
    """
    exporter = _exporter(code, language)
    about = {
        "title": f"{source.title}: {course}" if course else source.title,
        "partial": partial,
        "policy": _POLICY if source.packaged else _POLICY + _SCRIPTS,
        "style": _style(),
        "made": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "version": __version__,
        "no_alt": _NO_ALT,
    }
    text, _ = exporter.from_notebook_node(executed, resources={"report": about})
    return str(text)


def loads(html: str) -> list[str]:
    """Return the addresses that a page would load something from; it does not open whole offline if there are any."""
    return sorted({first or second for first, second in _LOADED.findall(html)})


def _exporter(code: bool, language: str) -> HTMLExporter:
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    return HTMLExporter(  # type: ignore[no-untyped-call]
        config=Config({"NbConvertBase": {"display_data_priority": _PRIORITY}}),
        template_name="page",
        extra_template_basedirs=[str(Path(__file__).parent)],
        exclude_input=not code,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        embed_images=True,
        language_code=language,
    )


def _style() -> str:
    return (resources.files(__package__) / "page" / "style.css").read_text(encoding="utf-8")
