"""French sentences on liquidity: imbalance, refills, swaps, depletion, limits of payments, time locks. Words only."""

from collections.abc import Mapping

PHRASES: Mapping[str, str] = {
    "sink": "puits",
    "source": "source",
    "balanced": "équilibré",
    # Imbalance
    "Refill channel {scid:id}: {ratio}% of the balance is ours": (
        "Recharger le canal {scid} : {ratio} % du solde est de notre côté"
    ),
    "Make room in channel {scid:id}: {ratio}% of the balance is ours": (
        "Faire de la place dans le canal {scid} : {ratio} % du solde est de notre côté"
    ),
    "Refill {scid:id} toward half: a circular rebalance in, or a lower fee on the channels that could feed it.": (
        "Recharger {scid} vers la moitié : un rééquilibrage circulaire entrant, ou des frais plus bas sur les canaux"
        " qui pourraient l'alimenter."
    ),
    "Make room in {scid:id} toward half: a circular rebalance out, or a lower outgoing fee on it.": (
        "Faire de la place dans {scid} vers la moitié : un rééquilibrage circulaire sortant, ou des frais sortants plus"
        " bas sur ce canal."
    ),
    "It flows as a {role:phrase} channel ({out} sat out, {into} in over {days} days), so the empty side blocks"
    " payments it would otherwise carry.": (
        "Il se comporte en canal {role} ({out} sat sortis, {into} sat entrés en {days} jours) : le côté vide bloque des"
        " paiements qu'il porterait sinon."
    ),
    "the smaller of {amount} sat (a refill to half) and {sold} sat (sold in 30 days) x {ppm} ppm = {high} sat, before"
    " the unknown cost of the refill; 0 sat where that cost eats it up": (
        "le plus petit de {amount} sat (une recharge à la moitié) et {sold} sat (vendus en 30 jours) x {ppm} ppm ="
        " {high} sat, avant le coût inconnu de la recharge ; 0 sat si ce coût absorbe tout"
    ),
    "local share below {low}% unless a source, or above {high}% in a balanced channel": (
        "part locale inférieure à {low} % sauf pour une source, ou supérieure à {high} % dans un canal équilibré"
    ),
    "Gain inbound liquidity: {share}% of the node's balance is on our side": (
        "Gagner de la liquidité entrante : {share} % du solde du nœud est de notre côté"
    ),
    "Gain outbound liquidity: {share}% of the node's balance is on our side": (
        "Gagner de la liquidité sortante : {share} % du solde du nœud est de notre côté"
    ),
    "{local} of {total} sat are ours.": "{local} sat sur {total} sont à nous.",
    "Little can be received or forwarded in.": "Le nœud ne peut presque rien recevoir ni relayer vers lui.",
    "Little can be sent or forwarded.": "Presque rien ne peut partir ni être relayé.",
    "A swap of {amount} sat moves the share to {after}%; opening or being opened a channel does the same without a"
    " swap fee. Compare the quote first.": (
        "Un échange (swap) de {amount} sat amène cette part à {after} % ; ouvrir un canal, ou s'en faire ouvrir un,"
        " fait de même sans frais d'échange. Comparer d'abord le devis."
    ),
    "our share below {low}% or above {high}%": "notre part inférieure à {low} % ou supérieure à {high} %",
    # Rebalancing
    "Refill {scid:id} with {amount} sat from {source:id}, at most {ppm} ppm": (
        "Recharger {scid} de {amount} sat depuis {source}, au plus {ppm} ppm"
    ),
    "{scid:id} sold {sold} sat in {days} days at {ppm} ppm and is down to {ratio}%; {source:id} holds {full}% and"
    " sells little.": (
        "{scid} a vendu {sold} sat en {days} jours à {ppm} ppm et n'a plus que {ratio} % de notre côté ; {source} en a"
        " {full} % et vend peu."
    ),
    "At the ceiling the refill costs {cost} sat and is paid back in {days} days.": (
        "Au plafond, le rééquilibrage coûte {cost} sat et s'amortit en {days} jours."
    ),
    "If no route is that cheap, it simply fails and costs nothing.": (
        "Si aucun chemin n'est aussi bon marché, il échoue simplement et ne coûte rien."
    ),
    "below {ratio}% and selling; ceiling above the peer's own fee; paid back within {days} days": (
        "au-dessous de {ratio} % et en vente ; plafond supérieur aux frais du pair ; amorti en moins de {days} jours"
    ),
    "{amount} sat x {ppm} ppm x {probability}% (its last 30 days sold {sold} sat) = {revenue} sat, less {cost} sat at"
    " the ceiling or {least} sat at the peer's own {peer} ppm": (
        "{amount} sat x {ppm} ppm x {probability} % (ses 30 derniers jours ont vendu {sold} sat) = {revenue} sat, moins"
        " {cost} sat au plafond ou {least} sat aux {peer} ppm du pair lui-même"
    ),
    # Depletion
    "{stock} sat are left on our side; {daily} sat a day net over {window} days leave {days} days. An empty channel"
    " fails every forward. A higher fee slows the outflow and sells what is left dearer; a refill is judged by the"
    " rebalance rule.": (
        "Il reste {stock} sat de notre côté ; {daily} sat par jour en net sur {window} jours laissent {days} jours. Un"
        " canal vide fait échouer chaque paiement à relayer. Des frais plus élevés ralentissent la sortie et vendent"
        " plus cher ce qui reste ; la recharge est jugée par la règle du rééquilibrage."
    ),
    "{stock} sat are left on the peer's side; {daily} sat a day net over {window} days leave {days} days until nothing"
    " more can come in. A lower outgoing fee invites flow back out.": (
        "Il reste {stock} sat du côté du pair ; {daily} sat par jour en net sur {window} jours laissent {days} jours"
        " avant que plus rien ne puisse entrer. Des frais sortants plus bas invitent le flux à ressortir."
    ),
    "dry in less than {days} days at the net flow of {window} days": (
        "épuisé en moins de {days} jours au flux net de {window} jours"
    ),
    # Limits of payments, time locks
    "Set the time lock of channel {scid:id} from {now} to {new} blocks": (
        "Passer le délai CLTV du canal {scid} de {now} à {new} blocs"
    ),
    "{now} blocks are outside {low} to {high}; the network's median is {usual}.": (
        "{now} blocs sont hors de l'intervalle de {low} à {high} ; la médiane du réseau est {usual}."
    ),
    "Senders avoid hops that may lock their payment for long, and count it against the route.": (
        "Les expéditeurs évitent les sauts qui peuvent bloquer longtemps leur paiement, et les comptent contre le"
        " chemin."
    ),
    "With so few blocks the node may not get its own claim confirmed in time when fees are high.": (
        "Avec si peu de blocs, le nœud risque de ne pas faire confirmer à temps ce qui lui revient quand les frais sur"
        " la chaîne sont hauts."
    ),
    "time lock outside {low} to {high} blocks": "délai CLTV hors de l'intervalle de {low} à {high} blocs",
    "Announce at most {sat} sat per payment on channel {scid:id}": (
        "Annoncer au plus {sat} sat par paiement sur le canal {scid}"
    ),
    "Allow at most {sat} sat per payment on channel {scid:id}": (
        "Autoriser au plus {sat} sat par paiement sur le canal {scid}"
    ),
    "We allow payments up to {top} sat, but only {local} sat ({ratio}%) are on our side: larger ones fail and lower"
    " our score with senders. A round {new} sat keeps the exact balance private. Raise it again after a refill.": (
        "Nous autorisons des paiements jusqu'à {top} sat, mais seuls {local} sat ({ratio} %) sont de notre côté : les"
        " plus grands échouent et baissent notre note chez les expéditeurs. Un nombre rond, {new} sat, garde secret le"
        " solde exact. À relever après une recharge."
    ),
    "We announce payments up to {top} sat, but only {local} sat ({ratio}%) are on our side: larger ones fail and lower"
    " our score with senders. A round {new} sat keeps the exact balance private. Raise it again after a refill.": (
        "Nous annonçons des paiements jusqu'à {top} sat, mais seuls {local} sat ({ratio} %) sont de notre côté : les"
        " plus grands échouent et baissent notre note chez les expéditeurs. Un nombre rond, {new} sat, garde secret le"
        " solde exact. À relever après une recharge."
    ),
    "largest payment above our balance, which is below {ratio}%": (
        "paiement maximal supérieur à notre solde, qui est inférieur à {ratio} %"
    ),
    "Let larger payments through channel {scid:id}: up to {sat} sat": (
        "Laisser passer de plus grands paiements par le canal {scid} : jusqu'à {sat} sat"
    ),
    "We allow at most {top} sat per payment in a channel of {capacity} sat, so larger ones pass it by. If the limit"
    " is there on purpose (little balance, a probing defense), leave it.": (
        "Nous autorisons au plus {top} sat par paiement dans un canal de {capacity} sat : les plus grands l'évitent. Si"
        " cette limite est voulue (peu de solde, défense contre le sondage), la laisser."
    ),
    "We announce at most {top} sat per payment in a channel of {capacity} sat, so larger ones pass it by. If the limit"
    " is there on purpose (little balance, a probing defense), leave it.": (
        "Nous annonçons au plus {top} sat par paiement dans un canal de {capacity} sat : les plus grands l'évitent. Si"
        " cette limite est voulue (peu de solde, défense contre le sondage), la laisser."
    ),
    "largest payment below {share}% of the capacity": "paiement maximal inférieur à {share} % de la capacité",
    "Accept small payments on channel {scid:id}: from {low} down to {goal} sat": (
        "Accepter de petits paiements sur le canal {scid} : de {low} à {goal} sat"
    ),
    "Payments and parts of split payments below {low} sat cannot pass. If you set it against spam, keep it; otherwise"
    " the usual minimum is 1 sat.": (
        "Les paiements et les parts de paiements fractionnés de moins de {low} sat ne passent pas. Si c'est une"
        " protection contre le spam, la garder ; sinon, le minimum habituel est de 1 sat."
    ),
    "smallest payment at least {sat} sat": "paiement minimal d'au moins {sat} sat",
}
