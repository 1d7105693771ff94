"""The notebooks, a practice platform on a real port for them, and a kernel that runs them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from flask import Response, request
from nbclient import NotebookClient
from nbformat import NotebookNode

import ltix_data as ltix
from ltix_data import demo
from ltix_data.courses import KnownCourse
from ltix_data.keys import SigningKey
from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.model import LineItem
from ltix_data.sandbox.server import listen

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@dataclass
class Practice:
    """What `ltix-data demo --keep` leaves, looked at from inside: a platform, a registration, some grades."""

    platform: Platform
    folder: Path
    key: SigningKey
    spoil: Callable[[Response], None] = field(default=lambda response: None)

    @property
    def tokens_issued(self) -> int:
        return len(self.platform.used_assertions)  # each is good for one token, and remembered for longer

    def stored(self, label: str) -> dict[str, float]:
        """Return the grades that the platform shows in a column."""
        item = self._item(label)
        return {user_id: cell.visible(item.out_of) for user_id, cell in item.cells.items()}

    def spoil_results(self, label: str, spoil: Callable[[Response], None]) -> None:
        """Change every answer that holds results of a column."""
        path = f"/courses/SEM12/lineitems/{self._item(label).number}/results"
        self.spoil = lambda response: spoil(response) if request.path == path else None

    def _item(self, label: str) -> LineItem:
        (item,) = (item for item in self.platform.course("SEM12").items.values() if item.fields["label"] == label)
        return item

    def moments(self) -> dict[tuple[int, str], str | None]:
        """Return when each cell of the gradebook was written last."""
        items = self.platform.course("SEM12").items.values()
        return {(item.number, user_id): cell.timestamp for item in items for user_id, cell in item.cells.items()}

    def run(self, name: str, **hooks: Any) -> NotebookNode:
        """Run one of the notebooks as it is."""
        return self.execute(nbformat.read(NOTEBOOKS / name, as_version=4), **hooks)

    def execute(self, notebook: NotebookNode, **hooks: Any) -> NotebookNode:
        """Run *notebook*, in place, in a kernel of this interpreter."""
        resources = {"metadata": {"path": str(self.folder)}}
        return NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources, **hooks).execute()


@pytest.fixture(scope="session")
def key() -> SigningKey:
    return SigningKey.generate()


@contextmanager
def kernel_environment(folder: Path) -> Iterator[pytest.MonkeyPatch]:
    """Let kernels find nothing of the user's own, and say nothing of their debugger."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
            patch.setenv(name, str(folder / name.lower()))
        patch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
        patch.setenv("LTIX_DATA_DIR", str(folder / "data"))
        patch.setenv("LTIX_DATA_PSEUDONYM_KEY_PRACTICE", "a key for practising only")
        patch.setenv("TMPDIR", str(folder))
        yield patch


@contextmanager
def practising(folder: Path, key: SigningKey, **options: Any) -> Iterator[Practice]:
    """Serve a platform that knows this tool, and register it by code under the name “practice”."""
    practice = Practice(Platform(Options(**options)), folder, key)
    with kernel_environment(folder) as patch, _serving(practice) as url:
        key_file = folder / "key.pem"
        key_file.touch(mode=0o600)
        key_file.write_text(key.private_pem(), encoding="utf-8")
        patch.setenv("LTIX_KEY_FILE", str(key_file))
        tool = practice.platform.add_tool(jwks={"keys": [key.public_jwk]}, name="ltix_data")
        registered = ltix.register(
            "practice", issuer=url, client_id=tool.client_id, token_url=f"{url}/token", store="none"
        )
        registered.remember(KnownCourse.from_claims(practice.platform.course_claims("SEM12", tool, url)))
        with ltix.connect("practice") as session:
            demo.upload(session.course("SEM12"), lambda _: None)
        yield practice


@contextmanager
def _serving(practice: Practice) -> Iterator[str]:
    server = listen(practice.platform)

    @server.app.after_request
    def spoiled(response: Response) -> Response:
        practice.spoil(response)
        return response

    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def practise(tmp_path, key):
    return lambda **options: practising(tmp_path, key, **options)


@pytest.fixture
def practice(practise):
    with practise() as started:
        yield started


# --- Reading what a notebook shows ----------------------------------------------------------------


def text(notebook: NotebookNode, cell_id: str) -> str:
    """Return everything a cell shows, as text."""
    (cell,) = (cell for cell in notebook.cells if cell.id == cell_id)
    parts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "\n".join(parts)


def table(notebook: NotebookNode, cell_id: str) -> list[dict[str, str]]:
    """Return the rows of the DataFrame a cell shows, by column; the index is called “index”."""
    (cell,) = (cell for cell in notebook.cells if cell.id == cell_id)
    reader = _Table()
    reader.feed(cell.outputs[-1].data["text/html"])
    return [dict(zip(("index", *reader.head[0][1:]), row, strict=True)) for row in reader.body]


class _Table(HTMLParser):
    """Collects the cells of a table's head and body."""

    def __init__(self) -> None:
        super().__init__()
        self.head: list[list[str]] = []
        self.body: list[list[str]] = []
        self._rows = self.head
        self._inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tbody":
            self._rows = self.body
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("th", "td"):
            self._rows[-1].append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self._rows[-1][-1] += data.replace("\xa0", " ")  # pandas keeps double spaces so


@pytest.fixture(autouse=True)
def data_folder():
    """The notebooks of a module share one folder, which their own fixture makes."""
