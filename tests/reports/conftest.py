"""A practice platform on a real port, a registration with it as “uni”, and reports that run in real kernels."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner, Result
from flask import Response, request
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import ltix_data as ltix
from ltix_data import demo
from ltix_data.cli import main
from ltix_data.courses import KnownCourse
from ltix_data.keys import SigningKey
from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.server import listen


def run(*arguments: str) -> Result:
    """Run ``ltix-data report`` in this process."""
    done = CliRunner().invoke(main, ["report", *map(str, arguments)], prog_name="ltix-data")
    assert "Traceback" not in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


@dataclass
class Practice:
    """The platform from inside, and how its answers are spoiled."""

    platform: Platform
    folder: Path
    key: SigningKey
    url: str = ""
    spoil: Callable[[Response], Any] = field(default=lambda response: None)

    def register(self, name: str = "uni", *courses: str) -> ltix.Registration:
        facts = {"issuer": self.url, "client_id": self.tool.client_id, "token_url": f"{self.url}/token"}
        registered = ltix.register(name, **facts, store="none")
        for course in courses or self.platform.courses:
            registered.remember(KnownCourse.from_claims(self.platform.course_claims(course, self.tool, self.url)))
        return registered

    def __post_init__(self) -> None:
        self.tool = self.platform.add_tool(jwks={"keys": [self.key.public_jwk]}, name="ltix_data")

    def break_results(self, label: str, course: str = "SEM12") -> None:
        """Let the platform fail where the results of a column are asked for."""
        items = self.platform.course(course).items.values()
        (number,) = (item.number for item in items if item.fields["label"] == label)
        path = f"/courses/{course}/lineitems/{number}/results"

        def fail(response: Response) -> None:
            if request.path == path:
                response.status_code = 400

        self.spoil = fail

    @property
    def people(self) -> list[str]:
        """Everything that names somebody of the platform, ids aside."""
        members = [member for course in self.platform.courses.values() for member in course.members.values()]
        found = {getattr(m.person, part) for m in members for part in ("name", "email", "given_name", "family_name")}
        return sorted(text for text in found if text and len(text) > 3)


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture
def practice(tmp_path, key, monkeypatch) -> Iterator[Practice]:
    """The platform after the first upload of `ltix-data demo`: seven results in Quiz 1."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("LTIX_DATA_DIR", str(tmp_path / "data"))
    key_file = tmp_path / "key.pem"
    key_file.touch(mode=0o600)
    key_file.write_text(key.private_pem(), encoding="utf-8")
    monkeypatch.setenv("LTIX_KEY_FILE", str(key_file))
    monkeypatch.chdir(tmp_path)
    practice = Practice(Platform(Options()), tmp_path, key)
    server = listen(practice.platform)

    @server.app.after_request
    def spoiled(response: Response) -> Response:
        practice.spoil(response)
        return response

    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    practice.url = f"http://127.0.0.1:{server.port}"
    practice.register()
    with ltix.connect("uni") as session:
        demo.upload(session.course("SEM12"), lambda _: None)
    yield practice
    server.shutdown()
    server.server_close()


@pytest.fixture
def notebook(tmp_path) -> Callable[..., Path]:
    """Write a notebook of somebody's own; the first cell is the one of parameters."""

    def write(*cells: str, parameters: str | None = 'course: str = "SEM12"  # which', **metadata: Any) -> Path:
        made: NotebookNode = new_notebook(cells=[new_markdown_cell("# Mine"), *map(new_code_cell, cells)])
        if parameters is not None:
            tagged = new_code_cell(parameters)
            tagged.metadata["tags"] = ["parameters"]
            made.cells.insert(1, tagged)
        made.metadata.update(metadata)
        path = tmp_path / "mine.ipynb"
        nbformat.write(made, path)
        return path

    return write


# --- Reading a page -------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a page holds: its title, its language, its tables by caption, and its pictures."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.language = self.title = self.text = ""
        self.tables: dict[str, list[list[str]]] = {}
        self.pictures: list[str] = []
        self._rows: list[list[str]] = []
        self._open = ""
        self.feed(self.source)

    def table(self, caption: str) -> list[dict[str, str]]:
        """Return the rows of the table whose caption begins so, by column."""
        (rows,) = (rows for name, rows in self.tables.items() if name.strip().startswith(caption))
        head, *body = rows
        return [dict(zip(head, row, strict=False)) for row in body]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.language = given.get("lang") or ""
        if tag == "img":
            self.pictures.append(given.get("alt") or "")
        if tag == "table":
            self._rows, self._caption = [], ""
        if tag == "tr":
            self._rows.append([])
        if tag in ("td", "th"):
            self._rows[-1].append("")
        self._open = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.tables[" ".join(self._caption.split())] = [[" ".join(c.split()) for c in row] for row in self._rows]
        if tag in ("td", "th", "caption", "title", "style"):
            self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "title":
            self.title += data
        elif self._open == "caption":
            self._caption += data
        elif self._open == "style":
            return
        elif self._open in ("td", "th") or (self._rows and self._rows[-1] and self._open in ("code", "span")):
            self._rows[-1][-1] += data
        self.text += data
