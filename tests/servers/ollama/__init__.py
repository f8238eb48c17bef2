"""A wire-faithful Ollama on a real socket: for tests, demos and benchmarks. It never runs a model."""

from tests.servers.ollama.catalog import InstalledModel
from tests.servers.ollama.records import (
    Generation,
    Load,
    LoadCause,
    Outcome,
    Request,
    Unload,
    UnloadCause,
    Wait,
    WaitCause,
)
from tests.servers.ollama.report import Resident, Snapshot
from tests.servers.ollama.scenarios import PRELOAD, Fault, Scenario
from tests.servers.ollama.server import OllamaServer

__all__ = [
    "PRELOAD",
    "Fault",
    "Generation",
    "InstalledModel",
    "Load",
    "LoadCause",
    "OllamaServer",
    "Outcome",
    "Request",
    "Resident",
    "Scenario",
    "Snapshot",
    "Unload",
    "UnloadCause",
    "Wait",
    "WaitCause",
]
