"""Forty questions as operators ask them, labeled by their meaning before any word was counted: twenty per language."""

import pytest

from models_registry.domain.query_types import QueryType, detect_query_type

DETAILED, TROUBLE, TECHNICAL = QueryType.DETAILED, QueryType.TROUBLESHOOTING, QueryType.TECHNICAL
SCORING, QUICK, STRATEGIC = QueryType.SCORING, QueryType.QUICK, QueryType.STRATEGIC

HEARD = [
    ("Give me a short overview of my channels", QUICK),
    ("Quick check on my liquidity please", QUICK),
    ("Status of my node this morning?", QUICK),
    ("Summarize my routing activity this week", QUICK),
    ("Should I increase the fee on my channel with ACINQ?", DETAILED),
    ("How can I improve my routing revenue?", DETAILED),
    ("What should I do about my empty channels?", DETAILED),
    ("My outbound fees are too high, give me recommendations", DETAILED),
    ("Which channels are worth closing?", DETAILED),
    ("Payments through my node keep failing since yesterday", TROUBLE),
    ("My channel with Kraken is stuck in pending close", TROUBLE),
    ("lnd won't start after the upgrade, unable to unlock wallet", TROUBLE),
    ("HTLCs time out and I get temporary channel failure errors", TROUBLE),
    ("What is the difference between base fee and fee rate?", TECHNICAL),
    ("Explain how MPP splits a payment", TECHNICAL),
    ("Why do inbound fees have to be negative?", TECHNICAL),
    ("Rank my peers by reliability", SCORING),
    ("Compare my node with its neighbors", SCORING),
    ("Build a growth plan for the next six months", STRATEGIC),
    ("Where should my node be in a year? I want a roadmap", STRATEGIC),
    ("Donne-moi un aperçu rapide de mes canaux", QUICK),
    ("En bref, comment va mon nœud ?", QUICK),
    ("Quel est l'état de ma liquidité ?", QUICK),
    ("Résume l'activité de routage de la semaine", QUICK),
    ("Dois-je augmenter mes frais sur ce canal ?", DETAILED),
    ("Comment améliorer mes revenus de routage ?", DETAILED),
    ("Que faire de mes canaux vides ?", DETAILED),
    ("Quels canaux me conseilles-tu de fermer ?", DETAILED),
    ("Mes paiements échouent depuis hier soir", TROUBLE),
    ("Le canal avec Kraken est bloqué en fermeture", TROUBLE),
    ("Mon nœud est hors ligne depuis la mise à jour", TROUBLE),
    ("lnd ne démarre plus, impossible de déverrouiller le portefeuille", TROUBLE),
    ("Explique-moi les frais entrants négatifs", TECHNICAL),
    ("Qu'est-ce que le CLTV delta ?", TECHNICAL),
    ("Comment marche un paiement multi-parties ?", TECHNICAL),
    ("C'est quoi un HTLC ?", TECHNICAL),
    ("Classe mes pairs par fiabilité", SCORING),
    ("Note ce canal sur dix", SCORING),
    ("Établis un plan de croissance sur six mois", STRATEGIC),
    ("Quelle stratégie de liquidité pour l'année prochaine ?", STRATEGIC),
]


# Written after the word lists were mended with the forty above, to see whether the mending carries over.
HEARD_LATER = [
    ("Summarise the last 24 hours", QUICK),
    ("My node can't connect to its peers", TROUBLE),
    ("The wallet does not sync any more", TROUBLE),
    ("What is a hold invoice?", TECHNICAL),
    ("Suggest a better fee policy", DETAILED),
    ("Évalue mes dix meilleurs canaux", SCORING),
    ("Le nœud ne répond plus", TROUBLE),
    ("C'est quoi la différence entre un splice et un swap ?", TECHNICAL),
    ("Baisse conseillée pour les frais vers Bitfinex ?", DETAILED),
    ("Une feuille de route pour cette année", STRATEGIC),
]


@pytest.mark.parametrize(("question", "expected"), [*HEARD, *HEARD_LATER])
def test_a_question_as_people_ask_it(question, expected):
    assert detect_query_type(question) is expected
