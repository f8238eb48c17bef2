"""The questions that are answered in advance, as shipped: eight in each language (CA-06). Rows afterwards."""

from rag.models import CommonQuestion

QUESTIONS = {
    "en": (
        "How do I choose the fee rate of a channel?",
        "How do I get inbound liquidity?",
        "What are the best practices for a routing node?",
        "How do I keep the uptime of my node high?",
        "What should I check before I open a channel?",
        "How do I rebalance a channel?",
        "What are the risks of a routing node?",
        "What should I monitor on my node?",
    ),
    "fr": (
        "Comment choisir le taux de frais d'un canal ?",
        "Comment obtenir de la liquidité entrante ?",
        "Quelles sont les bonnes pratiques pour un nœud de routage ?",
        "Comment garder une bonne disponibilité de mon nœud ?",
        "Que vérifier avant d'ouvrir un canal ?",
        "Comment rééquilibrer un canal ?",
        "Quels sont les risques d'un nœud de routage ?",
        "Que faut-il surveiller sur mon nœud ?",
    ),
}


def load() -> tuple[str, ...]:
    """Create the shipped questions that were never loaded; return one line for each. Edited rows keep their words."""
    rows = CommonQuestion.objects.all()
    known = {(row.lang, text) for row in rows for text in (row.text, row.seed.get("text", ""))}
    new = [
        CommonQuestion(lang=lang, text=text, seed={"text": text})
        for lang, texts in QUESTIONS.items()
        for text in texts
        if (lang, text) not in known
    ]
    CommonQuestion.objects.bulk_create(new)
    return tuple(f"common question {row.text} ({row.lang}): created" for row in new)
