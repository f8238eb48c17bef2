"""How tables of this floor are listed: numbers to set, and ledgers that nobody edits."""

from unfold.admin import ModelAdmin

from models_registry.admin import ReadOnlyLedger


class Listed(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """A table that may be long: the whole of it is not counted again beside what was searched for."""

    show_full_result_count = False


class Ledger(Listed, ReadOnlyLedger):
    """Rows that record what was seen or done."""
