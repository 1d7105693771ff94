"""The command line: thin; parse, call, print. Each command imports what it needs when it runs.

uploads   upload, send, resume, undo and the list of them
ending    what commands say at their end, and the exit status for cron
"""

from __future__ import annotations

from typing import Any

import click

from .._version import __version__
from . import ending, uploads

#: As in `sandbox.like`, which the command line imports only when it runs.
_LIKE = ("strict", "canvas", "moodle", "blackboard", "brightspace", "sakai", "openedx")


class _Group(click.Group):
    """Shows an `LtixError` as one line on stderr, and ends with status 1; so do wrong arguments."""

    def main(self, *args: Any, **options: Any) -> Any:
        ending.print_anything()
        return super().main(*args, **options)

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        with ending.refusals():
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        with ending.refusals():
            return super().invoke(ctx)


@click.group(cls=_Group)
@click.version_option(__version__, prog_name="ltix-data")
def main() -> None:
    """Rosters, line items, results and grades of any LTI 1.3 platform."""


@main.command()
@click.option("--keep", is_flag=True, help="Leave the platform running and the registration stored.")
def demo(keep: bool) -> None:
    """Do the main job end to end on a practice platform of its own."""
    from .. import demo as steps

    steps.run(click.echo, keep=keep)


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8613, show_default=True, help="0 takes a free one.")
@click.option(
    "--like",
    type=click.Choice(_LIKE),
    default="strict",
    show_default=True,
    help="Whose peculiarities it has.",
)
@click.option("--token-lifetime", type=click.IntRange(1), default=3600, show_default=True, help="In seconds.")
@click.option("--page-size", type=click.IntRange(1), default=50, show_default=True, help="The most that a page holds.")
@click.option(
    "--latency", type=click.FloatRange(0), default=0.0, show_default=True, help="Seconds a request takes more."
)
@click.option("--withhold-names", is_flag=True, help="Tell user ids and roles only.")
@click.option("--scopes", help="Grant these scopes at most, separated by spaces.")
@click.option("--strict-scopes", is_flag=True, help="Refuse all where one scope is not allowed, as Sakai does.")
@click.option("--audience", help="Whom assertions must be addressed to, where it is not the token URL.")
@click.option("--state", type=click.Path(dir_okay=False), help="Keep the state in this file.")
def sandbox(port: int, scopes: str | None, state: str | None, **options: Any) -> None:
    """Run the practice platform until Ctrl-C."""
    from ..sandbox import Options, Platform
    from ..sandbox.server import listen

    granted = None if scopes is None else tuple(scopes.split())
    platform = Platform(Options(granted_scopes=granted, state_file=state, **options))
    try:
        server = listen(platform, port=port)
    except OSError as error:
        raise click.ClickException(f"Port {port} is taken ({error.strerror}); try --port 0.") from error
    click.echo(f"A practice LTI platform: http://127.0.0.1:{server.port}   (Ctrl-C ends it)")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("Ended.")
    finally:
        server.server_close()
        platform.close()


@main.command()
def registrations() -> None:
    """List the stored registrations."""
    import ltix_data

    frame = ltix_data.registrations()
    click.echo(frame.to_string(index=False) if len(frame) else "None yet: ltix.register(…) stores one.")


@main.command()
@click.argument("name")
def forget(name: str) -> None:
    """Delete the registration NAME, its key and its courses."""
    import ltix_data

    ltix_data.forget(name)
    click.echo(f"Forgot {name}.")


for _command in uploads.COMMANDS:
    main.add_command(_command)
