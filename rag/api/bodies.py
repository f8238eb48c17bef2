"""What programs hand in to the library and read of it, beside questions (SE-01)."""

from typing import Any

from rest_framework import serializers

from rag.domain.audience import Audience
from rag.domain.documents import UID_LENGTH
from rag.models import DeadLetter, Ingestion
from rag.services.answer import LONGEST_QUESTION, SHORTEST_QUESTION

MOST_DOCUMENTS = 1_000  # of one request
MOST_CHARACTERS = 1_000_000  # of all documents of one request: it waits until they can be found
MOST_TEXTS = 256
LONGEST_TEXT = 20_000
NODE_KEY = r"^0[23][0-9a-fA-F]{64}$"


class PlaceIn(serializers.Serializer[Any]):
    """Where documents go. Neither field: the key's own source “My documents”."""

    source = serializers.SlugField(  # type: ignore[assignment]  # the metaclass takes it
        max_length=50, required=False, help_text="The slug of a source the key may fill."
    )
    source_name = serializers.CharField(max_length=120, required=False, help_text="Of a source, made when it is new.")
    audience = serializers.ChoiceField([one.value for one in Audience], default=Audience.OWNER.value)


class DocumentIn(serializers.Serializer[Any]):
    """One text. Equal uid and content: nothing is done."""

    uid = serializers.CharField(max_length=UID_LENGTH)
    title = serializers.CharField(max_length=300)
    content = serializers.CharField(max_length=MOST_CHARACTERS)
    lang = serializers.CharField(max_length=8, required=False, help_text="Left out: detected.")
    url = serializers.URLField(max_length=500, required=False, allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField(max_length=60), max_length=50, required=False)
    node_pubkey = serializers.RegexField(NODE_KEY, required=False, allow_blank=True)
    channel_id = serializers.CharField(max_length=24, required=False, allow_blank=True)
    metrics = serializers.DictField(required=False)
    dated_at = serializers.DateField(required=False, allow_null=True)


class IngestIn(PlaceIn):
    documents = DocumentIn(  # type: ignore[call-arg]  # goes to the list around it
        many=True, allow_empty=False, max_length=MOST_DOCUMENTS
    )

    def validate_documents(self, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the documents.

        :raises ValidationError: when they are too much for one request, or two have one uid.
        """
        if sum(len(one["content"]) for one in documents) > MOST_CHARACTERS:
            raise serializers.ValidationError(
                f"Together they have more than {MOST_CHARACTERS:,} characters: send them in parts, or a file to "
                "/api/v1/rag/index-file."
            )
        if len({one["uid"] for one in documents}) < len(documents):
            raise serializers.ValidationError("Two documents have the same uid: each needs its own.")
        return documents


class IndexFileIn(PlaceIn):
    file = serializers.FileField(max_length=200, help_text="txt, md, json, html, pdf, or a zip or tar of these.")


class FailureOut(serializers.Serializer[Any]):
    uid = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class IngestionOut(serializers.ModelSerializer[Ingestion]):
    source = serializers.SlugRelatedField[Any](  # type: ignore[assignment]  # the metaclass takes it
        slug_field="slug", read_only=True
    )

    class Meta:
        model = Ingestion
        fields = (
            *("id", "source", "state", "step", "done", "total", "message", "report"),
            *("created_at", "started_at", "finished_at"),
        )
        read_only_fields = fields


class DeadLetterOut(serializers.ModelSerializer[DeadLetter]):
    source = serializers.SlugRelatedField[Any](  # type: ignore[assignment]  # the metaclass takes it
        slug_field="slug", read_only=True
    )

    class Meta:
        model = DeadLetter
        fields = ("id", "source", "uid", "code", "message", "state", "tries", "first_at", "latest_at", "next_at")
        read_only_fields = fields


class DeadLettersOut(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    dead_letters = DeadLetterOut(many=True)


class RetryIn(serializers.Serializer[Any]):
    ids = serializers.ListField(child=serializers.IntegerField(min_value=1), allow_empty=False, max_length=200)


class RetryOut(serializers.Serializer[Any]):
    retried = serializers.IntegerField()
    ingestions = IngestionOut(many=True)


class ListIn(serializers.Serializer[Any]):
    q = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="Words of titles and tags.")
    source = serializers.SlugField(max_length=50, required=False)  # type: ignore[assignment]  # the metaclass takes it
    lang = serializers.CharField(max_length=8, required=False)
    page = serializers.IntegerField(min_value=1, max_value=100_000, default=1)
    page_size = serializers.IntegerField(min_value=1, max_value=100, default=20)


class DocumentLineOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    uid = serializers.CharField()
    title = serializers.CharField()
    source = serializers.CharField(source="source.slug")  # type: ignore[assignment]  # the metaclass takes it
    lang = serializers.CharField()
    url = serializers.CharField(allow_blank=True)
    tags = serializers.ListField(child=serializers.CharField())
    flags = serializers.ListField(child=serializers.CharField())
    media_type = serializers.CharField()
    node_pubkey = serializers.CharField(allow_blank=True)
    channel_id = serializers.CharField(allow_blank=True)
    metrics = serializers.DictField()
    dated_at = serializers.DateField(allow_null=True)
    ingested_at = serializers.DateTimeField()
    cited_count = serializers.IntegerField()


class DocumentOut(DocumentLineOut):
    content = serializers.CharField()


class DocumentsOut(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    documents = DocumentLineOut(many=True)


class EmbedIn(serializers.Serializer[Any]):
    texts = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_TEXT), allow_empty=False, max_length=MOST_TEXTS
    )
    kind = serializers.ChoiceField(["passage", "question"], default="passage", help_text="Some models tell them apart.")


class EmbedOut(serializers.Serializer[Any]):
    model = serializers.CharField()
    index_version = serializers.CharField()
    dimension = serializers.IntegerField()
    vectors = serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))


class GivenIn(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=300, default="", allow_blank=True)
    text = serializers.CharField(max_length=LONGEST_TEXT)


class GenerateIn(serializers.Serializer[Any]):
    """A question, and the passages to answer it from; left out, they are found in the library."""

    query = serializers.CharField(min_length=SHORTEST_QUESTION, max_length=LONGEST_QUESTION)
    passages = GivenIn(  # type: ignore[call-arg]  # goes to the list around it
        many=True, required=False, allow_empty=False, max_length=20
    )
    n_results = serializers.IntegerField(min_value=1, max_value=20, required=False)
    lang = serializers.ChoiceField(("en", "fr"), required=False, allow_null=True)
    model = serializers.CharField(max_length=160, required=False)
    temperature = serializers.FloatField(min_value=0, max_value=2, required=False, allow_null=True)
    max_tokens = serializers.IntegerField(min_value=16, max_value=8192, required=False, allow_null=True)


class GivenCitationOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    title = serializers.CharField(allow_blank=True)
    quote = serializers.CharField()


class GenerateOut(serializers.Serializer[Any]):
    answer = serializers.CharField()
    citations = GivenCitationOut(many=True)
    model_used = serializers.CharField(allow_blank=True)
    confidence_score = serializers.FloatField(allow_null=True)
    ungrounded_numbers = serializers.ListField(child=serializers.FloatField())
    missing_terms = serializers.ListField(child=serializers.CharField())
    abstained = serializers.BooleanField()
    lang = serializers.CharField()


class ReindexIn(serializers.Serializer[Any]):
    model = serializers.CharField(max_length=160, required=False, help_text="Left out: that of the space in use.")
    activate = serializers.BooleanField(default=False, help_text="Search in the space as soon as it is ready.")
    afresh = serializers.BooleanField(default=False, help_text="Build the index anew although one is there.")


class SpaceOut(serializers.Serializer[Any]):
    slug = serializers.CharField()
    model = serializers.CharField()
    dimension = serializers.IntegerField()
    state = serializers.CharField()
    is_active = serializers.BooleanField()
    index_kind = serializers.CharField()
    step = serializers.CharField(allow_blank=True)
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    message = serializers.CharField(allow_blank=True)
    measured_recall = serializers.FloatField(allow_null=True)


class SpacesOut(serializers.Serializer[Any]):
    spaces = SpaceOut(many=True)
