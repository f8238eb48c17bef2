"""Quality counts evidence: grounded numbers, references that resolve, checked commands; junk and silence score 0."""

from dataclasses import replace

import pytest

from recommendations.domain.findings.catalog import examine
from recommendations.domain.grounding import grounded_share, numbers_in, numbers_of, ungrounded
from recommendations.domain.model_output import Tally
from recommendations.domain.quality import Ground, QualityItem, quality_score, rules_quality, speaks, spoken_quality
from recommendations.domain.recommendation import recommend
from recommendations.domain.scoring import Weights
from tests.recommendations.domain import scenarios
from tests.recommendations.domain.factories import AT

FACTS = frozenset({1_200.0, 0.35, 250.0, 5_000_000.0})
GROUND = Ground(FACTS, frozenset({"fee:1:own", "fee:1:median"}), target_items=2)
GOOD = QualityItem(
    text="Lower the fee of this channel from 1,200 to 250 ppm because 35 % of the capacity is idle.",
    is_valid=True,
    references=("fee:1:own",),
    needs_command=True,
    has_checked_command=True,
    is_quantified=True,
)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("no numbers at all", ()),
        ("1,200 ppm", (1_200,)),
        ("1 200 ppm and 1\u202f200 ppm", (1_200, 1_200)),
        ("1,5 M sat", (1_500_000,)),
        ("1.5M sat, 3k sat", (1_500_000, 3_000)),
        ("0.02 BTC", (2_000_000,)),
        ("12 %", (12, 0.12)),
        ("2,5 millions", (2_500_000,)),
        ("channel 800001x1x0 since 2026-03-02 at 12:30", ()),
        (f"peer 03{'ab' * 32} and 03abcdef0123…", ()),
        ("1. first\n2. second", ()),
        ("as [1] says, rule 7 holds", ()),
        ("LND 0.18.3 was out", ()),
        ("1000msat", ()),
    ],
)
def test_numbers_are_read_as_a_person_reads_them(text, numbers):
    assert numbers_in(text) == pytest.approx(numbers)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("from 1,200 ppm", 1.0),
        ("from 1,211 ppm", 1.0),
        ("from 1,213 ppm", 0.0),
        ("35 % of it", 1.0),
        ("0.35 of it", 1.0),
        ("1,200 or 77", 0.5),
        ("5 M sat", 1.0),
        ("words", None),
    ],
)
def test_a_number_is_grounded_within_one_percent(text, share):
    assert grounded_share(text, FACTS) == share


def test_numbers_of_facts_come_in_the_forms_people_write():
    found = numbers_of({"ratio": 0.35, "fee_msat": 1_500, "deep": [{"text": "7 days"}], "flag": True, "none": None})

    assert found == {0.35, 35.0, 1_500.0, 1.5, 7.0}


def test_ungrounded_numbers_are_named():
    assert ungrounded("1,200 ppm and 4,711 ppm", FACTS) == (4_711.0,)


def test_sound_advice_scores_one():
    quality = quality_score((GOOD, replace(GOOD, references=("fee:1:median",))), GROUND)

    assert quality.score == 1.0
    assert quality.coverage == 1.0


@pytest.mark.parametrize(
    ("item", "component"),
    [
        (replace(GOOD, text=GOOD.text.replace("250", "777")), "grounding"),
        (replace(GOOD, references=("invented",)), "evidence"),
        (replace(GOOD, references=()), "evidence"),
        (replace(GOOD, has_checked_command=False), "commands"),
        (replace(GOOD, is_quantified=False), "quantified"),
    ],
)
def test_each_lie_costs_its_component(item, component):
    quality = quality_score((item, GOOD), GROUND)

    assert quality.score < 1
    assert [name for name, value in quality.components.items() if value is not None and value < 1] == [component]


def test_items_left_out_as_invalid_cost_schema():
    assert quality_score((GOOD,), replace(GROUND, offered_items=4)).components["schema"] == 0.25


def test_a_component_that_does_not_apply_leaves_the_sum():
    quality = quality_score((replace(GOOD, needs_command=False), GOOD), replace(GROUND, numbers=FACTS))
    without = quality_score((replace(GOOD, needs_command=False),) * 2, GROUND)

    assert quality.coverage == 1.0
    assert without.components["commands"] is None
    assert without.coverage == 0.9
    assert without.score == 1.0


def test_the_wrong_language_is_not_useful():
    assert quality_score((GOOD, GOOD), replace(GROUND, lang="fr")).components["usefulness"] == 0.0


@pytest.mark.parametrize(
    "text", ["", "1200 250 35", "lncli updatechanpolicy --fee_rate_ppm 250 --base_fee_msat 1200", "fee fee fee ppm sat"]
)
def test_junk_and_silence_score_zero(text):
    assert quality_score((replace(GOOD, text=text),), GROUND).score == 0.0
    assert quality_score((), GROUND).score == 0.0


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("the fee of the channel is high", "en", True),
        ("les frais du canal sont trop hauts", "en", False),
        ("les frais du canal sont trop hauts", "fr", True),
        ("ppm", "en", None),
    ],
)
def test_language_is_told_by_its_small_words(text, lang, expected):
    assert speaks(text, lang=lang) is expected


@pytest.mark.quality
@pytest.mark.parametrize(
    ("scenario", "least"),
    [
        (scenarios.balanced, 0.75),
        (scenarios.unbalanced, 0.80),
        (scenarios.low_uptime, 0.85),
        (scenarios.overpriced, 0.85),
        (scenarios.dead, 0.75),
        (scenarios.hostile, 0.75),
    ],
)
def test_the_rules_own_advice_is_good_without_any_model(scenario, least):
    facts = scenario()

    score, components = rules_quality(recommend(facts, examine(facts), Weights(), at=AT))

    assert score is not None
    assert score >= least
    assert components["grounding"] == 1.0
    assert components["evidence"] == 1.0


def test_no_advice_has_no_quality():
    assert rules_quality(())[0] is None


def test_spoken_quality_counts_what_the_model_got_right():
    items = recommend(scenarios.overpriced(), examine(scenarios.overpriced()), Weights(), at=AT)[:4]
    clean = Tally(offered=4, valid=4, texts=8, grounded_texts=8, references=8, resolved_references=8)
    sloppy = Tally(offered=8, valid=4, texts=8, grounded_texts=4, references=8, resolved_references=2)

    assert spoken_quality(items, clean)[0] == 1.0
    assert 0.4 < (spoken_quality(items, sloppy)[0] or 0) < 0.8
    assert spoken_quality((), Tally())[0] == 0.0
