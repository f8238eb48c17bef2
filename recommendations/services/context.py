"""Lend a node's facts to an answer (the seam `RAG_CONTEXT_SOURCES`): a question that names a node gets its numbers."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from rag.domain.context import ContextBlock
from recommendations.domain.briefing import channel_lines, lines, node_info
from recommendations.domain.errors import RecommendationsError
from recommendations.domain.findings.catalog import examine
from recommendations.domain.findings.profiles import profiled
from recommendations.queries import find_place
from recommendations.services.snapshot import facts_of
from recommendations.services.stances import stance_of
from recommendations.services.weights import active_thresholds

MOST_FINDINGS = 8


class NodeContext:
    """One node's public facts, what its owner may see besides, and what the rules found."""

    def facts(self, pubkey: str, *, user: AbstractBaseUser | AnonymousUser | None, at: datetime) -> ContextBlock | None:
        """Return the block, or None when the node is not in the default network."""
        try:
            place = find_place(pubkey, user=user)
            stance = stance_of(user, node_id=place.node.pk)
            facts = stance.applied(facts_of(place, at=at))
        except RecommendationsError:
            return None
        findings = examine(facts, profiled(active_thresholds(), stance.profile)).findings[:MOST_FINDINGS]
        found = tuple(f"finding: {finding.title}: {finding.explanation}" for finding in findings)
        targets = tuple(finding.target for finding in findings)
        block = (*lines(facts), *channel_lines(facts, targets), *found)
        return ContextBlock(title=f"Node {facts.alias or pubkey[:8]}", lines=block, data=node_info(facts))
