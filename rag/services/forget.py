"""Forget what was kept of earlier questions: answers and passages. Documents and vectors stay."""

from django.db import transaction
from django.db.models import F

from rag.models import KeptAnswer, Source


def forget_answers() -> int:
    """Let every kept answer and retrieval expire, whatever cache holds it; return how many answers were shared."""
    with transaction.atomic():
        # What is kept names the revisions of the sources it came from: with others it is never found again.
        Source.objects.update(revision=F("revision") + 1)
        return KeptAnswer.objects.all().delete()[0]
