"""Embedding spaces and the vectors in them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from pgvector.django import VectorField

from rag.models.sources import Chunk, Source


class IndexVersion(models.Model):
    """One embedding space: vectors of different spaces never meet in one ranking."""

    class State(models.TextChoices):
        PLANNED = "planned"
        BUILDING = "building"
        READY = "ready"
        FAILED = "failed"

    class IndexKind(models.TextChoices):
        EXACT = "exact", "Exact scan"
        HNSW = "hnsw", "HNSW"
        IVFFLAT = "ivfflat", "IVFFlat"

    class Element(models.TextChoices):
        VECTOR = "vector", "32-bit (vector)"
        HALFVEC = "halfvec", "16-bit (halfvec)"

    slug = models.SlugField(unique=True, max_length=120)
    model = models.CharField(max_length=160)
    digest = models.CharField(max_length=80)
    dimension = models.PositiveIntegerField()
    prefix_scheme = models.CharField(max_length=20, default="none")
    version = models.CharField(max_length=20)
    is_active = models.BooleanField(default=False)
    activates_when_ready = models.BooleanField(default=False, help_text="Searched as soon as it is complete.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.READY)
    message = models.CharField(max_length=300, blank=True, help_text="What keeps it from being ready, if anything.")
    step = models.CharField(max_length=40, blank=True, help_text="What is being done: embed, index, check.")
    done = models.PositiveIntegerField(default=0, help_text="Of the step.")
    total = models.PositiveIntegerField(default=0, help_text="Of the step.")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(
        null=True, help_text="When its worker last gave a sign of life; empty: none is at it."
    )
    finished_at = models.DateTimeField(null=True)
    activated_at = models.DateTimeField(null=True)
    index_kind = models.CharField(max_length=8, choices=IndexKind.choices, default=IndexKind.EXACT)
    forced_kind = models.CharField(
        max_length=8, choices=IndexKind.choices, blank=True, help_text="Empty: chosen by the number of passages."
    )
    element = models.CharField(max_length=8, choices=Element.choices, default=Element.VECTOR)
    hnsw_m = models.PositiveSmallIntegerField(default=16)
    hnsw_ef_construction = models.PositiveSmallIntegerField(default=200)
    hnsw_ef_search = models.PositiveSmallIntegerField(default=100)
    ivfflat_lists = models.PositiveIntegerField(null=True, blank=True)
    ivfflat_probes = models.PositiveIntegerField(null=True, blank=True)
    measured_recall = models.FloatField(null=True, help_text="recall@10 of the index against the exact scan, 0 to 1.")
    least_cosine = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="Confidence threshold of this space. Empty: the one of retrieval and cache.",
    )

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
    lang = models.CharField(max_length=8, default="en", help_text="Of the document; repeated as well.")
    embedding = VectorField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("index_version", "chunk"), name="one_vector_per_space_chunk")]

    def __str__(self) -> str:
        return f"{self.index_version_id}:{self.chunk_id}"


class Quarantine(models.Model):
    """A passage that the model of a space refused even alone (IX-09). It stays findable by its words."""

    index_version = models.ForeignKey(IndexVersion, on_delete=models.CASCADE, related_name="quarantine")
    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=300)
    tries = models.PositiveSmallIntegerField(default=1)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-at",)
        verbose_name = "passage without a vector"
        verbose_name_plural = "passages without a vector"
        constraints = [
            models.UniqueConstraint(fields=("index_version", "chunk"), name="one_quarantine_per_space_chunk")
        ]

    def __str__(self) -> str:
        return f"{self.chunk_id}: {self.reason}"
