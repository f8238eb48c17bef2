"""What callers may ask for, checked before anything runs."""

from rest_framework import serializers

from models_registry.domain.query_types import parse_query_type
from recommendations.domain.advice import Category, Priority, State
from recommendations.domain.findings.profiles import Profile

GOALS = ("balanced", "revenue", "stability", "quick_wins")
LANGUAGES = ("en", "fr")


class AdviceQuery(serializers.Serializer[None]):
    """Query parameters of every advice endpoint. An unknown analysis type means detailed (ST-02)."""

    analysis_type = serializers.CharField(default="detailed", max_length=40)
    goal = serializers.ChoiceField(choices=GOALS, default="balanced")
    profile = serializers.ChoiceField(choices=[item.value for item in Profile], required=False)
    lang = serializers.ChoiceField(choices=LANGUAGES, required=False)
    max_results = serializers.IntegerField(min_value=1, max_value=20, default=10)
    use_cache = serializers.BooleanField(default=True)
    include_ai = serializers.BooleanField(default=True)
    network = serializers.SlugField(required=False)

    def validate_analysis_type(self, value: str) -> str:
        return parse_query_type(value).value


class RuleAdviceQuery(AdviceQuery):
    category = serializers.ChoiceField(choices=[item.value for item in Category], required=False)
    priority = serializers.ChoiceField(choices=[item.value for item in Priority], required=False)


class MoveIn(serializers.Serializer[None]):
    """A step in a recommendation's life. `undo` takes back applied or rejected."""

    state = serializers.ChoiceField(choices=(State.VIEWED, State.APPLIED, State.REJECTED, "undo"))
    note = serializers.CharField(required=False, allow_blank=True, max_length=2000, default="")
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")


class SearchQuery(serializers.Serializer[None]):
    search = serializers.CharField(min_length=1, max_length=100, trim_whitespace=True)
    limit = serializers.IntegerField(min_value=1, max_value=50, default=10)
    network = serializers.SlugField(required=False)
