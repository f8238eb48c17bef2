"""Keep a model's control tags out of prompts and answers. Pure; the host applies the model's own template."""

import re

# Control marks of the common chat templates: ChatML and Llama 3, DeepSeek (wide bars), Llama 2 and Mistral, Gemma.
TEMPLATE_TAG = re.compile(
    r"<[|｜][\w▁ .-]{1,40}[|｜]>"
    r"|\[/?(?:INST|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|SYSTEM_PROMPT)\]"
    r"|<</?SYS>>"
    r"|</?(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn)>",
    re.IGNORECASE,
)
FENCE = re.compile(r"^ {0,3}(```|~~~)")
MANY_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){3,}")


def neutralize_tags(text: str) -> str:
    """Return the text with every typed template tag broken by a blank, so that no tokenizer takes it for control."""
    return TEMPLATE_TAG.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)


def clean_answer(text: str) -> str:
    """Return the answer without leaked tags, trailing blanks and long gaps; fenced code stays as it is."""
    parts = _parts(text.replace("\r\n", "\n"))
    cleaned = "".join(part if is_code else _clean_prose(part) for part, is_code in parts)
    return cleaned.strip()


def _clean_prose(prose: str) -> str:
    while (shorter := TEMPLATE_TAG.sub("", prose)) != prose:  # removing one tag may join the halves of another
        prose = shorter
    trimmed = re.sub(r"[ \t]+(?=\n)", "", prose)
    return MANY_BLANK_LINES.sub("\n\n", trimmed)


def _parts(text: str) -> list[tuple[str, bool]]:
    """Return runs of lines with whether they are fenced code, fences included."""
    parts: list[tuple[str, bool]] = []
    run: list[str] = []
    fence: str | None = None
    for line in text.splitlines(keepends=True):
        mark = FENCE.match(line)
        if mark and fence is None:
            parts.append(("".join(run), False))
            run, fence = [line], mark[1]
        elif mark and mark[1] == fence:
            parts.append(("".join([*run, line]), True))
            run, fence = [], None
        else:
            run.append(line)
    return [*parts, ("".join(run), fence is not None)]
