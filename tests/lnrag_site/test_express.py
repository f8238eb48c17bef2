"""The short way is as strict as Django: the same hosts, an id for every call, and nothing else passes by Django."""

import pytest
from django.conf import settings

from lnrag_site.express import Express, ShortWay, is_addressed_to_us
from models_registry.api.openai.wire import Call, json_reply


async def door(call: Call):
    return json_reply({"method": call.method, "named": dict(call.named)})


async def django(scope, receive, send):
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b""})


APPLICATION = Express((("models/<path:name>", "openai-model", door),), prefix="v1/", otherwise=django)


async def asked(
    path: str,
    *,
    root: str = "",
    headers: tuple[tuple[bytes, bytes], ...] = ((b"host", b"127.0.0.1"),),
    of=APPLICATION,
    method: str = "GET",
):
    """Return the status, headers and body of one call."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "root_path": root, "headers": list(headers)}
    await of({**scope, "query_string": b"a=b"}, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent)


async def test_a_lane_answers_with_an_id_and_every_security_header():
    status, headers, body = await asked("/v1/models/a/b:c")

    assert (status, body) == (200, b'{"method":"GET","named":{"name":"a/b:c"}}')
    assert len(headers[b"x-request-id"]) == 32
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"x-frame-options"] == b"DENY"
    assert b"default-src 'self'" in headers[b"content-security-policy"]


@pytest.mark.parametrize(("path", "root"), [("/", ""), ("/v1", ""), ("//v1/models/a", ""), ("/v1/models/a", "/v1")])
async def test_everything_else_is_djangos(path, root):
    assert (await asked(path, root=root))[0] == 299


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        (((b"host", b"127.0.0.1:8000"),), True),
        (((b"host", b"LOCALHOST"),), True),
        (((b"host", b"evil.example"),), False),
        (((b"host", b"127.0.0.1"), (b"host", b"evil.example")), False),
        (((b"host", b""),), False),
        (((b"host", b"127.0.0.1:x"),), False),
        ((), False),
    ],
)
async def test_only_our_own_names_are_answered(headers, is_ours):
    assert is_addressed_to_us(headers) is is_ours
    assert (await asked("/v1/models/a", headers=headers))[0] == (200 if is_ours else 400)


@pytest.mark.parametrize(("given", "is_kept"), [(b"a-proxys-own-id", True), (b"x\r\ny: z", False), (b"short", False)])
async def test_a_well_formed_id_of_a_proxy_is_kept(given, is_kept):
    _, headers, _ = await asked("/v1/models/a", headers=((b"host", b"localhost"), (b"x-request-id", given)))

    assert (headers[b"x-request-id"] == given) is is_kept


def test_the_tests_know_the_hosts_they_speak_of():
    assert {"127.0.0.1", "localhost"} <= set(settings.ALLOWED_HOSTS)


async def told_before(authorization: str, path: str, query: bytes):
    return f"{authorization} {path} {query.decode()}".encode() if path == "/api/known" else None


SHORT = ShortWay(told_before, prefix="/api/", endpoint="known", headers=((b"x-kind", b"told"),), otherwise=django)
PLAIN = (
    (b"host", b"127.0.0.1"),
    (b"authorization", b"Bearer k"),
    (b"x-api-version", settings.API_VERSION.encode()),
)


async def test_what_is_known_is_told_with_an_id_and_every_security_header():
    status, headers, body = await asked("/api/known", headers=PLAIN, of=SHORT)

    assert (status, body) == (200, b"Bearer k /api/known a=b")
    assert (headers[b"content-length"], headers[b"x-kind"]) == (str(len(body)).encode(), b"told")
    assert len(headers[b"x-request-id"]) == 32
    assert headers[b"x-frame-options"] == b"DENY"


@pytest.mark.parametrize(
    "call",
    [
        {"path": "/api/unknown"},
        {"path": "/other/known"},
        {"method": "POST"},
        {"root": "/below"},
        {"headers": PLAIN[1:]},
        {"headers": ((b"host", b"evil.example"), *PLAIN[1:])},
        {"headers": (PLAIN[0], *PLAIN[2:])},
        {"headers": (*PLAIN, PLAIN[1])},
        {"headers": PLAIN[:2]},
        {"headers": (*PLAIN[:2], (b"x-api-version", b"1999-01-01"))},
        {"headers": (*PLAIN, (b"accept", b"text/html"))},
    ],
    ids=str,
)
async def test_what_is_not_asked_in_the_plainest_way_is_djangos(call):
    told = {"path": "/api/known", "headers": PLAIN, **call}
    assert (await asked(told.pop("path"), of=SHORT, **told))[0] == 299
