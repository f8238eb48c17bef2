"""What an operator allows on a node: how bold advice may be, and limits of single channels. One row each per user."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction

from recommendations.domain.facts import UNBOUNDED, ChannelBounds, NodeFacts
from recommendations.domain.findings.profiles import Profile
from recommendations.models import ChannelLimit, NodeStance
from recommendations.queries.nodes import Viewer

Owner = AbstractBaseUser | AnonymousUser  # signed in; views check that


@dataclass(frozen=True, slots=True)
class Stance:
    """One user's stance on one node: the profile, and limits by short channel id."""

    profile: Profile = Profile.BALANCED
    bounds: Mapping[str, ChannelBounds] = field(default_factory=dict)

    def applied(self, facts: NodeFacts) -> NodeFacts:
        """Return the facts with the limits on their channels."""
        if not self.bounds:
            return facts
        channels = (replace(one, bounds=self.bounds.get(one.scid, UNBOUNDED)) for one in facts.channels)
        return replace(facts, channels=tuple(channels))


@dataclass(frozen=True, slots=True)
class LimitEdit:
    """New limits for channels; all of them are written, so an empty one lifts that bound."""

    bounds: ChannelBounds
    note: str = ""


def stance_of(user: Viewer, *, node_id: int) -> Stance:
    """Return the stance; the shipped one for a reader without an account. Two queries, or none."""
    if user is None or user.pk is None:
        return Stance()
    chosen = NodeStance.objects.filter(owner_id=user.pk, node_id=node_id).values_list("profile", flat=True).first()
    rows = ChannelLimit.objects.filter(owner_id=user.pk, node_id=node_id)
    names = ("scid", "min_fee_ppm", "max_fee_ppm", "is_hands_off")
    bounds = {scid: ChannelBounds(low, high, off) for scid, low, high, off in rows.values_list(*names)}
    return Stance(Profile(chosen) if chosen else Profile.BALANCED, bounds)


def choose_profile(profile: Profile, *, owner: Owner, node_id: int) -> None:
    """Keep how bold the advice for this node may be."""
    NodeStance.objects.update_or_create(owner_id=owner.pk, node_id=node_id, defaults={"profile": profile.value})


def set_limits(scids: Sequence[str], edit: LimitEdit, *, owner: Owner, node_id: int) -> int:
    """Write the same limits for all these channels and return how many; without any bound the rows go."""
    assert owner.pk is not None, "views ask for a sign-in first"
    with transaction.atomic():
        rows = ChannelLimit.objects.filter(owner_id=owner.pk, node_id=node_id, scid__in=scids)
        rows.delete()
        if edit.bounds != UNBOUNDED:
            ChannelLimit.objects.bulk_create(_row(scid, edit, owner.pk, node_id) for scid in scids)
    return len(scids)


def _row(scid: str, edit: LimitEdit, owner_id: int, node_id: int) -> ChannelLimit:
    bounds = edit.bounds
    return ChannelLimit(
        owner_id=owner_id,
        node_id=node_id,
        scid=scid,
        min_fee_ppm=bounds.min_fee_ppm,
        max_fee_ppm=bounds.max_fee_ppm,
        is_hands_off=bounds.is_hands_off,
        note=edit.note,
    )
