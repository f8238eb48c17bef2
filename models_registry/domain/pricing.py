"""What an answer costs, in US dollars: input and output tokens apart. A local model costs 0. Pure."""

from decimal import Decimal

from models_registry.domain.chat import Price

PER = Decimal(1_000_000)
CENT_PARTS = Decimal("0.000001")  # as the ledger keeps it
# What a chat answer usually takes, where nobody asked for less. It decides about the cost cap only; the ledger counts.
EXPECTED_TOKENS = 400


def cost_usd(price: Price, *, prompt_tokens: int | None, generated_tokens: int | None) -> Decimal | None:
    """Return the cost of counted tokens; None when a paid host did not count them."""
    if is_free(price):
        return Decimal(0)
    if prompt_tokens is None or generated_tokens is None:
        return None
    paid = prompt_tokens * price.input_usd_per_mtok + generated_tokens * price.output_usd_per_mtok
    return (paid / PER).quantize(CENT_PARTS)


def is_free(price: Price) -> bool:
    """Return whether nothing has to be paid at all."""
    return not price.input_usd_per_mtok and not price.output_usd_per_mtok


def expected_tokens(max_tokens: int) -> int:
    """Return about how many tokens an answer will have."""
    return min(max_tokens, EXPECTED_TOKENS)
