"""French sentences on the node as a whole: peers, uptime, concentration, health, place, timing on chain. Words only."""

from collections.abc import Mapping

PHRASES: Mapping[str, str] = {
    # Uptime
    "Keep the node online: {uptime}% uptime, goal {goal}%": (
        "Garder le nœud en ligne : {uptime} % de disponibilité, objectif {goal} %"
    ),
    "Over {days} days the node was reachable {uptime}% of the time, about {hours} hours offline a month. Senders score"
    " failures and route around it.": (
        "Sur {days} jours, le nœud était joignable {uptime} % du temps, soit environ {hours} heures hors ligne par"
        " mois. Les expéditeurs notent les échecs et passent ailleurs."
    ),
    "Out of reach that long, it may miss the deadline of a pending payment, and a peer then closes the channel"
    " on-chain.": (
        "Injoignable aussi longtemps, il peut manquer l'échéance d'un paiement en cours, et un pair ferme alors le"
        " canal sur la chaîne."
    ),
    "Find what took it down (power, disk, Tor, a crash), let it restart by itself, and watch it from outside.": (
        "Chercher ce qui l'a arrêté (courant, disque, Tor, panne), le laisser redémarrer seul, et le surveiller de"
        " l'extérieur."
    ),
    "uptime below {goal}% over at least {days} days": ("disponibilité inférieure à {goal} % sur au moins {days} jours"),
    "Check the peer of channel {scid:id}: connected {uptime}% of the time": (
        "Vérifier le pair du canal {scid} : connecté {uptime} % du temps"
    ),
    "Over {days} days the peer was connected {uptime}% of the time. While it is away the {capacity} sat of this"
    " channel route nothing.": (
        "Sur {days} jours, le pair était connecté {uptime} % du temps. Pendant ses absences, les {capacity} sat de ce"
        " canal ne relaient rien."
    ),
    "It is gone most of the time: write to its operator; without an answer, plan a mutual close.": (
        "Il est absent la plupart du temps : écrire à son opérateur ; sans réponse, prévoir une fermeture coopérative."
    ),
    "Write to its operator, and put no more liquidity into it.": (
        "Écrire à son opérateur, et ne plus y mettre de liquidité."
    ),
    "Reconnect with its other address, if it announces one.": (
        "Se reconnecter par son autre adresse, s'il en annonce une."
    ),
    "connected less than {goal}% over at least {days} days": "connecté moins de {goal} % sur au moins {days} jours",
    "A wallet that is not always online is ordinary; if it should be a node, write to its operator.": (
        "Un portefeuille qui n'est pas toujours en ligne est chose ordinaire ; si ce devrait être un nœud, écrire à son"
        " opérateur."
    ),
    # Concentration
    "Spread your capacity: one peer holds {share}% of it": (
        "Répartir votre capacité : un seul pair en tient {share} %"
    ),
    "{peers} peers, but by capacity they count like {effective} equal ones (HHI {hhi}). When the largest peer is"
    " offline or closes, {share}% of the node stops routing. {count} new peers with {size} sat each bring the HHI to"
    " {best}.": (
        "{peers} pairs, mais par la capacité ils comptent comme {effective} pairs égaux (HHI {hhi}). Quand le plus"
        " grand est hors ligne ou ferme, {share} % du nœud cesse de relayer. {count} nouveaux pairs de {size} sat"
        " chacun ramènent le HHI à {best}."
    ),
    "Open the next {count} channels with peers you do not have yet, and add nothing to your largest peer until its"
    " share has fallen. Close nothing for this alone.": (
        "Ouvrir les {count} prochains canaux avec des pairs que vous n'avez pas encore, et ne rien ajouter au plus"
        " grand tant que sa part n'a pas baissé. Ne rien fermer pour cette seule raison."
    ),
    "HHI above {warn} (strong {strong}) with {peers} peers, or one peer above {share}%": (
        "HHI supérieur à {warn} (fort : {strong}) avec {peers} pairs, ou un pair au-dessus de {share} %"
    ),
    # Health
    "Node health: {passed} of {known} checks passed": "Santé du nœud : {passed} contrôles réussis sur {known}",
    "{label:phrase}: {value:amount}, wanted {wanted:amount}": "{label} : {value}, voulu {wanted}",
    "{label:phrase} at least {wanted:amount}": "{label} : au moins {wanted}",
    "In this order: {remedies:phrase}.": "Dans cet ordre : {remedies}.",
    "bring the idle channels back online": "remettre en service les canaux inactifs",
    "open more channels": "ouvrir plus de canaux",
    "add capacity: larger channels, peers that open to you": (
        "ajouter de la capacité : de plus grands canaux, des pairs qui ouvrent vers vous"
    ),
    "let young channels age and make the next ones larger": (
        "laisser vieillir les jeunes canaux et prendre les prochains plus grands"
    ),
    "raise the uptime": "améliorer la disponibilité",
    "connect to better connected peers": "se relier à des pairs mieux reliés",
    # Roles
    "Most channels flow one way: {count} of {known} are sinks": (
        "La plupart des canaux coulent dans un seul sens : {count} sur {known} sont des puits"
    ),
    "Most channels flow one way: {count} of {known} are sources": (
        "La plupart des canaux coulent dans un seul sens : {count} sur {known} sont des sources"
    ),
    "Traffic mostly goes out of the node, so liquidity runs out on one side and every refill costs money.": (
        "Le trafic sort surtout du nœud : la liquidité s'épuise d'un côté et chaque recharge coûte."
    ),
    "Traffic mostly goes into the node, so liquidity runs out on one side and every refill costs money.": (
        "Le trafic entre surtout dans le nœud : la liquidité s'épuise d'un côté et chaque recharge coûte."
    ),
    "When you open the next channels, look for sources (peers that send to you).": (
        "Quand vous ouvrirez les prochains canaux, chercher des sources (des pairs d'où viennent les paiements)."
    ),
    "When you open the next channels, look for sinks (peers that buy from you).": (
        "Quand vous ouvrirez les prochains canaux, chercher des puits (des pairs qui achètent votre liquidité)."
    ),
    "at least {share}% of channels with a role share one": (
        "au moins {share} % des canaux à rôle connu partagent le même"
    ),
    # Place in the network
    "Connect more widely: larger than {capacity}% of nodes, better placed than {between}%": (
        "Se relier plus largement : plus grand que {capacity} % des nœuds, mieux placé que {between} %"
    ),
    "By capacity the node stands at percentile {capacity}, by betweenness (how many shortest routes pass it) at"
    " {between}, {gap} points lower: its channels lead to nodes that others reach as well.": (
        "Par la capacité, le nœud est au centile {capacity} ; par la centralité (combien de plus courts chemins passent"
        " par lui), au centile {between}, {gap} points plus bas : ses canaux mènent à des nœuds que d'autres atteignent"
        " aussi bien."
    ),
    "Prefer candidates that share few peers with you: a node beyond your neighborhood shortens more routes.": (
        "Préférer des candidats qui partagent peu de pairs avec vous : un nœud hors de votre voisinage raccourcit plus"
        " de chemins."
    ),
    "betweenness at least {gap} points below capacity": "centralité au moins {gap} points sous la capacité",
    # New peers
    "Open a channel of {size} sat with {key:text}…": "Ouvrir un canal de {size} sat avec {key}…",
    "It has {count} channels with a median of {median} sat, charges {ppm} ppm (median) and shares {shared} of your"
    " peers, but is none of them.": (
        "Il a {count} canaux d'une médiane de {median} sat, demande {ppm} ppm (médiane) et partage {shared} de vos"
        " pairs, sans en être un."
    ),
    "It has {count} channels with a median of {median} sat and shares {shared} of your peers, but is none of them.": (
        "Il a {count} canaux d'une médiane de {median} sat et partage {shared} de vos pairs, sans en être un."
    ),
    "{count} node of your neighborhood opened a channel with it in the latest 30 days.": (
        "{count} nœud de votre voisinage a ouvert un canal avec lui ces 30 derniers jours."
    ),
    "{count} nodes of your neighborhood opened a channel with it in the latest 30 days.": (
        "{count} nœuds de votre voisinage ont ouvert un canal avec lui ces 30 derniers jours."
    ),
    "Ask around how it behaves before you commit coins.": (
        "Se renseigner sur son comportement avant d'engager des fonds."
    ),
    "at least {count} channels with a median of {median} sat; updated within 14 days; not a peer yet": (
        "au moins {count} canaux d'une médiane de {median} sat ; annonce de moins de 14 jours ; pas encore un pair"
    ),
    # Timing on chain
    "On-chain fees are low: a good time for openings and closes you planned": (
        "Les frais sur la chaîne sont bas : un bon moment pour les ouvertures et fermetures prévues"
    ),
    "On-chain fees are high: put off openings and closes that can wait": (
        "Les frais sur la chaîne sont hauts : remettre les ouvertures et fermetures qui peuvent attendre"
    ),
    "The moment is good: a transaction costs {rate} sat/vB now, percentile {at} of the latest {days} days.": (
        "Le moment est bon : une transaction coûte {rate} sat/vB maintenant, centile {at} des {days} derniers jours."
    ),
    "Wait with it unless it is urgent: a transaction costs {rate} sat/vB now, percentile {at} of the latest {days}"
    " days.": (
        "Attendre, sauf urgence : une transaction coûte {rate} sat/vB maintenant, centile {at} des {days} derniers"
        " jours."
    ),
    "A force close, or a channel that is at risk, never waits for cheaper fees. Look first at what already waits for"
    " confirmation.": (
        "Une fermeture forcée, ou un canal en danger, n'attend jamais des frais plus bas. Regarder d'abord ce qui"
        " attend déjà une confirmation."
    ),
    "percentile of the fee within {days} days below {cheap}, or above {dear}": (
        "centile des frais sur {days} jours inférieur à {cheap}, ou supérieur à {dear}"
    ),
}
