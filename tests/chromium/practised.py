"""A practice platform on a real port, with a course that kernels find under the registration “practice”."""

from __future__ import annotations

import threading
from contextlib import contextmanager

from flask import request

import ltix_data as ltix
from ltix_data.courses import KnownCourse
from ltix_data.sandbox import Options, Platform
from ltix_data.sandbox.server import listen

SOON = 60  # seconds within which what a test waits for comes on a busy machine


class Practised:
    """The platform, looked at from inside.

    `hold(n)` lets so many scores pass and keeps the next ones waiting until `release()`; `came` is set when one waits.
    """

    def __init__(self) -> None:
        self.platform = Platform(Options())
        self.bodies: list[bytes] = []
        self.came, self._released = threading.Event(), threading.Event()
        self._passing: int | None = None
        self._released.set()

    def hold(self, passing: int) -> None:
        self._passing = passing
        self._released.clear()

    def release(self) -> None:
        self._released.set()

    def stored(self, label: str) -> dict[str, float]:
        """Return the scores that the platform shows in a column, by student number."""
        course = self.platform.courses["SEM12"]
        numbers = {member.person.user_id: member.person.sourcedid for member in course.members.values()}
        (item,) = (item for item in course.items.values() if item.fields["label"] == label)
        return {numbers[user]: cell.visible(item.out_of) for user, cell in item.cells.items()}

    def gate(self) -> None:
        if request.method == "POST" and request.path.endswith("/scores"):
            self.bodies.append(request.get_data(cache=True))
            if self._passing is not None and len(self.bodies) > self._passing:
                self.came.set()
                assert self._released.wait(SOON)


@contextmanager
def practising(folder, monkeypatch, key, *labels):
    """Serve a platform that knows this tool; register it, and make columns of ten points."""
    practised = Practised()
    server = listen(practised.platform)
    server.app.before_request(practised.gate)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    url = f"http://127.0.0.1:{server.port}"
    file = folder / "key.pem"
    file.touch(mode=0o600)
    file.write_text(key.private_pem())
    monkeypatch.setenv("LTIX_KEY_FILE", str(file))
    tool = practised.platform.add_tool(jwks={"keys": [key.public_jwk]}, name="ltix_data")
    known = ltix.register("practice", issuer=url, client_id=tool.client_id, token_url=f"{url}/token", store="none")
    known.remember(KnownCourse.from_claims(practised.platform.course_claims("SEM12", tool, url)))
    try:
        with ltix.connect("practice") as session:
            for label in labels:
                session.course("SEM12").create_line_item(label, 10)
        yield practised
    finally:
        practised.release()
        server.shutdown()
        server.server_close()
