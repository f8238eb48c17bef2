"""Advice meets rollouts by node: weights, prompt, setting or model may be a variant, also where v2 is asked by name."""

from models_registry.domain.variants import ADVICE
from models_registry.models import Exposure, Generation, Rollout, RolloutOutcome
from models_registry.services import guarding
from rag.models import PromptRevision
from recommendations.domain.advice import Engine
from recommendations.models import RecommendationRun, WeightRevision
from recommendations.services.prepare import prepare
from recommendations.services.weights import SHIPPED
from tests.journeys.inside import advised, let_echo_speak, request_of
from tests.journeys.stage import Stage


def experiment(*changes: dict[str, object], share: int = 100) -> Rollout:
    row = Rollout.objects.create(slug="tuned", name="Tuned", purpose=ADVICE, share_percent=share)
    row.variants.create(slug="new", changes=list(changes))
    return row


def test_every_kind_of_change_is_applied_and_in_the_plan(stage: Stage) -> None:
    let_echo_speak()
    plain = prepare(request_of(stage, engine=Engine.V2), at=stage.demo.at)
    weights = WeightRevision.objects.create(**{name: float(name == "ease_of_implementation") for name in SHIPPED})
    active = PromptRevision.objects.get(purpose="advice:detailed", lang="en", is_active=True)
    prompt = PromptRevision.objects.create(purpose=active.purpose, lang="en", text="Be kind.", is_active=False)
    experiment(
        {"kind": "weights", "revision": weights.pk},
        {"kind": "prompt", "revision": prompt.pk},
        {"kind": "strategy", "temperature": 0.05},
    )

    tried = prepare(request_of(stage, engine=Engine.V2), at=stage.demo.at)

    assert plain.plan
    assert tried.plan
    assert tried.brief
    assert tried.weights.revision_id == weights.pk != plain.weights.revision_id
    assert tried.brief.messages[0].content.startswith("Be kind.")
    assert (tried.plan.knobs.temperature, tried.plan.prompt_revision_id) == (0.05, prompt.pk)
    assert (plain.plan.experiments, tried.plan.experiments) == ((), ("tuned:new",))
    assert tried.memory_key != plain.memory_key
    assert Exposure.objects.get(rollout__slug="tuned").unit == stage.pubkey


def test_a_turn_tells_its_rollouts_what_came_of_it(stage: Stage) -> None:
    let_echo_speak()
    row = experiment({"kind": "strategy", "temperature": 0.05}, share=50)

    advised(stage, engine=Engine.V2, use_cache=False)
    advised(stage, engine=Engine.V2, use_cache=False)
    guarding.count(row.pk, at=stage.demo.at)

    run, generation = RecommendationRun.objects.first(), Generation.objects.first()
    assert run
    assert generation
    assert run.rollout["experiments"] == generation.plan["experiments"]
    assert run.response["counts"]["shown"] > 0
    kinds = set(RolloutOutcome.objects.filter(unit=stage.pubkey).values_list("kind", flat=True))
    assert {"errors", "sample_ratio"} <= kinds
    assert len(RolloutOutcome.objects.all()) == len(kinds)


def test_a_turn_by_rules_that_v2_could_not_word_proves_nothing(stage: Stage) -> None:
    experiment({"kind": "strategy", "temperature": 0.05}, share=50)

    advised(stage, engine=Engine.V2)  # no model is there

    assert not RolloutOutcome.objects.exists()
