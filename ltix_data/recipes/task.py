"""What a recipe runs, and the commands that bring there what it needs."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Report:
    """A report that is made regularly.

    Args:
        notebook: one of the package's, or the path of one's own.
        options: what is told to it, as words of the command line: ``("-p", "course=BIO101")``.
        html: where its page goes.
        own: whether *notebook* is a path.
        pseudonyms: whether it shows people under pseudonyms, and so needs their key.
    """

    notebook: str
    options: tuple[str, ...]
    html: Path
    own: bool = False
    pseudonyms: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """Everything that comes into a command."""
        return (self.notebook, *self.options, str(self.html))

    @property
    def file(self) -> str:
        """The name of a notebook of one's own, without its folders."""
        return Path(self.notebook).name


@dataclass(frozen=True)
class Task:
    """What one recipe runs: a report, a command, or a check that a token is granted.

    Args:
        name: the registration's.
        command: one line of shell.
        report: takes the place of the command.
    """

    name: str
    command: str | None = None
    report: Report | None = None

    @property
    def pseudonyms(self) -> bool:
        """Whether the key of pseudonyms must be there too."""
        return self.report is not None and self.report.pseudonyms

    @property
    def package(self) -> str:
        """What pip installs for it, quoted for a shell."""
        return '"ltix-data[reports]"' if self.report else "ltix-data"

    def here(self) -> str:
        """Return the line that runs it on this computer, with this Python."""
        if self.report is None:
            return self.command or check(self.name, python())
        notebook = str(Path(self.report.notebook).expanduser().absolute()) if self.report.own else self.report.notebook
        html = str(self.report.html.expanduser().absolute())
        return f"{python()} -m ltix_data.cli {self._line(self.report, notebook, html)}"

    def there(self, notebooks: str, pages: str) -> str:
        """Return the line that runs it elsewhere.

        Args:
            notebooks: the folder where a notebook of one's own is there.
            pages: the folder where pages go.
        """
        if self.report is None:
            return self.command or check(self.name, "python")
        notebook = str(PurePosixPath(notebooks, self.report.file)) if self.report.own else self.report.notebook
        return f"ltix-data {self._line(self.report, notebook, str(PurePosixPath(pages, self.report.html.name)))}"

    def _line(self, report: Report, notebook: str, html: str) -> str:
        return shlex.join(["report", notebook, *report.options, "--html", html])


def check(name: str, interpreter: str) -> str:
    """Return the command that asks for a token."""
    return f"""{interpreter} -c "import ltix_data; print(ltix_data.connect('{name}').token())\""""


def key_to(name: str, interpreter: str, target: str) -> str:
    """Return the command that takes the key of *name* out of the keyring, past the screen."""
    code = f"from ltix_data.registration import load; print(load('{name}').signing_key().private_pem())"
    return f'{interpreter} -c "{code}" {target}'


def pseudonym_key_to(name: str, interpreter: str, target: str) -> str:
    """Return the command that does so with the key of its pseudonyms; it is made if there is none."""
    return f"""{interpreter} -c "from ltix_data.veil import key; print(key.text_of('{name}'))" {target}"""


def imported(name: str, path: str) -> str:
    """Return the command that stores the exported registration; its key stays where it is."""
    code = f"from ltix_data.registration import import_registration as get; get('{path}', store='none', replace=True)"
    return f'python -c "{code}"'


def exported(name: str) -> str:
    """Return the command that writes the registration, which holds no key, to a file in this folder."""
    return f"""python -c "from ltix_data.registration import load; load('{name}').export('{name}.json')\""""


def python() -> str:
    """Return this interpreter, quoted for a shell."""
    return shlex.quote(sys.executable)


def where(who: str, setting: str, quote: Callable[[str], str] = str) -> list[str]:
    """Return the lines that say where registrations are kept, if the job would not find that by itself."""
    given = os.environ.get("LTIX_DATA_DIR")
    if not given:
        return []
    folder = str(Path(given).expanduser().absolute())
    why = f"# {who} knows none of your shell's variables: this is where the registration is."
    return [why, setting.format(quote(folder))]
