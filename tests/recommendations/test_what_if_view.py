"""The what-if page: a link that can be shared, both columns, reasons for what cannot be, and no trace left."""

import pytest
from django.urls import reverse

from recommendations.models import Node, NodeView, Recommendation
from recommendations.services.snapshot import node_facts
from tests.page_rules import HOSTILE_ALIASES, blocked_by_policy
from tests.recommendations.conftest import AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, operator):
    client.force_login(operator)
    return client


@pytest.fixture
def facts(module_demo, operator):
    return node_facts(module_demo.pubkey, user=operator, at=AT)


def asked(client, demo, *, htmx=False, **params):
    url = reverse("recommendations:what_if", args=[demo.pubkey])
    headers = {"HX-Request": "true", "HX-Target": "what-if-result"} if htmx else {}
    response = client.get(url, params, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_the_node_page_leads_to_it(signed_in, module_demo):
    html = signed_in.get(reverse("recommendations:node", args=[module_demo.pubkey])).content.decode()

    assert reverse("recommendations:what_if", args=[module_demo.pubkey]) in html


def test_without_a_question_it_shows_the_node_as_it_is(signed_in, module_demo):
    html = asked(signed_in, module_demo)

    assert "Findings as things are" in html
    assert "What would follow" not in html


def test_a_fee_and_a_channel_more_give_both_columns_and_leave_no_trace(signed_in, module_demo, facts):
    stranger = Node.objects.filter(network=module_demo.network).exclude(
        pubkey__in=[one.peer.pubkey for one in facts.channels] + [facts.pubkey]
    )[0]
    channel = max(facts.channels, key=lambda one: one.own_policy.fee_ppm if one.own_policy else 0)

    html = asked(
        signed_in,
        module_demo,
        channel=channel.scid,
        fee_ppm=50,
        base_fee_msat=0,
        peer=stranger.pubkey,
        size_sat=9_000_000,
    )

    assert "Findings side by side" in html
    assert "Revenue in 30 days" in html
    assert f"channel={channel.scid}&amp;fee_ppm=50&amp;base_fee_msat=0&amp;peer={stranger.pubkey}" in html
    assert "bar-fill" in html
    assert blocked_by_policy(html) == []
    assert not NodeView.objects.exists()
    assert not Recommendation.objects.exists()


def test_to_htmx_it_answers_only_what_follows(signed_in, module_demo, facts):
    piece = asked(signed_in, module_demo, htmx=True, channel=facts.channels[0].scid, close="on")

    assert "<html" not in piece
    assert 'id="what-if-result"' in piece
    assert "What would follow" in piece


def test_a_stranger_may_suppose_about_public_facts(client, module_demo, facts):
    html = asked(client, module_demo, channel=facts.channels[0].scid, close="on")

    assert "What would follow" in html
    assert "nobody told lnrag what this channel forwards" in html


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"fee_ppm": 5}, "Say which channel this is about."),
        ({"channel": "1x1x1"}, "Say what is otherwise on this channel"),
        ({"channel": "1x1x1", "fee_ppm": 5}, "No channel 1x1x1 of this node is known."),
        ({"channel": "1x1x1", "fee_ppm": 5, "close": "on"}, "A channel that is gone has no fee"),
        ({"channel": "1x1x1", "fee_ppm": -5}, "greater than or equal to 0"),
        ({"channel": "1x1x1", "local_percent": 101}, "less than or equal to 100"),
        ({"peer": "xyz", "size_sat": 1_000_000}, "This is no node key"),
        ({"peer": "02" + "0" * 64}, "Say how many sat it holds."),
        ({"peer": "02" + "0" * 64, "size_sat": 1_000_000}, "No node with this key stands in the graph."),
        ({"size_sat": 1_000_000}, "Say with which node."),
    ],
)
def test_what_cannot_be_supposed_is_said_and_the_node_stays_as_it_is(signed_in, module_demo, params, words):
    html = asked(signed_in, module_demo, **params)

    assert words in html
    assert "Findings as things are" in html


@pytest.mark.parametrize(("key", "status"), [("02abc", 400), ("02" + "0" * 64, 404)])
def test_a_wrong_key_and_an_unknown_node_get_friendly_pages(client, module_demo, key, status):
    assert client.get(reverse("recommendations:what_if", args=[key])).status_code == status


@pytest.mark.parametrize("alias", HOSTILE_ALIASES)
def test_an_alias_is_text_and_nothing_else(signed_in, module_demo, facts, alias):
    Node.objects.filter(network=module_demo.network).update(alias=alias)

    html = asked(signed_in, module_demo, channel=facts.channels[0].scid, close="on")

    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert blocked_by_policy(html) == []
