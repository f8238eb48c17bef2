"""First routing rules: words that call for certain models (GW-06), French and English. Data; defaults.py keeps them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from models_registry.models import RoutingRule

Row = tuple[type[Model], dict[str, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class FirstRule:
    """One shipped rule. `words` in one text, phrases with an underscore for each blank."""

    name: str
    words: str
    models: tuple[str, ...] = ()
    specialty: str = ""
    max_tokens: int | None = None
    target_s: float | None = None
    priority: int = 10


RULES = {
    "code": FirstRule(
        "Code",
        "code codes coding coder coded script scripts function functions fonction fonctions python javascript "
        "typescript rust golang java bash sql regex api compile compiles compiler debugger programming program "
        "programs programme programmes programmer refactor refactors refactoring stack_trace unit_test tests_unitaires",
        specialty="code",
        priority=5,
    ),
    "translate": FirstRule(
        "Translation",
        "translate translates translated translating translation translations traduire traduis traduisez traduction "
        "traductions in_english in_french en_anglais en_français",
        specialty="translate",
        priority=6,
    ),
    "creative": FirstRule(
        "Creative writing",
        "story stories tale poem poems poetry lyrics slogan slogans imagine imagines invent invents histoire histoires "
        "conte contes poème poèmes poésie imaginer imaginez inventer inventez rédige_un_texte",
        specialty="creative",
        priority=7,
    ),
    "description": FirstRule(
        "Description",
        "describe describes described describing description descriptions present presents presentation décrire décris "
        "décrit décrivez présenter présente présentes présentez présentation",
        ("mistral", "gemma2"),
        max_tokens=250,
        target_s=8.0,
    ),
    "quick-choice": FirstRule(
        "Quick choice",
        "choose chooses choosing chose choice choices option options decide decides decided decision decisions choisir "
        "choisis choisit choisissez choix décider décide décides décidez décision décisions",
        ("llama3.2", "mistral"),
        specialty="quick",
        max_tokens=80,
        target_s=3.0,
    ),
    "dialogue": FirstRule(
        "Dialogue",
        "reply replies replied replying ask asks asked asking conversation conversations répondre réponds répond "
        "répondez demander demande demandes demandez",
        ("mistral", "qwen2.5"),
        max_tokens=120,
        target_s=5.0,
    ),
    "urgent-action": FirstRule(
        "Urgent action",
        "attack attacks attacked attacking danger dangers dangerous urgent urgently urgency attaque attaques attaquer "
        "attaqué dangereux dangereuse urgence urgente urgents urgentes",
        ("gemma2", "mistral"),
        max_tokens=180,
        target_s=7.0,
    ),
    "quick": FirstRule(
        "Short answers",
        "briefly in_short one_sentence one_word tldr yes_or_no brièvement en_bref en_une_phrase en_un_mot oui_ou_non",
        specialty="quick",
        priority=12,
    ),
    # Without words: the usual order. It settles ties, and decides alone where the policy does not route.
    "general": FirstRule("General", "", ("mistral", "llama3:8b-instruct", "llama3.1:8b"), "general", priority=99),
}


def rows() -> Iterable[Row]:
    """Return every first rule: its table, what it is found by, and its values."""
    for slug, rule in RULES.items():
        yield RoutingRule, {"slug": slug}, _values(rule)


def _values(rule: FirstRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "words": [word.replace("_", " ") for word in rule.words.split()],
        "models_in_order": list(rule.models),
        "specialty": rule.specialty,
        "max_tokens": rule.max_tokens,
        "target_s": rule.target_s,
        "priority": rule.priority,
    }
