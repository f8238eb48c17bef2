"""What an operator may set: how bold advice is, and the limits of chosen channels."""

from typing import Any

from django import forms

from recommendations.domain.facts import ChannelBounds
from recommendations.domain.findings.profiles import Profile
from recommendations.domain.units import SCID
from recommendations.services.stances import LimitEdit

HIGHEST_PPM = 1_000_000  # a fee of 100 %
PROFILES = (
    (Profile.CONSERVATIVE.value, "Conservative"),
    (Profile.BALANCED.value, "Balanced"),
    (Profile.AGGRESSIVE.value, "Aggressive"),
)


class StanceForm(forms.Form):
    """How bold the advice for a node may be."""

    profile = forms.ChoiceField(choices=PROFILES)


class LimitsForm(forms.Form):
    """Limits for the channels picked in the table, or for all that fit its filter."""

    min_fee_ppm = forms.IntegerField(required=False, min_value=0, max_value=HIGHEST_PPM, label="Lowest ppm")
    max_fee_ppm = forms.IntegerField(required=False, min_value=0, max_value=HIGHEST_PPM, label="Highest ppm")
    is_hands_off = forms.BooleanField(required=False, label="Do not touch: no advice that changes it")
    is_all = forms.BooleanField(required=False)
    note = forms.CharField(required=False, max_length=200, strip=True)

    def clean(self) -> dict[str, Any]:
        words: dict[str, Any] = super().clean() or self.cleaned_data
        low, high = words.get("min_fee_ppm"), words.get("max_fee_ppm")
        if low is not None and high is not None and low > high:
            raise forms.ValidationError("The lowest fee is above the highest.")
        return words

    def picked(self, values: list[str]) -> tuple[str, ...]:
        """Return the channels picked; a peer's line stands for all of its channels."""
        scids = (scid for value in values for scid in value.split())
        return tuple(dict.fromkeys(scid for scid in scids if SCID.match(scid)))

    def edit(self) -> LimitEdit:
        """Return what is to be written. Empty fields lift a limit."""
        words = self.cleaned_data
        bounds = ChannelBounds(words["min_fee_ppm"], words["max_fee_ppm"], bool(words["is_hands_off"]))
        return LimitEdit(bounds, words["note"])
