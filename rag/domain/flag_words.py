"""What the flags of a document mean, in words for its readers. Pure."""

HIDDEN = "Characters that nobody sees were removed from it."
WORDING = "It holds wording that speaks to a model. It is kept as text, and never followed."
WORDS = {
    "tag_characters": HIDDEN,
    "bidi_characters": "Signs that turn the direction of text around were removed from it.",
    "invisible_characters": HIDDEN,
    "unstorable_characters": "Characters that no database keeps were replaced in it.",
    "control_characters": HIDDEN,
    "hidden_text": "Text that nobody would have seen was removed from it.",
    "damaged_pages": "Some of its pages could not be read; the others are here.",
    "hidden_markup": "It held markup or text that nobody sees: that was left out, or is shown as plain text.",
    "ignore_instructions": WORDING,
    "role_change": WORDING,
    "prompt_disclosure": WORDING,
    "chat_template": WORDING,
    "fake_boundary": WORDING,
    "secret_request": "It asks for a secret. Never hand out a seed, a macaroon or a key.",
    "exfiltration_link": "It holds a picture whose address could carry data away. Pictures are not loaded.",
}


def flag_words(flags: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Return one sentence for each thing that the flags tell, each once; an unknown flag as its own words."""
    return tuple(dict.fromkeys(WORDS.get(flag, f"Note: {flag.replace('_', ' ')}.") for flag in flags))
