"""Optional services at the doors: the admin, the command, the jobs, the pages and the API."""

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.messages import get_messages
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from recommendations import tasks
from recommendations.domain.enrichment import Service
from recommendations.models import Enrichment, Node, OnchainFee, OutsideReading
from recommendations.services import enrichment_defaults
from recommendations.services.import_graph import import_graph
from recommendations.services.views_log import record_view
from tests.recommendations.graphs import AS_OF, edge, graph, key, node, write
from tests.recommendations.outside import rows, running
from tests.servers.hosted import Fault, Order
from tests.servers.lnbits.server import READ_KEY
from tests.servers.mempool import mempool_node

ALPHA = key(1)
VERSION = {"X-API-Version": settings.API_VERSION}
SECRET = "a-very-secret-key"
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def services():
    with running() as outside:
        yield outside


@pytest.fixture
def outside(services, settings, tmp_path):
    settings.WRITE_BEHIND_S = 0  # what breakers count is written at once
    services.calm()
    services.mempool.nodes = {ALPHA: mempool_node(ALPHA, as_organization="<b>Host</b>")}
    import_graph(write(tmp_path, graph([edge(1, 1, 2)], [node(1, alias="Alpha")])), at=AS_OF)
    return services


def change(row):
    return reverse("admin:recommendations_enrichment_change", args=(row.pk,))


def run(capsys, *words):
    call_command("enrich", *words)
    return capsys.readouterr().out


def test_the_admin_stores_a_key_and_never_shows_it(admin_client):
    enrichment_defaults.load()
    row = Enrichment.objects.get(slug="lnbits")

    stored = admin_client.post(
        change(row), {"is_enabled": "on", "address": "https://demo.lnbits.com", "key": SECRET}, follow=True
    )
    shown = admin_client.get(change(row)).content.decode()
    row.refresh_from_db()

    assert row.is_enabled
    assert row.credential
    assert SECRET not in shown + stored.content.decode() + row.credential
    assert row.credential not in shown
    assert "One is stored." in shown
    assert "invoice/read key" in shown
    refused = admin_client.post(change(row), {"address": "http://demo.lnbits.com", "key": "other"})
    assert b"Over the internet only https" in refused.content
    assert b"other" not in refused.content.replace(b"another", b"").replace(b"Another", b"")
    admin_client.post(change(row), {"address": "https://demo.lnbits.com", "forget_key": "on"})
    row.refresh_from_db()
    assert (row.credential, row.is_enabled) == ("", False)
    assert admin_client.get(reverse("admin:recommendations_enrichment_add")).status_code == 403
    assert admin_client.post(reverse("admin:recommendations_enrichment_delete", args=(row.pk,))).status_code == 403


def test_check_connection_says_what_works_and_what_is_missing(admin_client, outside):
    rows(outside, key="")
    chosen = {"action": "check_connection", "_selected_action": list(Enrichment.objects.values_list("pk", flat=True))}

    answer = admin_client.post(reverse("admin:recommendations_enrichment_changelist"), chosen)

    said = {message.message.partition(":")[0]: message for message in get_messages(answer.wsgi_request)}
    assert (said["mempool.space, on-chain fees"].level_tag, said["LNbits, wallet"].level_tag) == ("success", "error")
    assert said["Sparkseer, suggested fees"].level_tag == "warning"
    assert "invoice/read key" in said["LNbits, wallet"].message


def test_the_wallet_stands_in_the_admin_alone(admin_client, client, outside):
    rows(outside, Service.LNBITS)
    tasks.refresh_outside_facts(of_a_newer_version=True)

    assert b"12,346 sat" in admin_client.get(change(Enrichment.objects.get(slug="lnbits"))).content
    assert b"12,346" not in client.get(reverse("status")).content


def test_the_command_checks_and_refreshes(outside, capsys):
    rows(outside, Service.MEMPOOL)

    told = json.loads(run(capsys, "--service", "mempool", "--node", ALPHA.upper(), "--check", "--json"))
    assert [part["name"] for part in told["mempool"] if part["is_there"]] == ["on-chain fees", "network", "node"]
    assert json.loads(run(capsys, "--service", "mempool", "--node", ALPHA, "--json")) == {
        **{"kept": 1, "unknown": 0, "failed": 0, "nodes": 1},
        "services": {"mempool": ""},
    }
    outside.mempool.enqueue(Order(Fault.STATUS, status=500))
    with pytest.raises(CommandError, match="Something needed"):
        call_command("enrich", "--service", "mempool", "--check")
    assert "  missing on-chain fees: mempool.space fails (500)" in (checked := capsys.readouterr().out)
    assert "  ok      network: 43,696 channels" in checked
    assert "0 readings kept, 1 unknown there" in run(capsys, "--node", key(2))
    with pytest.raises(CommandError, match="66 hexadecimal"):
        call_command("enrich", "--node", "alpha")
    with pytest.raises(CommandError, match="switched on"):
        call_command("enrich", "--service", "lnbits")


def test_the_jobs_keep_fees_and_what_others_say_of_viewed_nodes(outside, client):
    rows(outside, Service.MEMPOOL)
    client.get(reverse("recommendations:node", args=(ALPHA,)))
    OnchainFee.objects.create(source="mempool", sat_vb=1, at=timezone.now() - timedelta(days=61))

    assert tasks.sample_onchain_fees(of_a_newer_version=True)
    assert tasks.refresh_outside_facts(of_a_newer_version=True) == {"kept": 1, "unknown": 0, "failed": 0}

    assert OnchainFee.objects.get().sat_vb == 4
    assert OutsideReading.objects.get().pubkey == ALPHA


def test_the_node_page_and_the_api_name_who_says_what(outside, client):
    rows(outside, Service.MEMPOOL)
    address = reverse("recommendations:node", args=(ALPHA,))
    before = client.get(address).content.decode()
    tasks.refresh_outside_facts()
    asked = len(outside.mempool.requests)

    page = client.get(address).content.decode()
    fields = client.get(f"/api/v1/node/{ALPHA}", headers=VERSION).json()["fields"]

    assert "What others say" not in before
    assert "What others say" in page
    assert "&lt;b&gt;Host&lt;/b&gt;" in page
    assert (fields["country"]["value"], fields["country"]["source"]) == ("France", "mempool.space")
    assert (fields["alias"]["value"], fields["alias"]["source"]) == ("Alpha", f"graph snapshot {AS_OF:%Y-%m-%d}")
    assert fields["uptime_ratio"] == {"value": None, "source": None, "as_of": None}
    assert len(outside.mempool.requests) == asked  # nobody waits for others


def test_the_status_page_shows_each_service(outside, client):
    Enrichment.objects.all().delete()
    assert b"load_defaults" in client.get(reverse("status")).content
    rows(outside, Service.MEMPOOL, Service.LNBITS, key=READ_KEY)
    outside.mempool.use(Order(Fault.STATUS, status=500))
    record_view(Node.objects.get(pubkey=ALPHA).pk, day=timezone.now().date())
    tasks.refresh_outside_facts()

    page = client.get(reverse("status")).content.decode()

    assert "mempool.space fails (500)" in page
    assert "nothing depends on it" in page
    assert "answers, latest" in page
