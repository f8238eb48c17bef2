"""What programs may ask of the library, and what they get (WF-02, WF-04, SM-07)."""

from typing import Any

from rest_framework import serializers

from models_registry.domain.query_types import QueryType, parse_query_type
from rag.services.answer import LONGEST_QUESTION, SHORTEST_QUESTION

LANGUAGES = ("en", "fr")
USUAL_NUMBER = "Left out: as the policy of the library says, 8 as shipped."
TYPE_NAMES = [name for kind in QueryType for name in (kind.value, kind.label)]


class QueryIn(serializers.Serializer[Any]):
    """A question. Knobs that are left out come from the strategy of its kind."""

    query = serializers.CharField(min_length=SHORTEST_QUESTION, max_length=LONGEST_QUESTION, trim_whitespace=True)
    n_results = serializers.IntegerField(min_value=1, max_value=20, required=False, help_text=USUAL_NUMBER)
    temperature = serializers.FloatField(min_value=0, max_value=2, required=False, allow_null=True)
    max_tokens = serializers.IntegerField(min_value=16, max_value=8192, required=False, allow_null=True)
    use_cache = serializers.BooleanField(default=True)
    use_optimizer = serializers.BooleanField(default=True, help_text="False: retrieve and answer, without kinds.")
    lang = serializers.ChoiceField(choices=LANGUAGES, required=False, allow_null=True)
    query_type = serializers.ChoiceField(choices=TYPE_NAMES, required=False, allow_null=True)
    node_pubkey = serializers.RegexField(r"^0[23][0-9a-fA-F]{64}$", required=False, allow_null=True)
    conversation_id = serializers.CharField(
        max_length=36,
        required=False,
        allow_null=True,
        help_text="Of an earlier answer, for a question that follows on; `new` begins a conversation.",
    )

    def knobs(self) -> dict[str, Any]:
        """Return the keyword arguments of `answer`."""
        given = self.validated_data
        named = given.get("query_type")
        query_type = parse_query_type(named) if named else None
        node_pubkey = given.get("node_pubkey")
        return {
            "k": given.get("n_results"),
            "temperature": given.get("temperature"),
            "max_tokens": given.get("max_tokens"),
            "use_cache": given["use_cache"],
            "lang": given.get("lang"),
            "query_type": query_type if given["use_optimizer"] else QueryType.DETAILED,
            "node_pubkey": node_pubkey.lower() if node_pubkey else None,
        }


class StreamQueryIn(QueryIn):
    """A question whose answer is streamed."""

    max_results = serializers.IntegerField(min_value=1, max_value=20, default=5)
    n_results = serializers.IntegerField(min_value=1, max_value=20, required=False, help_text="As max_results.")
    include_ai = serializers.BooleanField(default=True, help_text="False: quote the library, ask no model.")

    def knobs(self) -> dict[str, Any]:
        given = self.validated_data
        self.validated_data.setdefault("n_results", given["max_results"])
        return super().knobs() | {"include_ai": given["include_ai"]}


class RetrieveIn(serializers.Serializer[Any]):
    query = serializers.CharField(min_length=SHORTEST_QUESTION, max_length=LONGEST_QUESTION, trim_whitespace=True)
    n_results = serializers.IntegerField(min_value=1, max_value=20, required=False, help_text=USUAL_NUMBER)
    lang = serializers.ChoiceField(
        choices=LANGUAGES, required=False, allow_null=True, help_text="Of the question. Left out: detected."
    )
    languages = serializers.ListField(
        child=serializers.CharField(max_length=8),
        required=False,
        allow_empty=False,
        max_length=20,
        help_text="Of the documents that are searched. Left out: as the policy of the library says.",
    )
    sources = serializers.ListField(
        child=serializers.SlugField(max_length=50),
        required=False,
        allow_empty=False,
        max_length=50,
        help_text="Slugs of the sources that are searched. Left out: every one the key may read.",
    )
    explain = serializers.BooleanField(default=False, help_text="Tell why each passage was found.")


class CitationOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    chunk_id = serializers.IntegerField()
    document_id = serializers.IntegerField(allow_null=True)
    document_uid = serializers.CharField()
    title = serializers.CharField()
    breadcrumb = serializers.CharField()
    quote = serializers.CharField()
    url = serializers.CharField(allow_blank=True)


class SourceOut(serializers.Serializer[Any]):
    uid = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField(allow_blank=True)
    document_id = serializers.IntegerField(allow_null=True)


class CheckOut(serializers.Serializer[Any]):
    """Something in an answer that what it was given does not hold."""

    kind = serializers.CharField(help_text="number, quote, command, citation, removed, planted, misplaced or uncited")
    text = serializers.CharField()
    sentence = serializers.CharField(allow_blank=True)
    end = serializers.IntegerField(allow_null=True, help_text="Where the sentence ends in the answer, in characters.")
    cited = serializers.ListField(child=serializers.IntegerField())
    held_by = serializers.ListField(child=serializers.IntegerField(), help_text="Passages that do hold it.")
    is_grave = serializers.BooleanField(help_text="False: it stands in another passage, or no passage is cited.")
    message = serializers.CharField()


class AnswerOut(serializers.Serializer[Any]):
    """An answer with its evidence. Numbers that are not known are null."""

    answer_id = serializers.UUIDField()
    conversation_id = serializers.UUIDField(allow_null=True)
    standalone = serializers.CharField(allow_blank=True, help_text="A question that follows on, as it was searched.")
    answer = serializers.CharField()
    summary = serializers.CharField(allow_blank=True)
    recommendations = serializers.ListField(child=serializers.DictField())
    sources = SourceOut(many=True)
    citations = CitationOut(many=True)
    confidence_score = serializers.FloatField(allow_null=True)
    quality_score = serializers.FloatField(allow_null=True)
    processing_time_ms = serializers.IntegerField()
    cached = serializers.BooleanField()
    cached_from = serializers.CharField(allow_blank=True, help_text="The question that the kept answer was given to.")
    degraded = serializers.BooleanField()
    abstained = serializers.BooleanField()
    note = serializers.CharField(allow_blank=True)
    model_used = serializers.CharField(allow_blank=True)
    query_type = serializers.CharField()
    lang = serializers.CharField()
    embed_model = serializers.CharField()
    embed_version = serializers.CharField()
    missing_terms = serializers.ListField(child=serializers.CharField())
    ungrounded_numbers = serializers.ListField(child=serializers.FloatField())
    checks = CheckOut(many=True)
    passages = serializers.ListField(child=serializers.DictField(), help_text="What was found, with its legs' ranks.")
    trace = serializers.ListField(child=serializers.DictField(), help_text="The timed steps, in milliseconds.")


class LegPlaceOut(serializers.Serializer[Any]):
    leg = serializers.CharField()
    rank = serializers.IntegerField()
    score = serializers.FloatField()
    share = serializers.FloatField(help_text="What the leg adds to the fused score.")


class ExplanationOut(serializers.Serializer[Any]):
    legs = LegPlaceOut(many=True)
    words = serializers.ListField(child=serializers.CharField(), help_text="Of the question, that it holds.")
    added = serializers.ListField(child=serializers.CharField(), help_text="Words of it that the glossary brought.")
    moved_from = serializers.IntegerField(allow_null=True, help_text="Its rank before the reranker.")


class PassageOut(serializers.Serializer[Any]):
    chunk_id = serializers.IntegerField()
    document_id = serializers.IntegerField()
    document_uid = serializers.CharField()
    title = serializers.CharField()
    breadcrumb = serializers.CharField()
    text = serializers.CharField()
    lang = serializers.CharField()
    url = serializers.CharField(allow_blank=True)
    rank = serializers.IntegerField()
    score = serializers.FloatField()
    cosine = serializers.FloatField(allow_null=True)
    bm25 = serializers.FloatField(allow_null=True)
    explain = ExplanationOut(required=False, help_text="Only where it was asked for.")

    def to_representation(self, instance: Any) -> Any:
        """Return the passage, with its explanation only where that is wanted."""
        told = super().to_representation(instance)
        if not self.context.get("explain"):
            told.pop("explain")
        return told


class RetrievalOut(serializers.Serializer[Any]):
    question = serializers.CharField()
    lang = serializers.CharField()
    passages = PassageOut(many=True)
    best_cosine = serializers.FloatField(allow_null=True)
    missing_terms = serializers.ListField(child=serializers.CharField())
    is_answerable = serializers.BooleanField()
    index_version = serializers.CharField()
    elapsed_ms = serializers.IntegerField()
    added = serializers.ListField(child=serializers.CharField(), help_text="Words that the glossary appended.")
    rewritten = serializers.CharField(allow_null=True, help_text="What was searched in the question's place.")


class StatsOut(serializers.Serializer[Any]):
    documents = serializers.IntegerField()
    passages = serializers.IntegerField()
    sources = serializers.IntegerField()
    queries = serializers.IntegerField()
    mean_processing_ms = serializers.FloatField(allow_null=True)
    cache_hit_rate = serializers.FloatField(allow_null=True)
    degraded_rate = serializers.FloatField(allow_null=True)
    abstention_rate = serializers.FloatField(allow_null=True)
    latest_update = serializers.DateTimeField(allow_null=True)
    index_version = serializers.CharField(allow_null=True)
    embedded_passages = serializers.IntegerField()


class HealthOut(serializers.Serializer[Any]):
    status = serializers.CharField()
    passages = serializers.IntegerField()
    embedded_passages = serializers.IntegerField()
    index_version = serializers.CharField(allow_null=True)


class EventOut(serializers.Serializer[Any]):
    type = serializers.CharField()
    progress = serializers.IntegerField()
    sequence = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        """Return the fields with `data`, a name that a serializer keeps for itself."""
        return {**super().get_fields(), "data": serializers.DictField()}


class EventsOut(serializers.Serializer[Any]):
    """All events at once, for those who accept JSON; streamed framings send the same dictionaries one by one."""

    events = EventOut(many=True)
