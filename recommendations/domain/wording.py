"""May words of a model be shown at all, before their numbers are looked at? Signs, markup, language, secrets. Pure.

Rather a sentence too many left out than one wrongly shown: the rule's own words take its place.
"""

import re
import unicodedata

from rag.domain.commands import skeleton
from rag.domain.language import ENGLISH_FUNCTION_WORDS, FRENCH_FUNCTION_WORDS
from recommendations.domain.command_words import reads_like_a_command

FEWEST_WORDS = 6  # fewer do not tell a language
LEAST_SHARE = 0.08  # of function words: plain prose has 30 % and more, a list of facts still some

_MARKUP = re.compile(
    r"</?[a-z!]|&(?:#|[a-z]+;)|javascript:|data:\w+/|https?:|www\.|\]\(|!\[|`|\$[({]|\{\{|\{%|&&|\||<\||\]\]>|\\[ux]",
    re.IGNORECASE,
)
_SECRET = re.compile(
    r"\b(?:seeds?|mnemoni\w+|private keys?|clés? privées?|phrase de récupération|recovery phrase|macaroons?|runes?"
    r"|passwords?|mots? de passe|wallet\.dat|hsm_secret|api keys?|credentials?)\b",
    re.IGNORECASE,
)
_MONEY = re.compile(r"[$€£¥]|\b(?:usd|eur|gbp|dollars?|euros?)\b", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:system|assistant|user)\s*:|\bignore\b.{0,30}\b(?:previous|above|prior|all)\b"
    r"|\bignore[rz]?\b.{0,30}\b(?:instructions?|consignes?|précédent\w*)\b|\bas an? (?:ai|language model)\b",
    re.IGNORECASE,
)
NEVER_ADVISED = frozenset({"force", "everything"})
# What moves or ends something. Such words are believed only where the rule itself speaks of that act.
_ACTS: dict[str, re.Pattern[str]] = {
    "close": re.compile(r"\bclos(?:e(?! to\b)|es|ed|ing|ure)\b|\bferm(?:e|er|ez|ons|eture|ée?s?)\b", re.IGNORECASE),
    "force": re.compile(r"\bforc\w+[- ]clos\w*|\bclos\w+ (?:it )?by force\b|\bfermeture forcée\b", re.IGNORECASE),
    "send": re.compile(
        r"\b(?:send|sends|sending|transfer\w*|withdraw\w*|sweep\w*|pay (?:to|this|an?)|deposit\w*|keysend)\b"
        r"|\b(?:envoie[rz]?|envoyer|envoyez|transfér\w+|retire[rz]?|virer|verse[rz]?)\b",
        re.IGNORECASE,
    ),
    "destroy": re.compile(
        r"\b(?:delet\w+|eras\w+|wip(?:e|es|ed|ing)|remov\w+|uninstall\w*|abandon\w*|disabl\w+|shut(?:ting)? ?down)\b"
        r"|\b(?:supprim\w+|efface\w*|désactiv\w+|désinstall\w+|éteindre|éteign\w+)\b",
        re.IGNORECASE,
    ),
    "everything": re.compile(
        r"\b(?:clos\w+|open\w*|drain\w*|empty\w*|set)\s+(?:down\s+)?(?:all|every|each|everything|both)\b"
        r"|\b(?:ferm\w+|ouvr\w+|vide[rz]?)\s+(?:tous|toutes|chaque|tout)\b",
        re.IGNORECASE,
    ),
    "open": re.compile(r"\bopen(?:s|ed|ing)?\b|\bouvr\w+|\bouverture\b", re.IGNORECASE),
}


def acts_in(text: str) -> frozenset[str]:
    """Return which acts that move or end something the text speaks of, by their names in _ACTS."""
    folded = skeleton(text)
    return frozenset(name for name, pattern in _ACTS.items() if pattern.search(text) or pattern.search(folded))


def why_unfit(text: str, *, lang: str) -> str | None:
    """Return why a text may not be shown whatever it states, or None."""
    if any(_is_strange(sign) for sign in text):
        return "strange signs"
    if _MARKUP.search(text):
        return "markup or an address"
    if reads_like_a_command(text):
        return "a command"
    if _SECRET.search(text):
        return "a secret asked for"
    if _MONEY.search(text):
        return "money that no fact is in"
    if _ROLE.search(text):
        return "an order"
    return None if _is_in(text, lang) else "another language"


def _is_strange(sign: str) -> bool:
    """Invisible and private signs, halves of pairs, and letters of another alphabet: they hide what is meant."""
    category = unicodedata.category(sign)
    if category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        return sign not in "\n\t"
    if category.startswith("M"):
        return True  # stacked marks; NFC letters have none
    return category.startswith("L") and not unicodedata.name(sign, "").startswith(("LATIN", "FULLWIDTH LATIN"))


def _is_in(text: str, lang: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text.lower())
    if len(words) < FEWEST_WORDS:
        return True
    french = sum(word in FRENCH_FUNCTION_WORDS for word in words)
    english = sum(word in ENGLISH_FUNCTION_WORDS for word in words)
    own, other = (french, english) if lang == "fr" else (english, french)
    return own >= other and own >= LEAST_SHARE * len(words)
