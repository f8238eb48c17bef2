"""FEATURES 2.2: which words make which kind of question."""

import pytest

from models_registry.domain.query_types import LABELS, QueryType, detect_query_type, fold, parse_query_type

DETAILED, TROUBLE, TECHNICAL = QueryType.DETAILED, QueryType.TROUBLESHOOTING, QueryType.TECHNICAL
SCORING, QUICK, STRATEGIC = QueryType.SCORING, QueryType.QUICK, QueryType.STRATEGIC


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Lightning networks fee advice", DETAILED),
        ("notebook fees", DETAILED),
        ("Comment optimiser mes frais?", DETAILED),
        ("failover setup for lnd", DETAILED),
        ("Note that capital allocation changed", DETAILED),
        ("My fee rate is 500 ppm", DETAILED),
        ("", DETAILED),
        ("My networks are slow", TROUBLE),
        ("Pourquoi mes paiements échouent ?", TROUBLE),
        ("Explain notes on liquidity", TECHNICAL),
        ("How does a circular rebalance work?", TECHNICAL),
        ("Note mon noeud", SCORING),
        ("Compare ces deux canaux", SCORING),
        ("Résumé rapide", QUICK),
        ("What is the status of my node?", QUICK),
        ("Stratégie long terme", STRATEGIC),
    ],
)
def test_the_sentences_that_must_hold(question, expected):
    assert detect_query_type(question) is expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Mon canal est bloqué", TROUBLE),
        ("Le noeud ne fonctionne pas", TROUBLE),
        ("Mes canaux ne marchent plus", TROUBLE),
        ("lnd crashed twice, how do I debug it?", TROUBLE),
        ("Rate my channels", SCORING),
        ("Évaluer la priorité", SCORING),
        ("Feuille de route pour la croissance", STRATEGIC),
        ("En bref ?", QUICK),
        ("Should I raise my base fee?", DETAILED),
        ("Que faire ? Mes frais sont trop chers", DETAILED),
        ("Qu'est-ce qu'un HTLC ?", TECHNICAL),
        ("Comment fonctionne un swap ?", TECHNICAL),
        ("What are hold invoices", TECHNICAL),
        ("how comment", TECHNICAL),
        ("how", DETAILED),
        ("HOW IS MY NODE", DETAILED),
        ("ÉCHEC", TROUBLE),
        ("fail status", TROUBLE),
        ("rank plan", SCORING),
        ("⚡⚡⚡", DETAILED),
    ],
)
def test_words_match_whole_in_both_languages_and_ties_follow_the_table(question, expected):
    assert detect_query_type(question) is expected


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (None, DETAILED),
        ({}, DETAILED),
        ({"requires_strategy": True}, STRATEGIC),
        ({"is_diagnostic": True}, TROUBLE),
        ({"requires_strategy": True, "is_diagnostic": True}, STRATEGIC),
        ({"requires_strategy": False}, DETAILED),
    ],
)
def test_flags_decide_only_when_the_words_do_not(context, expected):
    assert detect_query_type("my node", context) is expected
    assert detect_query_type("quick summary", context) is QUICK


def test_one_word_in_two_forms_is_one_hit():
    assert detect_query_type("status status, overview: why?") is QUICK
    assert detect_query_type("explain, explained, explaining; growth") is STRATEGIC


@pytest.mark.parametrize("kind", list(QueryType))
def test_slug_and_label_name_the_type_in_any_case(kind):
    assert parse_query_type(kind.value.upper()) is kind
    assert parse_query_type(LABELS[kind].lower()) is kind
    assert kind.label == LABELS[kind]


@pytest.mark.parametrize("unknown", [None, "", "poetry", "détaillé"])
def test_an_unknown_name_is_detailed(unknown):
    assert parse_query_type(unknown) is DETAILED


def test_folding_leaves_plain_words():
    assert fold("  Où est mon NŒUD, s'il-te-plaît ?") == "ou est mon noeud s il te plait"
