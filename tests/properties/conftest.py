"""How hard to try. ``LTIX_EXAMPLES=5000 pytest tests/properties`` looks for an hour instead of half a minute."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("LTIX_EXAMPLES", "30"))

settings.register_profile(
    "properties",
    max_examples=EXAMPLES,
    deadline=None,  # the machine may be shared
    derandomize=bool(os.environ.get("CI")),  # the same examples in every run: nobody's commit fails by chance
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("properties")

#: For what takes long, and for what is quickly done.
few, many = settings(max_examples=max(1, EXAMPLES // 3)), settings(max_examples=EXAMPLES * 4)
