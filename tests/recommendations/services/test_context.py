"""A question that names a node gets that node's facts, the private ones only for whom they are meant."""

from recommendations.models import PrivateChannel
from recommendations.services.context import MOST_FINDINGS, NodeContext
from tests.journeys.stage import Stage


def test_a_node_is_told_with_its_findings(stage: Stage) -> None:
    block = NodeContext().facts(stage.pubkey, user=stage.user, at=stage.demo.at)

    assert block
    found = [line for line in block.lines if line.startswith("finding: ")]
    assert 0 < len(found) <= MOST_FINDINGS
    assert block.data["pubkey"] == stage.pubkey
    assert stage.demo.node.alias in block.title


def test_what_is_not_known_is_called_unknown(stage: Stage) -> None:
    block = NodeContext().facts(stage.pubkey, user=None, at=stage.demo.at)

    assert block
    assert any("unknown (no private data)" in line for line in block.lines)
    balances = PrivateChannel.objects.filter(connection=stage.demo.connection).values_list("local_sat", flat=True)
    assert not any(f"{balance:,}" in " ".join(block.lines) for balance in balances if balance)


def test_a_node_that_is_not_in_the_graph_has_no_facts(stage: Stage) -> None:
    assert NodeContext().facts("02" + "ab" * 32, user=stage.user, at=stage.demo.at) is None
    assert NodeContext().facts("no key", user=stage.user, at=stage.demo.at) is None
