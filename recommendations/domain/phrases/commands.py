"""French for what stands beside a command: notes, what cannot be undone, why a line is not printed. Words only."""

from collections.abc import Mapping

BESIDE: Mapping[str, str] = {
    "Reads only; nothing changes.": "Lecture seule ; rien ne change.",
    "The peer must be connected first; its announced addresses are in the output of the prepare command.": (
        "Le pair doit d'abord être connecté ; ses adresses sont dans la sortie de la commande préparatoire."
    ),
    "An opened channel cannot be undone. Closing it again costs a second on-chain fee, about {size} vB.": (
        "L'ouverture d'un canal ne s'annule pas. Le refermer coûte une deuxième fois des frais sur la chaîne, pour"
        " environ {size} vB."
    ),
    "This asks for a mutual close. A forced close is never printed.": (
        "Ceci demande une fermeture coopérative. Une fermeture forcée n'est jamais imprimée."
    ),
    "A closed channel cannot be reopened; a new one costs an on-chain fee and starts without history.": (
        "Un canal fermé ne se rouvre pas ; un nouveau coûte des frais sur la chaîne et commence sans passé."
    ),
    "Both fee limits are given on purpose: whichever is lower holds.": (
        "Les deux limites de frais sont données exprès : la plus basse compte."
    ),
    "The routing fee that was paid does not come back; moving the liquidity back costs a second fee.": (
        "Les frais de routage payés ne reviennent pas ; ramener la liquidité coûte une deuxième fois."
    ),
    "Use your rebalancing plugin: {amount} sat out of {out:id}, in through {into:id}, at most {ppm} ppm and {most}"
    " sat.": (
        "Utiliser votre greffon de rééquilibrage : {amount} sat sortant par {out}, rentrant par {into}, au plus {ppm}"
        " ppm et {most} sat."
    ),
    "Look at the quote first and compare its total cost with what the liquidity earns.": (
        "Regarder d'abord le devis et comparer son coût total avec ce que la liquidité rapporte."
    ),
    "A finished swap cannot be undone; swapping back costs the service and on-chain fees again.": (
        "Un échange terminé ne s'annule pas ; l'inverse coûte de nouveau le service et les frais sur la chaîne."
    ),
    "No command is printed for Core Lightning: use the swap service you trust, with the same amount and limit.": (
        "Aucune commande n'est imprimée pour Core Lightning : prendre le service d'échange en qui vous avez confiance,"
        " avec le même montant et la même limite."
    ),
    "The earlier limit is not known, so no undo command is printed. Note it before changing it.": (
        "La limite d'avant n'est pas connue, donc aucune commande d'annulation n'est imprimée. La noter avant de la"
        " changer."
    ),
    "Save the section as {file:text}, above general sections: the first match wins.": (
        "Enregistrer la section sous {file}, au-dessus des sections générales : la première qui convient l'emporte."
    ),
    "To undo, write fee_ppm = {ppm} in the section and run it again.": (
        "Pour annuler, écrire fee_ppm = {ppm} dans la section et relancer."
    ),
    "charge-lnd speaks to LND only.": "charge-lnd ne parle qu'à LND.",
    "Set cltv-delta={blocks} in the configuration and restart; it holds for every channel.": (
        "Mettre cltv-delta={blocks} dans la configuration et redémarrer ; cela vaut pour tous les canaux."
    ),
    "LND accepts a time lock of {low} to {high} blocks: the present {now} is written as {written}, also by the undo"
    " command.": (
        "LND accepte un délai CLTV de {low} à {high} blocs : les {now} d'aujourd'hui s'écrivent {written}, aussi dans"
        " la commande d'annulation."
    ),
    "Core Lightning has no inbound fees: its command sets the outbound fee only.": (
        "Core Lightning n'a pas de frais entrants : sa commande ne règle que les frais sortants."
    ),
    "At most {a_day} changes a day on the node, {on_one} on one channel, {apart} minutes apart. Core Lightning honors"
    " the old, lower fee {seconds} s more.": (
        "Au plus {a_day} changements par jour sur le nœud, {on_one} sur un même canal, à {apart} minutes d'écart. Core"
        " Lightning respecte encore {seconds} s les anciens frais, plus bas."
    ),
}
REFUSED: Mapping[str, str] = {
    "the channel point is not in public data; read it from the prepare command and fill it in": (
        "le point du canal (channel point) n'est pas dans les données publiques ; le lire par la commande préparatoire"
        " et le compléter"
    ),
    "the operator's blacklist holds this channel or peer": (
        "ce canal ou ce pair est sur la liste d'exclusion de l'opérateur"
    ),
    "the operator's blacklist holds it": "il est sur la liste d'exclusion de l'opérateur",
    "{amount} sat is not a channel size we print": "{amount} sat n'est pas une taille de canal que nous imprimons",
    "the present inbound fee is a surcharge, which no command could restore": (
        "les frais entrants actuels sont un supplément, qu'aucune commande ne pourrait rétablir"
    ),
    "nothing to set": "rien à régler",
    "the largest HTLC is above the capacity": "le HTLC maximal dépasse la capacité",
    "the smallest HTLC is above the largest": "le HTLC minimal dépasse le maximal",
    "both channels lead to the same peer": "les deux canaux mènent au même pair",
    "{amount} sat is outside {low} to {high} sat": "{amount} sat est hors de l'intervalle de {low} à {high} sat",
    "a cost of {cost} sat is above {percent} % of the amount": ("un coût de {cost} sat dépasse {percent} % du montant"),
    "base fee {base} msat is outside 0 to {high}": "les frais de base de {base} msat sont hors de 0 à {high}",
    "fee {ppm} ppm is outside 0 to {high}": "les frais de {ppm} ppm sont hors de 0 à {high}",
    "a step of {step} ppm is more than {percent}% of {now} ppm": (
        "un pas de {step} ppm dépasse {percent} % de {now} ppm"
    ),
    "time lock {blocks} is outside {low} to {high} blocks": "le délai CLTV {blocks} est hors de {low} à {high} blocs",
    "inbound base fee and rate go as a pair": "les frais de base et le taux entrants vont ensemble",
    "an inbound fee must be a discount (0 or below)": "des frais entrants doivent être une remise (0 ou moins)",
    "an inbound discount above the outbound fee makes LND reject forwards": (
        "une remise entrante supérieure aux frais sortants fait refuser les paiements par LND"
    ),
    "the inbound base discount is above the outbound base fee": (
        "la remise de base entrante dépasse les frais de base sortants"
    ),
    "the inbound discount is above the outbound fee": "la remise entrante dépasse les frais sortants",
}
# Why the grammar refuses a line
UNPARSED: Mapping[str, str] = {
    "{name:flag}: {problem:phrase}": "{name} : {problem}",
    "a whole number is needed": "un nombre entier est nécessaire",
    "{value} is outside {low} to {high}": "{value} est hors de l'intervalle de {low} à {high}",
    "{what:phrase} is needed": "il faut : {what}",
    "this {what:phrase} is not among the known targets": "pas parmi les cibles connues : {what}",
    "node key": "clé de nœud",
    "channel point": "point de canal (channel point)",
    "short channel id": "identifiant de canal (scid)",
    "channel": "canal",
    "a discount (0 or below)": "une remise (0 ou moins)",
    "a numeric channel id is needed": "un identifiant de canal numérique est nécessaire",
    "only {text:text} is allowed": "seul {text} est permis",
    "out and in are the same peer": "la sortie et l'entrée sont le même pair",
    "--max-fee is above {percent} % of the amount": "--max-fee dépasse {percent} % du montant",
    "--max-fee-rate is above {ppm} ppm": "--max-fee-rate dépasse {ppm} ppm",
    "a span such as -7d": "une durée comme -7d",
    "a rate such as 12000perkb": "un taux comme 12000perkb",
    "a command has 1 to {most} characters": "une commande a de 1 à {most} caractères",
    "only plain ASCII is allowed: look-alike letters hide what is run": (
        "seul l'ASCII simple est permis : des lettres semblables cachent ce qui est exécuté"
    ),
    "sign not allowed: {sign:text}": "signe non permis : {sign}",
    "exactly one space between words": "exactement une espace entre les mots",
    "not on the allow-list: {words:text}": "pas sur la liste permise : {words}",
    "parameter not on the allow-list: {name:text}": "paramètre pas sur la liste permise : {name}",
    "parameter given twice: {name:text}": "paramètre donné deux fois : {name}",
    "mandatory parameter missing: {name:text}": "paramètre obligatoire absent : {name}",
    "parameters are written name=value": "les paramètres s'écrivent nom=valeur",
    "{name:flag} needs a value": "{name} demande une valeur",
}
PHRASES: Mapping[str, str] = {**BESIDE, **REFUSED, **UNPARSED}
