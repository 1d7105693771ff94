"""The commands that show the package at work: the demo, and a practice platform to click through."""

from __future__ import annotations

from typing import Any

import click

from .guidance import ends

#: As in `sandbox.like`, which the command line imports only when it runs.
_LIKE = ("strict", "canvas", "moodle", "blackboard", "brightspace", "sakai", "openedx")


@click.command(
    epilog=ends("ltix-data demo", "ltix-data demo --keep", status="Exit status: 0, or 1 where a step failed.")
)
@click.option("--keep", is_flag=True, help="Leave the platform running and the registration stored.")
def demo(keep: bool) -> None:
    """Do the main job on a practice platform."""
    from .. import demo as steps

    steps.run(click.echo, keep=keep)


@click.command(
    epilog=ends(
        "ltix-data sandbox",
        "ltix-data sandbox --port 0 --like moodle --state practice.json",
        "ltix-data sandbox --like moodle --capacity 18",
        "ltix-data sandbox --withhold-names --token-lifetime 60",
        status="Exit status: 0 when it was ended by Ctrl-C, or 1 where it could not begin.",
    )
)
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
@click.option(
    "--capacity",
    type=click.FloatRange(0),
    default=0.0,
    help="Requests a second, one by one; the more at once, the longer each takes, as at Moodle. 18 is a small one.",
)
@click.option(
    "--cost", type=click.FloatRange(0), default=0.0, help="What a request costs of a quota like Canvas', of 700 units."
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


COMMANDS = (demo, sandbox)
