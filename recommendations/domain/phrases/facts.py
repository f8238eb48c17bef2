"""French for the lines that tell what is known of a node, where rules write an analysis alone. Words only."""

from collections.abc import Mapping

PHRASES: Mapping[str, str] = {
    "Facts": "Faits",
    "Findings": "Constats",
    "none of the rules found anything to change": "aucune règle n'a trouvé quoi que ce soit à changer",
    "public facts as of {day:date} from {source:phrase}": "faits publics du {day}, {source}",
    "channels: {all}, of which live {live}": "canaux : {all}, dont actifs {live}",
    "capacity: {capacity:amount}": "capacité : {capacity}",
    "further channels, not in the public graph: {count}, capacity {capacity:amount}": (
        "autres canaux, absents du graphe public : {count}, capacité {capacity}"
    ),
    "announced address kinds: unknown": "sortes d'adresses annoncées : inconnues",
    "announced address kinds: {kinds:text}": "sortes d'adresses annoncées : {kinds}",
    "capacity percentile: {at:amount}": "centile par la capacité : {at}",
    "channel count percentile: {at:amount}": "centile par le nombre de canaux : {at}",
    "betweenness percentile: {at:amount}": "centile par la centralité : {at}",
    "median outgoing fee: {fee:amount}": "frais sortants médians : {fee}",
    "median fee peers charge towards this node: {fee:amount}": "frais médians des pairs vers ce nœud : {fee}",
    "peer concentration HHI: {hhi:amount} (0 to 10,000)": "concentration des pairs (HHI) : {hhi} (0 à 10 000)",
    "largest peer's share of capacity: {share:amount}": "part de capacité du plus grand pair : {share}",
    "median channel: {size:amount}": "canal médian : {size}",
    "network median fee: {fee:amount}": "frais médians du réseau : {fee}",
    "network median channel: {size:amount}": "canal médian du réseau : {size}",
    "synthetic demo network median fee: {fee:amount}": "frais médians du réseau synthétique de démonstration : {fee}",
    "synthetic demo network median channel: {size:amount}": (
        "canal médian du réseau synthétique de démonstration : {size}"
    ),
    "on-chain fee: {fee:amount}, percentile of 14 days {at:amount}": (
        "frais sur la chaîne : {fee}, centile sur 14 jours {at}"
    ),
    "on-chain congestion: {level:phrase}": "congestion de la chaîne : {level}",
    "low": "basse",
    "normal": "normale",
    "high": "haute",
    "unknown": "inconnu",
    "balances, forwards, uptime and success rate: unknown (no private data)": (
        "soldes, paiements relayés, disponibilité et taux de réussite : inconnus (aucune donnée privée)"
    ),
    "routing revenue in {days} days: {revenue:amount}": "revenus de routage en {days} jours : {revenue}",
    "settled forwards in {days} days: {count:amount}": "paiements relayés en {days} jours : {count}",
    "uptime: {uptime:amount} (goal 98 %)": "disponibilité : {uptime} (objectif 98 %)",
    "success rate: {rate:amount} (goal 95 %)": "taux de réussite : {rate} (objectif 95 %)",
}
