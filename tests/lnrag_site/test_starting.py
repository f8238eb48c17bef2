"""What `start` says of the machine and its models (CF-14)."""

import logging

import pytest

from lnrag_site import starting
from models_registry.domain.hardware import Gpu, Hardware
from models_registry.services import hardware
from tests.models_registry.rows import host, model

pytestmark = pytest.mark.django_db


def test_the_profile_and_the_models_are_logged_in_one_line(monkeypatch, caplog):
    monkeypatch.setattr(hardware, "measure", lambda: Hardware(17.2, 8, (Gpu("RTX 4090", 25.8),)))
    ollama = host()
    model(ollama, "phi3:medium")
    model(host("second"), "phi3:medium")
    model(ollama, "gone:1b", is_installed=False)

    with caplog.at_level(logging.INFO, logger="lnrag_site.starting"):
        line = starting.note_profile()

    assert line == "Profile recommended (17.2 GB, 8 cores, cards with 25.8 GB); models: phi3:medium"
    (record,) = caplog.records
    assert (record.message, record.profile, record.models) == (
        "lnrag_site.profile.chosen",
        "recommended",
        ("phi3:medium",),
    )


def test_without_models_the_next_step_is_named(monkeypatch):
    monkeypatch.setattr(hardware, "measure", lambda: Hardware(8.0, None))

    line = starting.note_profile()

    assert line.startswith("Profile minimal (8.0 GB, unknown cores, no card); models: none seen yet")
    assert "setup_models minimal" in line
