"""French for what is said of an answer as a whole: who spoke, what is missing, why it ended early. Words only."""

from collections.abc import Mapping

PHRASES: Mapping[str, str] = {
    "{rule:phrase}: insufficient data": "{rule} : données insuffisantes",
    "This rule cannot judge yet. Missing: {missing:phrase}.": (
        "Cette règle ne peut pas encore juger. Il manque : {missing}."
    ),
    "balance and 28 days of forwards of {least} channels {days} days old; there are {count}": (
        "solde et 28 jours de paiements relayés de {least} canaux âgés de {days} jours ; il y en a {count}"
    ),
    "forwards of at least {least} channels monitored for {days} days; there are {count}": (
        "paiements relayés d'au moins {least} canaux observés pendant {days} jours ; il y en a {count}"
    ),
    "No local model answered: this advice comes from lnrag's exact rules and quoted passages.": (
        "Aucun modèle local n'a répondu : ces conseils viennent des règles exactes de lnrag et de passages cités."
    ),
    "The model was busy: this advice comes from lnrag's exact rules and quoted passages. Ask again a little later.": (
        "Le modèle était occupé : ces conseils viennent des règles exactes de lnrag et de passages cités. Demander de"
        " nouveau un peu plus tard."
    ),
    "The model was busy: this advice comes from lnrag's exact rules and quoted passages. Ask again in about"
    " {wait} s.": (
        "Le modèle était occupé : ces conseils viennent des règles exactes de lnrag et de passages cités. Demander de"
        " nouveau dans {wait} s environ."
    ),
    "The model's answer did not keep its contract; what could be checked is shown, the rules add the rest.": (
        "La réponse du modèle n'a pas tenu son contrat ; ce qui a pu être vérifié est montré, les règles ajoutent le"
        " reste."
    ),
    "The model's words have a quality of {score}, less than {least}: rely on the numbers and commands, which come from"
    " lnrag's exact rules.": (
        "Les mots du modèle ont une qualité de {score}, moins que {least} : se fier aux nombres et aux commandes, qui"
        " viennent des règles exactes de lnrag."
    ),
    "Nothing that the model wrote stood up to the facts: these are lnrag's exact rules and facts.": (
        "Rien de ce que le modèle a écrit n'a résisté aux faits : voici les règles exactes et les faits de lnrag."
    ),
    "The model's answer could not be used: asking once more.": (
        "La réponse du modèle n'a pas pu servir : nouvelle demande."
    ),
    "Reading what is known of the node.": "Lecture de ce que l'on sait du nœud.",
    "The local model is writing.": "Le modèle local écrit.",
    "The host may have cut the prompt.": "L'hôte a peut-être tronqué la consigne.",
    "The model stopped in mid-answer. What was shown so far is kept; ask again for the rest.": (
        "Le modèle s'est arrêté au milieu de sa réponse. Ce qui a été montré est gardé ; demander de nouveau le reste."
    ),
    "Stopped. What had arrived so far is kept.": "Arrêté. Ce qui était déjà arrivé est gardé.",
}
