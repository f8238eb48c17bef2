"""How somebody wants to hear of alerts, as their page asks it."""

from typing import Any
from zoneinfo import available_timezones

from django import forms

from recommendations.domain.advice import Severity
from recommendations.domain.delivery_errors import DeliveryRefused
from recommendations.domain.webhook_address import LONGEST, checked_webhook
from recommendations.models import AlertChoice
from recommendations.services.choose_alerts import Wanted

SEVERITIES = (
    (Severity.CRITICAL.value, "Critical only"),
    (Severity.HIGH.value, "High and critical"),
    (Severity.MEDIUM.value, "Medium and graver"),
    (Severity.LOW.value, "Everything"),
)
ZONES = tuple((name, name.replace("_", " ")) for name in sorted(available_timezones() - {"localtime"}))
ONE_END = "Give both ends of the quiet hours, or none."
SAME_ENDS = "Quiet hours that end when they begin would never end. Give two times, or none."


class AlertsForm(forms.Form):
    """Which alerts are listed."""

    show = forms.ChoiceField(required=False, choices=[("", "Open"), ("all", "All")])
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000)


class AlertChoiceForm(forms.Form):
    """What is sent, where, and when not."""

    email = forms.EmailField(required=False, label="E-mail address")
    webhook = forms.CharField(required=False, max_length=LONGEST, label="Webhook address")
    forget_webhook = forms.BooleanField(required=False, label="Forget the webhook")
    least_severity = forms.ChoiceField(choices=SEVERITIES, label="Send")
    quiet_from = forms.TimeField(required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    quiet_until = forms.TimeField(required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    time_zone = forms.ChoiceField(choices=ZONES, label="Time zone")
    breaks_quiet = forms.BooleanField(required=False, label="Send critical alerts in quiet hours too")

    def clean_webhook(self) -> str:
        address = str(self.cleaned_data["webhook"])
        try:
            return checked_webhook(address) if address else ""
        except DeliveryRefused as exc:
            raise forms.ValidationError(str(exc)) from exc

    def clean(self) -> dict[str, Any]:
        words: dict[str, Any] = super().clean() or {}
        begin, end = words.get("quiet_from"), words.get("quiet_until")
        if (begin is None) != (end is None):
            self.add_error("quiet_until", ONE_END)
        elif begin is not None and begin == end:
            self.add_error("quiet_until", SAME_ENDS)
        return words

    @property
    def wanted(self) -> Wanted:
        words = self.cleaned_data
        kept = "" if words["forget_webhook"] else None
        return Wanted(
            email=words["email"],
            webhook=words["webhook"] or kept,
            quiet_from=words["quiet_from"],
            quiet_until=words["quiet_until"],
            time_zone=words["time_zone"],
            least_severity=Severity(words["least_severity"]),
            breaks_quiet=words["breaks_quiet"],
        )


def first_values(choice: AlertChoice) -> dict[str, Any]:
    """Return what the form shows of a choice: all but the webhook, which is never shown again."""
    names = ("email", "least_severity", "quiet_from", "quiet_until", "time_zone", "breaks_quiet")
    return {name: getattr(choice, name) for name in names}
