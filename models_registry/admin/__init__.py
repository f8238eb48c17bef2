"""What the administrator sees and does on the models floor, one file per subject."""

from models_registry.admin import hosts, keys, ledger, rollouts, strategies
from models_registry.admin.read_only import ReadOnlyLedger

__all__ = ["ReadOnlyLedger", "hosts", "keys", "ledger", "rollouts", "strategies"]
