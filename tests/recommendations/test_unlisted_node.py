"""A node all of whose channels are unannounced stands in no graph: its operator sees it and its advice, nobody else."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse

from models_registry.services import keys
from recommendations.domain.advice import Engine
from recommendations.domain.errors import NodeNotFound
from recommendations.domain.what_if import FeeChange
from recommendations.models import Forward, NodeConnection, PrivateChannel
from recommendations.queries.connections import connected_nodes
from recommendations.services.connect import node_row
from recommendations.services.import_graph import import_graph
from recommendations.services.prepare import AdviceRequest, prepare
from recommendations.services.snapshot import node_facts
from recommendations.services.what_if import what_if
from tests.recommendations.graphs import AS_OF, edge, graph, key, node, write

pytestmark = pytest.mark.django_db
LATER = AS_OF + timedelta(hours=1)
OWN, SIZE_SAT = key(9), 1_000_000
POLICY = {
    **{"base_fee_msat": 1_000, "fee_ppm": 200, "time_lock_delta": 80, "min_htlc_msat": 1_000},
    **{"max_htlc_msat": 990_000_000, "is_disabled": False, "inbound_base_fee_msat": None, "inbound_fee_ppm": None},
    "updated_s": int(AS_OF.timestamp()) - 86_400,
}


@pytest.fixture
def seen(tmp_path, operator):
    """Node 9, connected: two unannounced channels with nodes of the graph, one of them nearly empty and in demand."""
    import_graph(write(tmp_path, graph([edge(1, 1, 2), edge(2, 3, 4)], [node(n) for n in range(1, 5)])), at=AS_OF)
    known = AS_OF - timedelta(days=40)
    row = NodeConnection.objects.create(
        node=node_row(OWN, alias="shy"), owner=operator, kind="lnd", measured_at=LATER, forwards_from=known
    )
    for number, local_sat in ((1, 40_000), (2, 900_000)):
        PrivateChannel.objects.create(
            **{"connection": row, "scid": f"90000{number}x1x0", "chan_point": f"{number:064x}:0"},
            **{"peer_pubkey": key(number), "capacity_sat": SIZE_SAT, "local_sat": local_sat},
            **{"remote_sat": SIZE_SAT - local_sat, "is_announced": False, "is_active": True, "measured_at": LATER},
            own_policy=POLICY,
        )
    Forward.objects.bulk_create(
        Forward(
            **{"connection": row, "incoming_scid": "900002x1x0", "outgoing_scid": "900001x1x0"},
            **{"amount_in_msat": 20_004_000, "amount_out_msat": 20_000_000, "fee_msat": 4_000},
            at=LATER - timedelta(hours=hours),
        )
        for hours in range(1, 60)
    )
    return row


def test_its_facts_are_what_it_tells_itself_and_its_standing_is_unknown(seen):
    facts = node_facts(OWN, user=seen.owner, at=LATER)

    assert (facts.alias, facts.capacity_sat, facts.announced_sat) == ("shy", 2 * SIZE_SAT, 0)
    assert [one.scid for one in facts.unannounced_channels] == ["900001x1x0", "900002x1x0"]
    assert facts.private is not None
    assert facts.private.forward_count == 59
    assert {facts.standing.capacity_percentile, facts.standing.hhi, facts.standing.age_days} == {None}
    assert facts.candidates == ()
    assert facts.network.slug == "mainnet"


def test_its_operator_gets_advice_and_nobody_else_learns_of_it(seen, django_user_model):
    stranger = django_user_model.objects.create_user("stranger")

    prepared = prepare(AdviceRequest(OWN, "user:1", seen.owner, engine=Engine.RULES), at=LATER)

    assert "900001x1x0" in {item.target for item in prepared.shown}
    assert prepared.identity.connection_id == seen.pk
    for user in (None, stranger):
        with pytest.raises(NodeNotFound):
            node_facts(OWN, user=user, at=LATER)
    with pytest.raises(NodeNotFound):
        node_facts(key(8), user=seen.owner, at=LATER)


def test_its_page_and_its_questions_open_to_its_operator_only(seen, client):
    pages = [reverse(f"recommendations:{name}", args=[OWN]) for name in ("node", "what_if", "channels_csv")]
    assert [client.get(page).status_code for page in pages[:1]] == [404]

    client.force_login(seen.owner)

    assert [client.get(page).status_code for page in pages] == [200, 200, 200]
    text = client.get(pages[0]).content.decode()
    assert "900001x1x0" in text
    assert "shy" in text
    assert client.get(reverse("recommendations:node", args=[key(8)])).status_code == 404
    (row,) = connected_nodes(seen.owner, at=LATER)
    assert (row.has_page, row.graph_as_of) == (True, None)


def test_a_key_of_its_operator_gets_its_advice_and_another_does_not(seen, client, django_user_model):
    stranger = django_user_model.objects.create_user("stranger")
    own, other = (keys.create(f"of {user}", user=user).text for user in (seen.owner, stranger))

    def status(key: str, door: str) -> int:
        headers = {"Authorization": f"Bearer {key}", "X-API-Version": settings.API_VERSION}
        return int(client.get(f"/api/v1/node/{OWN}{door}", headers=headers).status_code)

    assert [status(other, door) for door in ("", "/recommendations")] == [404, 404]
    assert [status(own, door) for door in ("", "/recommendations")] == [200, 200]


def test_what_if_works_without_a_place_in_the_graph(seen):
    change = FeeChange("900001x1x0", fee_ppm=400)

    supposed = what_if(OWN, (change,), user=seen.owner, at=LATER)

    (changed, _) = supposed.after.channels
    assert changed.own_policy is not None
    assert changed.own_policy.fee_ppm == 400
