"""Tables of the knowledge floor: sources, documents, chunks, embedding spaces, postings, policy, prompts, answers."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from pgvector.django import VectorField

from rag.domain.expansion import term_key


class SourceQuerySet(models.QuerySet["Source"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser | None) -> "SourceQuerySet":
        """Keep what `user` may read: public, shared with everyone who signed in, or their own."""
        allowed = Q(is_public=True)
        if user is not None and user.is_authenticated:
            allowed |= Q(owner__isnull=True)
        if user is not None and user.pk is not None:
            allowed |= Q(owner_id=user.pk)
        return self.filter(allowed, is_enabled=True)


class Source(models.Model):
    """Where documents come from, and who may see them. Enforced inside the retrieval SQL."""

    class Kind(models.TextChoices):
        BUILT_IN = "built_in", "Built-in library"
        UPLOAD = "upload", "Upload"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    is_enabled = models.BooleanField(default=True)
    is_public = models.BooleanField(default=False, help_text="Readable without login.")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: every signed-in user may search it.",
    )
    content_sha256 = models.CharField(
        max_length=64, blank=True, editable=False, help_text="Of everything in it: equal means nothing to ingest."
    )
    revision = models.PositiveIntegerField(
        default=0, editable=False, help_text="Grows with every ingestion that changed something; old answers expire."
    )
    chunk_count = models.PositiveIntegerField(default=0, editable=False, help_text="For BM25, kept by ingestion.")
    lexeme_total = models.PositiveBigIntegerField(default=0, editable=False, help_text="For BM25, kept by ingestion.")
    ingested_at = models.DateTimeField(null=True, editable=False)

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.name


class Document(models.Model):
    """One text of the library. `content_sha256` makes ingestion idempotent."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="documents")
    uid = models.CharField(max_length=200, help_text="Stable within its source, e.g. the file's path.")
    title = models.CharField(max_length=300)
    lang = models.CharField(max_length=8, default="en")
    content = models.TextField()
    content_sha256 = models.CharField(max_length=64)
    url = models.URLField(blank=True, max_length=500)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    references = models.JSONField(default=list, blank=True, help_text="Sources the text names: name and url.")
    metrics = models.JSONField(default=dict, blank=True)
    flags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    dated_at = models.DateField(null=True, blank=True)
    ingested_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("title",)
        constraints = [models.UniqueConstraint(fields=("source", "uid"), name="one_document_per_source_uid")]

    def __str__(self) -> str:
        return self.title


class Chunk(models.Model):
    """A passage: a section, or a part of one, with the headings above it."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="chunks")
    ordinal = models.PositiveIntegerField()
    breadcrumb = models.CharField(max_length=500)
    text = models.TextField()
    word_count = models.PositiveIntegerField()
    lexeme_count = models.PositiveIntegerField(default=0, help_text="Length for BM25, in lexemes.")

    class Meta:
        ordering = ("document", "ordinal")
        constraints = [models.UniqueConstraint(fields=("document", "ordinal"), name="one_chunk_per_ordinal")]

    def __str__(self) -> str:
        return self.breadcrumb


class Posting(models.Model):
    """A lexeme in a chunk with its frequency: the lexical leg's inverted index.

    Source and length are repeated here so that ranking reads one index and joins nothing.
    """

    lexeme = models.TextField()
    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, related_name="+")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+", db_index=False)
    frequency = models.PositiveSmallIntegerField()
    chunk_length = models.PositiveIntegerField(help_text="Of the chunk, in lexemes.")

    class Meta:
        indexes = [
            models.Index(
                fields=("lexeme",), include=("source", "chunk", "frequency", "chunk_length"), name="posting_by_lexeme"
            )
        ]

    def __str__(self) -> str:
        return self.lexeme


class IndexVersion(models.Model):
    """One embedding space: vectors of different spaces never meet in one ranking."""

    slug = models.SlugField(unique=True, max_length=120)
    model = models.CharField(max_length=160)
    digest = models.CharField(max_length=80)
    dimension = models.PositiveIntegerField()
    prefix_scheme = models.CharField(max_length=20, default="none")
    version = models.CharField(max_length=20)
    is_active = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-created_at",)
        constraints = [
            models.UniqueConstraint(fields=("is_active",), condition=Q(is_active=True), name="one_active_index_version")
        ]

    def __str__(self) -> str:
        return self.slug


class ChunkEmbedding(models.Model):
    """A unit-length vector of one chunk in one space."""

    index_version = models.ForeignKey(IndexVersion, on_delete=models.CASCADE, related_name="embeddings")
    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, related_name="embeddings")
    source = models.ForeignKey(
        Source, on_delete=models.CASCADE, related_name="+", help_text="Repeated: the vector scan joins nothing."
    )
    embedding = VectorField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("index_version", "chunk"), name="one_vector_per_space_chunk")]

    def __str__(self) -> str:
        return f"{self.index_version_id}:{self.chunk_id}"


class GlossaryEntry(models.Model):
    """Words that also mean other words: appended to a question before it is searched."""

    term = models.CharField(max_length=80)
    key = models.CharField(max_length=80, editable=False, db_index=True, help_text="The term as it is looked up.")
    lang = models.CharField(max_length=8, default="en", help_text="Language of the term.")
    expansion = models.CharField(max_length=300, help_text="Words to add, in English.")
    is_enabled = models.BooleanField(default=True)
    seed = models.JSONField(default=dict, editable=False)

    class Meta:
        ordering = ("lang", "term")
        verbose_name_plural = "glossary entries"
        constraints = [models.UniqueConstraint(fields=("term", "lang"), name="one_entry_per_term_lang")]

    def __str__(self) -> str:
        return self.term

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.key = term_key(self.term)
        super().save(*args, **kwargs)


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
        help_text="Least cosine of the best passage, 0 to 1; French questions need half of it. Below it the library "
        "does not know and no model is asked. It is one signal: missing words and names refuse as well.",
    )
    answer_ttl_s = models.PositiveIntegerField(
        "answers kept, in seconds",
        default=21_600,
        validators=[MaxValueValidator(31_536_000)],
        help_text="How long an answer is given again to the same question. 0: never.",
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


class Answer(models.Model):
    """One question and what came of it: the history, written once per turn whatever the tap."""

    class Outcome(models.TextChoices):
        COMPLETED = "completed"
        FAILED = "failed"
        ABANDONED = "abandoned"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asked_at = models.DateTimeField(default=timezone.now, db_index=True)
    question = models.TextField()
    lang = models.CharField(max_length=8, default="en")
    query_type = models.CharField(max_length=24, default="detailed")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    unit = models.CharField(max_length=80, blank=True)
    node_pubkey = models.CharField(max_length=66, blank=True)
    text = models.TextField(blank=True)
    citations = models.JSONField(default=list)
    confidence = models.FloatField(null=True)
    is_cached = models.BooleanField(default=False)
    is_degraded = models.BooleanField(default=False)
    is_abstention = models.BooleanField(default=False)
    model = models.CharField(max_length=160, blank=True)
    index_version = models.CharField(max_length=120, blank=True)
    generation_id = models.UUIDField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    error_code = models.CharField(max_length=40, blank=True)
    processing_ms = models.PositiveIntegerField(null=True)
    trace = models.JSONField(default=list)

    class Meta:
        ordering = ("-asked_at",)

    def __str__(self) -> str:
        return self.question[:80]
