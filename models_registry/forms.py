"""How an administrator writes what JSON would make hard to write."""

from typing import Any

from django import forms

from models_registry.models import Strategy


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
