"""The simulated nodes run by hand too: what they print is what connects them."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from recommendations.domain.readings import Endpoint, Implementation
from recommendations.sources.catalog import connect
from tests.recommendations.sources.sources import manners


@pytest.mark.parametrize("kind", list(Implementation))
async def test_a_developer_can_connect_what_the_stand_in_prints(kind):
    command = [sys.executable, "-u", "-m", f"tests.servers.{kind}", "--port", "0", "--forwards", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=settings.BASE_DIR) as process:
        told = {}
        assert process.stdout
        for line in process.stdout:
            name, _, value = line.strip().partition(" ")
            told[name] = value.strip()
            if "Ctrl-C" in line:
                break
        try:
            certificate = Path(told["certificate"]).read_text()
            endpoint = Endpoint(kind, told["address"], told["credential"], certificate, pubkey=told["node"])
            async with connect(endpoint, manners=manners()) as source:
                channels = await source.channels()
        finally:
            process.send_signal(signal.SIGINT)

    assert len(channels) == 12
    assert process.returncode == 0
