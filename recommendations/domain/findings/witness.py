"""Call facts as evidence: each with its label, unit, source and time, under an id that names rule, target and fact."""

from dataclasses import dataclass
from datetime import datetime

from recommendations.domain.advice import Evidence
from recommendations.domain.facts import ChannelFacts, NodeFacts

OPERATOR = "the operator's node"
Value = float | int | str | bool | None


@dataclass(frozen=True, slots=True)
class Witness:
    """Speaks for one rule about one target: a channel when given, else `about`, else the node itself.

    `digits` rounds a value to what the text shows, so that every number a reader meets stands in the evidence.
    """

    rule: str
    facts: NodeFacts
    channel: ChannelFacts | None = None
    about: str | None = None

    @property
    def target(self) -> str:
        return self.about or (self.facts.pubkey if self.channel is None else self.channel.scid)

    def public(self, name: str, label: str, value: Value, unit: str = "", *, digits: int = 4) -> Evidence:
        """A fact from the graph; of a channel that the graph lacks, from the operator's node."""
        if self.channel is not None and not self.channel.is_announced:
            return self.private(name, label, value, unit, digits=digits)
        return self._evidence(name, label, value, unit, self.facts.source, self.facts.as_of, digits)

    def own(self, name: str, label: str, value: Value, unit: str = "", *, digits: int = 4) -> Evidence:
        """A value of our own policy: from the node itself where it told it later than the graph did."""
        is_told = self.channel is not None and self.channel.is_policy_from_node
        return (self.private if is_told else self.public)(name, label, value, unit, digits=digits)

    def onchain(self, name: str, label: str, value: Value, unit: str = "", *, digits: int = 4) -> Evidence:
        """What a transaction costs, by whoever told it."""
        network = self.facts.network
        source = network.onchain_source or "on-chain fee samples"
        return self._evidence(name, label, value, unit, source, network.onchain_as_of, digits)

    def network(self, name: str, label: str, value: Value, unit: str = "", *, digits: int = 4) -> Evidence:
        """A fact of the whole network."""
        network = self.facts.network
        return self._evidence(name, label, value, unit, f"{network.slug} network statistics", network.as_of, digits)

    def private(self, name: str, label: str, value: Value, unit: str = "", *, digits: int = 4) -> Evidence:
        """A fact only the operator has."""
        source = self.facts.private_source or OPERATOR
        return self._evidence(name, label, value, unit, source, self.measured_at, digits)

    @property
    def measured_at(self) -> datetime | None:
        channel, node = self.channel, self.facts.private
        if channel is not None and channel.private is not None and channel.private.measured_at is not None:
            return channel.private.measured_at
        return None if node is None else node.measured_at

    def _evidence(
        self, name: str, label: str, value: Value, unit: str, source: str, as_of: datetime | None, digits: int
    ) -> Evidence:
        shown = _rounded(value, digits) if isinstance(value, float) else value
        scid = None if self.channel is None else self.channel.scid
        return Evidence(f"{self.rule}:{self.target}:{name}", label, shown, unit, source, as_of, scid)


def _rounded(value: float, digits: int) -> float | int:
    return round(value) if digits == 0 else round(value, digits)
