"""How many examples the property tests try: few and the same ones each time, or, where
`SYNTHSET_EXAMPLES` says how many, others each time."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

FEW = 20

asked = os.environ.get("SYNTHSET_EXAMPLES")
settings.register_profile(
    "synthset",
    max_examples=int(asked or FEW),
    derandomize=not asked,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("synthset")
