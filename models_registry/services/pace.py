"""How much a model usually says and how fast, as this event loop has seen lately. Forgotten when the process ends."""

from dataclasses import dataclass, field

from models_registry.domain.chat import CHARS_PER_TOKEN, Candidate

NEWEST = 0.2  # weight of the newest observation
SHARE_OF_LIMIT = 0.5  # of the output limit, as long as nothing was seen
PROMPT_SHARE = 0.1  # reading a token costs about a tenth of writing one
FEWEST = 3  # observations before the own measure counts


@dataclass(slots=True)
class Mean:
    """A moving mean."""

    value: float = 0.0
    count: int = 0

    def note(self, value: float) -> None:
        self.count += 1
        self.value += (value - self.value) * max(NEWEST, 1 / self.count)


@dataclass(slots=True)
class Pace:
    """Observations by model and purpose, and by host and model."""

    _said: dict[tuple[str, str], Mean] = field(default_factory=dict)
    _speed: dict[tuple[str, str], Mean] = field(default_factory=dict)

    def note(self, host: str, model: str, *, purpose: str, tokens: int, seconds: float) -> None:
        """Remember one finished generation."""
        self._said.setdefault((model, purpose), Mean()).note(tokens)
        if tokens and seconds > 0:
            self._speed.setdefault((host, model), Mean()).note(tokens / seconds)

    def expected_tokens(self, model: str, *, purpose: str, limit: int, prompt_chars: int) -> int:
        """Return the work of one request, in tokens written."""
        seen = self._said.get((model, purpose))
        written = min(limit, seen.value) if seen and seen.count >= FEWEST else limit * SHARE_OF_LIMIT
        return max(1, round(written + prompt_chars / CHARS_PER_TOKEN * PROMPT_SHARE))

    def tokens_per_s(self, candidate: Candidate, model: str) -> float | None:
        """Return the speed of one generation: as seen here, else as measured before."""
        seen = self._speed.get((candidate.endpoint.slug, model))
        return seen.value if seen and seen.count >= FEWEST else candidate.tokens_per_s
