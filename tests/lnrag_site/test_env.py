"""The environment is read strictly, and a secret is generated once however many processes ask."""

import stat
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from lnrag_site import env


@pytest.mark.parametrize(
    ("word", "expected"), [("1", True), ("TRUE", True), (" on ", True), ("no", False), ("0", False), ("", True)]
)
def test_a_flag_reads_plain_words(monkeypatch, word, expected):
    monkeypatch.setenv("A_FLAG", word)

    assert env.flag("A_FLAG", default=True) is expected


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: env.flag("A_VALUE", default=False), "maybe"),
        (lambda: env.integer("A_VALUE", 1), "1.5"),
        (lambda: env.integer("A_VALUE", 1, low=5), "4"),
        (lambda: env.decimal("A_VALUE", 1.0, high=2.0), "nan-ish"),
        (lambda: env.seconds("A_VALUE", 1.0), "0"),
        (lambda: env.seconds("A_VALUE", 1.0), "nan"),
        (lambda: env.choice("A_VALUE", "a", among=("a", "b")), "c"),
        (lambda: env.number_if_set("A_VALUE", low=0, high=2), "2.1"),
        (lambda: env.integer_if_set("A_VALUE", low=1, high=9), "0"),
        (lambda: env.dollars("A_VALUE", "0.05"), "5 cents"),
        (lambda: env.dollars("A_VALUE", "0.05"), "-1"),
        (lambda: env.dollars("A_VALUE", "0.05"), "NaN"),
        (lambda: env.lifetime("A_VALUE", "30m"), "30 minutes"),
        (lambda: env.lifetime("A_VALUE", "30m"), "-1"),
        (lambda: env.model_name("A_VALUE"), "llama3:latest"),
        (lambda: env.model_name("A_VALUE"), "llama3 mistral"),
        (lambda: env.web_address("A_VALUE", "http://a"), "ftp://a"),
        (lambda: env.web_address("A_VALUE", "http://a"), "localhost:11434"),
    ],
)
def test_a_bad_value_stops_the_start_with_its_name(monkeypatch, read, value):
    monkeypatch.setenv("A_VALUE", value)

    with pytest.raises(ImproperlyConfigured, match="A_VALUE"):
        read()


@pytest.mark.parametrize("value", ["30m", "1h30m", "1.5h", "0", "-1m", "500ms"])
def test_a_lifetime_is_what_ollama_reads(monkeypatch, value):
    monkeypatch.setenv("A_LIFE", value)

    assert env.lifetime("A_LIFE", "30m") == value


def test_what_may_be_unset_is_none_and_an_amount_is_exact(monkeypatch):
    assert env.number_if_set("A_VALUE", low=0, high=2) is None
    assert env.integer_if_set("A_VALUE", low=1, high=9) is None
    assert env.dollars("A_VALUE", "0.05") == Decimal("0.05")

    monkeypatch.setenv("A_VALUE", "1")

    assert (env.number_if_set("A_VALUE", low=0, high=2), env.integer_if_set("A_VALUE", low=1, high=9)) == (1.0, 1)


def test_a_password_in_an_address_is_refused_without_being_repeated(monkeypatch):
    monkeypatch.setenv("A_URL", "http://me:s3cret@host")

    with pytest.raises(ImproperlyConfigured) as refused:
        env.web_address("A_URL", "http://a")

    assert "A_URL" in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_list_drops_blanks(monkeypatch):
    monkeypatch.setenv("A_LIST", " a, ,b ,")

    assert env.listing("A_LIST") == ("a", "b")


def test_two_names_of_one_thing_may_not_differ(monkeypatch):
    monkeypatch.setenv("ONE_URL", "http://a:1/")
    monkeypatch.setenv("OTHER_URL", "http://a:1")
    assert env.name_in_use("ONE_URL", "OTHER_URL") == "ONE_URL"

    monkeypatch.setenv("OTHER_URL", "http://b:1")
    with pytest.raises(ImproperlyConfigured, match="ONE_URL and OTHER_URL"):
        env.name_in_use("ONE_URL", "OTHER_URL")

    monkeypatch.delenv("ONE_URL")
    assert env.name_in_use("ONE_URL", "OTHER_URL") == "OTHER_URL"


def test_a_secret_given_is_not_written(monkeypatch, tmp_path):
    monkeypatch.setenv("A_SECRET", "given")

    assert env.secret("A_SECRET", file=tmp_path / "secret") == "given"
    assert list(tmp_path.iterdir()) == []


def test_a_kept_secret_is_private_and_stays(tmp_path):
    file = tmp_path / "var" / "secret"

    first = env.kept_secret(file)

    assert len(first) >= 60
    assert env.kept_secret(file) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_many_first_callers_get_one_secret(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(lambda _: env.kept_secret(tmp_path / "secret"), range(64)))

    assert len(secrets) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    file = tmp_path / "secret"
    Path(file).mkdir()

    with pytest.raises(ImproperlyConfigured, match="secret cannot be used: Is a directory"):
        env.kept_secret(file)
