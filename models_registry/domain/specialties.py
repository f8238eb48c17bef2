"""What a model is probably good at, guessed from its name (GW-03). A guess: the row can be edited. Pure."""

import re

GUESSES = (  # a part of the name, as whole letters: `coder` and `codellama` are code, `dolphin` is not `phi`
    (re.compile(r"cod(?:er|e|estral|ellama|egemma|eqwen)|(?<![a-z])starcoder|devstral"), ("code",)),
    (re.compile(r"(?<![a-z])(?:llama3\.2|phi\d*|smollm\d*|tinyllama)(?![a-z])"), ("fast", "quick")),
    (re.compile(r"(?<![a-z])gemma\d*"), ("creative",)),
    (re.compile(r"(?<![a-z])(?:qwen|aya)"), ("translate",)),
    (re.compile(r"(?<![a-z])(?:mistral|llama|gpt-oss)"), ("general",)),
)
SIZE = re.compile(r"(?<![\d.a-z])e?(\d+(?:\.\d+)?)b(?![a-z])")
SMALL_B = 4.0  # billions of parameters: such a model is fast on a plain processor


def guess_specialties(tag: str) -> tuple[str, ...]:
    """Return what a name tells: code, fast, quick, creative, translate, general; of none, general."""
    name = tag.lower().rpartition("/")[2]
    found = [word for pattern, words in GUESSES if pattern.search(name) for word in words]
    size = SIZE.search(name)
    if size and float(size[1]) <= SMALL_B:
        found += ["fast", "quick"]
    return tuple(dict.fromkeys(found)) or ("general",)
