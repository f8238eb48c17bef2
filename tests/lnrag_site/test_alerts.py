"""Alerts name only metrics that code emits (MO-10, CB-07)."""

import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

from lnrag_site import metrics
from models_registry.models import Breaker

FILE = Path(settings.BASE_DIR) / "deploy" / "prometheus" / "alerts.yml"
RULES = {rule["alert"]: rule for group in yaml.safe_load(FILE.read_text())["groups"] for rule in group["rules"]}
WORD = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
NOT_METRICS = frozenset({"sum", "rate", "by", "increase", "histogram_quantile", "le", "up", "job", "name", "and", "or"})


def test_an_open_breaker_raises_an_alert():
    assert RULES["CircuitBreakerOpen"]["expr"] == "circuit_breaker_state == 2"


@pytest.mark.django_db
@pytest.mark.parametrize("name", RULES)
def test_an_alert_names_only_metrics_that_are_emitted(name):
    Breaker.objects.create(name="cache", service="cache")
    families = text_string_to_metric_families(metrics.scrape().decode())
    emitted = {sample.name for family in families for sample in family.samples} | {"up"}

    selectors = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"", "", RULES[name]["expr"])
    named = set(WORD.findall(selectors)) - NOT_METRICS

    assert named
    assert named <= emitted


@pytest.mark.parametrize("name", RULES)
def test_an_alert_says_what_it_means(name):
    assert RULES[name]["annotations"].keys() >= {"summary", "description"}
    assert RULES[name]["labels"]["severity"] in {"warning", "critical"}
