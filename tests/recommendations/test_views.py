"""The pages of the advice floor: public facts for everybody, advice for who is signed in, nothing that can run."""

import csv
import json
from io import BytesIO, StringIO
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from recommendations.models import Channel, GraphUpload, Network, Node, NodeView, Recommendation, RecommendationRun
from tests.page_rules import HOSTILE_ALIASES, blocked_by_policy

pytestmark = pytest.mark.django_db
advising = pytest.mark.django_db(transaction=True)  # a turn gives its connection back between its phases


@pytest.fixture
def signed_in(client, operator):
    client.force_login(operator)
    return client


@pytest.fixture
def staff(client, admin_user):
    client.force_login(admin_user)
    return client


def node_page(demo):
    return reverse("recommendations:node", args=[demo.pubkey])


def advised(client, demo):
    """Ask for advice as the page does without scripts; return the node page that follows."""
    return client.post(reverse("recommendations:advise", args=[demo.pubkey]), {"goal": "balanced"}, follow=True)


def queries_of(client, url, **extra):
    with CaptureQueriesContext(connection, **extra) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_a_stranger_sees_public_facts_and_is_asked_to_sign_in_for_the_rest(client, demo):
    html = client.get(node_page(demo)).content.decode()

    assert demo.pubkey in html
    assert "Sign in to get recommendations" in html
    assert "Liquidity" not in html
    assert "data-advice-form" not in html


def test_who_is_signed_in_sees_the_private_figures_of_the_demo(signed_in, demo):
    html = signed_in.get(node_page(demo)).content.decode()

    assert "with private data" in html
    assert "Liquidity" in html
    assert "Uptime" in html


@pytest.mark.parametrize(("key", "status"), [("02abc", 400), ("zz", 400), ("02" + "0" * 64, 404)])
def test_a_wrong_key_and_an_unknown_node_get_friendly_pages(client, demo, key, status):
    response = client.get(reverse("recommendations:node", args=[key]))

    assert response.status_code == status
    assert b"66" in response.content


def test_without_any_network_the_pages_still_stand(client, db):
    assert client.get(reverse("home")).status_code == 200
    assert client.get(reverse("recommendations:search"), {"q": "anything"}).status_code == 200
    assert client.get(reverse("recommendations:node", args=["02" + "0" * 64])).status_code == 404


def test_search_answers_pages_and_suggestions_from_one_view(client, demo):
    url = reverse("recommendations:search")

    page = client.get(url, {"q": demo.node.alias[:4]}).content.decode()
    piece = client.get(url, {"q": demo.node.alias[:4]}, headers={"HX-Request": "true", "HX-Target": "home-suggestions"})

    assert "<html" in page
    assert node_page(demo) in page
    assert "<html" not in piece.content.decode()
    assert 'role="option" id="home-suggestions-1"' in piece.content.decode()


def test_a_whole_key_leads_straight_to_its_node(client, demo):
    response = client.get(reverse("recommendations:search"), {"q": demo.pubkey.upper()})

    assert response.headers["Location"] == node_page(demo)


@pytest.mark.parametrize("alias", HOSTILE_ALIASES)
def test_an_alias_is_text_and_nothing_else(signed_in, demo, alias):
    Node.objects.filter(network=demo.network).update(alias=alias)

    pages = [
        signed_in.get(url).content.decode()
        for url in (node_page(demo), reverse("home"), f"{reverse('recommendations:search')}?q={demo.pubkey[:12]}")
    ]

    for html in pages:
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert blocked_by_policy(html) == []
        assert "<bdi>" in html


@advising
def test_no_page_holds_what_the_content_policy_would_block(signed_in, demo):
    html = advised(signed_in, demo).content.decode()
    row = Recommendation.objects.latest("score")
    pages = [html] + [
        signed_in.get(url).content.decode()
        for url in (
            reverse("home"),
            reverse("status"),
            reverse("recommendations:inbox"),
            reverse("recommendations:detail", args=[row.pk]),
            reverse("recommendations:search"),
            reverse("rag:ask"),
            reverse("rag:library"),
            "/nowhere",
        )
    ]

    assert [blocked_by_policy(page) for page in pages] == [[]] * len(pages)


@advising
def test_without_scripts_a_post_brings_stored_and_explained_advice(signed_in, demo):
    html = advised(signed_in, demo).content.decode()

    assert html.count('<article class="advice') >= 4
    assert "Evidence:" in html
    assert "checked against the allow-list" in html
    assert "lncli updatechanpolicy" in html
    assert "lightning-cli -k setchannel" in html
    assert RecommendationRun.objects.count() == 1


def test_a_stranger_cannot_have_advice_computed(client, demo):
    response = client.post(reverse("recommendations:advise", args=[demo.pubkey]))

    assert response.headers["Location"].startswith(reverse("signin"))
    assert RecommendationRun.objects.count() == 0


def test_a_french_card_tells_the_reader_which_of_its_words_are_french(signed_in, demo):
    words = {"title": "Garder le nœud en ligne", "metadata": {"lang": "fr"}}
    card = {"id": str(uuid4()), "tracking_id": "rec_1", "priority": "high", "score": 71.2, **words}

    page = signed_in.post(
        reverse("recommendations:card", args=[demo.pubkey]), json.dumps(card), content_type="application/json"
    ).content.decode()

    assert 'lang="fr">Garder le nœud en ligne</h3>' in page


def test_a_streamed_card_comes_back_laid_out_with_its_buttons_asleep(signed_in, demo):
    card = {"id": str(uuid4()), "tracking_id": "rec_1", "title": HOSTILE_ALIASES[0], "priority": "high", "score": 71.2}

    response = signed_in.post(
        reverse("recommendations:card", args=[demo.pubkey]), json.dumps(card), content_type="application/json"
    )

    html = response.content.decode()
    assert "&lt;script&gt;" in html
    assert "advice-high" in html
    assert "data-after-turn disabled" in html
    assert Recommendation.objects.count() == 0


@pytest.mark.parametrize("body", ["", "[]", "7", '{"id": "none"}', '{"title": "no id"}', "x" * 500_000])
def test_what_is_no_card_is_refused(signed_in, demo, body):
    url = reverse("recommendations:card", args=[demo.pubkey])

    assert signed_in.post(url, body, content_type="application/json").status_code == 400


def test_a_summary_names_the_missing_model_and_the_next_step(signed_in, demo):
    said = {
        "degraded": True,
        "note": "No local model answered.",
        "by_priority": {"high": 2, "low": 0},
        "insufficient": [],
    }

    html = signed_in.post(
        reverse("recommendations:summary", args=[demo.pubkey]), json.dumps(said), content_type="application/json"
    ).content.decode()

    assert "No local model answered." in html
    assert "ollama pull" in html
    assert "2 high" in html
    assert "0 low" not in html


def test_channels_can_be_ordered_filtered_and_taken_along(signed_in, demo):
    url = node_page(demo)

    by_name = signed_in.get(url, {"sort": "alias"}).content.decode()
    piece = signed_in.get(url, {"q": "no such peer"}, headers={"HX-Request": "true", "HX-Target": "channel-rows"})
    file = signed_in.get(reverse("recommendations:channels_csv", args=[demo.pubkey]))

    assert 'aria-sort="ascending"' in by_name
    assert "No channel fits this filter" in piece.content.decode()
    assert "<html" not in piece.content.decode()
    rows = list(csv.DictReader(StringIO(file.content.decode())))
    assert (
        len(rows) == Channel.objects.filter(node1=demo.node).count() + Channel.objects.filter(node2=demo.node).count()
    )
    assert rows[0]["local_sat"]
    assert file.headers["Content-Disposition"].startswith("attachment")


def test_a_stranger_gets_no_balance_in_the_file(client, demo):
    file = client.get(reverse("recommendations:channels_csv", args=[demo.pubkey])).content.decode()

    assert {row["local_sat"] for row in csv.DictReader(StringIO(file))} == {""}


@pytest.mark.parametrize("query", ["sort=;drop", "page=abc", "page=9999", "live=maybe", "q=%00"])
def test_a_broken_link_to_the_table_still_shows_a_table(client, demo, query):
    assert client.get(f"{node_page(demo)}?{query}").status_code == 200


def test_a_node_with_more_channels_costs_no_more_queries(client, demo):
    counted = {
        node.pubkey: Channel.objects.filter(node1=node).count() + Channel.objects.filter(node2=node).count()
        for node in Node.objects.filter(network=demo.network)
    }
    small, large = min(counted, key=counted.__getitem__), max(counted, key=counted.__getitem__)
    urls = [reverse("recommendations:node", args=[key]) for key in (small, large)]
    for url in urls:
        client.get(url)  # the first look at a node on a day makes a row

    assert counted[large] > 2 * counted[small]
    assert queries_of(client, urls[0]) == queries_of(client, urls[1])


@advising
def test_the_inbox_and_the_search_cost_no_more_queries_with_more_rows(signed_in, demo, django_assert_num_queries):
    advised(signed_in, demo)
    inbox, search = reverse("recommendations:inbox"), f"{reverse('recommendations:search')}?q="
    few = queries_of(signed_in, inbox), queries_of(signed_in, f"{search}{demo.pubkey}"[:-40])
    pattern = Recommendation.objects.latest("score")
    for number in range(25):
        pattern.pk, pattern.tracking_id = uuid4(), f"rec_copy_{number}"
        pattern.save(force_insert=True)

    with django_assert_num_queries(few[0]):
        signed_in.get(inbox)
    with django_assert_num_queries(few[1]):
        signed_in.get(f"{search}0")


@advising
def test_the_inbox_filters_by_state_and_opening_advice_marks_it_seen(signed_in, demo):
    advised(signed_in, demo)
    row = Recommendation.objects.latest("score")

    signed_in.get(reverse("recommendations:detail", args=[row.pk]))

    row.refresh_from_db()
    seen = signed_in.get(reverse("recommendations:inbox"), {"state": "viewed"}).content.decode()
    assert row.state == "viewed"
    assert str(row.pk) in seen
    assert seen.count("<tr>") == 2


def test_looking_at_a_node_counts(client, demo):
    client.get(node_page(demo))
    client.get(node_page(demo))

    assert NodeView.objects.get(node=demo.node).count == 2
    assert demo.node.alias in client.get(reverse("home")).content.decode()


def test_the_demo_goes_in_one_click_of_an_administrator(staff, demo):
    response = staff.post(reverse("recommendations:remove_demo"), follow=True)

    assert response.status_code == 200
    assert not Network.objects.filter(slug="demo").exists()


def test_others_can_neither_remove_the_demo_nor_upload_a_graph(signed_in, demo):
    assert signed_in.post(reverse("recommendations:remove_demo")).status_code == 403
    assert signed_in.post(reverse("recommendations:upload_graph")).status_code == 403
    assert Network.objects.filter(slug="demo").exists()


def test_an_uploaded_graph_leads_to_a_page_that_follows_its_import(staff, settings, tmp_path):
    settings.UPLOAD_DIR = tmp_path
    file = BytesIO(b'{"nodes": [], "edges": []}')
    file.name = "<b>graph</b>.json"

    page = staff.post(reverse("recommendations:upload_graph"), {"file": file}, follow=True).content.decode()

    upload = GraphUpload.objects.get()
    assert "<b>graph" not in page
    assert 'hx-trigger="every 1s"' in page
    GraphUpload.objects.update(state=GraphUpload.State.FAILED, error="The file names no channel.")
    state = staff.get(
        reverse("recommendations:upload", args=[upload.pk]), headers={"HX-Request": "true"}
    ).content.decode()
    assert "The file names no channel." in state
    assert "every 1s" not in state


def test_an_upload_without_a_file_says_what_to_do(staff, db):
    response = staff.post(reverse("recommendations:upload_graph"))

    assert response.status_code == 400
    assert b"Choose a graph file first." in response.content
