"""Runs of the judged questions."""

from django.db import models
from django.utils import timezone

from rag.models.intake import Ingestion


class EvaluationRun(models.Model):
    """How well retrieval did on judged questions: figures, by language and difficulty, and what each step adds."""

    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=Ingestion.State.choices, default=Ingestion.State.DONE)
    message = models.CharField(max_length=300, blank=True)
    done = models.PositiveIntegerField(default=0, help_text="Questions asked so far.")
    total = models.PositiveIntegerField(default=0, help_text="Questions to ask, over all steps.")
    collection = models.CharField(max_length=200, help_text="What was searched: documents, and how many.")
    questions_sha256 = models.CharField(max_length=64, help_text="Runs with equal questions can be compared.")
    question_count = models.PositiveIntegerField(default=0)
    space = models.CharField(max_length=120, blank=True)
    options = models.JSONField(default=dict)
    figures = models.JSONField(default=dict)
    steps = models.JSONField(default=dict, help_text="The same figures without, or with only, one step.")
    gates = models.JSONField(default=list, help_text="What was demanded, what was measured.")
    has_passed = models.BooleanField(null=True, help_text="Empty: nothing was demanded.")
    questions = models.JSONField(default=list, help_text="What came of each question.")

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name
