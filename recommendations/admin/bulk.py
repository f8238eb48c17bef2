"""Runs of advice over whole networks, started at Networks by the action "Advise all nodes", and runs of warming."""

from django.contrib import admin

from recommendations import models
from recommendations.admin.tables import Ledger


@admin.register(models.BulkRun)
class BulkRunAdmin(Ledger):
    """How far each run is, and what it came to. Reload the page to see it move."""

    list_display = ("started_at", "snapshot", "state", "progress", "items", "seconds", "finished_at", "message")
    list_filter = ("state",)
    list_select_related = ("snapshot",)
    date_hierarchy = "started_at"

    @admin.display(description="Nodes")
    def progress(self, row: models.BulkRun) -> str:
        share = f" ({100 * row.done // row.total} %)" if row.total else ""
        return f"{row.done:,} of {row.total:,}{share}"


@admin.register(models.WarmRun)
class WarmRunAdmin(Ledger):
    list_display = (
        *("started_at", "seconds", "nodes_warmed", "nodes_already_warm", "nodes_failed"),
        *("questions_warmed", "questions_already_warm", "questions_failed"),
    )
    date_hierarchy = "started_at"
