"""French sentences on channels: silent, young, small, weak or stale ones, closes and what capital earns. Words only."""

from collections.abc import Mapping

PHRASES: Mapping[str, str] = {
    # Silent channels
    "Nothing was forwarded either way in {days} days.": "Rien n'a été relayé dans aucun sens en {days} jours.",
    "The channel is {days} days old and the peer is connected.": "Le canal a {days} jours et le pair est connecté.",
    "Try a cheaper fee before anything that cannot be undone.": (
        "Essayer des frais plus bas avant toute chose qui ne s'annule pas."
    ),
    "Consider closing channel {scid:id}: silent for {days} days": (
        "Envisager de fermer le canal {scid} : silencieux depuis {days} jours"
    ),
    "There is no cheaper fee left to try. Moved to one like your median channel, the capital would earn its on-chain"
    " cost back. Keep it if you receive payments through it. Ask the peer first; a mutual close needs both.": (
        "Il ne reste pas de frais plus bas à essayer. Placé dans un canal comme votre canal médian, le capital"
        " regagnerait son coût sur la chaîne. Le garder si vous y recevez des paiements. Demander d'abord au"
        " pair : une fermeture coopérative demande son accord."
    ),
    "Look at channel {scid:id}: silent for {days} days": "Regarder le canal {scid} : silencieux depuis {days} jours",
    "Keep it for now: the fee is already low, or the cost and gain of closing cannot be told.": (
        "Le garder pour l'instant : les frais sont déjà bas, ou le coût et le gain d'une fermeture ne peuvent être"
        " établis."
    ),
    "opened by us, at least {age} days old, connected {uptime}%, no forward in {days} days": (
        "ouvert par nous, âgé d'au moins {age} jours, connecté {uptime} % du temps, aucun paiement relayé en {days}"
        " jours"
    ),
    "silent {days} days, close test positive": "silencieux {days} jours, test de fermeture positif",
    "(median of {count} other channels - own) = {edge} msat per sat in 30 days x {capacity} sat x {days} days, less"
    " {cost} sat to close and open at {rate} sat/vB: {gain} sat": (
        "(médiane de {count} autres canaux - le sien) = {edge} msat par sat en 30 jours x {capacity} sat x {days}"
        " jours, moins {cost} sat pour fermer et ouvrir à {rate} sat/vB : {gain} sat"
    ),
    # What capital earns
    "{capacity} sat x what {count} earning channels of this node bring in 30 days, from the lower quartile ({p25} msat"
    " per sat) to the upper ({p75} msat per sat): {low} to {high} sat, if this channel comes to earn like them": (
        "{capacity} sat x ce que {count} canaux de ce nœud rapportent en 30 jours, du premier quartile ({p25} msat par"
        " sat) au troisième ({p75} msat par sat) : {low} à {high} sat, si ce canal en vient à gagner comme eux"
    ),
    "from 0 sat if it stays idle; else {computation:phrase}": "de 0 sat s'il reste inactif ; sinon {computation}",
    # Unannounced ones
    "This channel is not announced: its peer may be a wallet or a service, not a routing node. Ask them before you"
    " change it.": (
        "Ce canal n'est pas annoncé : son pair est peut-être un portefeuille ou un service, pas un nœud de routage. Lui"
        " demander avant d'y changer quelque chose."
    ),
    "The public graph does not hold this channel yet: it is newer than that.": (
        "Le graphe public ne contient pas encore ce canal : il est plus récent."
    ),
    # Weak ones
    "Look at channel {scid:id}: it earns far less than your others": (
        "Regarder le canal {scid} : il rapporte bien moins que vos autres canaux"
    ),
    "Per million sat it brings {rate} msat in 30 days; the middle half of your channels bring {first} to {third} msat."
    " Check its fee, its balance and whether the peer routes at all.": (
        "Par million de sat, il rapporte {rate} msat en 30 jours ; la moitié centrale de vos canaux rapporte {first} à"
        " {third} msat. Vérifier ses frais, son solde, et si le pair relaie vraiment."
    ),
    "below Q1 - {warn} x IQR ({strong} is strong)": (
        "au-dessous de Q1 - {warn} x l'écart interquartile ({strong} est un signe fort)"
    ),
    "{low} of {count} channels does far less for the node than the others": (
        "{low} canal sur {count} fait bien moins pour le nœud que les autres"
    ),
    "{low} of {count} channels do far less for the node than the others": (
        "{low} canaux sur {count} font bien moins pour le nœud que les autres"
    ),
    "Fees earned, fees brought in for others, refills and what the balance could earn, per day and million sat of"
    " yours: these stay below {share}% of your median of {middle} msat: {named:text}. Look at their fee and balance"
    " first; a close is never the first step.": (
        "Frais gagnés, frais apportés aux autres, recharges et ce que le solde pourrait gagner, par jour et par million"
        " de vos sat : ces canaux restent sous {share} % de votre médiane de {middle} msat : {named}. Regarder d'abord"
        " leurs frais et leur solde ; une fermeture n'est jamais le premier pas."
    ),
    "rating below {share}% of the median of {count} channels or more, each at least {days} days old": (
        "note inférieure à {share} % de la médiane d'au moins {count} canaux, chacun âgé d'au moins {days} jours"
    ),
    "{capacity} sat in these {low} channels x the lower quartile of what {count} earning channels bring ({p25} msat"
    " per sat in 30 days) = {high} sat; 0 sat if they stay as they are": (
        "{capacity} sat dans ces {low} canaux x le premier quartile de ce que rapportent {count} canaux ({p25} msat par"
        " sat en 30 jours) = {high} sat ; 0 sat s'ils restent comme ils sont"
    ),
    # Young ones
    "1 idle channel is too young to judge: leave the balance and the fee time to work": (
        "1 canal inactif est trop jeune pour être jugé : laisser au solde et aux frais le temps d'agir"
    ),
    "{count} idle channels are too young to judge: leave the balance and the fee time to work": (
        "{count} canaux inactifs sont trop jeunes pour être jugés : laisser au solde et aux frais le temps d'agir"
    ),
    "Younger than {days} days and without a forward yet: {named:text}. Senders need days to learn of a channel and to"
    " trust it. Rules on idle and weak channels leave them out until they are old enough, the youngest on"
    " {until:date}.": (
        "Âgés de moins de {days} jours et sans paiement relayé jusqu'ici : {named}. Il faut des jours aux expéditeurs"
        " pour découvrir un canal et s'y fier. Les règles sur les canaux inactifs et faibles les laissent de côté"
        " jusqu'à ce qu'ils soient assez âgés, le plus jeune le {until}."
    ),
    "younger than {days} days, no forward yet": "âgé de moins de {days} jours, aucun paiement relayé jusqu'ici",
    # Small ones
    "{small} of {live} live channels are under {sat} sat": "{small} canaux actifs sur {live} sont sous {sat} sat",
    "Small channels fail larger payments and hardly earn back their two on-chain transactions.": (
        "Les petits canaux font échouer les grands paiements et regagnent à peine leurs deux transactions sur la"
        " chaîne."
    ),
    "At what your channels earn, opening and closing ({cost} sat) is earned back within {days} days from {size} sat.": (
        "À ce que rapportent vos canaux, ouverture et fermeture ({cost} sat) sont regagnées en {days} jours à partir de"
        " {size} sat."
    ),
    "Fewer, larger channels with the same peers serve better.": (
        "Moins de canaux, plus grands, avec les mêmes pairs, servent mieux."
    ),
    "When one of them closes, or you open the next, use at least {goal} sat. Close none for its size alone.": (
        "Quand l'un d'eux se ferme, ou que vous ouvrez le prochain, mettre au moins {goal} sat. N'en fermer aucun pour"
        " sa seule taille."
    ),
    "at least {count} live channels and {share}% of them under {sat} sat": (
        "au moins {count} canaux actifs et {share} % d'entre eux sous {sat} sat"
    ),
    # Stale and disabled ones
    "{unusable} of {total} channels route nothing: {stale} without updates, {disabled} disabled": (
        "Canaux qui ne relaient rien : {unusable} sur {total}, dont {stale} sans annonce et {disabled} désactivés"
    ),
    "{capacity} sat stand in channels that senders skip: an edge without a policy update for 14 days is dropped from"
    " routing, a disabled side refuses payments.": (
        "{capacity} sat se trouvent dans des canaux que les expéditeurs évitent : un canal sans annonce depuis 14 jours"
        " sort du routage, un côté désactivé refuse les paiements."
    ),
    "No channel was updated for 14 days: the node looks offline or gone to everybody else.": (
        "Aucun canal n'a été annoncé depuis 14 jours : pour tous les autres, le nœud paraît hors ligne ou disparu."
    ),
    "Check whether the peers are still there and whether these channels were closed long ago.": (
        "Vérifier si les pairs sont encore là et si ces canaux n'ont pas été fermés depuis longtemps."
    ),
    "at least {share}% of the channels without an update in 14 days or disabled": (
        "au moins {share} % des canaux sans annonce depuis 14 jours ou désactivés"
    ),
}
