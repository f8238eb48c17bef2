"""One sentence, in English and French, with the facts that lift and hold a recommendation."""

from dataclasses import replace

import pytest

from recommendations.domain.advice import Ease, RiskLevel
from recommendations.domain.reasoning import reason
from recommendations.domain.scoring import NetworkState, NodeMetrics, ScoringInput, score_recommendation

STRONG = ScoringInput(
    id="x",
    gain_sat_30d=5_000,
    ease=Ease.EASY,
    effort_hours=0.5,
    cost_sat=0,
    risk=RiskLevel.LOW,
    days_to_effect=0,
    rule_confidence=0.9,
    oldest_fact_days=0.5,
)
WEAK = replace(
    STRONG,
    gain_sat_30d=100,
    ease=Ease.VERY_HARD,
    effort_hours=10,
    cost_sat=None,
    risk=RiskLevel.HIGH,
    days_to_effect=60,
    oldest_fact_days=6.2,
)


def said(one, lang="en"):
    return reason(score_recommendation(one, NodeMetrics(10_000), NetworkState()), one, lang=lang)


@pytest.mark.parametrize(
    ("one", "lang", "sentence"),
    [
        (
            STRONG,
            "en",
            "95.1, critical, confidence 0.86: strong revenue effect (+5,000 sat / 30 d), easy, 0.5 h, free.",
        ),
        (
            STRONG,
            "fr",
            "95,1, critique, confiance 0,86 : fort effet sur les revenus (+5\u202f000 sat / 30 j),"
            " facile, 0,5 h, gratuit.",
        ),
        (WEAK, "en", "13.3, info, confidence 0.49: little revenue effect (+100 sat / 30 d), data 6 days old."),
        (
            WEAK,
            "fr",
            "13,3, information, confiance 0,49 : peu d'effet sur les revenus (+100 sat / 30 j),"
            " données vieilles de 6 jours.",
        ),
    ],
)
def test_the_sentence_reads_as_written_down(one, lang, sentence):
    assert said(one, lang) == sentence


def test_an_unknown_language_falls_back_to_english():
    assert said(STRONG, "de") == said(STRONG, "en")


def test_unknown_confidence_is_called_unknown():
    assert "confidence unknown" in said(replace(STRONG, oldest_fact_days=None))


def test_fee_advice_names_both_rates_and_free_is_said():
    one = replace(
        STRONG, fee_ppm=2_000, peer_median_ppm=200, gain_sat_30d=None, risk=RiskLevel.MEDIUM, days_to_effect=9
    )

    assert "2,000 / 200 ppm" in said(one)
    assert "easy, 0.5 h, free" in said(one)
