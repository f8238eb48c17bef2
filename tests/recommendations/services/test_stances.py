"""A stance is one user's own: a profile and limits that advice keeps, from the next request on."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from recommendations.domain.actions import Intent, intents
from recommendations.domain.facts import UNBOUNDED, ChannelBounds
from recommendations.domain.findings.profiles import Profile
from recommendations.models import ChannelLimit, NodeStance
from recommendations.services.prepare import prepare
from recommendations.services.stances import LimitEdit, Stance, choose_profile, set_limits, stance_of
from tests.journeys.inside import request_of
from tests.journeys.stage import Stage

pytestmark = pytest.mark.django_db
HANDS_OFF = LimitEdit(ChannelBounds(is_hands_off=True), "loop partner")


def test_a_stance_is_kept_for_its_user_alone(demo, operator, django_user_model):
    node_id, stranger = demo.node.pk, django_user_model.objects.create_user("stranger")
    choose_profile(Profile.AGGRESSIVE, owner=stranger, node_id=node_id)
    choose_profile(Profile.CONSERVATIVE, owner=stranger, node_id=node_id)
    set_limits(("1x1x1", "2x1x1"), LimitEdit(ChannelBounds(10, 500)), owner=stranger, node_id=node_id)

    known = stance_of(stranger, node_id=node_id)

    assert known == Stance(Profile.CONSERVATIVE, dict.fromkeys(("1x1x1", "2x1x1"), ChannelBounds(10, 500)))
    assert stance_of(operator, node_id=node_id) == Stance()
    assert stance_of(None, node_id=node_id) == stance_of(AnonymousUser(), node_id=node_id) == Stance()
    assert NodeStance.objects.count() == 1


def test_limits_are_written_as_a_whole_and_empty_ones_lift_them(demo, operator):
    names = {"owner": operator, "node_id": demo.node.pk}
    set_limits(("1x1x1", "2x1x1"), LimitEdit(ChannelBounds(10, 500)), **names)

    set_limits(("1x1x1",), HANDS_OFF, **names)
    set_limits(("2x1x1",), LimitEdit(UNBOUNDED), **names)

    (row,) = ChannelLimit.objects.all()
    assert (row.scid, row.min_fee_ppm, row.is_hands_off, row.note) == ("1x1x1", None, True, "loop partner")


def test_advice_keeps_to_the_stance_from_the_next_request_on(stage: Stage) -> None:
    request = request_of(stage)
    before = prepare(request, at=stage.demo.at)
    scids = {channel.scid for channel in before.facts.channels}
    touched = {t for one in before.recommendations for t, i in intents(one.action) if i is not Intent.REVIEW} & scids
    assert touched
    assert (before.profile, before.examination.held_back) == (Profile.BALANCED, 0)

    names: dict[str, Any] = {"owner": request.user, "node_id": stage.demo.node.pk}
    set_limits(sorted(touched), HANDS_OFF, **names)
    choose_profile(Profile.CONSERVATIVE, **names)
    after = prepare(request, at=stage.demo.at)

    still = {t for one in after.recommendations for t, i in intents(one.action) if i is not Intent.REVIEW}
    assert not touched & still
    assert after.profile is Profile.CONSERVATIVE
    assert after.examination.held_back > 0
    asked = prepare(request_of(stage, profile=Profile.AGGRESSIVE), at=stage.demo.at)
    assert asked.profile is Profile.AGGRESSIVE
