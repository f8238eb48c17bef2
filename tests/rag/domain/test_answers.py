"""What an answer says of itself: citations, confidence, quality, abstention."""

from dataclasses import replace

import pytest

from models_registry.domain.errors import QueueFull, QuotaExceeded, RateLimited
from rag.domain.answers import Draft, abstention, check, quoted
from rag.domain.passages import Passage, Retrieval

SPACE = {"embed_model": "m", "embed_version": "v", "index_version": "m-v"}


def passage(number: int, text: str = "The base fee is 1,000 msat per payment by default.") -> Passage:
    title = f"Article {number}"
    return Passage(number, number, f"{number}.md", title, f"L > {title}", text, "en", "", number, 0.03, 0.6, 5.0, 1, 1)


def retrieval(**more) -> Retrieval:
    values = {
        "question": "What is the base fee?",
        "lang": "en",
        "passages": (passage(1), passage(2)),
        "best_cosine": 0.6,
    }
    return Retrieval(**{**values, **more})


def checked(text: str, **more):
    draft = Draft(text, **{"model": "m", **more})
    return check(draft, retrieval=retrieval(), given=["capacity 5,000 sat"], query_type="quick", space=SPACE)


def test_citations_name_their_passages_in_order_of_numbers() -> None:
    result = checked("Second [2], first [1], unknown [7].")

    assert [(one.number, one.document_uid) for one in result.citations] == [(1, "1.md"), (2, "2.md")]
    assert result.citations[0].quote.startswith("The base fee is 1,000 msat")
    assert [source["uid"] for source in result.sources] == ["1.md", "2.md"]


@pytest.mark.parametrize(
    ("text", "ungrounded"),
    [
        ("It is 1,000 msat [1].", ()),
        ("It is 777 msat [1].", (777.0,)),
        ("It is 1,000 msat [1]. Capacity 5,000 sat.", ()),
    ],
)
def test_numbers_nobody_gave_are_flagged_and_cost_confidence(text: str, ungrounded: tuple[float, ...]) -> None:
    result = checked(text)

    assert result.ungrounded_numbers == ungrounded
    assert result.confidence is not None
    assert (result.confidence < checked("It is 1,000 msat [1].").confidence) is bool(ungrounded)


def test_an_answer_without_citations_is_not_trusted() -> None:
    result = checked("It is 1,000 msat.")

    assert result.confidence is not None
    assert result.confidence <= 0.3
    assert result.quality is not None
    assert result.quality.score == 0


def test_dropped_citations_lower_the_evidence() -> None:
    quality = checked("It is 1,000 msat [1].", dropped_citations=(8, 9)).quality

    assert quality is not None
    assert quality.components["evidence"] == pytest.approx(1 / 3, abs=0.01)


def test_the_wrong_language_is_not_useful() -> None:
    quality = checked("Les frais de base sont de 1,000 msat pour chaque paiement [1].").quality

    assert quality is not None
    assert quality.components["usefulness"] == 0


def test_an_abstention_says_what_is_missing_and_what_is_near() -> None:
    draft = abstention(retrieval(missing_terms=("Hetzner",)))

    assert "Hetzner" in draft.text
    assert "L > Article 1 [1]" in draft.text
    result = check(draft, retrieval=retrieval(), given=(), query_type="quick", space=SPACE)
    assert (result.abstained, result.confidence, result.quality) == (True, None, None)
    assert [one.number for one in result.citations] == [1, 2]


def test_an_empty_library_says_so() -> None:
    assert "no document" in abstention(retrieval(passages=())).text


def test_quoting_marks_the_answer_as_degraded() -> None:
    result = check(quoted(retrieval()), retrieval=retrieval(), given=(), query_type="quick", space=SPACE)

    assert result.degraded is True
    assert result.note
    assert result.ungrounded_numbers == ()


def test_passages_without_sentences_cannot_be_quoted() -> None:
    code = replace(passage(1), text="```\nlncli getinfo\n```")

    assert quoted(retrieval(passages=(code,))).is_abstention


def test_the_data_keep_the_promised_names() -> None:
    told = checked("It is 1,000 msat [1].").as_data()

    promised = {"answer", "sources", "confidence", "degraded", "model", "embed_model", "embed_version"}
    assert promised | {"confidence_score", "model_used", "citations", "note"} <= told.keys()


def test_what_was_left_out_or_cited_nothing_is_told_with_the_answer() -> None:
    result = checked("It is 1,000 msat [1].", dropped_citations=(9,), removed=("command", "command"))

    assert [(one["kind"], one["text"], one["is_grave"]) for one in result.checks_data()] == [
        ("citation", "[9]", True),
        ("removed", "command", True),
    ]
    assert result.checks_data()[1]["message"].startswith("(command left out)")


def test_a_model_that_found_nothing_makes_an_abstention_that_says_so() -> None:
    draft = abstention(retrieval(), is_by_model=True)

    assert draft.is_abstention
    assert "did not find the answer" in draft.text


def test_the_passages_are_explained_by_their_legs() -> None:
    (first, _) = checked("It is 1,000 msat [1].").passages

    assert (first["number"], first["dense_rank"], first["lexical_rank"], first["is_read"]) == (1, 1, 1, True)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (None, "No language model answered"),
        (QueueFull(retry_after_s=4.2), "in about 5 s"),
        (QueueFull(), "a little later"),
        (QuotaExceeded(retry_after_s=2.0), "too many answers open"),
    ],
)
def test_quotes_name_the_reason_why_no_model_answered(refusal: RateLimited | None, words: str) -> None:
    assert words in quoted(retrieval(), refusal=refusal).note
