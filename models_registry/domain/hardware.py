"""Which models suit a machine: the profiles, what their models weigh, and what a card changes. Pure."""

from dataclasses import dataclass
from enum import StrEnum

LARGEST_BATCH = 32  # texts per embedding call; beyond it a failing text costs too much work
GB = 1_000_000_000
# A 70B model at Q4_K_M weighs 40 GB and wants room for its window: two 24 GB cards, or one of 80 GB.
LEAST_CARD_GB_FOR_70B = 47.0
LEAST_RAM_GB_FOR_70B, LEAST_CORES_FOR_70B = 128.0, 64
GPU_SPEEDUP = (3.0, 5.0)  # measured values replace it after 20 calls
REFERENCE_MBIT_PER_S = 100


class Profile(StrEnum):
    """How much a machine can hold, from its memory."""

    MINIMAL = "minimal"
    RECOMMENDED = "recommended"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Gpu:
    """One card, or the graphics part of a chip that shares its memory. Memory is None when nobody tells."""

    name: str
    memory_gb: float | None


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a machine has. None: it could not be measured. GB are 10^9 bytes."""

    ram_gb: float | None
    cpu_cores: int | None
    gpus: tuple[Gpu, ...] = ()

    @property
    def gpu_memory_gb(self) -> float | None:
        """Return the memory of all cards together, None when there is none or one does not tell."""
        sizes = [gpu.memory_gb for gpu in self.gpus if gpu.memory_gb is not None]
        return sum(sizes) if sizes and len(sizes) == len(self.gpus) else None

    @property
    def model_memory_gb(self) -> float | None:
        """Return the most that one model may take: a host without enough card memory uses the processor's."""
        known = [size for size in (self.ram_gb, self.gpu_memory_gb) if size is not None]
        return max(known, default=None)


@dataclass(frozen=True, slots=True)
class OptimalConfig:
    """What follows from the hardware. `latency_factor`: lowest and highest share of a processor's latency."""

    profile: Profile
    batch_size: int
    max_concurrent_requests: int
    use_gpu: bool
    allows_70b: bool
    latency_factor: tuple[float, float]
    ram_gb: float | None
    cpu_cores: int | None
    gpu_memory_gb: float | None


@dataclass(frozen=True, slots=True)
class ShippedModel:
    """A model of a set: what it weighs to download and in memory. `family` names what already counts as having it."""

    tag: str
    download_gb: float
    memory_gb: float
    family: str = ""
    is_optional: bool = False
    is_main: bool = False

    @property
    def name(self) -> str:
        return self.family or self.tag


LLAMA = ShippedModel("llama3:8b-instruct", 4.7, 5.0, is_main=True)
PHI = ShippedModel("phi3:medium", 7.9, 8.0)
QWEN = ShippedModel("qwen2.5:14b-instruct", 9.0, 9.0)
CODELLAMA = ShippedModel("codellama:13b-instruct", 7.4, 8.0)
MISTRAL = ShippedModel("mistral:7b-instruct", 4.4, 5.0)
EMBEDDER = ShippedModel("nomic-embed-text:v1.5", 0.3, 0.5, family="nomic-embed-text")
GATEWAY = "gateway"

MODEL_SETS: dict[str, tuple[ShippedModel, ...]] = {
    Profile.MINIMAL.value: (LLAMA, PHI, EMBEDDER),
    Profile.RECOMMENDED.value: (LLAMA, PHI, QWEN, CODELLAMA, EMBEDDER),
    Profile.FULL.value: (LLAMA, PHI, QWEN, CODELLAMA, MISTRAL, EMBEDDER),
    GATEWAY: (
        ShippedModel("mistral:7b-instruct", 4.4, 5.0, family="mistral", is_main=True),
        ShippedModel("llama3.2:3b", 2.0, 3.0, family="llama3.2", is_optional=True),
        ShippedModel("gemma2:9b", 5.4, 7.0, family="gemma2", is_optional=True),
        ShippedModel("qwen2.5:7b", 4.7, 6.0, family="qwen2.5", is_optional=True),
    ),
}


def profile_of(ram_gb: float | None) -> Profile:
    """Return the profile for this much memory; the smallest when it is unknown."""
    if ram_gb is None or ram_gb < 16:
        return Profile.MINIMAL
    return Profile.RECOMMENDED if ram_gb < 32 else Profile.FULL


def optimal_config(hardware: Hardware) -> OptimalConfig:
    """Return what suits this machine (CF-03, CF-08)."""
    cores = hardware.cpu_cores or 1
    slow, fast = GPU_SPEEDUP
    return OptimalConfig(
        profile=profile_of(hardware.ram_gb),
        batch_size=min(cores * 4, LARGEST_BATCH),
        max_concurrent_requests=cores * 2,
        use_gpu=bool(hardware.gpus),
        allows_70b=allows_70b(hardware),
        latency_factor=(1 / fast, 1 / slow) if hardware.gpus else (1.0, 1.0),
        ram_gb=hardware.ram_gb,
        cpu_cores=hardware.cpu_cores,
        gpu_memory_gb=hardware.gpu_memory_gb,
    )


def allows_70b(hardware: Hardware) -> bool:
    """Return whether a 70B model may be chosen: cards that hold it, or a very large processor machine."""
    if hardware.gpus and (hardware.gpu_memory_gb is None or hardware.gpu_memory_gb >= LEAST_CARD_GB_FOR_70B):
        return True
    return (hardware.ram_gb or 0) >= LEAST_RAM_GB_FOR_70B and (hardware.cpu_cores or 0) >= LEAST_CORES_FOR_70B


def download_minutes(size_gb: float, *, mbit_per_s: float = REFERENCE_MBIT_PER_S) -> float:
    """Return how long so many GB take on such a line, in minutes."""
    return size_gb * 8 * 1000 / mbit_per_s / 60
