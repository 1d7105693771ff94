"""The command that connects to a platform: a tool on this machine until Ctrl-C, or until a course is there."""

from __future__ import annotations

import sys

import click

_EXAMPLES = """\b
Examples:
  ltix-data connect uni-moodle
  ltix-data connect uni-canvas --port 8765 --public-url https://abc.tunnel.example
  ltix-data connect uni-moodle --once --no-browser

\b
Exit status:
  0  ended by Ctrl-C, or with --once after a course was stored
  1  refused before it began: wrong arguments, no keyring, a port that is taken"""


@click.command(epilog=_EXAMPLES)
@click.argument("name")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option(
    "--public-url", metavar="URL", help="The address that leads here from outside; {port} stands for the port."
)
@click.option("--jwks-url", metavar="URL", help="Where the key set is published for good, if it is.")
@click.option(
    "--store",
    type=click.Choice(["keyring", "none"]),
    default="keyring",
    show_default=True,
    help="Where a new registration's key is kept; none: a file or the environment provides it.",
)
@click.option("--tool-name", default="ltix_data", show_default=True, help="What the tool is called on the platform.")
@click.option("--browser/--no-browser", default=None, help="Open the page in a browser; by default on a terminal.")
@click.option("--once", is_flag=True, help="End when a course was stored.")
def connect(
    name: str,
    *,
    port: int,
    public_url: str | None,
    jwks_url: str | None,
    store: str,
    tool_name: str,
    browser: bool | None,
    once: bool,
) -> None:
    """Connect to a platform as NAME: register, and store courses by launching the tool from them.

    A page opens that lists every value that the platform asks for and says where to enter it. The tool
    listens on this computer alone, until Ctrl-C.
    """
    from .. import receiver

    options = {"port": port, "public_url": public_url, "jwks_url": jwks_url, "store": store, "tool_name": tool_name}
    try:
        with receiver.receive(name, say=click.echo, **options) as tool:  # type: ignore[arg-type]
            click.echo(f"Open {tool.page}\nWaiting for the platform; Ctrl-C ends it.")
            if sys.stdout.isatty() if browser is None else browser:
                click.launch(tool.page)
            while tool.wait().course is None or not once:
                pass
    except KeyboardInterrupt:
        click.echo("Ended.")


COMMANDS = (connect,)
