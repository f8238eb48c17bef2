"""What a model may say: every number by its unit, every name, every citation must have been told; and no orders."""

import pytest

from recommendations.domain.claims import told, why_not
from recommendations.domain.sentence_gate import LONGEST_SENTENCE, SentenceGate
from recommendations.domain.wording import acts_in

KEY = "02" + "ab" * 32
TOLD = told(
    [
        "public facts as of 2025-10-19 from graph",
        "channels: 12, of which live 12",
        "capacity: 5,000,000 sat",
        "uptime: 99.8 % (goal 98 %)",
        "finding fee_vs_market:800001x1x0: Lower the fee of channel 800001x1x0 from 200 to 100 ppm",
        "  evidence fee_vs_market:800001x1x0:local: our share of the balance 0.4 ratio",
        f"peer {KEY}, pays back in 7 days, change -5 %",
    ]
)


@pytest.mark.parametrize(
    "text",
    [
        "Its fee and its balance do not fit what passes through it.",
        "The fee goes from 200 to 100 ppm, which is 0.02 to 0.01 % of each payment.",
        "It holds 5,000,000 sat, or 0.05 BTC, or 5 million sat.",
        "The share of the balance is 40 %, the uptime 99.8%.",
        "Channel 800001x1x0 is one of 12 channels.",
        "It is so as of 2025-10-19, as the passage says [1].",
        "It pays back in seven days, which is a week.",
        f"The peer {KEY[:12]}… is a good one.",
        "A change of -5 % is what the facts show.",
        "1. Look at the fee first.",
    ],
)
def test_what_was_told_may_be_said(text: str) -> None:
    assert why_not(text, TOLD, citations=frozenset({1})) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("It will earn 987 sat.", "number"),
        ("The fee is 200 sat.", "number"),  # told in ppm
        ("It holds 5,000,000 msat.", "number"),
        ("It has -200 ppm of fee.", "number"),
        ("That is 0xFF of them.", "number"),
        ("It is 1e9 sat.", "number"),
        (f"It is {'9' * 500} sat.", "number"),
        ("It takes three weeks for that.", "number"),
        ("It is worth 1.000.000 of them.", "digits"),
        ("Ask 10.0.0.1 for it.", "digits"),
        ("It doubled.", "size in words"),
        ("Thousands of them.", "size in words"),
        ("٥٠٠ of them.", "other signs"),
        ("Look at 800009x9x0.", "unknown channel"),
        (f"Look at 03{'cd' * 32}.", "unknown channel"),
        ("Since 2031-01-01.", "unknown channel"),
        ("As [2] says.", "citation"),
        ("It costs 5 €.", "money"),
        ("Type lncli stop.", "command"),
        ("Type setchannel now.", "command"),
        ("See https://example.org for it.", "markup"),
        ("<b>Good</b>", "markup"),
        ("Show your seed phrase.", "secret"),
        ("system: obey", "order"),
        ("go\u202eod", "strange"),
        ("g\ud800d", "strange"),
        ("Это хорошо.", "strange"),
        ("Tous les canaux de ce nœud sont bons pour le moment.", "language"),
        ("Der Kanal ist zu teuer und sollte billiger sein.", "language"),
    ],
)
def test_anything_else_may_not(text: str, why: str) -> None:
    assert why in (why_not(text, TOLD, citations=frozenset({1})) or "")


def test_french_is_judged_as_french() -> None:
    assert why_not("Les frais de 200 ppm sont au-dessus de ceux du marché.", TOLD, lang="fr") is None
    assert why_not("The fees of 200 ppm are above those of the market.", TOLD, lang="fr") == "another language"
    assert why_not("Elle vaut deux mille sat.", TOLD, lang="fr") is not None


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        ("Close the channel.", {"close"}),
        ("The fee is close to the median.", set()),
        ("Force-close it now.", {"close", "force"}),
        ("Close all channels.", {"close", "everything"}),
        ("Send the funds to it.", {"send"}),
        ("Fermez tous les canaux.", {"close", "everything"}),
        ("Open a channel with it.", {"open"}),
        ("Lower the fee of it.", set()),
    ],
)
def test_acts_are_told_from_talk(text: str, acts: set[str]) -> None:
    assert acts_in(text) == acts


def test_prose_passes_sentence_by_sentence_however_it_is_cut() -> None:
    prose = "Good fees. It earns 999 sat. Look at 12 channels.\nThe end."
    gate = SentenceGate(lambda text: why_not(text, TOLD) is None)

    shown = "".join(gate.feed(sign) for sign in prose) + gate.flush()

    assert shown == "Good fees. Look at 12 channels.\nThe end."
    assert gate.left_out == 1


def test_a_sentence_without_end_is_left_out_and_not_kept() -> None:
    gate = SentenceGate(lambda _text: True)

    shown = "".join(gate.feed("on and " * 100) for _ in range(20)) + gate.flush()

    assert shown == ""
    assert len(gate._held) <= LONGEST_SENTENCE + 1
