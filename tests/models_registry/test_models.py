"""Rows guard themselves."""

import pytest
from django.core.exceptions import ValidationError

from models_registry.domain.chat import Timeouts
from models_registry.models import LanguageModel, Provider, Strategy, validate_base_url


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:11434",
        "https://ollama.lan",
        "http://lnrag-ollama:11434",
        "http://[::1]:11434",
        "http://10.0.0.2:11434/prefix",
    ],
)
def test_an_address_may_be_a_container_or_a_machine(url):
    validate_base_url(url)


@pytest.mark.parametrize(
    "url",
    ["localhost:11434", "ftp://x", "http://", "http://user:pw@host", "http://h?key=1", "http://h#x", "http://a b"],
)
def test_an_address_holds_no_secret_and_makes_sense(url):
    with pytest.raises(ValidationError):
        validate_base_url(url)


def test_a_hosts_row_becomes_an_endpoint():
    endpoint = Provider(slug="o", name="O", base_url="http://h:1/", first_token_timeout_s=7, max_attempts=2).endpoint()

    assert endpoint.base_url == "http://h:1"
    assert endpoint.timeouts == Timeouts(first_token_s=7, attempts=2)
    assert endpoint.keep_alive == "30m"


@pytest.mark.parametrize("names", [["phi3:latest"], ["ok", " "], ["ok", 7], ["Mistral:LATEST "]])
def test_a_strategy_refuses_what_names_no_fixed_model(names):
    with pytest.raises(ValidationError, match="models_in_order"):
        Strategy(query_type="quick", models_in_order=names).clean()


def test_rows_read_aloud():
    assert str(Strategy(query_type="quick")) == "QUICK_ANALYSIS"
    assert str(LanguageModel(tag="phi3:medium")) == "phi3:medium"
    assert str(Provider(name="Ollama")) == "Ollama"
