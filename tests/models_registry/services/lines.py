"""Two models for a crowd to wait for, a server that talks for long, and what is left of a line."""

import asyncio

from models_registry.models import Waiter
from tests.servers.ollama import Outcome as HostOutcome

MODELS = ("phi3:medium", "mistral:7b")
PHI, MISTRAL = MODELS


def talkative(server, words=500, delay_s=0.02):
    server.pace.token_delay_s = delay_s
    server.respond_with(lambda _request: ["word "] * words)


def spoken(server):
    return [one for one in server.generations if one.outcome is HostOutcome.DONE]


async def settled():
    """Return whether nothing of the waiting requests is left behind in the database, before long."""
    for _ in range(100):
        if not await Waiter.objects.aexists():
            return True
        await asyncio.sleep(0.02)
    return False
