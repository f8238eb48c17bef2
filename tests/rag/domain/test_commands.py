"""Commands are read as they are written, look-alike letters and all, and judged by what they may do."""

import pytest

from rag.domain.commands import Risk, holds, identifiers, parse, skeleton, unknown_values


@pytest.mark.parametrize(
    ("text", "tool", "verb", "risk"),
    [
        ("lncli getinfo", "lncli", "getinfo", Risk.NONE),
        ("$ lightning-cli --version", "lightning-cli", "", Risk.NONE),
        ("lncli closechannel --chan_point TXID:0", "lncli", "closechannel", Risk.FUNDS),
        ("lightning-cli -k close id=1x1x1 unilateraltimeout=0", "lightning-cli", "close", Risk.FUNDS),
        ("loop out --amt 500000", "loop", "out", Risk.FUNDS),
        ("sudo lncli stop", "lncli", "stop", Risk.FUNDS),
        ("systemctl restart lnd", "systemctl", "", Risk.FUNDS),
        ("lncli closechannel --force", "lncli", "closechannel", Risk.TOTAL),
        ("lncli closeallchannels", "lncli", "closeallchannels", Risk.TOTAL),
        ("LNCLI CloseAllChannels", "lncli", "closeallchannels", Risk.TOTAL),
        ("lnсli сloseallсhannels", "lncli", "closeallchannels", Risk.TOTAL),  # Cyrillic letters
        ("closeallchannels.", "closeallchannels", "", Risk.TOTAL),
        ("lncli sendcoins --sweepall --addr X", "lncli", "sendcoins", Risk.TOTAL),
        ("rm -rf ~/.lnd", "rm", "", Risk.TOTAL),
        ("bitcoin-cli dumpwallet x", "bitcoin-cli", "dumpwallet", Risk.TOTAL),
    ],
)
def test_a_command_is_read_with_its_risk(text: str, tool: str, verb: str, risk: Risk) -> None:
    command = parse(text)

    assert command is not None
    assert (command.tool, command.verb, command.risk) == (tool, verb, risk)


@pytest.mark.parametrize(
    "prose", ["a loop in which", "Raise the fee.", "lncli to close the channel", "bash is a shell"]
)
def test_prose_that_names_a_tool_is_no_command(prose: str) -> None:
    assert parse(prose, is_code=False) is None


def test_a_passage_holds_a_command_with_its_verb_and_every_option() -> None:
    given = skeleton("Use `lncli updatechanpolicy --base_fee_msat 0 --fee_rate_ppm 1`.")

    def is_held(line: str) -> bool:
        command = parse(line)
        assert command is not None
        return holds(given, command)

    assert is_held("lncli updatechanpolicy --base_fee_msat 500")
    assert not is_held("lncli updatechanpolicy --inbound_fee 5")
    assert not is_held("lncli closechannel --base_fee_msat 0")


def test_a_key_or_address_that_nobody_gave_is_unknown() -> None:
    command = parse(f"lncli openchannel --node_key 02{'ab' * 32} --local_amt 1")

    assert command is not None
    assert unknown_values(command, ["nothing of it"])
    assert not unknown_values(command, [f"my peer 02{'ab' * 32}"])


def test_names_that_a_library_would_have_to_know() -> None:
    assert identifiers("maxhtlc_msat=5 --fee_rate_ppm lnd.conf ppm 42") == (
        "maxhtlc_msat",
        "--fee_rate_ppm",
        "lnd.conf",
    )
