"""A key is shown once, kept as a hash, and stops working when it should."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from models_registry.models import ApiKey
from models_registry.services import keys
from tests.models_registry.rows import NOW

pytestmark = pytest.mark.django_db


def test_a_new_key_opens_and_only_its_hash_is_stored():
    new = keys.create("laptop", tier="premium")

    prefix, secret = new.text.removeprefix("lnr_").split("_", 1)
    assert len(prefix) == 8
    assert len(secret) >= 32
    assert keys.authenticate(new.text, at=NOW) == new.row
    assert secret not in " ".join(map(str, ApiKey.objects.values_list().get()))
    assert str(new.row) == f"laptop ({prefix}…)"


def test_two_keys_differ():
    assert keys.create("a").text != keys.create("a").text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: t[:-1],
        lambda t: t + "x",
        lambda t: t.upper(),
        lambda t: "",
        lambda t: "lnr_",
        lambda t: "x" * 5000,
        lambda t: t.replace("lnr_", "abc_"),
        lambda t: t.split("_")[1],
        lambda t: "lnr_\ud800_x",
    ],
)
def test_a_wrong_key_opens_nothing(spoil):
    assert keys.authenticate(spoil(keys.create("a").text), at=NOW) is None


def test_a_revoked_key_opens_nothing():
    new, other = keys.create("a"), keys.create("b")

    assert keys.revoke([new.row]) == 1
    assert keys.revoke([new.row]) == 0

    assert keys.authenticate(new.text, at=NOW) is None
    assert keys.authenticate(other.text, at=NOW)


def test_an_expired_key_opens_nothing():
    new = keys.create("a", expires_at=NOW + timedelta(days=1))

    assert keys.authenticate(new.text, at=NOW)
    assert keys.authenticate(new.text, at=NOW + timedelta(days=1)) is None


def test_the_key_of_a_locked_user_opens_nothing():
    user = User.objects.create(username="alice")
    new = keys.create("a", user=user)
    opened = keys.authenticate(new.text, at=NOW)
    assert opened
    assert opened.user == user

    user.is_active = False
    user.save()

    assert keys.authenticate(new.text, at=NOW) is None


def test_use_is_noted_at_most_once_a_minute():
    new = keys.create("a")
    for seconds in (0, 30, 59):
        keys.authenticate(new.text, at=NOW + timedelta(seconds=seconds))
    assert ApiKey.objects.get().latest_used_at == NOW

    keys.authenticate(new.text, at=NOW + timedelta(seconds=60))

    assert ApiKey.objects.get().latest_used_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        (b"bearer abc", "abc"),
        ("  BEARER   abc ", "abc"),
        ("Basic abc", None),
        ("Bearer", None),
        ("", None),
        ("abc", None),
    ],
)
def test_the_header_is_read_as_http_means_it(header, token):
    assert keys.bearer_token(header) == token


def test_a_websockets_header_opens_too():
    new = keys.create("a")

    assert keys.from_header(f"Bearer {new.text}".encode(), at=NOW) == new.row
    assert keys.from_header(b"Basic eDp5", at=NOW) is None
