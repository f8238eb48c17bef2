"""French sentences on fees: a peer's market, the network, base fees, parallel channels, missed revenue. Words only."""

from collections.abc import Mapping

PHRASES: Mapping[str, str] = {
    # Titles and the guard's words, shared by every advice on a fee
    "Raise the fee of channel {scid:id} from {now} to {new} ppm": (
        "Relever les frais du canal {scid} de {now} à {new} ppm"
    ),
    "Lower the fee of channel {scid:id} from {now} to {new} ppm": (
        "Baisser les frais du canal {scid} de {now} à {new} ppm"
    ),
    "Skip it if you changed this channel's policy in the last {hours} h.": (
        "À laisser de côté si vous avez changé les conditions de ce canal il y a moins de {hours} h."
    ),
    "Your own limit for this channel ends at {ppm} ppm.": "Votre propre limite pour ce canal s'arrête à {ppm} ppm.",
    "This is one step of at most {percent}% toward {ppm} ppm.": (
        "C'est un seul pas, d'au plus {percent} %, en direction de {ppm} ppm."
    ),
    "Judged with your other channels with this peer ({others:text}): senders may use any, so give them one fee.": (
        "Jugé avec vos autres canaux vers ce pair ({others}) : les expéditeurs peuvent prendre n'importe lequel, donc"
        " leur donner les mêmes frais."
    ),
    "{sat} sat left in 30 days x {change} ppm = {high} sat if demand stays (elasticity 0); 0 sat at elasticity -1;"
    " at {elasticity} revenue would change by {far} sat": (
        "{sat} sat sortis en 30 jours x {change} ppm = {high} sat si la demande reste la même (élasticité 0) ; 0 sat à"
        " l'élasticité -1 ; à {elasticity} les revenus changeraient de {far} sat"
    ),
    "{sat} sat left in 30 days x {change} ppm = {high} sat if demand stays; 0 sat if it stops: a free channel tells"
    " nothing of demand at a price": (
        "{sat} sat sortis en 30 jours x {change} ppm = {high} sat si la demande reste la même ; 0 sat si elle cesse :"
        " un canal gratuit ne dit rien de la demande à un certain prix"
    ),
    # The market of a peer
    "{nodes} other nodes charge a median of {median} ppm into this peer; our {own} ppm is at percentile {at}, above"
    " the market.": (
        "{nodes} autres nœuds demandent {median} ppm en médiane vers ce pair ; nos {own} ppm sont au centile {at},"
        " au-dessus du marché."
    ),
    "{nodes} other nodes charge a median of {median} ppm into this peer; our {own} ppm is at percentile {at}, below"
    " the market.": (
        "{nodes} autres nœuds demandent {median} ppm en médiane vers ce pair ; nos {own} ppm sont au centile {at},"
        " au-dessous du marché."
    ),
    "Balance and forwards are unknown, so check first that the channel does not already flow well.": (
        "Le solde et les paiements relayés sont inconnus : vérifier d'abord que le canal ne relaie pas déjà bien."
    ),
    "Forwards are unknown, so check first that the channel does not already flow well.": (
        "Les paiements relayés sont inconnus : vérifier d'abord que le canal ne relaie pas déjà bien."
    ),
    "{ratio}% of the balance is ours.": "{ratio} % du solde est de notre côté.",
    "Nothing was forwarded in 14 days.": "Rien n'a été relayé en 14 jours.",
    "It keeps flowing out.": "La liquidité continue d'en sortir.",
    "percentile above {high} of at least {nodes} other nodes": (
        "centile supérieur à {high} parmi au moins {nodes} autres nœuds"
    ),
    "percentile below {low} of at least {nodes} other nodes": (
        "centile inférieur à {low} parmi au moins {nodes} autres nœuds"
    ),
    "local share above {ratio}% and no forward in 14 days where known": (
        "part locale supérieure à {ratio} % et aucun paiement relayé en 14 jours, quand ils sont connus"
    ),
    "local share below {ratio}% and net outflow in 14 days where known": (
        "part locale inférieure à {ratio} % et flux net sortant en 14 jours, quand ils sont connus"
    ),
    # The network
    "Review your fees: the node is dearer than {share}% of the network": (
        "Revoir vos frais : le nœud est plus cher que {share} % du réseau"
    ),
    "Review your fees: the node is cheaper than {share}% of the network": (
        "Revoir vos frais : le nœud est moins cher que {share} % du réseau"
    ),
    "Your median outgoing fee is {own} ppm, the live network's is {live} ppm ({label:phrase} against the median)."
    " That can be right for what your channels offer; check it against forwards per channel before changing many"
    " fees.": (
        "Vos frais sortants médians sont de {own} ppm, ceux du réseau actif de {live} ppm ({label} face à la médiane)."
        " Cela peut convenir à ce que vos canaux offrent ; le comparer aux paiements relayés par canal avant de changer"
        " beaucoup de frais."
    ),
    "Your median outgoing fee is {own} ppm, the live network's is {live} ppm. That can be right for what your channels"
    " offer; check it against forwards per channel before changing many fees.": (
        "Vos frais sortants médians sont de {own} ppm, ceux du réseau actif de {live} ppm. Cela peut convenir à ce que"
        " vos canaux offrent ; le comparer aux paiements relayés par canal avant de changer beaucoup de frais."
    ),
    "very competitive": "très compétitifs",
    "competitive": "compétitifs",
    "above median": "au-dessus",
    "not competitive": "peu compétitifs",
    "percentile below {low} or above {high}": "centile inférieur à {low} ou supérieur à {high}",
    "{own} ppm is above the {p95} ppm of the network's 95th percentile and far above your own median of {median} ppm."
    " Too few nodes reach this peer to know its market: weak evidence, so keep the fee if the channel is meant to be"
    " dear.": (
        "{own} ppm dépassent les {p95} ppm du 95e centile du réseau et, de loin, votre propre médiane de {median} ppm."
        " Trop peu de nœuds atteignent ce pair pour connaître son marché : l'indice est faible, donc garder ces frais"
        " si le canal est cher exprès."
    ),
    "above the network's p95 and {factor} times our own median": (
        "au-dessus du 95e centile du réseau et de {factor} fois notre propre médiane"
    ),
    # The balance
    "It is nearly empty on our side ({ratio}%) and flows as a {role:phrase} channel. Around the market median of"
    " {median} ppm, one that follows the balance is {wanted} ppm.": (
        "Il est presque vide de notre côté ({ratio} %) et se comporte en canal {role}. Autour de la médiane du marché,"
        " {median} ppm, des frais qui suivent le solde sont de {wanted} ppm."
    ),
    "It is nearly full on our side ({ratio}%) and flows as a {role:phrase} channel. Around the market median of"
    " {median} ppm, one that follows the balance is {wanted} ppm.": (
        "Il est presque plein de notre côté ({ratio} %) et se comporte en canal {role}. Autour de la médiane du marché,"
        " {median} ppm, des frais qui suivent le solde sont de {wanted} ppm."
    ),
    "local share below {low}% in a sink or balanced channel, or above {high}% in a balanced one": (
        "part locale inférieure à {low} % dans un canal puits ou équilibré, ou supérieure à {high} % dans un canal"
        " équilibré"
    ),
    # Base fees
    "Set the base fee of channel {scid:id} from {now} to 0 msat": (
        "Passer les frais de base du canal {scid} de {now} à 0 msat"
    ),
    "With {ppm} ppm and {base} msat, a payment of {small_sat} sat pays {small} ppm and one of {large_sat} sat {large}"
    " ppm.": (
        "Avec {ppm} ppm et {base} msat, un paiement de {small_sat} sat coûte {small} ppm et un de {large_sat} sat"
        " {large} ppm."
    ),
    "Payments through this channel are small, so they feel it.": (
        "Les paiements de ce canal sont petits, donc ils s'en ressentent."
    ),
    "Nobody has measured what a zero base fee gains; it makes small payments and split payments cheaper.": (
        "Personne n'a mesuré ce que rapportent des frais de base nuls ; ils rendent moins chers les petits paiements et"
        " les paiements fractionnés."
    ),
    "the base fee adds at least {ppm} ppm and {share}% of the rate at {sat} sat": (
        "les frais de base ajoutent au moins {ppm} ppm et {share} % du taux à {sat} sat"
    ),
    "{count} forwards in {days} days x {base} msat = {lost} sat less in 30 days if nothing else changes; what"
    " additional payments bring is not known and not counted": (
        "{count} paiements relayés en {days} jours x {base} msat = {lost} sat de moins en 30 jours si rien d'autre ne"
        " change ; ce que rapportent des paiements en plus n'est pas connu et n'est pas compté"
    ),
    # Parallel channels
    "You have {count} channels with this peer. The largest, {scid:id}, asks {goal} ppm and this one {own} ppm: senders"
    " choose the cheaper, and the payment may leave through either.": (
        "Vous avez {count} canaux avec ce pair. Le plus grand, {scid}, demande {goal} ppm et celui-ci {own} ppm : les"
        " expéditeurs choisissent le moins cher, et le paiement peut sortir par l'un ou l'autre."
    ),
    "parallel channels whose fees differ by at least {gap}%": (
        "canaux parallèles dont les frais diffèrent d'au moins {gap} %"
    ),
    # Sinks
    "This peer is a sink: {out} sat left, {into} sat came in over {days} days, {turnover} times the capacity net."
    " Demand is strong, so try {percent}% more and watch the flow for a week.": (
        "Ce pair est un puits : {out} sat sortis, {into} sat entrés en {days} jours, soit {turnover} fois la capacité"
        " en net. La demande est forte : essayer {percent} % de plus et observer le flux pendant une semaine."
    ),
    "out share at least {share}% and net outflow above {turnover} x capacity in 30 days; raised by {percent}%": (
        "part sortante d'au moins {share} % et flux net sortant supérieur à {turnover} x la capacité en 30 jours ;"
        " hausse de {percent} %"
    ),
    # Payments turned away
    "{count} forwards failed here for lack of balance in {days} days, {rate}% of those that wanted to leave through"
    " it.": (
        "{count} paiements ont échoué ici faute de solde en {days} jours, soit {rate} % de ceux qui voulaient sortir"
        " par ce canal."
    ),
    "More is asked for than there is to sell: a higher fee makes the rest last, and pays for a refill.": (
        "La demande dépasse ce qu'il y a à vendre : des frais plus élevés font durer le reste et paient un"
        " rééquilibrage."
    ),
    "Look at channel {scid:id}: it turns {rate}% of payments away": (
        "Regarder le canal {scid} : il refuse {rate} % des paiements"
    ),
    "See whether they were larger than the balance you keep there: then announce a smaller largest payment, or keep"
    " more on your side.": (
        "Voir s'ils dépassaient le solde que vous y gardez : alors annoncer un paiement maximal plus petit, ou garder"
        " plus de solde de votre côté."
    ),
    "fees of {count} failed forwards with a known fee, {missed} sat in {days} days x 30 / {same_days} = {high} sat if"
    " all had settled; 0 sat if they were tries of payments that went another way": (
        "frais de {count} paiements échoués dont le prix est connu, {missed} sat en {days} jours x 30 / {same_days} ="
        " {high} sat si tous avaient abouti ; 0 sat si c'étaient des essais de paiements passés par un autre chemin"
    ),
    "at least {tries} tries and {rate}% of them turned away for lack of balance; a higher fee where our share is below"
    " {ratio}%": (
        "au moins {tries} essais dont {rate} % refusés faute de solde ; des frais plus élevés là où notre part est"
        " inférieure à {ratio} %"
    ),
}
