"""Every command has help with examples, and every example is one that the command line understands."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from ltix_data.cli import main

from .conftest import run


def commands(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command there is, groups and their commands too."""
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, *path, name)


def examples(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip().startswith("ltix-data ")]


def parse(line: str) -> None:
    """Parse an example as click would, and run nothing."""
    words = list(shlex.shlex(line, posix=True, punctuation_chars=True))
    words = shlex.split(re.split(r" [|<>;&]+ ", line)[0])
    command: click.Command = main
    context = click.Context(main, info_name=words.pop(0))
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        inner = command.get_command(context, words[0])
        assert inner is not None, f"no command {words[0]!r} in: {line}"
        command, name = inner, words.pop(0)
        context = click.Context(command, parent=context, info_name=name)
    command.make_context(context.info_name, words, parent=context.parent)


ALL = list(commands(main))
IDS = [" ".join(path) or "ltix-data" for path, _ in ALL]


@pytest.mark.parametrize(("path", "command"), ALL, ids=IDS)
def test_every_command_has_examples_that_can_be_parsed_and_says_its_exit_status(path, command):
    shown = run(*path, "--help")

    assert shown.exit_code == 0
    own = [line for line in examples(shown.output) if line.startswith(" ".join(("ltix-data", *path)))]
    assert own, f"{' '.join(path)} --help has no example of itself"
    assert "Examples:" in shown.output
    assert "Exit status" in shown.output
    for line in examples(shown.output):
        parse(line)


@pytest.mark.parametrize(("path", "command"), ALL, ids=IDS)
def test_every_option_says_what_it_does_and_every_command_begins_with_one_sentence(path, command):
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]

    assert [option.name for option in options if not option.help] == []
    assert re.fullmatch(r"[A-Z“].*[.]", (command.help or "").split("\n\n")[0].replace("\n", " "))


def test_an_example_with_an_option_that_is_not_there_is_found_out():
    with pytest.raises(click.UsageError):
        parse("ltix-data roster uni BIO101 --bogus")
    with pytest.raises(AssertionError):
        parse("ltix-data rooster uni BIO101")


@pytest.mark.parametrize("arguments", [["--help"], ["roster", "--help"], ["completion", "zsh"], ["--version"]])
def test_help_loads_nothing_heavy(arguments):
    code = (
        "import sys\nfrom ltix_data.cli import main\n"
        f"try: main({arguments!r}, prog_name='ltix-data')\nexcept SystemExit: pass\n"
        "print(sorted({'pandas', 'numpy', 'ipywidgets', 'flask', 'httpx', 'keyring', 'jwt'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)

    assert done.stdout.splitlines()[-1] == "[]"
