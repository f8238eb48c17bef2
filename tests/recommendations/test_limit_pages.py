"""What an operator sets on a node's page: how bold advice is, limits of picked channels; the table that shows both."""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.urls import reverse

from recommendations.models import Channel, ChannelLimit, Forward, NodeStance, PrivateChannel
from tests.page_rules import blocked_by_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, operator):
    client.force_login(operator)
    return client


def page(demo, query=""):
    return f"{reverse('recommendations:node', args=[demo.pubkey])}?{query}"


def scids_of(demo):
    return sorted(PrivateChannel.objects.filter(connection=demo.connection).values_list("scid", flat=True))


def set_limits(client, demo, **words):
    return client.post(reverse("recommendations:limits", args=[demo.pubkey]), words, follow=True)


def test_limits_are_set_for_picked_channels_shown_and_lifted_again(signed_in, demo, operator):
    first, second, *_ = scids_of(demo)

    html = set_limits(
        signed_in,
        demo,
        scid=[f"{first} {second}", "1x1x1"],
        min_fee_ppm=5,
        max_fee_ppm=400,
        is_hands_off="on",
        note="x",
    ).content.decode()

    rows = ChannelLimit.objects.filter(owner=operator, node=demo.node).order_by("scid")
    assert [(row.scid, row.min_fee_ppm, row.max_fee_ppm, row.is_hands_off) for row in rows] == [
        (first, 5, 400, True),
        (second, 5, 400, True),
    ]
    assert "Limits kept for 2 channels." in html
    assert (html.count(">do not touch</span>"), html.count("5 to 400 ppm")) == (2, 2)
    set_limits(signed_in, demo, scid=[first])
    assert [row.scid for row in rows.all()] == [second]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"min_fee_ppm": 5}, "Pick channels in the table first."),
        ({"scid": "9x9x9", "min_fee_ppm": 5}, "Pick channels in the table first."),
        ({"scid": "9x9x9", "min_fee_ppm": 50, "max_fee_ppm": 5}, "The lowest fee is above the highest."),
        ({"scid": "9x9x9", "min_fee_ppm": -1}, "greater than or equal to 0"),
    ],
)
def test_what_makes_no_sense_is_told_and_nothing_is_kept(signed_in, demo, words, told):
    assert told in set_limits(signed_in, demo, **words).content.decode()
    assert not ChannelLimit.objects.exists()


def test_all_channels_that_fit_the_filter_are_limited_at_once(signed_in, demo):
    some = scids_of(demo)[0]

    set_limits(signed_in, demo, is_all="on", q=some, is_hands_off="on")
    assert list(ChannelLimit.objects.values_list("scid", flat=True)) == [some]

    answer = set_limits(signed_in, demo, is_all="on", max_fee_ppm=900, sort="-net", peers=1)
    assert ChannelLimit.objects.count() == Channel.objects.filter(scid__in=scids_of(demo)).count()
    assert answer.redirect_chain[-1][0].endswith("?sort=-net&page=1&peers=1#channels")


def test_how_bold_advice_is_stays_chosen(signed_in, demo, operator):
    url = reverse("recommendations:profile", args=[demo.pubkey])

    html = signed_in.post(url, {"profile": "conservative"}, follow=True).content.decode()
    assert '<option value="conservative" selected>' in html
    assert NodeStance.objects.get(owner=operator, node=demo.node).profile == "conservative"

    refused = signed_in.post(url, {"profile": "reckless"}, follow=True).content.decode()
    assert "Choose conservative, balanced or aggressive." in refused
    assert NodeStance.objects.get(owner=operator).profile == "conservative"


@pytest.mark.parametrize("name", ["limits", "profile"])
def test_only_who_is_signed_in_sets_anything(client, demo, name):
    url = reverse(f"recommendations:{name}", args=[demo.pubkey])

    assert client.post(url).status_code == 302
    assert client.get(url).status_code == 405
    assert not NodeStance.objects.exists()
    assert "limits-form" not in client.get(page(demo)).content.decode()


def test_the_table_shows_what_channels_earned_and_calls_unknown_costs_unknown(signed_in, demo):
    html = signed_in.get(page(demo, "sort=-earned")).content.decode()

    assert "Earned in 30 days" in html
    assert "nobody told what they cost" in html
    assert "channels unknown" in html
    assert not blocked_by_policy(html)
    forwards = Forward.objects.filter(connection=demo.connection, at__gt=demo.at - timedelta(days=30))
    file = signed_in.get(reverse("recommendations:channels_csv", args=[demo.pubkey])).content.decode()
    rows = list(csv.DictReader(StringIO(file)))
    assert sum(int(row["earned_30d_msat"]) for row in rows) == sum(forwards.values_list("fee_msat", flat=True))
    assert {row["net_msat"] for row in rows} == {""}


def test_known_costs_make_a_net_in_the_table(signed_in, demo):
    demo.connection.costs_from = demo.at - timedelta(days=100)
    demo.connection.save()
    PrivateChannel.objects.filter(connection=demo.connection).update(is_initiator=False)

    html = signed_in.get(page(demo, "sort=-net")).content.decode()

    assert "% of capacity a year" in html
    file = signed_in.get(f"{reverse('recommendations:channels_csv', args=[demo.pubkey])}?sort=-net").content.decode()
    nets = [int(row["net_msat"]) for row in csv.DictReader(StringIO(file)) if row["net_msat"]]
    assert nets == sorted(nets, reverse=True)
    assert nets


def test_a_strangers_node_shows_no_results(client, demo):
    html = client.get(page(demo)).content.decode()

    assert "Earned in 30 days" not in html
    assert "Net, sat" not in html


def test_one_line_per_peer_sums_its_channels(signed_in, demo):
    table = signed_in.get(page(demo, "peers=1"))

    lines = table.context["page"].lines
    assert len({line.peer_pubkey for line in lines}) == len(lines)
    assert sorted(scid for line in lines for scid in line.scids) == sorted(
        line.scid for line in signed_in.get(page(demo)).context["page"].lines
    )
    assert " channels</span>" in table.content.decode()
