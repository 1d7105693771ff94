"""How hard to try: as `tests/properties` does."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("LTIX_EXAMPLES", "40"))

tried = settings(
    max_examples=EXAMPLES,
    deadline=None,  # the machine may be shared
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    print_blob=True,
)
