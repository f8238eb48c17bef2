"""The six kinds of question, and how a question's words tell which kind it is. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache


class QueryType(StrEnum):
    QUICK = "quick"
    DETAILED = "detailed"
    STRATEGIC = "strategic"
    TECHNICAL = "technical"
    SCORING = "scoring"
    TROUBLESHOOTING = "troubleshooting"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    QueryType.QUICK: "QUICK_ANALYSIS",
    QueryType.DETAILED: "DETAILED_RECOMMENDATIONS",
    QueryType.STRATEGIC: "STRATEGIC_PLANNING",
    QueryType.TECHNICAL: "TECHNICAL_EXPLANATION",
    QueryType.SCORING: "SCORING",
    QueryType.TROUBLESHOOTING: "TROUBLESHOOTING",
}

# Each pattern is one hit, however many of its forms occur. Written for folded text: no case, accent or sign.
# The order of the table settles ties.
VOCABULARY: dict[QueryType, tuple[tuple[int, tuple[str, ...]], ...]] = {
    QueryType.TROUBLESHOOTING: (
        (
            3,
            (
                r"erreurs?",
                r"errors?",
                r"problemes?",
                r"problems?",
                r"echecs?",
                r"echou(?:er|e|es|ent|ee|ees|ait|aient)",
                r"fail(?:s|ed|ing|ure|ures)?",
                r"debug(?:s|ged|ging)?",
                r"stuck",
                r"bloqu(?:e|es|ee|ees|er|ent)",
                r"crash(?:es|ed|ing|s)?",
                r"slow(?:er|ly)?",
                r"lent(?:e|s|es|ement)?",
                r"unable",
                r"coinc(?:e|es|ee|ees|er|ent)",
                r"bugs?",
                r"pannes?",
                r"plant(?:e|es|ent)",
                r"broken|broke",
                r"hors ligne",
                r"(?:what s|what is|goes|went|gone|something|something s) wrong",
                r"keeps? (?:clos|dropp|los|restart|reject|go)ing",
                r"stopped [a-z]+ing",
                r"n arrive(?:nt)? (?:pas|plus) a(?! comprendre\b)",
                r"d ou (?:ca|cela) (?:vient|peut venir)",
                r"why (?:did|was|were|has|have|isn t|aren t|doesn t|don t) (?:my|our)",
                r"pourquoi (?:mon|ma|mes|notre|nos) [a-z0-9]+ (?:a|ont|s est|se sont|ne|n)(?! besoin\b)",
                r"ne (?:se )?(?:fonctionne|marche|demarre|repond|connecte|synchronise|passe|route)(?:nt)? (?:pas|plus)",
                r"impossible de?",
                r"(?:not|cannot|can t|won t|doesn t|don t|isn t|aren t) (?:work|start|connect|sync|respond)(?:ing)?",
            ),
        ),
        (
            2,
            (
                r"(?:an|any|the|this) issue",
                r"issues",
                r"soucis?",
                r"disconnect(?:s|ed|ing|ions?)?",
                r"deconnect(?:er|e|es|ee|ees|ent)|deconnexions?",
                r"offline",
                r"refused|refusees?",
                r"(?:est|ete|sont) refuses?",
                r"refuse(?:nt)? de",
                r"plus (?:aucune?|rien|personne)",
                r"what happened",
                r"que (?:s est il passe|se passe t il)",
                r"comment ca se fait",
            ),
        ),
    ),
    QueryType.SCORING: (
        (
            3,
            (
                r"scor(?:e|es|ed|ing)",
                r"evalu(?:er|e|es|ez)",
                r"evaluat(?:e|es|ed|ing)",
                r"not(?:er|ez)",
                r"note(?= (?:mon|ma|mes|ce|cette|ces)\b)",
                r"class(?:er|e|es|ez)",
                r"classements?",
                r"rank(?:s|ed|ing|ings)?",
                r"priorites?",
                r"prioriti[sz](?:e|es|ed|ing)",
                r"compar(?:er|ez)",
                r"compar(?:e|es|ed|ing)",
                r"comparisons?",
                r"rate(?= (?:my|this|these)\b)",
                r"grad(?:e|es|ed|ing)",
                r"performers?",
                r"stacks? up",
                r"measures? up",
                r"how (?:competitive|good|healthy|reliable|strong|well connected) (?:is|are)",
                r"(?:what|which|who) (?:are|is|s) (?:my|our) (?:[a-z0-9]+ )?(?:best|strongest|top|weakest|worst)",
                r"(?:best|worst) (?:and|or|to) (?:the |my )?(?:best|worst)",
                r"(?:better|worse) (?:channel|node|partner|peer|router)s? than",
                r"(?:channel|node|peer)s? (?:doing |is |are )?(?:better|worse) than",
                r"against (?:the )?(?:average|my neighbou?rs|others?|similar)",
                r"quelle note",
                r"note (?:de|sur) (?:cent|dix|vingt|[0-9]+)",
                r"(?:donne[rsz]?|met(?:s|tre|tez)|attribue[rsz]?) (?:moi |lui )?une note",
                r"(?:est|sont) (?:mon|ma|mes|nos) (?:[a-z0-9]+ )?(?:meilleure?|pire)s?",
                r"meilleure?s? (?:[a-z]+ )?et (?:la |le |les |mes )?(?:moins bon(?:ne)?|pire)s?",
                r"par rapport (?:aux? (?:autre|concurrent|voisin)s?|a (?:d autres|la moyenne|mes))",
                r"me situe[rs]?",
            ),
        ),
    ),
    QueryType.STRATEGIC: (
        (
            3,
            (
                r"strategies?",
                r"strategy|strategic|strategically",
                r"strategiques?",
                r"plans?",
                r"planning",
                r"planifi(?:er|e|es|ez|cation)",
                r"roadmaps?",
                r"croissances?",
                r"growth|grow",
                r"growing (?:my|our)",
                r"expan(?:d|ds|ding|sions?)",
                r"grandir|croitre",
                r"developper (?:mon|notre)",
                r"long terme",
                r"long term",
                r"medium term",
                r"moyen terme",
                r"feuilles? de route",
                r"(?:coming|next) (?:[a-z0-9]+ )?(?:months|quarters?|years?)",
                r"in (?:a|one|two|three|five|ten|[0-9]+) years?",
                r"by (?:the )?(?:end of (?:the|this|next) year|next year|year end|20[0-9]{2})",
                r"prochaine?s (?:annees|mois|trimestres)",
                r"(?:an|annee|mois|trimestre)s? (?:a venir|prochaine?s?|qui vien(?:t|nent))",
                r"d ici (?:la )?fin (?:20[0-9]{2}|d annee|de l annee)",
                r"(?:dans|d ici) (?!ce |le |les )(?:[a-z0-9]+ )?(?:ans?|annees|mois)",
            ),
        ),
    ),
    QueryType.QUICK: (
        (
            2,
            (
                r"resumes?",
                r"summar(?:y|ies)|summari[sz](?:e|es|ed|ing)",
                r"rapides?|rapidement",
                r"quick|quickly",
                r"overviews?",
                r"apercus?",
                r"etats?",
                r"status",
                r"brief|briefly",
                r"brievement",
                r"statuts?",
                r"recaps?|recapitul(?:er|e|ez|atif)",
                r"glance",
                r"nutshell|tldr",
                r"tl dr",
                r"en bref",
                r"in short",
                r"short (?:answer|summary|version)",
                r"(?:a few|one|two|three) (?:lines?|sentences?)",
                r"in (?:a few|one|two|three) words?",
                r"en (?:un|une|deux|trois|quelques) (?:lignes?|mots?|phrases?)",
                r"vue (?:d ensemble|generale|globale)",
                r"coup d oeil",
                r"how (?:s|is|are) (?:[a-z]+ ){1,3}(?:doing|going(?! to\b)|looking)",
                r"how (?:s|is|are) (?:everything|things)",
                r"comment (?:se porte|se portent|va|vont) (?:la|le|les|ma|mes|mon|nos|notre)",
                r"tout (?:roule|va bien)",
                r"everything (?:all right|alright|fine|good|ok|okay)",
                r"anything (?:i should know|new|to report)",
                r"quoi de neuf",
                r"state of (?:my|our|the)",
            ),
        ),
    ),
    QueryType.DETAILED: (
        (
            3,
            (
                r"optimis(?:er|e|es|ez|ons|ent)",
                r"optimiz(?:e|es|ed|ing)|optimising|optimised",
                r"amelior(?:er|e|es|ez|ons|ent)",
                r"improv(?:e|es|ed|ing)",
                r"augment(?:er|e|es|ez|ons|ent)",
                r"increas(?:e|es|ed|ing)",
                r"redui(?:re|s|t|sez|sons|sent)",
                r"reduc(?:e|es|ed|ing)",
                r"rais(?:e|es|ed|ing)",
                r"baiss(?:er|e|es|ez|ons|ent)",
                r"lower(?:s|ed|ing)?",
                r"recommand(?:er|e|es|ez|ations?)",
                r"recommend(?:s|ed|ing|ations?)?",
                r"conseil(?:s|ler|le|lez)?",
                r"advice|advise",
                r"suggest(?:s|ed|ing|ions?)?",
                r"que faire",
                r"what should",
                r"should i",
                r"dois je",
                r"trop chere?s?",
                r"too high",
                r"too low",
            ),
        ),
    ),
    QueryType.TECHNICAL: (
        (
            2,
            (
                r"expliqu(?:er|e|es|ez)",
                r"explain(?:s|ed|ing)?",
                r"pourquoi",
                r"why",
                r"fonctionnements?",
                r"how (?:do|does)",
                r"comment (?:fonctionne|marche)(?:nt)?",
                r"what (?:is|are|s)",
                r"what does",
                r"what do(?! (?:i|we|you)\b)",
                r"explications?|explanations?",
                r"differences? (?:between|entre)",
                r"differ(?:s|ent)? from",
                r"a quoi (?:ca )?ser(?:t|vent)",
                r"understand (?:how|what)",
                r"comprendre (?:ce|comment|la|le|les)",
                r"veu(?:t|lent) dire",
                r"signifi(?:e|ent)",
                r"qu est ce",
                r"c est quoi",
            ),
        ),
        (1, (r"how(?! (?:do|does)\b)", r"comment(?! (?:fonctionne|marche)(?:nt)?\b)")),
    ),
}
PHRASE_SIGNS = (" ", "(?=", "(?!")  # what such a pattern matches hangs on the words beside it
FIRST_WORD = re.compile(r"[a-z]+(?= |\(\?[=!])|")
WORDS_KEPT = 16_384  # about 2 MB; the words of a trade are few, and looking one up beats a hundred patterns
LONGEST_WORD = 24


def _patterns(*, is_phrase: bool) -> tuple[tuple[QueryType, int, str], ...]:
    return tuple(
        (kind, points, word)
        for kind, groups in VOCABULARY.items()
        for points, words in groups
        for word in words
        if any(sign in word for sign in PHRASE_SIGNS) is is_phrase
    )


WORDS = tuple((kind, points, re.compile(word)) for kind, points, word in _patterns(is_phrase=False))
PHRASES = tuple(  # with the word each begins with: empty where it may be one of several
    (kind, points, FIRST_WORD.match(phrase)[0], re.compile(rf"\b(?:{phrase})\b"))  # type: ignore[index]  # may be empty, never None
    for kind, points, phrase in _patterns(is_phrase=True)
)
LEAST_POINTS = 2  # "how" or "comment" alone tells nothing
NOT_A_WORD = re.compile(r"[^a-z0-9]+")


def parse_query_type(text: str | None) -> QueryType:
    """Return the type named by a slug or a label in any case; unknown or absent is DETAILED (ST-02)."""
    word = (text or "").strip().lower()
    by_label = {label.lower(): kind for kind, label in LABELS.items()}
    return by_label.get(word) or (QueryType(word) if word in set(QueryType) else QueryType.DETAILED)


def detect_query_type(query: str, context: Mapping[str, object] | None = None) -> QueryType:
    """Return the type whose words, whole and in French or English, weigh most in the question (ST-03).

    When no type reaches two points, the flags `requires_strategy` and `is_diagnostic` of the context decide.
    """
    return query_type_of(fold(query), context)


def query_type_of(folded: str, context: Mapping[str, object] | None = None) -> QueryType:
    """Return the type of a question that was folded already."""
    points = _points(folded)
    best = max(VOCABULARY, key=lambda kind: points[kind])
    if points[best] >= LEAST_POINTS:
        return best
    flags = context or {}
    if flags.get("requires_strategy"):
        return QueryType.STRATEGIC
    return QueryType.TROUBLESHOOTING if flags.get("is_diagnostic") else QueryType.DETAILED


def fold(text: str) -> str:
    """Return the words in lower case without accents, one blank between them."""
    lowered = text.casefold()
    if not lowered.isascii():
        bare = unicodedata.normalize("NFKD", lowered.replace("œ", "oe"))
        lowered = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return NOT_A_WORD.sub(" ", lowered).strip()


def _points(folded: str) -> dict[QueryType, int]:
    words = set(folded.split())
    hits = {hit for word in words if len(word) <= LONGEST_WORD for hit in _hits(word)}
    sums = dict.fromkeys(VOCABULARY, 0)
    for number in hits:
        sums[WORDS[number][0]] += WORDS[number][1]
    for kind, points, first, phrase in PHRASES:
        if (not first or first in words) and phrase.search(folded):
            sums[kind] += points
    return sums


@lru_cache(maxsize=WORDS_KEPT)
def _hits(word: str) -> tuple[int, ...]:
    """Return which patterns of WORDS the word matches."""
    return tuple(number for number, (_, _, pattern) in enumerate(WORDS) if pattern.fullmatch(word))
