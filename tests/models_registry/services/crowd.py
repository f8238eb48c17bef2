"""A crowd of requests against simulated hosts, and another process that takes slots through the same code."""

import asyncio
import os
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from models_registry.domain.chat import (
    Admission,
    Candidate,
    Endpoint,
    GenerationPlan,
    GenerationRecord,
    Knobs,
    Message,
    Piece,
    Queued,
    Role,
    Started,
    Timeouts,
)
from models_registry.services.generate import Speech
from tests.servers.ollama import OllamaServer

ROOT = Path(__file__).resolve().parents[3]
OTHER = f"import django, sys; django.setup(); from {__name__} import hold; hold(sys.argv[1:])"
TURNS = (Message(Role.USER, "Why are my fees low?"),)
PATIENT = Timeouts(connect_s=2.0, first_token_s=20.0, idle_s=20.0, total_s=60.0, load_s=20.0, attempts=1)


def host_of(server: OllamaServer, slug: str, **admission) -> Endpoint:
    return Endpoint(slug, "ollama", server.url, timeouts=PATIENT, admission=Admission(**admission))


def plan_of(
    model: str, *hosts: Endpoint, unit: str = "u", load_s: float = 0.3, speed: float | None = 500.0, words: int = 20
) -> GenerationPlan:
    candidates = tuple(Candidate(host, model, tokens_per_s=speed, load_s=load_s) for host in hosts)
    return GenerationPlan("advice", "detailed", candidates, Knobs(max_tokens=words), "detailed", unit=unit)


async def warm(server: OllamaServer, model: str, *, slug: str = "warmer") -> None:
    """Have the model in memory, as some earlier request left it."""
    async for _ in Speech(plan_of(model, host_of(server, slug)), TURNS).pieces():
        pass


@dataclass(slots=True)
class Heard:
    """What one request of a crowd was told, and how it ended."""

    speech: Speech
    pieces: list[Piece] = field(default_factory=list)
    failure: BaseException | None = None

    @property
    def record(self) -> GenerationRecord:
        return self.speech.record()

    @property
    def retry_after_s(self) -> float:
        """Return when to come back, as the refusal says; 0 when it does not."""
        return getattr(self.failure, "retry_after_s", None) or 0.0

    @property
    def positions(self) -> list[int]:
        return [piece.position for piece in self.pieces if isinstance(piece, Queued)]

    @property
    def host(self) -> str:
        return next((piece.endpoint for piece in self.pieces if isinstance(piece, Started)), "")


async def hear(plan: GenerationPlan, **more) -> Heard:
    heard = Heard(Speech(plan, TURNS, **more))
    try:
        async for piece in heard.speech.pieces():
            heard.pieces.append(piece)
    except Exception as exc:
        heard.failure = exc
    return heard


@asynccontextmanager
async def another_process(server: OllamaServer, model: str, *, slug: str, slots: int, count: int, words: int = 20):
    """Run a second process that holds `count` generations open; yield it once the host hears them."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "LNRAG_VAR": str(settings.VAR_DIR),
        "TEST_DATABASE": settings.DATABASES["default"]["NAME"],
    }
    arguments = (server.url, model, slug, str(slots), str(count), str(words))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", OTHER, *arguments, cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def hold(arguments: list[str]) -> None:
    """Be that other process."""
    settings.DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
    asyncio.run(_hold(*arguments))


async def _hold(url: str, model: str, slug: str, slots: str, count: str, words: str) -> None:
    endpoint = Endpoint(slug, "ollama", url, timeouts=PATIENT, admission=Admission(slots=int(slots)))
    await asyncio.gather(*(hear(plan_of(model, endpoint, unit="other", words=int(words))) for _ in range(int(count))))
