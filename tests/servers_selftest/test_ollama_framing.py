"""The stand-in frames the same answer in many ways, as networks do."""

from tests.servers.ollama import Fault, OllamaServer, Scenario
from tests.servers_selftest.asking_ollama import asking, body_of
from tests.servers_selftest.raw import HTTP, chat, chunks, lines, read_all, said, split_response


# How the bytes are cut
def test_a_payload_split_at_every_offset_still_holds_the_same_answer(ollama: OllamaServer) -> None:
    ollama.respond_with(lambda _: ["При\u0085", "вет🧡"])
    longest = len(b"".join(chunks(body_of(ollama)))) + 20  # timestamps and durations vary in length

    for offset in range(longest):
        ollama.enqueue(Fault(Scenario.SPLIT_AT, split_at=offset))
        pieces = chunks(body_of(ollama))
        whole = b"".join(pieces)

        assert len(pieces) == 1 + (0 < offset < len(whole))
        assert len(pieces) == 1 or len(pieces[0]) == offset
        assert said(lines(whole)) == "При\u0085вет🧡"


def test_single_byte_writes_arrive_as_the_same_answer(ollama: OllamaServer) -> None:
    ollama.respond_with(lambda _: "Raise the fee.")
    ollama.use(Scenario.BYTE_WRITES)
    firsts = []

    for _ in range(5):  # whoever is kept from reading for some milliseconds finds many bytes waiting
        with asking(ollama) as client:
            firsts.append(client.recv(65_536))
            rest = read_all(client)
        assert said(lines(b"".join(chunks(split_response(firsts[-1] + rest)[1])))) == "Raise the fee."

    assert min(map(len, firsts)) < 200  # the head alone is longer


def test_single_byte_chunks_are_well_framed(ollama: OllamaServer) -> None:
    ollama.respond_with(lambda _: "Raise the fee.")
    ollama.use(Scenario.BYTE_CHUNKS)

    pieces = chunks(body_of(ollama))

    assert {len(piece) for piece in pieces} == {1}
    assert said(lines(b"".join(pieces))) == "Raise the fee."


def test_coalesced_lines_come_in_one_chunk(ollama: OllamaServer) -> None:
    ollama.use(Scenario.COALESCED)

    pieces = chunks(body_of(ollama))

    assert len(pieces) == 1
    assert len(lines(pieces[0])) > 3


def test_the_last_line_may_lack_its_newline(ollama: OllamaServer) -> None:
    ollama.use(Scenario.NO_LAST_NEWLINE)

    payload = b"".join(chunks(body_of(ollama)))

    assert payload.endswith(b"}")
    assert lines(payload)[-1]["done"] is True


def test_blank_lines_may_stand_between(ollama: OllamaServer) -> None:
    ollama.use(Scenario.BLANK_LINES)

    payload = b"".join(chunks(body_of(ollama)))

    assert b"}\n\n{" in payload
    assert lines(payload)[-1]["done"] is True


def test_non_stream_answers_a_stream_with_one_object(ollama: OllamaServer) -> None:
    ollama.use(Scenario.NON_STREAM)

    response = HTTP.post(f"{ollama.url}/api/chat", json=chat(stream=True))

    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.json()["done"] is True
