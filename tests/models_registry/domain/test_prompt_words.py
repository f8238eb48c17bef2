"""What the words of a prompt and the name of a model tell: language, rules, specialties, prices."""

from decimal import Decimal

import pytest

from models_registry.domain.chat import Price
from models_registry.domain.hearing import HEAD, TAIL, hear
from models_registry.domain.pricing import cost_usd, expected_tokens
from models_registry.domain.query_types import QueryType, fold
from models_registry.domain.rules import Rule, best_match, folded_words
from models_registry.domain.specialties import guess_specialties
from models_registry.services.default_rules import RULES


def shipped():
    for slug, rule in RULES.items():
        words, phrases = folded_words([word.replace("_", " ") for word in rule.words.split()])
        yield Rule(slug=slug, words=words, phrases=phrases, models=rule.models, priority=rule.priority)


@pytest.mark.parametrize(
    ("prompt", "rule"),
    [
        ("Write a Python function that parses invoices", "code"),
        ("What is the capital of France?", None),
        ("the encoder decoded a capital letter", None),
        ("Traduis ce texte en anglais", "translate"),
        ("Translate this into French", "translate"),
        ("Invente une histoire de nœuds", "creative"),
        ("Décrivez mon canal", "description"),
        ("Describe this channel", "description"),
        ("Présente-moi ce nœud", "description"),
        ("Which option should I choose?", "quick-choice"),
        ("Quel choix faire, que décider ?", "quick-choice"),
        ("Reply to this conversation", "dialogue"),
        ("Comment lui répondre ?", "dialogue"),
        ("We are under attack, this is urgent", "urgent-action"),
        ("Un danger : c'est une attaque !", "urgent-action"),
        ("Tell me briefly", "quick"),
        ("Oui ou non ?", "quick"),
        ("presently optional askew", None),
        ("", None),
    ],
)
def test_the_shipped_rules_hear_whole_words_in_both_languages(prompt, rule):
    match = best_match(fold(prompt), tuple(shipped()))

    assert (match.rule.slug if match else None) == rule


def test_the_rule_with_most_words_wins_then_the_lower_priority_then_the_name():
    rules = [
        Rule("b", words=frozenset({"fee", "node"}), priority=5),
        Rule("c", words=frozenset({"fee"}), phrases=("too high",), priority=9),
        Rule("a", words=frozenset({"node"}), priority=5),
    ]

    longest, earliest = best_match("fee too high", rules), best_match("my node", rules)
    assert longest
    assert longest.words == ("fee", "too high")
    assert earliest
    assert earliest.rule.slug == "a"
    assert best_match("nothing", rules) is None


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("codellama:13b-instruct", ("code",)),
        ("qwen2.5-coder:7b", ("code", "translate")),
        ("deepseek-coder-v2:16b", ("code",)),
        ("codestral:22b", ("code",)),
        ("llama3.2:3b", ("fast", "quick", "general")),
        ("phi3:medium", ("fast", "quick")),
        ("dolphin-mixtral:8x7b", ("general",)),
        ("gemma2:9b", ("creative",)),
        ("gemma3:1b", ("creative", "fast", "quick")),
        ("aya:8b", ("translate",)),
        ("qwen3:0.6b", ("translate", "fast", "quick")),
        ("mistral:7b-instruct", ("general",)),
        ("llama3.1:70b", ("general",)),
        ("team/unheard-of:latest", ("general",)),
    ],
)
def test_a_models_name_tells_what_it_is_good_at(tag, expected):
    assert guess_specialties(tag) == expected


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Should I raise my fees?", "en"),
        ("Dois-je augmenter mes frais ?", "fr"),
        ("LND 0.18", ""),
        ("", ""),
    ],
)
def test_the_language_is_heard_from_small_words(text, lang):
    assert hear(text).lang == lang


def test_of_a_long_prompt_the_beginning_and_the_end_are_heard():
    filler = "x" * 50
    padding = f"{filler} " * ((HEAD + TAIL) // 50)

    assert hear(f"{padding} {padding} why? explain").query_type is QueryType.TECHNICAL
    assert hear(f"{padding} explain why {padding}").query_type is QueryType.DETAILED
    assert hear(padding).chars == len(padding)


@pytest.mark.parametrize(
    ("price", "prompt", "generated", "expected"),
    [
        (("0.25", "1.25"), 1000, 400, "0.00075"),
        (("15", "75"), 1000, 400, "0.045"),
        (("0", "0"), None, None, "0"),
        (("3", "15"), None, 400, None),
        (("3", "15"), 400, None, None),
    ],
)
def test_input_and_output_are_priced_apart(price, prompt, generated, expected):
    found = cost_usd(Price(*map(Decimal, price)), prompt_tokens=prompt, generated_tokens=generated)

    assert found == (None if expected is None else Decimal(expected))


def test_an_answer_is_expected_to_be_as_long_as_allowed_within_reason():
    assert (expected_tokens(80), expected_tokens(4000)) == (80, 400)
