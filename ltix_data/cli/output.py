"""Where a listing goes: to the terminal, into a pipe, or into a file; decided before anything is asked."""

from __future__ import annotations

import functools
import os
import secrets
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import formats

if TYPE_CHECKING:
    import pandas as pd

Command = Callable[..., Any]

_FORMAT = (
    "How to print it. csv is for spreadsheets: a cell that would be run as a formula gets an apostrophe; "
    "json and parquet keep every cell as it is. By default a table, or what the name of --output says."
)


@dataclass(frozen=True)
class Output:
    """What to write, and where; *path* None is standard output."""

    kind: str
    path: Path | None
    force: bool

    @classmethod
    def of(cls, kind: str | None, path: str | None, force: bool) -> Output:
        """Return where a listing goes; what cannot be done is told now, before a platform is asked."""
        place = Path(path).expanduser() if path else None
        found = kind or (place.suffix.lower().lstrip(".") if place else "table")
        if found not in formats.NAMES:
            raise click.UsageError("--output must end with .csv, .json or .parquet, or --format say what it is.")
        if found == "parquet":
            formats.require_parquet()
            if place is None and sys.stdout.isatty():
                raise click.UsageError("Parquet is not for a terminal; give --output FILE, or pipe it.")
        if place is not None and place.exists() and not force:
            raise click.UsageError(f"“{place.name}” is there already; --force replaces it.")
        if place is not None and not os.access(place.parent, os.W_OK):
            raise click.UsageError("The folder of --output is not there, or cannot be written to.")
        return cls(found, place, force)

    def write(self, frame: pd.DataFrame, shown: tuple[str, ...], none: str) -> None:
        """Write a frame; *none* is what a table without rows says."""
        if self.kind == "table":
            width = shutil.get_terminal_size().columns if self.path is None and sys.stdout.isatty() else None
            text = formats.table(frame, shown, width=width) if len(frame) else none
            if self.path is None:
                click.echo(text)
                return
            content = f"{text}\n".encode()
        else:
            content = formats.WRITERS[self.kind](frame)
        if self.path is None:
            mark = b"\xef\xbb\xbf"  # a file for Excel has it, a pipe must not
            click.echo(content.removeprefix(mark), nl=False)
        else:
            self._keep(self.path, content)
            click.echo(f"Wrote {len(frame)} rows to {self.path}.", err=True)

    def _keep(self, path: Path, content: bytes) -> None:
        """Write the file for its owner alone, whole or not at all."""
        from ..saving import write_new

        if not self.force:
            write_new(path, content)
            return
        beside = write_new(path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp"), content)
        try:
            beside.replace(path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise click.ClickException(f"“{path.name}” cannot be replaced ({error.strerror}).") from error


def listing(
    *shown: str, none: str = "None.", then: Callable[[pd.DataFrame], None] = lambda frame: None
) -> Callable[[Command], Command]:
    """Give a command that returns a frame the options --format, --output and --force, and print the frame.

    Args:
        shown: the columns of the table; the other formats have all.
        none: what the table says where there are no rows.
        then: what is done with the frame once it is printed, such as ending with another status.
    """

    def decorate(command: Command) -> Command:
        @click.option("--format", "output_kind", type=click.Choice(formats.NAMES), help=_FORMAT)
        @click.option("--output", "output_path", metavar="FILE", help="Write it to a new file that only you can read.")
        @click.option("--force", "output_force", is_flag=True, help="Replace the file of --output.")
        @functools.wraps(command)
        def run(
            *args: Any, output_kind: str | None, output_path: str | None, output_force: bool, **options: Any
        ) -> None:
            output = Output.of(output_kind, output_path, output_force)
            frame = command(*args, **options)
            if frame is not None:
                output.write(frame, shown, none)
                then(frame)

        return run

    return decorate
