"""How an administrator writes what JSON would make hard to write, and what the usage page may be asked."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from models_registry.domain.chat import ModelTier, Outcome
from models_registry.domain.scopes import Scope
from models_registry.models import ApiKey, RoutingRule, Strategy, Tier
from models_registry.queries.usage import UsageFilter


class LinesField(forms.CharField):
    """A list of texts, written one per line."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(str(item) for item in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]  # the cleaned value is the list
        lines = (line.strip() for line in (super().to_python(value) or "").splitlines())
        return [line for line in lines if line]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(self.prepare_value(initial) or "") != self.to_python(data or "")


class ApiKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """One key; what it may be used for is ticked."""

    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, scope.value) for scope in Scope],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="None ticked: everything.",
    )

    class Meta:
        model = ApiKey
        fields = (
            "name",
            "user",
            "tier",
            "scopes",
            "requests_per_minute",
            "requests_per_hour",
            "is_active",
            "expires_at",
        )


class StrategyForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """One strategy; its models are written one per line, the first to be asked first."""

    models_in_order = LinesField(
        label="Models in order",
        required=False,
        help_text="One per line: a full tag (phi3:medium) or a family (llama3.2). The first one installed answers.",
    )

    class Meta:
        model = Strategy
        fields = (
            "query_type",
            "is_enabled",
            "models_in_order",
            "temperature",
            "top_p",
            "top_k",
            "repeat_penalty",
            "num_ctx",
            "max_tokens",
        )


class RoutingRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """Words that call for certain models; words and models are written one per line."""

    words = LinesField(
        required=False,
        help_text="One word or phrase per line, each form by itself: choose, chooses, choix. None: the usual order.",
    )
    models_in_order = LinesField(
        label="Models in order", required=False, help_text="One per line: a full tag or a family. Empty: any."
    )

    class Meta:
        model = RoutingRule
        fields = (
            "name",
            "slug",
            "is_enabled",
            "words",
            "models_in_order",
            "specialty",
            "max_tokens",
            "target_s",
            "priority",
        )


class TierForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """What a class of users may use, and how often."""

    model_tiers = forms.MultipleChoiceField(
        choices=[(tier.value, tier.value) for tier in ModelTier], widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = Tier
        fields = ("slug", "model_tiers", "requests_per_minute", "requests_per_hour", "max_concurrent")


PERIODS = (("hour", "Last hour"), ("day", "Last day"), ("week", "Last week"), ("month", "Last 30 days"), ("all", "All"))
PERIOD_SPANS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
}
OUTCOMES = (("", "Every outcome"), *((outcome.value, outcome.value) for outcome in Outcome))


class UsageForm(forms.Form):
    """Which generations the usage page shows. What makes no sense falls back to everything: a link must not break."""

    period = forms.ChoiceField(choices=PERIODS, required=False)
    outcome = forms.ChoiceField(choices=OUTCOMES, required=False)
    model = forms.CharField(required=False, max_length=160)
    purpose = forms.CharField(required=False, max_length=40)
    page = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)

    @property
    def period_name(self) -> str:
        return str(self.cleaned_data.get("period") or "day")

    @property
    def number(self) -> int:
        return int(self.cleaned_data.get("page") or 1)

    def wanted(self, *, at: datetime) -> UsageFilter:
        """Return what is meant, as of `at`."""
        words = {name: str(self.cleaned_data.get(name) or "") for name in ("model", "outcome", "purpose")}
        span = PERIOD_SPANS.get(self.period_name)
        return UsageFilter(since=at - span if span else None, until=at, **words)
