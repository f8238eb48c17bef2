"""What the routes share: the shelf, the scheduler, the faults, the ledger; and one exchange with a client."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.servers.ollama.catalog import InstalledModel, Shelf
from tests.servers.ollama.gojson import Json
from tests.servers.ollama.ledger import Ledger
from tests.servers.ollama.records import Request
from tests.servers.ollama.responses import Response
from tests.servers.ollama.scenarios import Fault, FaultBook
from tests.servers.ollama.scheduler import Limits, Scheduler

# A scripted answer: a text is split into tokens, a sequence is sent as it is, None means the usual answer.
Respond = Callable[[Request], str | Sequence[str] | None]


@dataclass(slots=True)
class Pace:
    """How slowly the server works, in seconds. May be changed while it runs."""

    token_delay_s: float = 0.0
    prompt_delay_s: float = 0.0  # before the first token, and for each embedding request

    def token_s(self, model: InstalledModel) -> float:
        """Return the time between two tokens; the model's own speed wins."""
        return 1 / model.tokens_per_s if model.tokens_per_s else self.token_delay_s

    def prompt_s(self, model: InstalledModel, tokens: int) -> float:
        """Return the time to read a prompt."""
        return self.prompt_delay_s + (tokens / model.prompt_tokens_per_s if model.prompt_tokens_per_s else 0.0)


@dataclass(slots=True)
class House:
    """Everything one server owns."""

    shelf: Shelf
    faults: FaultBook
    limits: Limits
    pace: Pace
    version: str
    num_ctx: int
    checks_host: bool
    respond: Respond | None = None
    history: int | None = None  # how many records of each kind are kept; None keeps all
    blobs: set[str] = field(default_factory=set)  # digests that were uploaded
    ledger: Ledger = field(init=False)
    scheduler: Scheduler = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(history=self.history)
        self.scheduler = Scheduler(self.limits, self.ledger)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request on its way through a route."""

    house: House
    request: Request
    response: Response
    body: Json
    fault: Fault
