"""What holds for every question, and the words of the prompts."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from rag.domain.fusion import LEG_DEPTH, RRF_CONSTANT


def default_languages() -> list[str]:
    return ["en", "fr"]


class LibraryPolicy(models.Model):
    """What holds for every question: one row, which acts on the next request."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    top_k = models.PositiveSmallIntegerField(
        "passages",
        default=8,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text="Passages for a question that does not say how many, 1 to 20.",
    )
    confidence_threshold = models.FloatField(
        default=0.35,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="Least cosine of the best passage, 0 to 1; French questions need a tenth less. Below it the library "
        "does not know and no model is asked. It is one signal: missing words and names refuse as well.",
    )
    answer_ttl_s = models.PositiveIntegerField(
        "answers kept, in seconds",
        default=21_600,
        validators=[MaxValueValidator(31_536_000)],
        help_text="How long an answer is given again to the same question. 0: never.",
    )
    retrieval_ttl_s = models.PositiveIntegerField(
        "passages kept, in seconds",
        default=86_400,
        validators=[MaxValueValidator(31_536_000)],
        help_text="How long the passages found for a question are given again. 0: never.",
    )
    embedding_ttl_s = models.PositiveIntegerField(
        "question vectors kept, in seconds",
        default=604_800,
        validators=[MaxValueValidator(31_536_000)],
        help_text="How long the vector of a question is kept where a host made it. 0: never.",
    )
    semantic_cosine = models.FloatField(
        "same question from cosine",
        default=0.97,
        validators=[MinValueValidator(0.8), MaxValueValidator(1.0)],
        help_text="How near two questions must be to share an answer. 1: only equal words do.",
    )
    sure_cosine = models.FloatField(
        default=0.55,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="From this cosine of the best passage on, missing words do not refuse.",
    )
    least_held_share = models.FloatField(
        "words held",
        default=0.45,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="Least share of the question's weight that the passages must hold below that cosine.",
    )
    rewrites_questions = models.BooleanField(
        "model rewrites questions",
        default=True,
        help_text="A local model puts questions in other languages into English before they are searched.",
    )
    rerank_top = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(20)],
        help_text="Passages that the reranker puts first by freshness and trust. 0: it does not run.",
    )
    rrf_constant = models.PositiveSmallIntegerField(
        "fusion constant",
        default=RRF_CONSTANT,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="The smaller, the more the first places of either search count.",
    )
    dense_weight = models.FloatField(
        "weight of meaning",
        default=1.0,
        validators=[MinValueValidator(0), MaxValueValidator(10)],
        help_text="Of the search by meaning; the search by words weighs 1.",
    )
    leg_depth = models.PositiveSmallIntegerField(
        "candidates of a search",
        default=LEG_DEPTH,
        validators=[MinValueValidator(5), MaxValueValidator(LEG_DEPTH)],
        help_text=f"Passages of each search that are put together, at most {LEG_DEPTH}.",
    )
    languages = ArrayField(
        models.CharField(max_length=8),
        default=default_languages,
        help_text="Languages of the documents that are searched, e.g. en,fr.",
    )
    chunk_words = models.PositiveSmallIntegerField(
        "words of a passage",
        default=300,
        validators=[MinValueValidator(60), MaxValueValidator(1000)],
        help_text="Aimed at. Holds for what is ingested from now on.",
    )
    chunk_words_most = models.PositiveSmallIntegerField(
        "most words of a passage", default=400, validators=[MinValueValidator(80), MaxValueValidator(1200)]
    )
    hnsw_from = models.PositiveIntegerField(
        "index from passages",
        default=20_000,
        help_text="With fewer passages every vector is compared; from here on an HNSW index is built.",
    )
    history_turns = models.PositiveSmallIntegerField(
        "earlier turns read", default=3, validators=[MaxValueValidator(10)], help_text="For a question that follows on."
    )
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        verbose_name = "retrieval and cache"
        verbose_name_plural = "retrieval and cache"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_library_policy")]

    def __str__(self) -> str:
        return "Retrieval and cache"


class PromptRevision(models.Model):
    """The words of a prompt. Append-only; exactly one is active per purpose and language."""

    purpose = models.CharField(max_length=40, help_text="answer, or advice:<query type>")
    lang = models.CharField(max_length=8, default="en")
    text = models.TextField()
    note = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    seed = models.JSONField(default=dict, editable=False, help_text="The words as shipped; empty when written here.")

    class Meta:
        ordering = ("purpose", "lang", "-created_at")
        constraints = [
            models.UniqueConstraint(
                fields=("purpose", "lang"), condition=Q(is_active=True), name="one_active_prompt_per_purpose"
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} ({self.lang})"


class CommonQuestion(models.Model):
    """A question that is answered in advance (CA-06)."""

    text = models.CharField(max_length=300)
    lang = models.CharField(max_length=8, default="en")
    is_enabled = models.BooleanField(default=True)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("lang", "text")
        constraints = [models.UniqueConstraint(fields=("text", "lang"), name="one_common_question")]

    def __str__(self) -> str:
        return self.text
