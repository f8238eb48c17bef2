"""Decide what a model says, before anybody says it: tokens, counts, reason to stop. Scenarios edit it here."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from zlib import crc32

from tests.servers.ollama.asking import Ask, content, halved, prompt_tokens
from tests.servers.ollama.documents import document
from tests.servers.ollama.gojson import Json
from tests.servers.ollama.prose import answer, asked, may_be_quoted, tokens
from tests.servers.ollama.scenarios import Fault, Scenario

STRANGE_PIECES = (
    "\ufeffnext\u0085line ",
    "line\u2028separator ",
    "paragraph\u2029separator ",
    '<b>fees</b> & "quotes" \\ ',
    "🧡⚡👩‍👩‍👧 ",
    "При\u200bвет\r\n\t\x00\x7f end",
)
WHITESPACE_PIECES = ("\n", "  ", "\n\n", "\t ", " ") * 4
REPEATED_PIECES = (" na",) * 31  # more than 30 equal tokens make the runner stop (OLLAMA.md A.5)
BLANK_PIECES = (" \n",) * 31
GIANT_CONTEXT = tuple([128_000] * 715_000)  # 7 bytes each on the wire: 5 MB
VOCABULARY = 128_000
THOUGHT = "Let me look at the facts before I answer. The question is: "
USUAL_TOOL: Json = {
    "type": "function",
    "function": {"name": "get_node", "parameters": {"type": "object", "properties": {"alias": {"type": "string"}}}},
}


@dataclass(frozen=True, slots=True)
class Script:
    """One whole answer."""

    pieces: tuple[str, ...]
    prompt_tokens: int
    thinking: tuple[str, ...] = ()
    tool_calls: tuple[Json, ...] = ()
    done_reason: str = "stop"
    context: tuple[int, ...] = ()
    hides_counts: bool = False
    stops_silently: bool = False  # ends at 200 without done:true

    def beats(self) -> Iterator[tuple[str, str]]:
        """Return (kind, token) in the order of the wire: "thinking" before "content"."""
        return chain((("thinking", piece) for piece in self.thinking), (("content", piece) for piece in self.pieces))

    @property
    def eval_count(self) -> int:
        return len(self.thinking) + len(self.pieces) + len(self.tool_calls)


def write_script(ask: Ask, fault: Fault, *, scripted: str | Sequence[str] | None) -> Script:
    """Return the answer to one request under one fault.

    :raises Refused: 400 when the prompt is longer than an unshiftable context.
    """
    script = Script(
        pieces=_pieces(ask) if scripted is None else tokens(scripted) if isinstance(scripted, str) else tuple(scripted),
        prompt_tokens=prompt_tokens(ask),
        thinking=tokens(THOUGHT + asked(ask.question)) if ask.thinks else (),
        stops_silently=scripted is None and _babbles_blanks(ask),
    )
    edited = EDITS.get(fault.scenario, _unchanged)(_limited(_until_stop(script, ask), ask), ask, fault)
    return replace(edited, context=edited.context or _context(edited, ask))


def _pieces(ask: Ask) -> tuple[str, ...]:
    if _babbles_blanks(ask):
        return BLANK_PIECES
    if isinstance(ask.format, dict):
        return tokens(json.dumps(document(ask.format, _material(ask)), ensure_ascii=False))
    text = answer(_material(ask))
    return tokens(json.dumps({"answer": text}, ensure_ascii=False) if ask.format == "json" else text)


def _material(ask: Ask) -> str:
    """Return what is quoted from: the latest question with its data, or all messages when it brings none."""
    return ask.question if may_be_quoted(ask.question) else ask.prompt


def _babbles_blanks(ask: Ask) -> bool:
    # format "json" without a word about JSON in the prompt: endless whitespace, until the runner gives up.
    return ask.format == "json" and "json" not in ask.prompt.lower()


def _until_stop(script: Script, ask: Ask) -> Script:
    text = "".join(script.pieces)
    cuts = [at for stop in ask.options.stop if stop and (at := text.find(stop)) >= 0]
    return replace(script, pieces=tokens(text[: min(cuts)])) if cuts else script


def _limited(script: Script, ask: Ask) -> Script:
    """Cut at num_predict; at the end of the window too when the context may not shift."""
    room = ask.options.load.num_ctx - script.prompt_tokens
    limits = [limit for limit in (ask.options.num_predict,) if limit >= 0]
    limits += [] if ask.options.load.shift else [max(room, 0)]
    return _cut(script, min(limits)) if limits else script


def _cut(script: Script, limit: int) -> Script:
    if script.eval_count <= limit:
        return script
    thinking = script.thinking[:limit]
    return replace(script, thinking=thinking, pieces=script.pieces[: limit - len(thinking)], done_reason="length")


def _context(script: Script, ask: Ask) -> tuple[int, ...]:
    if ask.is_chat or ask.is_raw:
        return ()
    seed = crc32("".join(map(content, ask.messages)).encode("utf-8", "replace"))
    return tuple((seed + 7919 * at) % VOCABULARY for at in range(script.prompt_tokens + script.eval_count))


def _unchanged(script: Script, _ask: Ask, _fault: Fault) -> Script:
    return script


def _halve_prompt(script: Script, ask: Ask, _fault: Fault) -> Script:
    return replace(script, prompt_tokens=halved(ask.options.load.num_ctx, ask.options.num_keep))


def _think_first(script: Script, ask: Ask, _fault: Fault) -> Script:
    return replace(script, thinking=script.thinking or tokens(THOUGHT + asked(ask.question)))


def _call_tool(script: Script, ask: Ask, _fault: Fault) -> Script:
    function = (ask.tools or (USUAL_TOOL,))[0]["function"]
    arguments = document(function.get("parameters", {"type": "object"}), _material(ask))
    call = {"id": "call_0001", "function": {"index": 0, "name": function["name"], "arguments": arguments}}
    return replace(script, pieces=(), tool_calls=(call,))


def _cut_json(script: Script, _ask: Ask, _fault: Fault) -> Script:
    return replace(script, pieces=script.pieces[: max(len(script.pieces) // 2, 1)], done_reason="length")


EDITS: dict[Scenario, Callable[[Script, Ask, Fault], Script]] = {
    Scenario.STRANGE_CHARACTERS: lambda script, _ask, _fault: replace(script, pieces=STRANGE_PIECES),
    Scenario.GIANT_LAST_LINE: lambda script, _ask, _fault: replace(script, context=GIANT_CONTEXT),
    Scenario.ZERO_FIELDS_ABSENT: lambda script, _ask, _fault: replace(script, hides_counts=True),
    Scenario.DONE_REASON_LENGTH: lambda script, _ask, fault: replace(
        script, pieces=script.pieces[: fault.after], done_reason="length"
    ),
    Scenario.THINKING_FIRST: _think_first,
    Scenario.TOOL_CALL: _call_tool,
    Scenario.JSON_CUT_OFF: _cut_json,
    Scenario.JSON_WHITESPACE: lambda script, _ask, _fault: replace(script, pieces=WHITESPACE_PIECES),
    Scenario.EMPTY_ANSWER: lambda script, _ask, _fault: replace(script, pieces=(), thinking=()),
    Scenario.PROMPT_HALVED: _halve_prompt,
    Scenario.REPEAT_ABORT: lambda script, _ask, _fault: replace(script, pieces=REPEATED_PIECES, stops_silently=True),
}
