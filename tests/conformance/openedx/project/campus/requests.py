"""Takes down what was asked, for tests that count requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: method, path with query, status: in the order of their answers.
SEEN: list[tuple[str, str, int]] = []


def taking_down(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the middleware."""

    def middleware(request: Any) -> Any:
        response = get_response(request)
        SEEN.append((request.method, request.get_full_path(), response.status_code))
        return response

    return middleware
