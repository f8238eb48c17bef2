"""What the administrator sees and does on the models floor, one file per subject."""

from models_registry.admin import breakers, hosts, keys, ledger, pulls, rollouts, routes, routing, strategies
from models_registry.admin.read_only import ReadOnlyLedger

__all__ = [
    "ReadOnlyLedger",
    "breakers",
    "hosts",
    "keys",
    "ledger",
    "pulls",
    "rollouts",
    "routes",
    "routing",
    "strategies",
]
