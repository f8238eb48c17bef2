"""The library that ships answers the questions it was written for, in both languages."""

import pytest

from rag.services import defaults
from rag.services.ingest import load_library
from rag.services.retrieve import retrieve
from tests.rag.conftest import NOW

QUESTIONS = (
    ("How is a routing fee computed?", "routing-fee-computation.md"),
    ("Should I set my base fee to zero?", "base-fee-and-zero-base-fee.md"),
    ("Are positive inbound fees possible on LND?", "inbound-fees-lnd.md"),
    ("When is rebalancing a channel worth its cost?", "rebalancing-economics.md"),
    ("How do I recover my channels when the disk died?", "channel-backups-and-recovery.md"),
    ("What CLTV delta should I use?", "cltv-delta.md"),
    ("Is it better to run over Tor or clearnet?", "tor-clearnet-hybrid.md"),
    ("When should I close a channel?", "when-to-close-a-channel.md"),
    ("What is the Herfindahl index of my peers?", "concentration-and-hhi.md"),
    ("How large should a new channel be?", "channel-size.md"),
    ("What is a zombie channel?", "zombie-channels-and-gossip.md"),
    ("Do I need a watchtower?", "watchtowers.md"),
    ("How often may I change my fees?", "fee-change-cadence-and-gossip-limits.md"),
    ("How do I get inbound liquidity?", "getting-inbound-liquidity.md"),
    ("Comment fonctionnent les frais de routage ?", "frais-de-routage.md"),
    ("Quand faut-il fermer un canal ?", "fermer-un-canal.md"),
    ("Le rééquilibrage circulaire est-il rentable ?", "reequilibrage-circulaire.md"),
    ("Comment surveiller mon nœud ?", "surveillance-du-noeud.md"),
    ("Ai-je besoin d'une tour de garde ?", "tours-de-guet.md"),
    ("Comment sauvegarder mes canaux ?", "sauvegarde-des-canaux.md"),
    ("Comment obtenir de la liquidité entrante ?", "obtenir-de-la-liquidite-entrante.md"),
    ("Comment bien choisir mes pairs ?", "choisir-ses-pairs.md"),
    ("Pourquoi mes paiements échouent-ils ?", "paiements-en-echec.md"),
    ("Quelle taille donner à un nouveau canal ?", "taille-des-canaux.md"),
    ("Faut-il mettre les frais de base à zéro ?", "frais-de-base.md"),
    ("Vaut-il mieux Tor ou clearnet ?", "tor-clearnet-hybride.md"),
    ("Qu'est-ce qu'un canal zombie ?", "canaux-morts-et-zombies.md"),
    ("Comment annuler un changement de frais ?", "annuler-un-changement.md"),
)
UNANSWERABLE = (
    "Which Hetzner server plan is the cheapest?",
    "How many hours does a Bitaxe need to find a block?",
    "What is the best recipe for an apple pie?",
    "Quel temps fera-t-il demain à Marseille ?",
)
DEPTH = 3  # passages


@pytest.mark.quality
@pytest.mark.django_db
def test_the_right_article_is_among_the_first_passages() -> None:
    defaults.load(at=NOW)
    load_library(at=NOW)

    found = {question: retrieve(question, k=DEPTH) for question, _ in QUESTIONS}

    missed = [
        (question, uid, [passage.document_uid for passage in found[question].passages])
        for question, uid in QUESTIONS
        if uid not in {passage.document_uid for passage in found[question].passages}
    ]
    assert missed == []
    assert [question for question, _ in QUESTIONS if not found[question].is_answerable] == []
    assert [question for question in UNANSWERABLE if retrieve(question).is_answerable] == []
