"""Macaroons and runes, as operators paste and upload them."""

import base64

import pytest

from recommendations.domain.pasted_credentials import NO_MACAROON, NO_RUNE, macaroon_hex, macaroon_of_file, rune

MACAROON = bytes.fromhex("0201036c6e6402f801030a10") + bytes(range(120))
RUNE = "tU-RLjMiDpY2U0o3W1oFowar36RFGpWloPbW9-RuZdo9MyZpZD0wMjRiOWExZmE4ZTAwNmYxZTM5MzdmNjVmNjZj=="


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(MACAROON.hex(), id="hexadecimal"),
        pytest.param(f"  {MACAROON.hex().upper()}\n", id="upper case, spaces"),
        pytest.param("\n".join([MACAROON.hex()[:64], MACAROON.hex()[64:]]), id="in lines"),
        pytest.param(base64.b64encode(MACAROON).decode(), id="base64"),
        pytest.param(base64.urlsafe_b64encode(MACAROON).decode().rstrip("="), id="base64 for addresses"),
    ],
)
def test_a_macaroon_is_kept_as_hexadecimal_digits_however_it_is_pasted(text):
    assert macaroon_hex(text) == MACAROON.hex()
    assert macaroon_of_file(text.encode()) == MACAROON.hex()


def test_a_macaroon_file_is_taken_as_lnd_writes_it():
    assert macaroon_of_file(MACAROON) == MACAROON.hex()


@pytest.mark.parametrize("text", ["", "abc", "not a macaroon!", "00" * 8, "00" * 5000, "ä" * 40])
def test_what_is_no_macaroon_is_refused_without_repeating_it(text):
    with pytest.raises(ValueError) as refused:
        macaroon_hex(text)

    assert str(refused.value) == NO_MACAROON


def test_a_rune_is_taken_without_what_surrounds_it():
    assert rune(f' "{RUNE}"\n') == RUNE


@pytest.mark.parametrize("text", ["", "short", "has spaces in the midst of its text", "<script>alert(1)</script>"])
def test_what_is_no_rune_is_refused_without_repeating_it(text):
    with pytest.raises(ValueError) as refused:
        rune(text)

    assert str(refused.value) == NO_RUNE
