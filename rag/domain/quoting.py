"""Answer by quoting the sentences that say most on the question. Pure; for when no model speaks."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.domain.expansion import fold, words_of
from rag.domain.hygiene import suspicious_patterns
from rag.domain.language import detect_language, is_function_word
from rag.domain.markdown import Block, BlockKind, split_sections
from rag.domain.passages import Passage
from rag.domain.stemming import beginning, begins_in

QUOTE_LIMIT = 420  # characters of one quote
MOST_QUOTES = 4
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\w\"'«(`*])")
LEAD_BONUS = 0.15  # of the question: the first sentence of a section usually says what it is about
PLACE_COST = 0.2  # by which each place farther down lowers what a quote is worth
ADDED_WEIGHT = 0.5  # of a word that the glossary brought
SHORTEST_SENTENCE = 20  # characters
ITEM_MARK = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s+")
ENDED = re.compile(r"[.!?:;…»\")\]`*]\s*$")
LISTED = 4  # items quoted of a list that a sentence leads into
LEAST_WORTH = 0.4  # of the best quote's: passages that hardly speak of the question are not quoted
STEM = 5  # letters compared: enough to see fee and fees, rebalance and rebalancing as one

OPENING = {
    "en": "Here is what the library says, in its own words:",
    "fr": "Voici ce que dit la bibliothèque, dans ses propres mots :",
}
FURTHER = {"en": "More on it:", "fr": "À ce sujet encore :"}


@dataclass(frozen=True, slots=True)
class Quote:
    """The sentences of one passage that answer best; `number` is the passage's place from 1.

    `worth`: how much of the question they hold, less for a place farther down.
    """

    number: int
    text: str
    worth: float = 0.0


def stems(text: str) -> frozenset[str]:
    """Return the beginnings of the words of `text` that are long enough to mean something."""
    return frozenset(beginning(word, letters=STEM) for word in words_of(text) if len(word) > 2)


def sentences(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the sentences and list items of a passage by block, in order; code, tables and headings left out."""
    blocks = (block for section in split_sections(text) for block in section.blocks)
    found = (_sentences_of(block) for block in blocks if block.kind in (BlockKind.PARAGRAPH, BlockKind.LIST))
    return tuple(parts for parts in found if parts)


def _sentences_of(block: Block) -> tuple[str, ...]:
    if block.kind is BlockKind.LIST:
        items = re.split(r"\n(?=\s*(?:[-*+]|\d{1,3}[.)])\s)", block.text)
        plain = [" ".join(ITEM_MARK.sub("", item).split()) for item in items]
    else:
        plain = SENTENCE.split(" ".join(block.text.split()))
        if len(plain) == 1 and not ENDED.search(plain[0]):
            return ()  # a heading that was joined to the passage as text
    # What is worded like an order to a model may be read in its document; it is not quoted as an answer.
    return tuple(part for part in plain if len(part) >= SHORTEST_SENTENCE and not suspicious_patterns(part))


def quote(passage: Passage, *, number: int, wanted: Mapping[str, float]) -> Quote | None:
    """Return one to three neighboring sentences of one block of `passage`: those that hold most of the wanted stems."""
    blocks = sentences(passage.text)
    if not blocks:
        return None
    places = [(block, place) for block, parts in enumerate(blocks) for place in range(len(parts))]
    worths = {one: _worth(blocks[one[0]][one[1]], is_lead=one == (0, 0), wanted=wanted) for one in places}
    block, place = max(places, key=worths.__getitem__)
    text = blocks[block][place]
    for following in blocks[block][place + 1 : place + 3]:
        if len(text) + len(following) + 1 > QUOTE_LIMIT:
            break
        text = f"{text} {following}"
    if text.endswith(":") and block + 1 < len(blocks):  # it leads into a list
        items = "; ".join(part.rstrip(".;") for part in blocks[block + 1][:LISTED])
        text = f"{text} {items}." if len(text) + len(items) <= QUOTE_LIMIT * 2 else text
    text = text if len(text) <= QUOTE_LIMIT * 2 else text[: QUOTE_LIMIT * 2].rsplit(" ", 1)[0] + " …"
    return Quote(number, text, worths[block, place] / (1 + PLACE_COST * (number - 1)))


def _worth(sentence: str, *, is_lead: bool, wanted: Mapping[str, float]) -> float:
    said = fold(sentence)
    shared = sum(weight for stem, weight in wanted.items() if begins_in(said, stem)) / (1 + len(sentence) / 600)
    return shared + (LEAD_BONUS if is_lead else 0.0)


def wanted_stems(question: str, *, passages: Sequence[Passage], added: Sequence[str] = ()) -> dict[str, float]:
    """Return the stems of the question's words, weighted by how few of the passages hold them; the weights sum to 1.

    Words without a topic are left out. `added` by the glossary, in English, weigh half.
    """
    lang = detect_language(question)
    asked = {stem: 1.0 for word in words_of(question) if not is_function_word(word, lang=lang) for stem in stems(word)}
    said = {stem: ADDED_WEIGHT for word in added for stem in stems(word)} | asked
    texts = [fold(f"{passage.breadcrumb} {passage.text}") for passage in passages]
    weights = {
        stem: weight / math.sqrt(1 + sum(begins_in(text, stem) for text in texts)) for stem, weight in said.items()
    }
    total = sum(weights.values())
    return {stem: weight / total for stem, weight in weights.items()}


def best_quotes(
    question: str, *, passages: Sequence[Passage], added: Sequence[str] = (), limit: int = MOST_QUOTES
) -> tuple[Quote, ...]:
    """Return quotes from the first passages: the one that says most, then the others in the order of their passages.

    A passage farther down has to say more. At most two are from one document, none says the same as one before it, or
    next to nothing beside the best.
    """
    wanted = wanted_stems(question, passages=passages, added=added)
    found: list[Quote] = []
    used: dict[int, int] = {}
    for number, passage in enumerate(passages, start=1):
        if len(found) == limit:
            break
        one = quote(passage, number=number, wanted=wanted) if used.get(passage.document_id, 0) < 2 else None
        if one and one.text not in {other.text for other in found}:
            used[passage.document_id] = used.get(passage.document_id, 0) + 1
            found.append(one)
    best = max(found, key=lambda one: one.worth, default=None)
    if best is None:
        return ()
    return (best, *(one for one in found if one is not best and one.worth >= LEAST_WORTH * best.worth))


def extractive_answer(quotes: Sequence[Quote], *, passages: Sequence[Passage], lang: str) -> str:
    """Return Markdown: the quote that says most first, then one item for each other passage, all with citations."""
    first, *others = quotes
    lines = [OPENING.get(lang, OPENING["en"]), "", f"> {first.text} [{first.number}]"]
    if others:
        lines += ["", FURTHER.get(lang, FURTHER["en"]), ""]
    lines += [f"- **{_title(passages[one.number - 1])}**: {one.text} [{one.number}]" for one in others]
    return "\n".join(lines)


def _title(passage: Passage) -> str:
    """Return the document's title without signs that Markdown reads; it is a stranger's."""
    return re.sub(r"[\[\]`*_<>|#]", " ", passage.title).strip()
