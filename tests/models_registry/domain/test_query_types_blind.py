"""The sixty questions labelled before the rules were looked at, and near misses that no rule may catch."""

import pytest

from models_registry.domain.query_types import QueryType, detect_query_type
from tests.models_registry.domain.query_sentences_blind import BLIND

DETAILED, TROUBLE, TECHNICAL = QueryType.DETAILED, QueryType.TROUBLESHOOTING, QueryType.TECHNICAL
SCORING, QUICK, STRATEGIC = QueryType.SCORING, QueryType.QUICK, QueryType.STRATEGIC


@pytest.mark.parametrize(("question", "expected"), BLIND)
def test_a_question_labelled_without_sight_of_the_rules(question, expected):
    assert detect_query_type(question) is QueryType(expected)


def test_each_type_has_ten_questions_and_none_is_asked_twice():
    kinds = [kind for _, kind in BLIND]
    assert {kind: kinds.count(kind) for kind in kinds} == dict.fromkeys(QueryType, 10)
    assert len({question for question, _ in BLIND}) == len(BLIND)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What fee should I charge on my best channel?", DETAILED),
        ("Quels frais mettre sur mon meilleur canal ?", DETAILED),
        ("Should I close channels with offline peers?", DETAILED),
        ("Should I refuse small channels?", DETAILED),
        ("Can my node issue an invoice for a customer?", DETAILED),
        ("Is it worth upgrading my disk?", DETAILED),
        ("How is a private channel going to earn anything?", DETAILED),
        ("My revenue over the last twelve months", DETAILED),
        ("Mes revenus dans le mois écoulé", DETAILED),
        ("What do you recommend for my fees?", DETAILED),
        ("How do I restore from a backup snapshot?", TECHNICAL),
        ("Pourquoi mon canal a besoin d'une réserve ?", TECHNICAL),
        ("Je n'arrive pas à comprendre comment fonctionne un swap", TECHNICAL),
        ("Why did Lightning adopt anchor outputs?", TECHNICAL),
        ("I don't understand why my payments fail", TROUBLE),
        ("J'aimerais comprendre pourquoi mes paiements échouent", TROUBLE),
    ],
)
def test_a_near_miss_keeps_its_type(question, expected):
    assert detect_query_type(question) is expected
