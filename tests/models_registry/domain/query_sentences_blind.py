"""Questions of node operators, labelled from the description of the six types alone.

The sentences were settled before the rules of the classifier were looked at, so that
they measure how far the rules carry beyond the sentences they were built on.
Each entry is a sentence and the value of its type; five per type and language.
"""

BLIND: tuple[tuple[str, str], ...] = (
    # troubleshooting, English
    ("My channel with ACINQ has been offline since yesterday and I can't get it back up", "troubleshooting"),
    ("Payments through my node keep failing with TEMPORARY_CHANNEL_FAILURE, what's causing it?", "troubleshooting"),
    ("lnd won't start after the upgrade to 0.18", "troubleshooting"),
    ("I have an HTLC stuck for 12 hours, will the channel force close?", "troubleshooting"),
    ("Why did my peer force close on me last night?", "troubleshooting"),
    # troubleshooting, French
    ("Mon nœud ne se synchronise plus depuis la mise à jour", "troubleshooting"),
    ("Pourquoi mes rééquilibrages échouent tout le temps avec « no route » ?", "troubleshooting"),
    ("J'ai un HTLC coincé depuis ce matin, que faire ?", "troubleshooting"),
    ("Impossible d'ouvrir un canal vers Kraken, la connexion est refusée", "troubleshooting"),
    ("Plus aucun paiement ne passe par mon nœud depuis trois jours, d'où ça peut venir ?", "troubleshooting"),
    # scoring, English
    ("How does my node stack up against others of the same size?", "scoring"),
    ("Give my node a grade out of 10", "scoring"),
    ("Which of my channels are the best and worst performers?", "scoring"),
    ("Rank my peers by reliability", "scoring"),
    ("Is WalletOfSatoshi a better peer than Bitfinex for me?", "scoring"),
    # scoring, French
    ("Quelle note donnerais-tu à mon nœud ?", "scoring"),
    ("Classe mes canaux du plus rentable au moins rentable", "scoring"),
    ("Compare mon nœud à celui de mon voisin Plebnet", "scoring"),
    ("Quels sont mes meilleurs pairs et les pires ?", "scoring"),
    ("Où est-ce que je me situe par rapport aux autres nœuds de ma taille ?", "scoring"),
    # strategic, English
    ("Where should I take my node over the next twelve months?", "strategic"),
    ("I want to grow from 20M to 100M sats of capacity by next year, how should I plan it?", "strategic"),
    ("Draw me up a roadmap for becoming a serious routing node", "strategic"),
    ("What would be a sensible long-term direction for a small node in Europe?", "strategic"),
    ("Should I focus on becoming a liquidity provider or a pure router in the coming years?", "strategic"),
    # strategic, French
    ("Quelle stratégie adopter pour faire grandir mon nœud dans les six prochains mois ?", "strategic"),
    ("Je voudrais doubler ma capacité d'ici la fin de l'année, comment m'y prendre ?", "strategic"),
    ("Comment développer mon nœud à long terme sans trop immobiliser de capital ?", "strategic"),
    ("Fais-moi une feuille de route pour 2026", "strategic"),
    ("Quel plan de croissance pour un nœud de 50 millions de sats ?", "strategic"),
    # quick, English
    ("How's my node doing today?", "quick"),
    ("Give me the short version", "quick"),
    ("Quick status please", "quick"),
    ("Just a brief summary of my channels", "quick"),
    ("Anything I should know this morning? Two lines max", "quick"),
    # quick, French
    ("Comment va mon nœud aujourd'hui ?", "quick"),
    ("Un petit résumé de la situation", "quick"),
    ("Fais-moi un point rapide", "quick"),
    ("En deux mots, tout va bien ?", "quick"),
    ("Donne-moi une vue d'ensemble de mes canaux", "quick"),
    # technical, English
    ("What is an anchor output?", "technical"),
    ("How does a splice differ from closing and reopening a channel?", "technical"),
    ("Can you explain how onion routing hides the sender?", "technical"),
    ("What's the point of the channel reserve?", "technical"),
    ("Why do HTLCs need a timelock that decreases at every hop?", "technical"),
    # technical, French
    ("C'est quoi un watchtower et à quoi ça sert ?", "technical"),
    ("Comment fonctionne un paiement multi-parties ?", "technical"),
    ("Quelle est la différence entre le fee rate et le base fee ?", "technical"),
    ("Explique-moi ce qu'est la centralité d'intermédiarité", "technical"),
    ("Pourquoi faut-il de la liquidité entrante pour recevoir un paiement ?", "technical"),
    # detailed, English
    ("What fees should I set on my channel to Boltz?", "detailed"),
    ("How can I get more inbound liquidity without spending a fortune?", "detailed"),
    ("Which channels should I close?", "detailed"),
    ("I earn almost nothing from routing, what would you change on my node?", "detailed"),
    ("Who should I open my next channel with, I have 5M sats to put to work", "detailed"),
    # detailed, French
    ("Quels frais mettre sur mon canal avec LNBig ?", "detailed"),
    ("Comment améliorer ma liquidité entrante ?", "detailed"),
    ("Faut-il que je ferme mes canaux inactifs ?", "detailed"),
    ("Que me conseilles-tu de changer pour router davantage ?", "detailed"),
    ("Avec qui ouvrir mon prochain canal de 3 millions de sats ?", "detailed"),
)
