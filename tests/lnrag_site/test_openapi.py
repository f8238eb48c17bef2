"""The API's description is served to everybody, from our own files, and names the header that every call needs."""

import re

import pytest
import yaml

from lnrag_site.middleware import VERSION_FREE, VERSIONED

pytestmark = pytest.mark.django_db


def test_every_call_is_described_with_the_version_header(client):
    answer = client.get("/api/v1/schema")

    assert answer.status_code == 200
    paths = yaml.safe_load(answer.content)["paths"]
    assert "/api/v1/node/{pubkey}/recommendations/v2" in paths
    assert "/api/v1/streaming/rag/query" in paths
    for path, operations in paths.items():
        for operation in operations.values():
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            is_versioned = path.startswith(VERSIONED) and not VERSION_FREE.match(path)
            assert ("X-API-Version" in names) is is_versioned, path


def test_the_page_has_no_inline_script_and_loads_nothing_from_elsewhere(client):
    answer = client.get("/api/v1/docs")
    page = answer.content.decode()

    assert answer.status_code == 200
    assert "unsafe-inline" not in answer["Content-Security-Policy"].split("style-src")[0]
    assert not re.search(r"<script>|<script [^>]*>[^<]", page)
    assert not re.search(r"(src|href)=\"https?://", page)
    assert client.get("/api/v1/docs?script=").status_code == 200
