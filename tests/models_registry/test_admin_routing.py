"""Rules, policies, tiers and the catalog in the admin."""

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages

from models_registry.models import CatalogEntry, RoutingPolicy, RoutingRule, Tier, UserTier
from models_registry.services import defaults, registry
from tests.models_registry.rows import NOW
from tests.models_registry.test_admin import url

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client):
    defaults.load(at=NOW)
    root = User.objects.create_superuser("root", password=None)
    UserTier.objects.create(user=root, tier=Tier.objects.get(slug="free"))
    client.force_login(root)
    return client


@pytest.mark.parametrize("table", [RoutingRule, RoutingPolicy, Tier, UserTier, CatalogEntry])
def test_every_list_and_row_opens(admin, table):
    assert admin.get(url(table)).status_code == 200
    assert admin.get(url(table, "change", table.objects.first().pk)).status_code == 200


def test_words_are_written_one_per_line_and_act_at_once(admin):
    rule = RoutingRule.objects.get(slug="urgent-action")
    body = {
        "name": rule.name,
        "slug": rule.slug,
        "is_enabled": "on",
        "words": "feu\n\n au secours \n",
        "models_in_order": "gemma2",
        "priority": 10,
    }

    assert admin.post(url(rule, "change", rule.pk), body).status_code == 302

    rule.refresh_from_db()
    assert (rule.words, rule.models_in_order) == (["feu", "au secours"], ["gemma2"])
    kept = next(one for one in registry.current().rules if one.slug == "urgent-action")
    assert (set(kept.words), kept.phrases) == ({"feu"}, ("au secours",))


def test_a_policy_is_put_in_force(admin):
    other = RoutingPolicy.objects.create(slug="thrifty", max_cost_usd=0)

    def act(*rows):
        body = {"action": "activate", "_selected_action": [row.pk for row in rows]}
        return [str(one) for one in get_messages(admin.post(url(RoutingPolicy), body).wsgi_request)]

    assert "thrifty is in force now" in act(other)[0]
    assert registry.current().policy.slug == "thrifty"
    assert "Choose one policy" in act(other, RoutingPolicy.objects.get(slug="default"))[-1]
