"""The command that runs a report: a notebook without anybody watching, and a page that opens offline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import ending
from .guidance import ends

if TYPE_CHECKING:
    from ..reports.catalogue import Source
    from ..reports.running import Run

_RECIPES = ("cron", "systemd", "container", "jupyterhub", "github-actions")


def _notebooks(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
    """Offer the packaged reports, and files for one's own."""
    from click.shell_completion import CompletionItem

    from ..reports import catalogue

    return [CompletionItem(name) for name in catalogue.names() if name.startswith(incomplete)] + [
        CompletionItem(incomplete, type="file")
    ]


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option(
                "-p", "typed", multiple=True, metavar="NAME=VALUE", help="A parameter; a list is YAML: [A, B]."
            ),
            click.option(
                "-r", "--raw", multiple=True, metavar="NAME=VALUE", help="A parameter taken as text as it is."
            ),
            click.option("-f", "file", metavar="FILE", help="Parameters in a YAML file; -p and -r come before it."),
            click.option("--html", "html", metavar="FILE", help="Write the page here, over an earlier one."),
            click.option("--output", "output", metavar="FILE", help="Keep the executed notebook here."),
            click.option("--code", is_flag=True, help="Show the code in the page too."),
            click.option("--lang", default="en", show_default=True, help="What the notebook is written in."),
            click.option("--list", "listed", is_flag=True, help="List the reports that come with the package."),
            click.option("--help-parameters", "explain", is_flag=True, help="List the notebook's parameters."),
            click.option("--recipe", type=click.Choice(_RECIPES), help="Print how to run just this regularly."),
        )
    ):
        command = option(command)
    return command


@click.command(
    epilog=ends(
        "ltix-data report weekly_report -p course=BIO101 --html bio101.html",
        "ltix-data report weekly_report --help-parameters",
        'ltix-data report institution_overview -p "courses=[BIO101, CHEM7]" --html overview.html',
        "ltix-data report my-own.ipynb -f settings.yaml --html page.html --output run.ipynb",
        "ltix-data report weekly_report -p course=BIO101 --html bio101.html --recipe cron",
        status={
            0: "the report is complete",
            1: "there is no report; files of an earlier one are as they were",
            2: "the report is written and lacks something; it says what",
        },
    )
)
@click.argument("notebook", required=False, shell_complete=_notebooks)
@_options
def report(
    notebook: str | None,
    typed: tuple[str, ...],
    raw: tuple[str, ...],
    file: str | None,
    listed: bool,
    explain: bool,
    recipe: str | None,
    **asked: Any,
) -> None:
    """Run NOTEBOOK from top to bottom and write its page.

    NOTEBOOK is a report of this package (--list shows them) or the path of one of your own. Its parameters are
    checked before anything runs.
    """
    from ..reports import catalogue, parameters

    if listed:
        _list()
        return
    if notebook is None:
        raise click.UsageError("Say which notebook to run; --list shows those that come with the package.")
    source = catalogue.find(notebook)
    known = parameters.read(source.notebook)
    if explain:
        click.echo(parameters.described(known) or "This notebook takes no parameters.")
        return
    places = _Places.of(asked["html"], asked["output"], here=recipe is None)
    as_it_is = _pairs(raw, "--raw")
    given = {**_from_file(file), **_pairs(typed, "-p"), **as_it_is}
    filled = parameters.fill(known, given, raw=as_it_is)
    if recipe:
        from ..reports import jobs

        if places.html is None:
            raise click.UsageError("A recipe writes a page: --html FILE.")
        click.echo(jobs.recipe(recipe, notebook, source, known, given, html=places.html, raw=as_it_is), nl=False)
        return
    _run(source, filled, places, code=asked["code"], language=asked["lang"])


@dataclass(frozen=True)
class _Places:
    """Where the page and the executed notebook go."""

    html: Path | None
    output: Path | None

    @classmethod
    def of(cls, html: str | None, output: str | None, *, here: bool) -> _Places:
        """Return them; where they are on this computer, what cannot be written is told before anything runs."""
        from ..reports import files

        if html is None and output is None:
            raise click.UsageError("Say where the report goes: --html FILE, or --output FILE, or both.")
        places = cls(*(Path(path).expanduser() if path else None for path in (html, output)))
        for option, path in (("--html", places.html), ("--output", places.output)):
            if path is not None and here:
                files.check_place(path, option)
        return places


def _list() -> None:
    from ..reports import catalogue

    for name in catalogue.names():
        click.echo(f"{name}\n    {catalogue.find(name).summary}")


def _run(source: Source, filled: Mapping[str, Any], places: _Places, *, code: bool, language: str) -> None:
    """Run it, write what came of it, and end with the status that says how it went."""
    from ..reports import paging, running

    try:
        run = running.run(source, filled)
    except KeyboardInterrupt:
        raise click.ClickException("Interrupted; nothing was written.") from None
    if run.notebook is None or (run.error and not run.partial):
        raise click.ClickException(_one_line(f"“{source.name}” is no report: {run.error}"))
    course = filled.get("course")
    about = course if isinstance(course, str) else None
    html = paging.page(source, run.notebook, partial=run.partial, course=about, code=code, language=language)
    _write(run, html, places)
    for address in paging.loads(html):
        click.echo(f"Warning: the page would load {address}; offline it is not whole.", err=True)
    if run.partial:
        raise ending.Partial(_one_line(f"{run.error}"))


def _write(run: Run, html: str, places: _Places) -> None:
    import nbformat

    from ..reports import files

    if places.output is not None:
        files.put(places.output, f"{nbformat.writes(run.notebook)}\n")  # type: ignore[no-untyped-call]
        click.echo(f"Wrote {places.output}.")
    if places.html is not None:
        files.put(places.html, html)
        click.echo(f"Wrote {places.html}.")


def _pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    """Return NAME=VALUE texts by name."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise click.UsageError(f"{option} takes NAME=VALUE, such as course=BIO101.")
        found[name.strip()] = value
    return found


def _from_file(path: str | None) -> dict[str, Any]:
    from ..errors import UsageError
    from ..reports import parameters

    if path is None:
        return {}
    place = Path(path).expanduser()
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"“{place.name}” cannot be read ({type(error).__name__}). Nothing was run.") from error
    found = parameters.from_yaml(text, f"“{place.name}”")
    if not isinstance(found, dict):
        raise UsageError(f"“{place.name}” holds no parameters: it has no lines such as “course: BIO101”.")
    return found


def _one_line(text: str) -> str:
    """Return a message for a log or a mail: one line, as the command line says things."""
    first, *others = [line.strip() for line in text.splitlines() if line.strip()]
    return ending.spoken(" ".join([first, "; ".join(others)]).strip())


COMMANDS = (report,)
