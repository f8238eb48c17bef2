"""Our own sentences in an answer, in the reader's language. Pure."""

import math

from models_registry.domain.errors import QuotaExceeded, RateLimited

NOTES = {
    "en": {
        "searching": "Searching the library.",
        "writing": "Writing the answer.",
        "lacking": "The library does not seem to hold the answer.",
        "broke_off": "The model broke off in the middle of its answer. Ask again.",
        "canceled": "Stopped. What had been written so far is kept.",
        "degraded": "No language model answered. This answer quotes the library word for word.",
        "busy": "The model was busy. This answer quotes the library word for word; ask again in about {seconds} s.",
        "busy_now": "The model was busy. This answer quotes the library word for word; ask again a little later.",
        "too_many": "You have too many answers open at once, so no language model was asked. This answer quotes the "
        "library word for word; ask again when one of the others has ended.",
        "abstained": "The library does not hold the answer.",
        "not_found": "The model read the passages that come nearest, and did not find the answer in them.",
        "missing": "Nothing in it mentions: {terms}.",
        "next": "Add a document that covers it, or ask with other words.",
        "nearest": "The nearest passages are:",
        "empty": "It holds no document that you may read.",
    },
    "fr": {
        "searching": "Recherche dans la bibliothèque.",
        "writing": "Rédaction de la réponse.",
        "lacking": "La bibliothèque ne semble pas contenir la réponse.",
        "broke_off": "Le modèle s'est interrompu au milieu de sa réponse. Reposez la question.",
        "canceled": "Arrêté. Ce qui était déjà écrit est conservé.",
        "degraded": "Aucun modèle de langage n'a répondu. Cette réponse cite la bibliothèque mot pour mot.",
        "busy": "Le modèle était occupé. Cette réponse cite la bibliothèque mot pour mot ; "
        "reposez la question dans environ {seconds} s.",
        "busy_now": "Le modèle était occupé. Cette réponse cite la bibliothèque mot pour mot ; "
        "reposez la question un peu plus tard.",
        "too_many": "Trop de réponses sont ouvertes en même temps : aucun modèle n'a été interrogé. Cette réponse cite "
        "la bibliothèque mot pour mot ; reposez la question quand une des autres sera terminée.",
        "abstained": "La bibliothèque ne contient pas la réponse.",
        "not_found": "Le modèle a lu les passages les plus proches et n'y a pas trouvé la réponse.",
        "missing": "Rien n'y mentionne : {terms}.",
        "next": "Ajoutez un document qui en traite, ou demandez avec d'autres mots.",
        "nearest": "Les passages les plus proches sont :",
        "empty": "Elle ne contient aucun document que vous puissiez lire.",
    },
}


def note(name: str, *, lang: str) -> str:
    """Return one of our own sentences in the reader's language, English where we do not speak it."""
    return NOTES.get(lang, NOTES["en"])[name]


def degraded_note(refusal: RateLimited | None, *, lang: str) -> str:
    """Return why no model answered: nobody could, all were busy, or the asker has too many answers open."""
    if refusal is None:
        return note("degraded", lang=lang)
    if isinstance(refusal, QuotaExceeded):
        return note("too_many", lang=lang)
    if refusal.retry_after_s is None:
        return note("busy_now", lang=lang)
    return note("busy", lang=lang).format(seconds=math.ceil(refusal.retry_after_s))
