"""Find sentences worth repeating in a prompt, and compose an answer of them. Pure and deterministic."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

SHORTEST_SENTENCE = 25  # characters; below that it is a heading or a number
SENTENCES_PER_ANSWER = 3
NOTHING_TO_SAY = "The prompt holds nothing that could be quoted."
TOKEN = re.compile(r"\s*\S{1,5}|\s+")
WORD = re.compile(r"\w{3,}")

# A passage starts at `[1]` or `[F1]`, or at a tag with a number such as <passage id="1">, at the beginning of a line.
PASSAGE = re.compile(
    r"^[^\w\n\[<]*(?:\[([A-Za-z]{0,12}[-_:.#]?\d{1,9})\]|<\w+[^>\n]*[\"'=](\d+)[\"']?[^>\n]*>)", re.MULTILINE
)
# How people fence data: the text is the last group.
BLOCKS = (
    re.compile(r"<([a-z_][\w-]*)[^>\n]*>(.*?)</\1>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<<+ *([\w.:-]+)[^\n]*\n(.*?)\n[^\n]*\1", re.DOTALL),
    re.compile(r"^\W*BEGIN\b[^\n]*\n(.*?)^\W*END\b", re.DOTALL | re.MULTILINE),
    re.compile(r"```\w*\n(.*?)```", re.DOTALL),
)
TAG = re.compile(r"<+[^<>\n]{1,120}>+")
SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\s*\n+\s*")
LEADING_MARKS = re.compile(r"^[\s\-*#>|:.\]\[=`~]+")
# Spotlighting puts a mark instead of each blank; a caret between digits is a power.
DATAMARKS = re.compile(r"(?<=\S)[\ue000\u02c6\u2581](?=\S)|(?<=[^\W\d])\^(?=[^\W\d])")


@dataclass(frozen=True, slots=True)
class Quote:
    """One sentence of the prompt, and the number of the passage it stands in."""

    sentence: str
    number: str | None = None

    def __str__(self) -> str:
        return f"{self.sentence} [{self.number}]" if self.number else self.sentence


def tokens(text: str) -> tuple[str, ...]:
    """Return the text in pieces of about one token; joined they are the text again."""
    return tuple(TOKEN.findall(text))


def answer(prompt: str) -> str:
    """Return a few sentences of the prompt that fit its question, with citations where passages are numbered."""
    found = ranked(quotes(prompt), question=asked(prompt))
    return " ".join(map(str, found[:SENTENCES_PER_ANSWER])) or NOTHING_TO_SAY


def quotes(prompt: str) -> tuple[Quote, ...]:
    """Return what may be quoted: of numbered passages, else of data blocks, else of the whole prompt."""
    marks = list(PASSAGE.finditer(prompt))
    ends = [*(mark.start() for mark in marks[1:]), len(prompt)]
    passages = [(mark[1] or mark[2], prompt[mark.end() : end]) for mark, end in zip(marks, ends, strict=False)]
    numbered = [Quote(sentence, number) for number, text in passages for sentence in sentences(_first_block(text))]
    fenced = "\n".join(found[found.re.groups] for pattern in BLOCKS for found in pattern.finditer(prompt))
    return tuple(numbered) or tuple(map(Quote, sentences(fenced) or sentences(prompt)))


def may_be_quoted(prompt: str) -> bool:
    """Return whether the prompt holds more than its question."""
    return bool(ranked(quotes(prompt), question=asked(prompt)))


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a text without tags, list marks and headings."""
    plain = TAG.sub(" ", DATAMARKS.sub(" ", text))
    cleaned = (" ".join(LEADING_MARKS.sub("", part).split()) for part in SENTENCE_END.split(plain))
    return tuple(part for part in cleaned if len(part) >= SHORTEST_SENTENCE and " " in part)


def asked(prompt: str) -> str:
    """Return the latest line with a question mark, else the latest line."""
    lines = [line for line in prompt.splitlines() if line.strip()]
    questions = [line for line in lines if line.rstrip().endswith("?")]
    return (questions or lines or [""])[-1]


def ranked(found: Iterable[Quote], *, question: str) -> tuple[Quote, ...]:
    """Return the quotes that share most words with the question first, never the question itself."""
    wanted = _words(question)
    others = [quote for quote in dict.fromkeys(found) if quote.sentence not in question]
    return tuple(sorted(others, key=lambda quote: -len(wanted & _words(quote.sentence))))


def _first_block(text: str) -> str:
    # The last passage runs on into whatever follows the data: stop at a closing tag or boundary.
    return re.split(r"\n\s*(?:</|<<|>>|={3,}|-{3,}|`{3})", text, maxsplit=1)[0]


def _words(text: str) -> set[str]:
    return set(WORD.findall(text.lower()))
