"""Shell completion: commands and options by click, names of registrations and courses by what is stored.

Completion runs at every press of the tab key: it reads files, and asks no platform and no keyring.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import click

from .guidance import ends


def registrations(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of stored registrations that begin like *incomplete*."""
    from .. import registry

    return _beginning(incomplete, registry.names())


def courses(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of the courses of the registration that the line names before."""
    from .. import registry
    from ..errors import LtixError

    # behind an option that still lacks its value click has not told the arguments apart yet
    name = ctx.params.get("name") or ctx.params.get("platform") or next(iter(ctx.args), None)
    stored: Any = []
    with suppress(LtixError):
        stored = registry.read(str(name)).get("courses")
    names = [course.get("name") for course in stored if isinstance(course, dict)] if isinstance(stored, list) else []
    return _beginning(incomplete, [name for name in names if isinstance(name, str)])


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


@click.command(
    epilog=ends(
        "ltix-data completion bash > ~/.local/share/bash-completion/completions/ltix-data",
        "ltix-data completion zsh > ~/.zfunc/_ltix-data",
        "ltix-data completion fish > ~/.config/fish/completions/ltix-data.fish",
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL."""
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"There is no completion for {shell}.")
    click.echo(kind(ctx.find_root().command, {}, "ltix-data", "_LTIX_DATA_COMPLETE").source())


COMMANDS = (completion,)
