"""The address of the mail server: each scheme with its port, a password that may hold signs, and what is refused."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from lnrag_site.mail import MailServer, mail_server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("", MailServer()),
        ("smtp://localhost", MailServer("localhost", 25)),
        ("smtp+tls://ann:p%40ss@mail.example.org", MailServer("mail.example.org", 587, "ann", "p@ss", starts_tls=True)),
        (
            "smtps://ann:secret@mail.example.org:4650",
            MailServer("mail.example.org", 4650, "ann", "secret", is_tls=True),
        ),
    ],
)
def test_an_address_tells_host_port_login_and_encryption(url, server):
    assert mail_server(url) == server


@pytest.mark.parametrize(
    "url", ["mail.example.org", "https://ann:secret@example.org", "smtp://", "smtp://ann:secret@example.org:0x"]
)
def test_what_is_no_mail_server_stops_the_start_and_repeats_no_password(url):
    with pytest.raises(ImproperlyConfigured) as refused:
        mail_server(url)

    assert "secret" not in str(refused.value)
    assert "EMAIL_URL" in str(refused.value)
