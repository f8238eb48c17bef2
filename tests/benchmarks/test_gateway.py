"""What the bench of the gateway says where LiteLLM cannot be had."""

from dataclasses import replace

import pytest

from tests.benchmarks import bench_gateway
from tests.benchmarks.gateway_client import Job
from tests.benchmarks.gateway_servers import HOST, NotInstallable, free_port, litellm, upstream


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """Nothing is kept from an earlier time, and where packages come from nobody answers."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", f"http://{HOST}:{free_port()}/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_litellm_that_cannot_be_installed_says_why(nowhere):
    with pytest.raises(NotInstallable, match="pip could not install litellm"):
        litellm("http://unused", model="any", folder=nowhere).__enter__()


def test_our_figures_are_told_and_litellm_is_skipped_with_the_reason(nowhere, monkeypatch):
    monkeypatch.setattr(bench_gateway, "CLOSED", 20)
    monkeypatch.setattr(bench_gateway, "ROUNDS", 1)
    with upstream(bench_gateway.MODEL, tokens=3) as host:
        job: Job = replace(bench_gateway._direct(host), at_once=2)

        told = bench_gateway._carried(host.process, host, job)

    assert told["litellm"].startswith("skipped: pip could not install")
    assert told["streams"]["streams_per_second"] > 0
    assert told["streams"]["dropped"] == 0
    assert not any(name.startswith("times_litellm") for name in told)
