"""Answers meet rollouts by who asks: prompt, model, setting or number of passages may be a variant (RO-13)."""

from datetime import UTC, datetime

import pytest

from models_registry.models import Exposure, Rollout
from models_registry.services.ramp import Cause, roll_back
from rag.models import PromptRevision
from rag.services.prepare import Ask, set_scene
from rag.tasks import evaluate_nightly

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def scene(unit="user:1", **more):
    return set_scene(Ask("What is a routing fee?", unit=unit, user=None, at=NOW, **more))


@pytest.fixture
def prompt():
    PromptRevision.objects.filter(purpose="answer").delete()
    texts = {True: "Be brief.", False: "Be kind."}
    return {
        is_active: PromptRevision.objects.create(purpose="answer", lang="en", text=text, is_active=is_active)
        for is_active, text in texts.items()
    }


def test_a_variant_is_applied_noted_and_gone_with_the_rollback(prompt):
    row = Rollout.objects.create(slug="kind", name="Kind", purpose="answer", share_percent=100)
    changes = [
        {"kind": "prompt", "revision": prompt[False].pk},
        {"kind": "retrieval", "top_k": 3},
        {"kind": "strategy", "temperature": 0.9},
    ]
    row.variants.create(slug="kind", changes=changes)

    tried = scene()
    everybodys = scene(is_for_everybody=True)
    roll_back(row.pk, cause=Cause("ada", "No.", NOW))
    after = scene()

    assert (tried.prompt.text, tried.policy.top_k, tried.plan.knobs.temperature) == ("Be kind.", 3, 0.9)
    assert (tried.plan.experiments, tried.plan.prompt_revision_id) == (("kind:kind",), prompt[False].pk)
    assert tried.scope.key != after.scope.key
    assert (everybodys.prompt.text, everybodys.plan.experiments) == ("Be brief.", ())
    assert (after.prompt.text, after.policy.top_k) == ("Be brief.", 8)
    assert Exposure.objects.get().unit == "user:1"


def test_a_prompt_of_another_purpose_or_language_does_not_speak(prompt):
    PromptRevision.objects.filter(pk=prompt[False].pk).update(purpose="other")
    row = Rollout.objects.create(slug="kind", name="Kind", purpose="answer", share_percent=100)
    row.variants.create(slug="kind", changes=[{"kind": "prompt", "revision": prompt[False].pk}])

    assert scene().prompt.text == "Be brief."


def test_the_nightly_evaluation_is_asked_for_only_while_retrieval_is_tried():
    row = Rollout.objects.create(slug="wide", name="Wide", purpose="answer", share_percent=50)
    row.variants.create(slug="wide", changes=[{"kind": "strategy", "top_p": 0.5}])
    before = evaluate_nightly()
    row.variants.update(changes=[{"kind": "retrieval", "top_k": 3}])

    assert (before, evaluate_nightly(), evaluate_nightly()) == (False, True, False)  # the second joins the first
