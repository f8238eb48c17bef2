"""Know the models that are installed: names, sizes, capabilities, widths. Holds no weights."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.servers.ollama.gojson import Json

MODIFIED_AT = "2026-01-02T03:04:05.123456789+02:00"  # with an offset, as the real server writes it
EMBEDDING_SIZE = 274_302_450  # bytes of nomic-embed-text
GENERATING_SIZE = 4_661_224_676  # bytes of llama3:8b
USUAL_BILLIONS = 8.0  # parameters, when the tag does not tell
BILLIONS = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)b(?![a-z0-9])")
# Families that the real server never runs more than one request at a time for (OLLAMA.md A.6).
ONE_SLOT = frozenset({"mllama", "qwen3vl", "qwen35", "qwen3next", "lfm2", "nemotron_h"})

TALKS = ("completion",)
TALKS_AND_ACTS = ("completion", "tools")
TALKS_ACTS_AND_THINKS = ("completion", "tools", "thinking")
TALKS_AND_SEES = ("completion", "vision")
EMBEDS = ("embedding",)


@dataclass(frozen=True, slots=True)
class Family:
    """What every model of one name has in common."""

    architecture: str
    capabilities: tuple[str, ...]
    width: int
    context_length: int


# The longest matching beginning of the name wins. nomic: the card says 8192, the GGUF declares 2048 (OLLAMA.md A.9).
FAMILIES = {
    "": Family("llama", TALKS, 4096, 8192),
    "all-minilm": Family("bert", EMBEDS, 384, 512),
    "bge-m3": Family("bert", EMBEDS, 1024, 8192),
    "deepseek-r1": Family("qwen2", ("completion", "thinking"), 4096, 131_072),
    "gpt-oss": Family("gptoss", TALKS_ACTS_AND_THINKS, 2880, 131_072),
    "llama3.1": Family("llama", TALKS_AND_ACTS, 4096, 131_072),
    "llama3.2": Family("llama", TALKS_AND_ACTS, 4096, 131_072),
    "llama3.2-vision": Family("mllama", TALKS_AND_SEES, 4096, 131_072),
    "llava": Family("llama", TALKS_AND_SEES, 4096, 32_768),
    "mistral": Family("llama", TALKS_AND_ACTS, 4096, 32_768),
    "mxbai-embed-large": Family("bert", EMBEDS, 1024, 512),
    "nomic-embed-text": Family("nomic-bert", EMBEDS, 768, 2048),
    "phi3": Family("phi3", TALKS, 3072, 131_072),
    "qwen2.5": Family("qwen2", TALKS_AND_ACTS, 3584, 32_768),
    "qwen2.5-coder": Family("qwen2", ("completion", "tools", "insert"), 3584, 32_768),
    "qwen3": Family("qwen3", TALKS_ACTS_AND_THINKS, 4096, 40_960),
}


def normalized(name: str) -> str:
    """Return the key of a model name: lower case, `:latest` when the tag is missing."""
    key = name.strip().lower()
    return key if ":" in key.rpartition("/")[2] else f"{key}:latest"


def family_of(name: str) -> Family:
    """Return the family whose beginning fits the name best."""
    key = normalized(name).rpartition("/")[2]
    return FAMILIES[max((start for start in FAMILIES if key.startswith(start)), key=len)]


def billions_of(name: str) -> float:
    """Return the billions of parameters that a tag such as `qwen2.5:14b-instruct` tells."""
    found = BILLIONS.search(normalized(name).rpartition(":")[2])
    return float(found[1]) if found else USUAL_BILLIONS


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """One model on the disk of this server. What is left out follows from its name."""

    name: str
    capabilities: tuple[str, ...] = ()
    width: int = 0
    context_length: int = 0
    size: int = 0
    parameter_size: str = ""
    quantization: str = "Q4_0"
    load_s: float | None = None  # None: as the server's limits say, by size
    tokens_per_s: float | None = None  # None: at the server's pace
    prompt_tokens_per_s: float | None = None
    vram_share: float = 1.0  # below 1 a part of the model runs on the processor
    family: Family = field(init=False)

    def __post_init__(self) -> None:
        family = family_of(self.name)
        billions = billions_of(self.name)
        only_embeds = family.capabilities == EMBEDS
        size = EMBEDDING_SIZE if only_embeds else int(GENERATING_SIZE * billions / USUAL_BILLIONS)
        parameters = "137M" if only_embeds else f"{billions:.1f}B"
        object.__setattr__(self, "parameter_size", self.parameter_size or parameters)
        object.__setattr__(self, "name", normalized(self.name))
        object.__setattr__(self, "family", family)
        object.__setattr__(self, "capabilities", self.capabilities or family.capabilities)
        object.__setattr__(self, "width", self.width or family.width)
        object.__setattr__(self, "context_length", self.context_length or family.context_length)
        object.__setattr__(self, "size", self.size or size)

    @property
    def digest(self) -> str:
        """Return 64 hex digits, the same for the same name."""
        return hashlib.sha256(self.name.encode()).hexdigest()

    @property
    def has_one_slot(self) -> bool:
        return "completion" not in self.capabilities or self.family.architecture in ONE_SLOT

    def details(self) -> Json:
        """Return the `details` object of tags, ps and show."""
        return {
            "parent_model": "",
            "format": "gguf",
            "family": self.family.architecture,
            "families": [self.family.architecture],
            "parameter_size": self.parameter_size,
            "quantization_level": self.quantization,
            "context_length": self.context_length,
            "embedding_length": self.width,
        }


class Shelf:
    """The installed models, looked up by any spelling of their name."""

    def __init__(self, models: Iterable[str | InstalledModel]) -> None:
        self._models: dict[str, InstalledModel] = {}
        for model in models:
            self.install(model)

    def install(self, model: str | InstalledModel) -> None:
        """Add or replace one model."""
        installed = InstalledModel(model) if isinstance(model, str) else model
        self._models[installed.name] = installed

    def remove(self, name: str) -> None:
        """Forget one model, as if somebody had deleted it; an absent one is no error."""
        self._models.pop(normalized(name), None)

    def find(self, name: str) -> InstalledModel | None:
        return self._models.get(normalized(name))

    def all(self) -> tuple[InstalledModel, ...]:
        return tuple(self._models.values())
