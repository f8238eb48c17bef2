"""The glossary as shipped: what French words and abbreviations mean in English. Rows afterwards; see the admin."""

FRENCH = """
frais: fees fee
frais de base: base fee
frais de routage: routing fees
frais entrants: inbound fees
frais sortants: outbound fees
taux de frais: fee rate ppm
tarif: fee rate price
canal: channel
canal privé: private channel unannounced
canal public: public channel announced
ouvrir: open opening
ouverture: open opening
ouvrir un canal: open channel funding
fermer: close closing
fermeture: close closing
fermeture coopérative: cooperative close
fermeture forcée: force close
fermeture unilatérale: force close unilateral
nœud: node
nœud de routage: routing node
pair: peer
homologue: peer
voisin: peer neighbor
partenaire: peer
liquidité: liquidity
liquidité entrante: inbound liquidity
liquidité sortante: outbound liquidity
capacité: capacity
capacité entrante: inbound capacity liquidity receive
capacité sortante: outbound capacity liquidity send
solde: balance
solde local: local balance
solde distant: remote balance
équilibre: balance balanced
équilibrer: balance rebalance
équilibré: balanced
déséquilibre: imbalance
déséquilibré: imbalanced one-sided
rééquilibrage: rebalance rebalancing
rééquilibrer: rebalance rebalancing
rééquilibrage circulaire: circular rebalance rebalancing
boucle: loop circular
paiement: payment
paiement bloqué: stuck payment HTLC
échec: failure failed
échouer: fail failed
échoué: failed
échouent: fail failed
bloqué: stuck pending
en attente: pending waiting
facture: invoice
acheminer: route forward
acheminement: routing forwarding
routage: routing forwarding
router: route routing
itinéraire: route path
chemin: path route
saut: hop
transfert: forward transfer
transférer: forward transfer
revenu: revenue earnings income
gain: earnings profit gain
gagner: earn profit
rentable: profitable
rentabilité: profitability profit return
bénéfice: profit
coût: cost
coûter: cost
cher: expensive high
bon marché: cheap low
augmenter: raise increase
baisser: lower decrease
réduire: reduce lower
modifier: change update edit
changer: change
régler: set configure
réglage: setting configuration
paramètre: parameter setting option
configurer: configure set up
configuration: configuration settings
installer: install installation
mettre à jour: update upgrade
mise à jour: update upgrade
mise à niveau: upgrade
démarrer: start boot
redémarrer: restart
arrêter: stop shut down
sauvegarde: backup
sauvegarder: backup save
restaurer: restore recover
restauration: restore recovery
récupérer: recover recovery restore
perte: loss lost
perdre: lose loss
perdu: lost
fonds: funds money
argent: money funds
portefeuille: wallet
graine: seed
phrase de récupération: seed mnemonic recovery phrase
mot de passe: password
clé: key
clé privée: private key
clé publique: public key
clef: key
chiffrement: encryption
chiffrer: encrypt
sécurité: security
sécuriser: secure protect
protéger: protect
risque: risk
tour de guet: watchtower
tour de garde: watchtower
surveiller: monitor watch
surveillance: monitoring
suivre: track monitor
suivi: tracking monitoring
alerte: alert alerting
disponibilité: uptime availability online
hors ligne: offline down
en ligne: online
connexion: connection connect
connecter: connect connection
déconnecté: disconnected offline
joindre: reach connect
réseau: network
graphe: graph
adresse: address
réseau clair: clearnet
pont: bridge
serveur: server
mandataire: proxy
pare-feu: firewall
machine: machine hardware
matériel: hardware
disque: disk storage
mémoire: memory RAM
base de données: database
lent: slow
lenteur: slow slowness
erreur: error
panne: outage failure
problème: problem issue
dépanner: troubleshoot
dépannage: troubleshooting
journal: log
journaux: logs
délai: timeout delay delta
délai d'expiration: timeout expiry
verrou temporel: timelock CLTV
échange sous-marin: submarine swap
échanger: swap exchange
chaîne: chain on-chain
sur la chaîne: on-chain
hors chaîne: off-chain
bloc: block
confirmation: confirmation
transaction: transaction
transaction d'engagement: commitment transaction
sortie: output
réserve: reserve
frais de minage: on-chain fee miner
mineur: miner
montant: amount
minimum: minimum min
maximum: maximum max
moyenne: average mean
médiane: median
seuil: threshold limit
limite: limit
taille: size
petit: small
grand: large big
nombre: number count
combien: how many much
choisir: choose select
choix: choice selection
éviter: avoid exclude
meilleur: best better
conseil: advice recommendation
bonne pratique: best practice
débuter: start beginner getting started
débutant: beginner
démon: daemon
greffon: plugin
extension: plugin extension
commande: command
ligne de commande: command line CLI
outil: tool
automatiser: automate automatic
automatique: automatic automatically
politique: policy
règle: rule
annonce: announcement gossip
annoncer: announce advertise
alias: alias
couleur: color
classement: ranking rank
centralité: centrality betweenness
concentration: concentration
vidé: depleted drained empty
vide: empty drained depleted
épuisé: depleted drained
plein: full
puits: sink
recevoir: receive inbound
envoyer: send outbound
réception: receiving
envoi: sending
achat: buy purchase
acheter: buy purchase
vendre: sell
louer: lease rent
location: lease
don: donation
pourboire: tip
marchand: merchant
commerçant: merchant
caché: hidden
vie privée: privacy
confidentialité: privacy
anonyme: anonymous
dédié: dedicated
mesurer: measure metric
mesure: measure metric
comparer: compare
vérifier: verify check
confiance: trust
supprimer: delete remove
ajouter: add
étiquette: tag label
lister: list
groupe: group
vitesse: speed
partager: share
empêcher: prevent avoid
permettre: allow enable
interdire: forbid disallow
activer: enable activate
désactiver: disable turn off
créer: create
recréer: recreate
afficher: show display
obtenir: get obtain
trouver: find
chercher: search look up
écrire: write
lire: read
copier: copy
déplacer: move migrate
migrer: migrate move
nettoyer: clean up prune
effacer: delete erase
remplacer: replace
remplir: fill refill
balayer: sweep
analyse: scan analysis
rescan: rescan
compte: account
utilisateur: user
droit: permission right
autorisation: permission
jeton: token
accès: access
distant: remote
à distance: remote remotely
local: local
fichier: file
dossier: folder directory
répertoire: directory folder
valeur: value
défaut: default
par défaut: default
obligatoire: required mandatory
facultatif: optional
entrée: input incoming
entrant: inbound incoming
sortant: outbound outgoing
négatif: negative
positif: positive discount
remise: discount
emplacement: slot
minuscule: tiny small dust
poussière: dust
propre: own
seul: single only
plusieurs: several multiple
même: same
moitié: half
plateforme: platform exchange
plateforme d'échange: exchange platform
bourse: exchange
ralentir: slow down
accélérer: speed up bump
attendre: wait
durée: duration time
heure: hour
jour: day
semaine: week
mois: month
calculer: compute calculate
calcul: computation calculation
estimer: estimate
prévoir: forecast predict
probabilité: probability
raison: reason
cause: cause
solution: solution fix
réparer: repair fix
corriger: correct fix
signer: sign signature
vérification: verification check
preuve: proof
espace disque: disk space
carte SD: SD card
alimentation: power supply
coupure de courant: power outage
double: double second
deux: two
publiquement: publicly public
joignable: reachable
"""
ENGLISH = """
LN: lightning network
LND: lnd lightning labs daemon
CLN: core lightning lightningd
c-lightning: core lightning
bos: balance of satoshis
SCB: static channel backup
HTLC: hash time locked contract
PPM: parts per million fee rate
CLTV: check lock time verify timelock delta
CSV: check sequence verify delay
MPP: multi-part payment
AMP: atomic multi-path payment
BOLT: specification protocol
LNURL: lnurl
LNDHUB: lndhub account
RTL: ride the lightning
LSP: lightning service provider
JIT: just in time
MC: mission control
RBF: replace by fee bump
CPFP: child pays for parent fee bump
UTXO: unspent output coin
PTLC: point time locked contract
KYC: identity
ACINQ: eclair phoenix
REST: REST API
TLV: type length value
OOM: out of memory
HHI: concentration herfindahl
P2P: peer to peer
VPS: virtual private server
sats: sat satoshi
msat: millisatoshi
zombie: stale channel pruned
autopilot: automatic channel opening
jamming: channel jamming stuck HTLC
bootstrapping: getting started first channels
drained: depleted empty
depleted: drained empty
offline: down unreachable
unreachable: offline connection
earnings: revenue fees earned
profit: revenue earnings
income: revenue earnings
hot wallet: wallet keys online
bump: fee bump CPFP RBF
watchtower: breach penalty
backup: restore recovery
macaroon: credential authentication
rune: credential commando authentication
swap: submarine swap loop
loop out: swap inbound liquidity
loop in: swap outbound liquidity
splice: splicing resize
"""


def rows() -> tuple[tuple[str, str, str], ...]:
    """Return (term, language, expansion) of every shipped entry."""
    found = []
    for lang, text in (("fr", FRENCH), ("en", ENGLISH)):
        for line in text.strip().splitlines():
            term, _, expansion = line.partition(":")
            found.append((term.strip(), lang, expansion.strip()))
    return tuple(found)
