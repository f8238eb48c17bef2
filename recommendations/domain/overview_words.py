"""The phrases of the rules' own summary and analysis, in English and French. Words only."""

from collections.abc import Mapping
from dataclasses import dataclass

from recommendations.domain.advice import Category, Priority


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language. Braces name the numbers, which the rules fill in, formatted by `thousands` and `decimal`."""

    priorities: Mapping[Priority, str]
    said: Mapping[str, str]
    prevention: Mapping[Category, str]
    thousands: str
    decimal: str
    semicolon: str


ENGLISH = Phrases(
    priorities={level: level.value for level in Priority},
    said={
        "nothing": "{rules} rules were checked; none found anything to change.",
        "summary": "{count} recommendations: {levels}. First: {first}",
        "summary_one": "1 recommendation, {levels}: {first}",
        "level": "{count} {priority}",
        "revenue": "It earned {sat} sat with {forwards} settled forwards in {days} days.",
        "revenue_unknown": "Revenue and forwards are unknown: no private data.",
        "size": "{live} of {all} channels are live, with {capacity} sat of capacity.",
        "uptime_good": "Uptime is {is} %, at or above the goal of {goal} %.",
        "uptime_short": "Uptime is {is} %, {gap} points short of the goal of {goal} %.",
        "success_good": "The success rate is {is} %, at or above the goal of {goal} %.",
        "success_short": "The success rate is {is} %, {gap} points short of the goal of {goal} %.",
        "placed": "Better placed in the network than {percent} % of nodes.",
        "large": "Larger than {percent} % of nodes by capacity.",
        "spread": "Capacity is spread over the equal of {peers} peers.",
        "no_strength": "No measured figure is above its goal.",
        "no_weakness": "No measured figure is below its goal.",
        "position": "By capacity the node is above {capacity} % of nodes, by betweenness above {betweenness} %.",
        "growth": "{count} new peers are worth a channel; the first: {first}",
        "no_growth": "No new peer stands out now; growth comes from the channels that are there.",
        "liquidity": "{percent} % of the known balance is on our side.",
        "liquidity_unknown": "Balances are unknown.",
        "risk": "The largest peer holds {share} % of the capacity.",
        "risk_unknown": "How the capacity is spread is unknown.",
        "return": "{sat} sat in {days} days on {capacity} sat of capacity: {ppm} ppm.",
        "return_unknown": "The return on capital is unknown without private data.",
        "horizon": "3 to 6 months",
        "steps_reversible": "Month 1, what can be undone: {titles}",
        "steps_costly": "Months 2 and 3, once the first changes show their effect: {titles}",
        "steps_irreversible": "Months 4 to 6, only if nothing before it helped: {titles}",
        "steps_none": "Month 1: nothing to change; look again when there are four more weeks of data.",
        "no_example": "There is no example: the rules found nothing to change.",
        "scored": "Scores range from {low} to {high} of 100. First: {first}",
        "nothing_scored": "Nothing was found that could be scored.",
        "cause": "Most likely: {title}. {explanation}",
        "no_cause": "No rule found a fault in the {rules} things checked.",
        "checked_fact": "Confirm: {label} is {value} {unit}.",
        "check_command": "Look without changing anything: {command}",
        "no_diagnosis": "Check the node's log for errors; the measured facts show none.",
        "no_fix": "Nothing to repair.",
        "unknown": "unknown",
        "missing": "Not known: {missing}. Assumed: nothing. To obtain it, connect the node or import its files.",
        "all_known": "Every rule had the data it needs.",
        "follow": "{metric}: {low} to {high} {unit} within {days} days. {title}",
        "follow_one": "{metric}: about {low} {unit} within {days} days. {title}",
        "no_follow": "Look again in a week.",
    },
    prevention={
        Category.FEES: "Review fees at most once a week, in small steps, and give each change time to show.",
        Category.LIQUIDITY: "Watch the days to depletion, and act before a channel is empty.",
        Category.CHANNELS: "Judge a channel over sixty days before ending it, and keep new ones large enough.",
        Category.PEERS: "Choose peers by their connections and their uptime, and spread the capacity.",
        Category.RELIABILITY: "Watch the uptime of the node and its peers, with an alert when one goes offline.",
        Category.SAFETY: "Keep backups current and the node online; an alert should tell when either fails.",
        Category.TIMING: "Do on-chain work when fees are low, and keep a reserve for when they are not.",
    },
    thousands=",",
    decimal=".",
    semicolon="; ",
)
FRENCH = Phrases(
    priorities={
        Priority.CRITICAL: "critique",
        Priority.HIGH: "haute",
        Priority.MEDIUM: "moyenne",
        Priority.LOW: "basse",
        Priority.INFO: "information",
    },
    said={
        "nothing": "{rules} règles ont été vérifiées ; aucune n'a trouvé quoi que ce soit à changer.",
        "summary": "{count} recommandations : {levels}. D'abord : {first}",
        "summary_one": "1 recommandation, {levels} : {first}",
        "level": "{count} de priorité {priority}",
        "revenue": "Il a gagné {sat} sat avec {forwards} paiements relayés en {days} jours.",
        "revenue_unknown": "Les revenus et les paiements relayés sont inconnus : pas de données privées.",
        "size": "{live} canaux sur {all} sont actifs, pour une capacité de {capacity} sat.",
        "uptime_good": "La disponibilité est de {is} %, à l'objectif de {goal} % ou au-dessus.",
        "uptime_short": "La disponibilité est de {is} %, à {gap} points de l'objectif de {goal} %.",
        "success_good": "Le taux de succès est de {is} %, à l'objectif de {goal} % ou au-dessus.",
        "success_short": "Le taux de succès est de {is} %, à {gap} points de l'objectif de {goal} %.",
        "placed": "Mieux placé dans le réseau que {percent} % des nœuds.",
        "large": "Plus grand que {percent} % des nœuds par la capacité.",
        "spread": "La capacité est répartie sur l'équivalent de {peers} pairs.",
        "no_strength": "Aucune mesure n'est au-dessus de son objectif.",
        "no_weakness": "Aucune mesure n'est au-dessous de son objectif.",
        "position": "Par la capacité le nœud dépasse {capacity} % des nœuds, par la centralité {betweenness} %.",
        "growth": "{count} nouveaux pairs valent un canal ; d'abord : {first}",
        "no_growth": "Aucun nouveau pair ne se détache ; la croissance vient des canaux existants.",
        "liquidity": "{percent} % du solde connu est de notre côté.",
        "liquidity_unknown": "Les soldes sont inconnus.",
        "risk": "Le plus grand pair tient {share} % de la capacité.",
        "risk_unknown": "La répartition de la capacité est inconnue.",
        "return": "{sat} sat en {days} jours pour {capacity} sat de capacité : {ppm} ppm.",
        "return_unknown": "Le rendement du capital est inconnu sans données privées.",
        "horizon": "3 à 6 mois",
        "steps_reversible": "Mois 1, ce qui peut être annulé : {titles}",
        "steps_costly": "Mois 2 et 3, quand les premiers changements ont montré leur effet : {titles}",
        "steps_irreversible": "Mois 4 à 6, seulement si rien d'autre n'a aidé : {titles}",
        "steps_none": "Mois 1 : rien à changer ; regarder de nouveau après quatre semaines de données.",
        "no_example": "Il n'y a pas d'exemple : les règles n'ont rien trouvé à changer.",
        "scored": "Les notes vont de {low} à {high} sur 100. D'abord : {first}",
        "nothing_scored": "Rien n'a été trouvé qui puisse être noté.",
        "cause": "Le plus probable : {title}. {explanation}",
        "no_cause": "Aucune règle n'a trouvé de panne parmi les {rules} points vérifiés.",
        "checked_fact": "Confirmer : {label}, {value} {unit}.",
        "check_command": "Regarder sans rien changer : {command}",
        "no_diagnosis": "Chercher les erreurs dans le journal du nœud ; les mesures n'en montrent aucune.",
        "no_fix": "Rien à réparer.",
        "unknown": "inconnu",
        "missing": "Inconnu : {missing}. Supposé : rien. Pour l'obtenir, connecter le nœud ou importer ses fichiers.",
        "all_known": "Chaque règle avait les données qu'il lui faut.",
        "follow": "{metric} : {low} à {high} {unit} en {days} jours. {title}",
        "follow_one": "{metric} : environ {low} {unit} en {days} jours. {title}",
        "no_follow": "Regarder de nouveau dans une semaine.",
    },
    prevention={
        Category.FEES: "Revoir les frais une fois par semaine au plus, par petits pas, et laisser le temps d'agir.",
        Category.LIQUIDITY: "Surveiller les jours avant épuisement, et agir avant qu'un canal ne soit vide.",
        Category.CHANNELS: "Juger un canal sur soixante jours avant d'y mettre fin, et en choisir d'assez grands.",
        Category.PEERS: "Choisir les pairs par leurs liens et leur disponibilité, et répartir la capacité.",
        Category.RELIABILITY: "Surveiller la disponibilité du nœud et des pairs, avec une alerte en cas de coupure.",
        Category.SAFETY: "Garder des sauvegardes à jour et le nœud en ligne ; une alerte doit dire si l'un manque.",
        Category.TIMING: "Agir sur la chaîne quand les frais sont bas, et garder une réserve pour les autres jours.",
    },
    thousands="\u202f",
    decimal=",",
    semicolon=" ; ",
)
PHRASES: Mapping[str, Phrases] = {"en": ENGLISH, "fr": FRENCH}
