"""Make text from outside harmless to keep and to quote. Flags suspicious wording; never decides on it or rewrites it.

What a model may do is limited by the data blocks (`prompting.py`) and by checking its answer, not by these patterns.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

REPLACEMENT = "\ufffd"
TAGS = re.compile("[\U000e0000-\U000e007f]")
BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Zero-width and filler signs; joiners too: no word of our languages needs them, and they hide instructions.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200d\u2060-\u2065\u206a-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0100-\U000e01ef]"
)
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
SIGNS = {  # by the name of their flag: what goes, and what comes in its place
    "tag_characters": (TAGS, ""),
    "bidi_characters": (BIDI, ""),
    "invisible_characters": (INVISIBLE, ""),
    "unstorable_characters": (UNSTORABLE, REPLACEMENT),
    "control_characters": (CONTROL, ""),
}

ODD_I = str.maketrans("İı", "ii")  # patterns that ignore case take them for an i; folding does not

_ACTION = r"(?:ignore|disregard|forget|bypass|override|ignore[sz]|oublie[sz]?|ne tiens pas compte)"
_RULES = r"(?:instructions?|rules?|prompts?|directions?|guidelines?|consignes?|règles?|directives?)"
_WHICH = r"all|any|every|the|your|my|these|those|previous|prior|above|earlier|toutes?|tous|les|tes|vos|ces|précédentes?"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Wording that speaks to a model. A text that holds none of the `needs`, in folded case, holds none of it."""

    name: str
    needs: tuple[str, ...]
    pattern: re.Pattern[str]

    def speaks_in(self, text: str, *, folded: str) -> bool:
        return any(need in folded for need in self.needs) and self.pattern.search(text) is not None


SUSPICIONS = (
    Suspicion(
        "ignore_instructions",
        ("ignore", "disregard", "forget", "bypass", "override", "oublie", "ne tiens pas compte"),
        re.compile(rf"\b{_ACTION}(?:\s+(?:de|des|{_WHICH})\b)+[^.\n]{{0,20}}?\s{_RULES}\b", re.IGNORECASE),
    ),
    Suspicion(
        "role_change",
        ("you are now", "from now on", "act as", "pretend to be", "tu es", "vous êtes", "joue le rôle"),
        re.compile(
            r"\b(?:you are now|from now on,? you|act as (?:an?|the)|pretend to be|tu es (?:maintenant|désormais)|"
            r"vous êtes (?:maintenant|désormais)|joue le rôle)\b",
            re.IGNORECASE,
        ),
    ),
    Suspicion(
        "prompt_disclosure",
        ("prompt", "your instructions", "tes consignes", "vos consignes"),
        re.compile(
            r"\b(?:reveal|print|show|repeat|output|affiche|révèle|répète)\b[^.\n]{0,40}"
            r"\b(?:system prompt|initial prompt|your instructions|prompt système|tes consignes|vos consignes)\b",
            re.IGNORECASE,
        ),
    ),
    Suspicion(
        "chat_template",
        ("<|", "inst]", "sys>>", "_of_turn>", "system", "assistant", "user"),
        re.compile(
            r"<\|[a-z_0-9]{2,24}\|>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|^\s*(?:system|assistant|user)\s*:",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
    Suspicion(
        "fake_boundary",
        ("<<<", ">>>", "begin ", "end "),
        re.compile(r"<{3,}|>{3,}|\b(?:BEGIN|END) (?:OF )?(?:DATA|CONTEXT|DOCUMENT|PASSAGES?)\b"),
    ),
    Suspicion(
        "secret_request",
        (
            *("seed", "mnemonic", "macaroon", "private key", "api key", "wallet password", "clé privée"),
            "phrase de récupération",
        ),
        re.compile(
            r"(?<!never )(?<!not )(?<!n't )(?<!jamais )"
            r"\b(?:send|post|upload|paste|give|share|envoie|donne|partage|colle)[sz]?\b[^.\n]{0,60}"
            r"\b(?:seed|mnemonic|macaroon|private key|api key|wallet password|clé privée|phrase de récupération)\b",
            re.IGNORECASE,
        ),
    ),
    Suspicion(
        "hidden_markup",
        ("<script", "javascript:", "<!--", "onerror", "onload"),
        re.compile(r"<script\b|javascript:|<!--.{0,400}?-->|\bon(?:error|load)\s*=", re.IGNORECASE | re.DOTALL),
    ),
    Suspicion("exfiltration_link", ("![",), re.compile(r"!\[[^\]]*\]\(\s*https?://[^)\s]*[?&][^)\s]*=", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True)
class CleanText:
    """Text fit to store, with what was found in it: removed signs first, then suspicious wording."""

    text: str
    flags: tuple[str, ...] = ()


def clean(text: str) -> CleanText:
    """Return `text` in NFC without invisible, reordering or control signs; U+0000 and lone surrogates become U+FFFD."""
    flags = [name for name, (pattern, _) in SIGNS.items() if pattern.search(text)]
    visible = _without(text, flags)
    return CleanText(visible, (*flags, *suspicious_patterns(visible)))


def strip_invisible(text: str) -> str:
    """Return `text` without signs that a reader cannot see but a model reads."""
    return _without(text, SIGNS)


def _without(text: str, names: Iterable[str]) -> str:
    """Return `text` in NFC, its lines ended by a newline, without the signs of these flags."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for pattern, instead in (SIGNS[name] for name in names):
        text = pattern.sub(instead, text)
    return unicodedata.normalize("NFC", text)


def suspicious_patterns(text: str) -> tuple[str, ...]:
    """Return the names of the injection patterns that `text` shows, in a fixed order."""
    folded = text.casefold() if text.isascii() else text.translate(ODD_I).casefold()
    return tuple(one.name for one in SUSPICIONS if one.speaks_in(text, folded=folded))
