"""Where documents come from, the documents, and their passages."""

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone


class SourceQuerySet(models.QuerySet["Source"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser | None) -> "SourceQuerySet":
        """Keep what `user` may read: public, shared with everyone who signed in, or their own."""
        allowed = Q(is_public=True)
        if user is not None and user.is_authenticated:
            allowed |= Q(owner__isnull=True)
        if user is not None and user.pk is not None:
            allowed |= Q(owner_id=user.pk)
        return self.filter(allowed, is_enabled=True).exclude(kind=Source.Kind.TEMPORARY)

    def changeable_by(self, user: AbstractBaseUser | AnonymousUser | None, *, may_share: bool) -> "SourceQuerySet":
        """Keep what `user` may fill and remove: their own, and those without an owner where they `may_share`."""
        allowed = Q(owner__isnull=True) if may_share else Q(pk__in=())
        if user is not None and user.pk is not None:
            allowed |= Q(owner_id=user.pk)
        return self.filter(allowed, is_enabled=True, kind__in=(Source.Kind.UPLOAD, Source.Kind.WEB))


class Source(models.Model):
    """Where documents come from, and who may see them. Enforced inside the retrieval SQL."""

    class Kind(models.TextChoices):
        BUILT_IN = "built_in", "Built-in library"
        UPLOAD = "upload", "Upload"
        FOLDER = "folder", "Folder"
        WEB = "web", "Web addresses"
        TEMPORARY = "temporary", "Of an evaluation"

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    location = models.TextField(
        blank=True,
        validators=[MaxLengthValidator(20_000)],
        help_text="Of a folder: its path on this machine. Of web addresses: one a line.",
    )
    refresh_every_h = models.PositiveIntegerField(
        "read again every, in hours", null=True, blank=True, help_text="Empty: only when somebody asks for it."
    )
    checked_at = models.DateTimeField(null=True, editable=False, help_text="When its origin was last read.")
    validators = models.JSONField(
        default=dict,
        editable=False,
        help_text="Of each address: its ETag and date, so that only what changed is fetched.",
    )
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
    languages = ArrayField(
        models.CharField(max_length=8), default=list, editable=False, help_text="Of its documents, kept by ingestion."
    )
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
    node_pubkey = models.CharField(max_length=66, blank=True, help_text="The node it speaks of, if one.")
    channel_id = models.CharField(max_length=24, blank=True, help_text="The channel it speaks of, if one: its scid.")
    media_type = models.CharField(max_length=80, default="text/markdown", help_text="Of the file it was read from.")
    metrics = models.JSONField(default=dict, blank=True)
    flags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    dated_at = models.DateField(null=True, blank=True)
    ingested_at = models.DateTimeField(default=timezone.now)
    quality = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="How far it can be trusted, 0 to 1. Empty: not judged.",
    )
    cited_count = models.PositiveIntegerField(default=0, editable=False, help_text="How often an answer cited it.")

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
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of breadcrumb and text: equal means equal vectors.")
    start = models.PositiveIntegerField(null=True, help_text="Where it begins in the document, in characters.")
    end = models.PositiveIntegerField(null=True, help_text="Where it ends in the document, in characters.")
    word_count = models.PositiveIntegerField()
    lexeme_count = models.PositiveIntegerField(default=0, help_text="Length for BM25, in lexemes.")

    class Meta:
        ordering = ("document", "ordinal")
        constraints = [models.UniqueConstraint(fields=("document", "ordinal"), name="one_chunk_per_ordinal")]
        indexes = [models.Index(fields=("sha256",), name="chunk_by_text")]

    def __str__(self) -> str:
        return self.breadcrumb
