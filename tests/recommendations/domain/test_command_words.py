"""A sentence that tells somebody to run something is told from one that explains."""

import pytest

from recommendations.domain.command_words import reads_like_a_command


@pytest.mark.parametrize(
    "text",
    [
        "lncli closeallchannels --force",
        "Now run `lncli closechannel` on it.",
        "LNCLI getinfo",
        "ln\u200bcli closeallchannels",
        "ｌｎｃｌｉ closeallchannels",
        "lightning-cli close all",
        "Try bos rebalance first.",
        "sudo rm everything",
        "rm -rf data",
        "Open it with --private set.",
    ],
)
def test_a_command_in_prose_is_seen(text: str) -> None:
    assert reads_like_a_command(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Lower the fee: peers charge less -- and the channel is full.",
        "A Loop Out swap costs on-chain fees.",
        "LND needs a time lock of at least 24 blocks.",
        "The client is slow; the clinic is closed.",
        "Use the command shown below.",
        "Frais de base : 1 000 msat — trop pour de petits paiements.",
        "Keep the boss informed.",
    ],
)
def test_an_explanation_is_left_alone(text: str) -> None:
    assert not reads_like_a_command(text)
