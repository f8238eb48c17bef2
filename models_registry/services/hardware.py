"""Measure this machine once: memory, cores, cards. What cannot be measured is None; nothing here ever fails."""

import os
import platform
import shutil
import subprocess
import threading
from functools import cache
from pathlib import Path

import psutil

from models_registry.domain.hardware import GB, Gpu, Hardware, OptimalConfig, optimal_config

NVIDIA_PATIENCE_S = 3.0  # a driver in trouble hangs
MIB = 1024 * 1024
APPLE_SHARE = 0.75  # of the memory, which macOS lets the graphics part use
LEAST_CARD_GB = 3.0  # less is the corner of the memory that a processor's own graphics part borrows
NVIDIA_FOLDER, CARDS_FOLDER = Path("/proc/driver/nvidia/gpus"), Path("/sys/class/drm")
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_measuring = threading.Lock()


def get_optimal_config() -> OptimalConfig:
    """Return the profile and limits that suit this machine."""
    return optimal_config(measure())


def described(config: OptimalConfig) -> str:
    """Return what a machine has, in words: `25.3 GB, 8 cores, no card`."""
    ram = "memory unknown" if config.ram_gb is None else f"{config.ram_gb:.1f} GB"
    card = "no card" if not config.use_gpu else "a card"
    if config.gpu_memory_gb is not None:
        card = f"cards with {config.gpu_memory_gb:.1f} GB"
    return f"{ram}, {config.cpu_cores or 'unknown'} cores, {card}"


def measure() -> Hardware:
    """Return what this machine has; measured at the first call, which may take as long as its graphics driver."""
    with _measuring:
        return _measured()


def measure_in_background() -> None:
    """Begin measuring, so that a later `measure` need not wait."""
    threading.Thread(target=measure, name="measure-hardware", daemon=True).start()


def ram_gb() -> float | None:
    """Return the memory of the machine, or of the container that is all of it we may use."""
    try:
        total_bytes = int(psutil.virtual_memory().total)
    except (OSError, RuntimeError, ValueError):
        return None
    limit = _text(CGROUP_LIMIT)
    return round(min(total_bytes, int(limit)) / GB if limit.isdigit() else total_bytes / GB, 1)


@cache
def _measured() -> Hardware:
    memory_gb = ram_gb()
    return Hardware(ram_gb=memory_gb, cpu_cores=_cores(), gpus=_nvidia() or _amd() or _apple(memory_gb))


def _cores() -> int | None:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return psutil.cpu_count(logical=True)


def _nvidia() -> tuple[Gpu, ...]:
    """Ask NVIDIA's own tool; where it is missing or hangs, the driver's folder still gives the names."""
    tool = shutil.which("nvidia-smi")
    asked = (tool or "", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
    if tool:
        try:
            said = subprocess.run(  # noqa: S603 - the words are ours
                asked, capture_output=True, encoding="utf-8", errors="replace", timeout=NVIDIA_PATIENCE_S, check=True
            ).stdout
        except (OSError, subprocess.SubprocessError):
            said = ""
        if found := nvidia_gpus(said):
            return found
    return tuple(Gpu(_named(_text(path)), None) for path in sorted(NVIDIA_FOLDER.glob("*/information")))


def nvidia_gpus(said: str) -> tuple[Gpu, ...]:
    """Return the cards of a `name, MiB` listing; a line that is none, such as an error, names no card."""
    found = []
    for line in said.splitlines():
        name, comma, mib = line.rpartition(",")
        if comma and name.strip():
            size = mib.strip()
            found.append(Gpu(name.strip(), round(int(size) * MIB / GB, 1) if size.isdigit() else None))
    return tuple(found)


def _amd() -> tuple[Gpu, ...]:
    sizes = (_text(path) for path in sorted(CARDS_FOLDER.glob("card*/device/mem_info_vram_total")))
    cards = tuple(Gpu("AMD", round(int(size) / GB, 1)) for size in sizes if size.isdigit())
    return tuple(card for card in cards if (card.memory_gb or 0) >= LEAST_CARD_GB)


def _apple(ram_gb: float | None) -> tuple[Gpu, ...]:
    if platform.system() != "Darwin" or platform.machine() != "arm64":
        return ()
    return (Gpu("Apple", None if ram_gb is None else round(ram_gb * APPLE_SHARE, 1)),)


def _named(information: str) -> str:
    lines = (line.partition(":") for line in information.splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == "Model"), "NVIDIA")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
