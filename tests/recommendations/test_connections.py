"""The pages of connected nodes: what may be entered, what is shown of it, and to whom."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from models_registry.services import keys
from recommendations.models import Node, NodeConnection
from recommendations.queries.connections import own_node
from recommendations.queries.node_weeks import node_weeks
from recommendations.services.sealing import unseal
from recommendations.services.snapshot import node_facts
from tests.page_rules import HOSTILE_ALIASES, blocked_by_policy
from tests.recommendations.services.nodes import AT, LND_KEY, connected, read
from tests.recommendations.services.test_import_private import printed
from tests.servers.lnd import LndServer
from tests.servers.simulated import simulated

pytestmark = pytest.mark.django_db
State = NodeConnection.State


@pytest.fixture(scope="module")
def lnd():
    with LndServer(simulated(LND_KEY, forwards=30, at=AT)) as server:
        yield server


@pytest.fixture
def owner(client, operator):
    client.force_login(operator)
    return client


def url(name: str, *args) -> str:
    return reverse(f"recommendations:{name}", args=args)


def entered(server, **more):
    words = {"kind": "lnd", "address": server.address, "credential": server.credential}
    return words | {"certificate": server.certificate, "refresh_every_min": "30"} | more


def test_a_node_is_connected_sealed_and_queued_and_its_credential_never_shown(owner, lnd, operator):
    answer = owner.post(url("connect"), entered(lnd), follow=True)

    row = NodeConnection.objects.get()
    assert answer.redirect_chain[-1][0] == url("connection", row.pk)
    assert (row.owner, row.node.pubkey, row.state, row.refresh_every_min) == (operator, LND_KEY, State.WAITING, 30)
    assert lnd.credential not in row.credential
    assert unseal(row.credential) == lnd.credential
    for name, args in (("connections", ()), ("connection", (row.pk,)), ("change_connection", (row.pk,))):
        page = owner.get(url(name, *args)).content.decode()
        assert lnd.credential not in page
        assert row.credential not in page


def test_a_macaroon_and_a_certificate_may_be_files(owner, lnd):
    files = {
        "credential_file": SimpleUploadedFile("readonly.macaroon", bytes.fromhex(lnd.credential)),
        "certificate_file": SimpleUploadedFile("tls.cert", lnd.certificate.encode()),
    }

    owner.post(url("connect"), entered(lnd, credential="", certificate="", **files))

    assert unseal(NodeConnection.objects.get().credential) == lnd.credential


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"address": "https://169.254.169.254:80"}, "never read"),
        ({"address": "http://192.0.2.1:8080"}, "Use https://"),
        ({"address": "ftp://node"}, "https://host:port"),
        ({"credential": ""}, "Give the credential"),
        ({"credential": "zz"}, "no macaroon"),
        ({"credential": "00" * 40}, "credential"),
        ({"certificate": "hello"}, "no certificate"),
        ({"certificate": "-----BEGIN PRIVATE KEY-----"}, "private key"),
        ({"kind": "cln", "credential": "?"}, "no rune"),
    ],
)
def test_what_does_not_work_is_said_and_nothing_is_stored(owner, lnd, changes, words):
    answer = owner.post(url("connect"), entered(lnd, **changes))

    assert words in answer.content.decode()
    assert not NodeConnection.objects.exists()


def test_a_check_shows_what_is_allowed_and_what_is_missing_and_stores_nothing(owner, lnd):
    poor = "0201036c6e64" + "11" * 40
    lnd.allow(poor, "info")

    rich_page = owner.post(url("check_connection"), entered(lnd), headers={"HX-Request": "true"}).content.decode()
    poor_page = owner.post(url("check_connection"), entered(lnd, credential=poor)).content.decode()

    assert "It works." in rich_page
    assert "<html" not in rich_page
    assert "Something is missing." in poor_page
    assert "lncli bakemacaroon" in poor_page
    assert poor not in poor_page
    assert not NodeConnection.objects.exists()


def test_only_the_owner_sees_a_connection(owner, lnd, client, django_user_model):
    stranger = django_user_model.objects.create_user("stranger", is_staff=True)
    row = connected(lnd, stranger)

    pages = [owner.get(url(name, row.pk)) for name in ("connection", "change_connection", "disconnect")]
    posts = [owner.post(url(name, row.pk)) for name in ("sync_connection", "pause_connection", "disconnect")]

    assert {answer.status_code for answer in (*pages, *posts)} == {404}
    assert "simulated" not in owner.get(url("connections")).content.decode()
    client.logout()
    assert client.get(url("connections")).status_code == 302
    assert NodeConnection.objects.filter(pk=row.pk, is_paused=False).exists()


def test_a_node_that_does_not_answer_is_marked_with_the_age_of_its_data(owner, lnd, operator, django_user_model):
    admin = django_user_model.objects.create_user("admin", is_staff=True)
    read(connected(lnd, admin, graph_every_h=24))
    row = connected(lnd, operator)
    read(row)
    NodeConnection.objects.filter(pk=row.pk).update(
        measured_at=timezone.now() - timedelta(hours=3),
        state=State.UNREACHABLE,
        message="No answer.",
        failures_in_row=1,
        tried_at=timezone.now(),
    )

    own, listed, home, node = (
        re.sub(r"\s+", " ", owner.get(address).content.decode().replace("\xa0", " "))
        for address in (url("connection", row.pk), url("connections"), "/", url("node", LND_KEY))
    )

    assert "as of 3 hours ago" in own
    assert "The node does not answer." in own
    for page in (listed, home):
        assert "as of 3 hours ago" in page
        assert "may be old" in page
    assert "Your private data are as of 3 hours ago; the node does not answer" in node


def test_an_empty_credential_keeps_the_stored_one_and_another_node_is_refused(owner, lnd, operator):
    row = connected(lnd, operator)
    changes = entered(lnd, credential="", refresh_every_min="0", graph_every_h="12")

    assert owner.post(url("change_connection", row.pk), changes).status_code == 302
    row.refresh_from_db()
    assert (row.refresh_every_min, row.graph_every_h, unseal(row.credential)) == (0, 12, lnd.credential)
    with LndServer(simulated("02" + "99" * 32, at=AT)) as other:
        answer = owner.post(url("change_connection", row.pk), entered(other))

    assert "nother node" in answer.content.decode()
    row.refresh_from_db()
    assert row.address == lnd.address


def test_a_node_is_paused_resumed_read_now_and_disconnected(owner, lnd, operator):
    row = connected(lnd, operator)
    read(row)

    owner.post(url("pause_connection", row.pk))
    assert "Paused" in owner.get(url("connection", row.pk)).content.decode()
    owner.post(url("pause_connection", row.pk))
    owner.post(url("sync_connection", row.pk))
    row.refresh_from_db()
    assert (row.is_paused, row.state) == (False, State.WAITING)
    assert "30 forwards" in owner.get(url("disconnect", row.pk)).content.decode()
    owner.post(url("disconnect", row.pk))

    assert not NodeConnection.objects.exists()


def test_files_are_uploaded_instead_and_what_is_wrong_with_them_is_said(owner, operator):
    files = [SimpleUploadedFile(name, content) for name, content in map(printed, ("info", "channels", "forwards"))]

    answer = owner.post(url("node_files"), {"exported": files}, follow=True)
    wrong = owner.post(url("node_files"), {"exported": [SimpleUploadedFile("x.json", b"{}")]})

    row = NodeConnection.objects.get()
    assert (row.kind, row.owner, row.node.pubkey) == ("files", operator, LND_KEY)
    assert "12 channels, 40 new of 40 forwards" in answer.content.decode()
    assert wrong.status_code == 422
    assert "Nothing was stored" in wrong.content.decode()


def test_programs_are_told_the_age_of_private_data_and_no_address_of_a_node(client, lnd, operator, django_user_model):
    read(connected(lnd, operator))
    connected(lnd, django_user_model.objects.create_user("stranger"))
    old = {"measured_at": timezone.now() - timedelta(hours=3), "state": State.UNREACHABLE, "message": "No answer."}
    NodeConnection.objects.filter(owner=operator).update(failures_in_row=2, **old)

    headers = {"X-API-Version": "2025-10-15", "Authorization": f"Bearer {keys.create('mine', user=operator).text}"}

    answer = client.get("/api/v1/connections", headers=headers)

    (told,) = answer.json()["connections"]
    assert (told["node"]["pubkey"], told["state"], told["trouble"]) == (LND_KEY, "unreachable", "No answer.")
    assert told["is_stale"] is True
    assert 3 * 3600 <= told["age_s"] < 3 * 3600 + 60
    assert lnd.address not in answer.text


def test_private_facts_carry_their_source_and_their_age_and_the_nodes_own_policy_wins(lnd, django_user_model):
    admin = django_user_model.objects.create_user("admin", is_staff=True)
    row = connected(lnd, admin, graph_every_h=24)
    read(row)
    scid = next(iter(lnd.node.channels))
    announced = lnd.node.channels[scid].own_policy.fee_ppm
    lnd.node.set_policy(scid, fee_ppm=announced + 111)

    read(row, at=AT + timedelta(hours=1))

    facts = node_facts(LND_KEY, user=admin, at=AT + timedelta(hours=2))
    lnd.node.set_policy(scid, fee_ppm=announced)
    channel = next(one for one in facts.channels if one.scid == scid)
    assert facts.private_source == "your LND node"
    assert facts.private is not None
    assert facts.private.measured_at == AT + timedelta(hours=1)
    assert facts.as_of == AT
    assert channel.own_policy is not None
    assert channel.own_policy.fee_ppm == announced + 111
    assert channel.own_policy.changed_at == AT + timedelta(hours=1)
    assert channel.private is not None
    assert channel.private.measured_at == AT + timedelta(hours=1)
    assert node_facts(LND_KEY, user=None, at=AT).private is None


@pytest.mark.parametrize("alias", HOSTILE_ALIASES)
def test_no_page_runs_what_a_node_calls_itself(owner, lnd, operator, alias):
    row = connected(lnd, operator)
    Node.objects.filter(pk=row.node_id).update(alias=alias)
    NodeConnection.objects.filter(pk=row.pk).update(message=alias[:300], failures_in_row=1, version=alias[:80])

    for name, args in (
        *(("connections", ()), ("connect", ()), ("node_files", ())),
        *((name, (row.pk,)) for name in ("connection", "change_connection", "disconnect")),
    ):
        html = owner.get(url(name, *args)).content.decode()
        assert blocked_by_policy(html) == []
        assert "<script>alert" not in html


def test_weeks_show_what_is_known_and_nothing_before(owner, operator):
    now = timezone.now()
    with LndServer(simulated(LND_KEY, forwards=50, days=20, at=now)) as server:
        row = connected(server, operator)
        read(row, at=now)
    NodeConnection.objects.filter(pk=row.pk).update(forwards_from=now - timedelta(days=15))
    node = own_node(LND_KEY, user=operator, at=now)
    assert node is not None

    weeks = node_weeks(node, at=now)

    assert len(weeks) in (2, 3)
    assert all(week.begin.weekday() == 0 and week.begin >= now - timedelta(days=15) for week in weeks)
    assert sum(week.forwards or 0 for week in weeks) == sum(
        forward.resolved_at is not None and forward.resolved_at >= weeks[-1].begin for forward in server.node.settled()
    )
    assert (weeks[0].uptime_ratio, weeks[1].uptime_ratio) == (1.0, None)
    assert "Week by week" in owner.get(url("connection", row.pk)).text
