"""How many examples the property tests try: few and the same ones each time, or, where
`SYNTHSET_EXAMPLES` says how many, others each time."""

from __future__ import annotations

import os

import pytest
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


@pytest.fixture(scope="session")
def s3_server():
    """An S3 server of this process, started by the first test that asks for it."""
    from s3_server import S3Server

    with pytest.MonkeyPatch.context() as quick:
        quick.setattr("botocore.retryhandler.delay_exponential", lambda **_: 0.01)
        yield S3Server()


@pytest.fixture
def bucket(s3_server, monkeypatch):
    """URL of a new bucket on it, which this process and those that it starts can reach."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    return f"s3://{s3_server.make_bucket()}"
