"""Tell from counts whether a prompt cannot fit, and whether a host cut it without saying so. Pure."""

from models_registry.domain.chat import estimated_tokens

HALF_WINDOW_SLACK = 16  # tokens; templates keep a few marks at the head
CLEARLY = 1.25  # the ratio of one text differs that much from the model's mean: French, code, lists of numbers


def is_clearly_too_long(*, prompt_chars: int, num_ctx: int, chars_per_token: float | None = None) -> bool:
    """Return whether the prompt cannot fit the window, however wrong the estimate is within reason."""
    return estimated_tokens(prompt_chars, chars_per_token=chars_per_token) > num_ctx * CLEARLY


def is_truncation_suspected(
    *, prompt_chars: int, prompt_tokens: int | None, num_ctx: int, chars_per_token: float | None = None
) -> bool:
    """Return whether the host seems to have cut the prompt without saying so (OLLAMA.md A.7).

    A silent cut leaves half the window, `num_ctx / 2 + 2` tokens. It is suspected when the host counted about that
    many and the prompt's length says it must have been clearly more. Hosts that drop old turns leave any number:
    that is told only by a measured ratio, and only for a prompt that cannot have fitted.
    """
    if prompt_tokens is None:
        return False
    expected = estimated_tokens(prompt_chars, chars_per_token=chars_per_token)
    is_short = expected > prompt_tokens * CLEARLY
    is_half_the_window = abs(prompt_tokens - (num_ctx // 2 + 2)) <= HALF_WINDOW_SLACK
    return is_short and (is_half_the_window or (chars_per_token is not None and expected > num_ctx))
