"""What the help of every command ends with: examples, and what its exit status means."""

from __future__ import annotations

from collections.abc import Mapping

#: Of commands that read, or change what is on this computer.
PLAIN = "Exit status: 0, or 1 where it was refused or failed."


def ends(*examples: str, status: str | Mapping[int, str] = PLAIN) -> str:
    """Return the end of a command's help, as click shows it line by line.

    Args:
        examples: whole lines, each beginning with “ltix-data”.
        status: one sentence, or what each exit status means.
    """
    shown = "\n".join(["\b", "Examples:", *(f"  {example}" for example in examples)])
    if isinstance(status, str):
        return f"{shown}\n\n{status}"
    lines = [line for code, meaning in status.items() for line in _lines(code, meaning)]
    return "\n".join([shown, "", "\b", "Exit status:", *lines])


def _lines(code: int, meaning: str) -> list[str]:
    first, *others = meaning.split("\n")
    return [f"  {code}  {first}", *(f"     {other}" for other in others)]
