"""Graph files handed in on the page, while they are imported."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class GraphUpload(models.Model):
    """One uploaded graph file and how far its import is. The file itself is deleted when the import ends."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Importing"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    file_name = models.CharField(max_length=200, help_text="As the sender called it: shown, never opened.")
    stored_name = models.CharField(max_length=64, blank=True, editable=False)
    network_slug = models.SlugField(default="mainnet")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    progress_percent = models.PositiveSmallIntegerField(default=0)
    message = models.CharField(max_length=300, blank=True)
    error = models.TextField(blank=True)
    report = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.file_name}: {self.state}"

    @property
    def is_finished(self) -> bool:
        """Tell whether nothing more will happen to this upload."""
        return self.state in (self.State.DONE, self.State.FAILED)
