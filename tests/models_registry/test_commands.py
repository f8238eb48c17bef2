"""Keys made at the terminal."""

import json

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from models_registry.models import ApiKey
from models_registry.services import keys
from tests.models_registry.rows import NOW

pytestmark = pytest.mark.django_db


def test_a_key_is_printed_once_and_works(capsys):
    User.objects.create(username="alice")
    call_command("create_api_key", name="laptop", user="alice", tier="premium")

    text = capsys.readouterr().out.split()[0]
    row = keys.authenticate(text, at=NOW)
    assert row
    assert row.user
    assert (row.name, row.user.username, row.tier) == ("laptop", "alice", "premium")


def test_json_is_one_object(capsys):
    call_command("create_api_key", "--name", "bot", "--json")

    printed = json.loads(capsys.readouterr().out)
    assert keys.authenticate(printed["key"], at=NOW)
    assert (printed["name"], printed["tier"]) == ("bot", "standard")


def test_an_unknown_user_or_tier_makes_no_key():
    with pytest.raises(CommandError, match="no user named bob"):
        call_command("create_api_key", name="x", user="bob")
    with pytest.raises(CommandError):
        call_command("create_api_key", "--name", "x", "--tier", "gold")

    assert not ApiKey.objects.exists()
