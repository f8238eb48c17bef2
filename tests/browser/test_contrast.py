"""The palette keeps WCAG AA in both themes: 4.5 to 1 for text, 3 to 1 for the borders of controls."""

import re

import pytest
from django.conf import settings

TOKENS = (settings.BASE_DIR / "static/css/tokens.css").read_text(encoding="utf-8")
PAIR = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
COLORS = {name: (light, dark) for name, light, dark in PAIR.findall(TOKENS)}
PRIORITIES = ("critical", "high", "medium", "low", "info", "good")
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-soft", "ink-faint", "accent") for ground in ("paper", "surface", "sunken")),
    *((tone, f"{tone}-soft") for tone in PRIORITIES),
    *((tone, "surface") for tone in PRIORITIES),
    *(("ink", f"{tone}-soft") for tone in PRIORITIES),
    ("accent-ink", "accent"),
    ("accent", "accent-soft"),
    ("ink", "accent-soft"),
    ("ink-soft", "accent-soft"),
    ("volt-ink", "volt-soft"),
    ("ink", "volt-soft"),
    ("ink-faint", "medium-soft"),
]
EDGES = [
    ("line-strong", "surface"),
    ("line-strong", "paper"),
    ("volt", "surface"),
    ("volt", "paper"),
    ("local", "surface"),
]


def luminance(color: str) -> float:
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read_on_its_ground(ink, ground, theme):
    assert contrast(COLORS[ink][theme], COLORS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("edge", "ground"), EDGES)
def test_edges_of_controls_and_focus_can_be_seen(edge, ground, theme):
    assert contrast(COLORS[edge][theme], COLORS[ground][theme]) >= 3.0
