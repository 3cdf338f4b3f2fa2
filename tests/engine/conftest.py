"""How seriously Hypothesis looks: seconds by default, VIGIE_EXAMPLES=20000 before a change of semantics is believed."""

import os

from hypothesis import HealthCheck, settings

# No deadline: these tests are about what is true, on machines that do other things at the same time.
settings.register_profile(
    "engine",
    max_examples=int(os.environ.get("VIGIE_EXAMPLES", "100")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("engine")
