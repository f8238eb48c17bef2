"""What is supposed to be otherwise, as the page asks it: one channel changed or gone, one channel more."""

from typing import Any

from django import forms
from django.utils.http import urlencode

from recommendations.domain.units import normalize_node_key
from recommendations.domain.what_if import (
    LEAST_SIZE_SAT,
    MOST_BASE_MSAT,
    MOST_PPM,
    MOST_SIZE_SAT,
    BalanceChange,
    Change,
    Closing,
    FeeChange,
    Opening,
)
from recommendations.forms.pages import GOALS

WHICH_CHANNEL = "Say which channel this is about."
WHAT_CHANGES = "Say what is otherwise on this channel: its rate, base fee, balance, or that it is gone."
WITH_WHOM = "Say with which node."
HOW_LARGE = "Say how many sat it holds."
GONE = "A channel that is gone has no fee and no balance. Leave these empty, or keep the channel."
NO_KEY = "This is no node key: 66 hexadecimal digits that start with 02 or 03."


class WhatIfForm(forms.Form):
    """Every field may be empty; a link with nothing in it shows the node as it is."""

    channel = forms.CharField(required=False, max_length=40, strip=True)
    fee_ppm = forms.IntegerField(required=False, min_value=0, max_value=MOST_PPM, label="Rate, ppm")
    base_fee_msat = forms.IntegerField(required=False, min_value=0, max_value=MOST_BASE_MSAT, label="Base fee, msat")
    local_percent = forms.IntegerField(required=False, min_value=0, max_value=100, label="On our side, %")
    close = forms.BooleanField(required=False, label="It is gone")
    peer = forms.CharField(required=False, max_length=80, strip=True, label="Peer’s key")
    size_sat = forms.IntegerField(
        required=False, min_value=LEAST_SIZE_SAT, max_value=MOST_SIZE_SAT, label="Capacity, sat"
    )
    goal = forms.ChoiceField(required=False, choices=GOALS, label="Goal")

    def clean_peer(self) -> str:
        text = str(self.cleaned_data["peer"])
        key = normalize_node_key(text)
        if text and key is None:
            raise forms.ValidationError(NO_KEY)
        return key or ""

    def clean(self) -> dict[str, Any]:
        words: dict[str, Any] = super().clean() or {}
        values = [words.get(name) for name in ("fee_ppm", "base_fee_msat", "local_percent")]
        is_edited, is_gone = any(value is not None for value in values), bool(words.get("close"))
        if (is_edited or is_gone) and not words.get("channel"):
            self.add_error("channel", WHICH_CHANNEL)
        elif words.get("channel") and not (is_edited or is_gone) and not self.errors:
            self.add_error("channel", WHAT_CHANGES)
        if is_edited and is_gone:
            self.add_error("close", GONE)
        if words.get("size_sat") is not None and not words.get("peer") and "peer" not in self.errors:
            self.add_error("peer", WITH_WHOM)
        if words.get("peer") and words.get("size_sat") is None and "size_sat" not in self.errors:
            self.add_error("size_sat", HOW_LARGE)
        return words

    @property
    def changes(self) -> tuple[Change, ...]:
        """Return what is supposed, in the order in which it is made."""
        words = self.cleaned_data
        found: list[Change] = []
        channel = words["channel"]
        if words["close"]:
            found.append(Closing(channel))
        if words["fee_ppm"] is not None or words["base_fee_msat"] is not None:
            found.append(FeeChange(channel, words["fee_ppm"], words["base_fee_msat"]))
        if words["local_percent"] is not None:
            found.append(BalanceChange(channel, words["local_percent"] / 100))
        if words["peer"]:
            found.append(Opening(words["peer"], words["size_sat"]))
        return tuple(found)

    @property
    def link(self) -> str:
        """Return the question as a query string that can be shared."""
        return urlencode({name: value for name, value in self.data.items() if value and name in self.fields})
