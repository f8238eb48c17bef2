"""Two questions share an answer only when they ask the same."""

import pytest

from rag.domain.sameness import ask_the_same

SAME = [
    ("How do I lower my base fee?", "how can I lower base fees"),
    ("How to rebalance a channel?", "How do I rebalance my channels?"),
    ("What is a base fee?", "what's the base fee"),
    ("How do I raise the fee rate?", "How can I increase my fee rate?"),
    ("What does a base fee of 1,000 msat do?", "what does a base fee of 1 sat do"),
    ("Please tell me how I set the fee rate", "how do I set the fee rate?"),
    ("Is 0.1 % a high fee rate?", "is a fee rate of 1,000 ppm high?"),
]
FRENCH = [
    ("Comment baisser mes frais ?", "Comment puis-je baisser les frais ?"),
    ("Qu'est-ce qu'un canal ?", "Un canal, qu'est-ce que c'est ?"),
]
OTHER = [
    ("How do I raise my fees?", "How do I lower my fees?"),
    ("Does LND support splicing?", "Does CLN support splicing?"),
    ("How do I set it up with lnd", "How do I set it up with cln"),
    ("How do I open a channel?", "How do I close a channel?"),
    ("Is 0.1 % too high?", "Is 1 % too high?"),
    ("Is a channel of 5M sat enough?", "Is a channel of 50M sat enough?"),
    ("Is 1,000 sat a good base fee?", "Is 1,000 msat a good base fee?"),
    ("When should I rebalance?", "When should I not rebalance?"),
    ("Can I close a channel?", "Can't I close a channel?"),
    ("Is it worth it?", "Isn't it worth it?"),
    ("Should I move liquidity from Alice to Bob?", "Should I move liquidity from Bob to Alice?"),
    ("Why do I rebalance?", "How do I rebalance?"),
    ("Should I raise fees?", "How do I raise fees?"),
    ("Should I back up before an upgrade?", "Should I back up after an upgrade?"),
    ("What is the base fee?", "What is the fee rate?"),
    ("How do I get inbound liquidity?", "How do I get outbound liquidity?"),
    ("How do I enable Tor?", "How do I disable Tor?"),
    ("Is a node with Tor slower?", "Is a node without Tor slower?"),
    ("What is the local balance?", "What is the remote balance?"),
    ("Why is channel 700000x1x0 slow?", "Why is channel 700000x1x1 slow?"),
    (f"How is 02{'ab' * 32} doing?", f"How is 02{'ac' * 32} doing?"),
    ("What does --base_fee_msat do?", "What does --fee_rate_ppm do?"),
    ("Are small channels worse than large ones?", "Are large channels worse than small ones?"),
    ("Quel taux de frais ?", "Quels frais de base ?"),
    ("??", "!!"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_another_wording_of_the_same_question_shares_the_answer(one: str, other: str) -> None:
    assert ask_the_same(one, other, lang="en", other_lang="en")
    assert ask_the_same(other, one, lang="en", other_lang="en")


@pytest.mark.parametrize(("one", "other"), FRENCH)
def test_french_wordings_share_it_too(one: str, other: str) -> None:
    assert ask_the_same(one, other, lang="fr", other_lang="fr")


@pytest.mark.parametrize(("one", "other"), OTHER)
@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_number_name_negation_direction_or_telling_word_makes_another_question(
    one: str, other: str, lang: str
) -> None:
    assert not ask_the_same(one, other, lang=lang, other_lang=lang)
    assert not ask_the_same(other, one, lang=lang, other_lang=lang)


def test_languages_never_share() -> None:
    assert not ask_the_same("Routing node?", "Routing node?", lang="en", other_lang="fr")
