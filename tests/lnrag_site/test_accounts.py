"""The link signs in once and for a while, then offers a password. Nobody is sent to a stranger's page."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from lnrag_site import links

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def admin():
    links.ensure_administrator()
    return User.objects.get()


def path_of(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_first_administrator_has_no_password_and_is_made_once(admin):
    assert admin.is_superuser
    assert not admin.has_usable_password()
    assert links.ensure_administrator() is False


def test_the_link_works_once_and_leads_to_setting_a_password(client, admin):
    link = links.sign_in_link(port=8123)
    assert link.startswith("http://127.0.0.1:8123/signin/?sesame=")

    answer = client.get(path_of(link))
    assert (answer.status_code, answer.url) == (302, "/account/password/")
    assert is_signed_in(client)

    stranger = Client()
    second = stranger.get(path_of(link))
    assert second.status_code == 403
    assert b"make link" in second.content
    assert not is_signed_in(stranger)


def test_the_link_expires(client, admin, monkeypatch, settings):
    link = links.sign_in_link(port=8000)
    later = timezone.now().timestamp() + settings.SESAME_MAX_AGE + 60
    monkeypatch.setattr("time.time", lambda: later)

    assert client.get(path_of(link)).status_code == 403


def test_a_token_never_stays_in_an_address_that_is_shown(client, admin):
    answer = client.get(path_of(links.sign_in_link(port=8000)), follow=True)

    assert "sesame" not in answer.request["QUERY_STRING"]
    assert answer["Cache-Control"].startswith("max-age=0")


def test_a_first_password_is_set_and_works(client, admin):
    client.get(path_of(links.sign_in_link(port=8000)))

    answer = client.post("/account/password/", {"new_password1": PASSWORD, "new_password2": PASSWORD})

    assert (answer.status_code, answer.url) == (302, "/")
    assert is_signed_in(client)
    fresh = Client()
    assert fresh.post("/signin/", {"username": "admin", "password": PASSWORD}).status_code == 302
    assert is_signed_in(fresh)


def test_changing_a_password_asks_for_the_old_one(client, admin):
    admin.set_password(PASSWORD)
    admin.save()
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post("/account/password/", {"new_password1": "x" * 20, "new_password2": "x" * 20})

    assert answer.status_code == 200
    admin.refresh_from_db()
    assert admin.check_password(PASSWORD)


def test_a_wrong_password_stays_outside(client, admin):
    assert client.post("/signin/", {"username": "admin", "password": "guess"}).status_code == 200
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    ("target", "expected"),
    [("/status/", "/status/"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("javascript:alert(1)", "/")],
)
def test_after_signing_in_only_our_own_pages_follow(client, admin, target, expected):
    admin.set_password(PASSWORD)
    admin.save()

    answer = client.post("/signin/", {"username": "admin", "password": PASSWORD, "next": target})

    assert answer.url == expected


def test_signing_out_needs_a_post(client, admin):
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/signout/").status_code == 405
    assert is_signed_in(client)

    client.post("/signout/")
    assert not is_signed_in(client)


def test_the_password_page_is_closed_to_strangers(client):
    assert client.get("/account/password/").url.startswith("/signin/")


def test_the_command_prints_a_link_for_the_asked_port(admin, capsys, monkeypatch):
    monkeypatch.delenv("PORT", raising=False)
    call_command("signin_link", port="8456")

    said = capsys.readouterr().out
    assert "http://127.0.0.1:8456/signin/?sesame=" in said
    assert "15 minutes" in said


def test_without_an_administrator_the_command_says_so():
    with pytest.raises(CommandError, match="make run"):
        call_command("signin_link", port="8000")


def test_an_inactive_user_gets_no_link(admin):
    User.objects.update(is_active=False, last_login=timezone.now() - timedelta(days=1))

    with pytest.raises(User.DoesNotExist):
        links.sign_in_link(port=8000)
