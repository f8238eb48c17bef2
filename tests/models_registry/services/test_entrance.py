"""Programs let in on the event loop: the same rules as in a thread, and a thread for whatever is not usual."""

from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone

from models_registry.domain.errors import QuotaExceeded, ScopeMissing
from models_registry.domain.scopes import Scope
from models_registry.models import ApiKey, RequestWindow, Tier
from models_registry.queries.planning import planning_epoch
from models_registry.services import entrance, keys, lease

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
async def no_connection_is_left():
    yield
    await lease.close()
    await sync_to_async(connections.close_all)()


@sync_to_async
def a_key(**told):
    """A key whose use was noted just now, so that nothing about it must be written."""
    new = keys.create("program", **told)
    ApiKey.objects.filter(pk=new.row.pk).update(latest_used_at=timezone.now())
    return f"Bearer {new.text}", new.row


async def find(header):
    await lease.current().ready(within_s=5)
    return await entrance.find(header, at=timezone.now())


async def test_a_right_key_is_found_with_its_limits_and_the_epoch():
    header, row = await a_key(requests_per_minute=7, requests_per_hour=70)
    found = await find(header)
    assert (found.key.pk, found.key.tier, found.key.scopes) == (row.pk, row.tier, [])
    assert (found.quota.per_minute, found.quota.per_hour) == (7, 70)
    assert found.epoch == await sync_to_async(planning_epoch)()


async def test_a_tier_without_limits_is_not_a_tier_without_a_row():
    header, _ = await a_key(tier="premium")
    none = {"requests_per_minute": None, "requests_per_hour": None}
    await Tier.objects.aupdate_or_create(slug="premium", defaults=none)
    assert (await find(header)).quota.per_minute is None
    await Tier.objects.filter(slug="premium").adelete()
    assert (await find(header)).quota.per_minute == 60


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Basic abc", "Bearer lnr_aaaaaaaa_wrong"])
async def test_what_is_no_key_is_left_to_the_thread(header):
    assert await find(header) is None


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"expires_at": timezone.now() - timedelta(days=1)}, {"latest_used_at": None}],
    ids=["revoked", "expired", "use to be noted"],
)
async def test_a_key_that_changed_is_left_to_the_thread_at_once(change):
    header, row = await a_key()
    assert await find(header)
    await ApiKey.objects.filter(pk=row.pk).aupdate(**change)
    assert await find(header) is None


async def admit(header, scope=Scope.GATEWAY):
    await lease.current().ready(within_s=5)
    return await entrance.admit(header, scope=scope, at=timezone.now())


async def test_exactly_as_many_requests_pass_as_are_allowed():
    header, row = await a_key(requests_per_minute=2, requests_per_hour=9)
    assert await admit(header)
    assert await admit(header)
    for _ in range(2):
        with pytest.raises(QuotaExceeded):
            await admit(header)
    assert (await RequestWindow.objects.aget(unit=f"key:{row.pk}", seconds=60)).count == 2


async def test_a_key_without_limits_is_let_in_and_not_counted():
    header, _ = await a_key(tier="premium")
    none = {"requests_per_minute": None, "requests_per_hour": None}
    await Tier.objects.aupdate_or_create(slug="premium", defaults=none)
    assert await admit(header)
    assert await admit(header)
    assert not await RequestWindow.objects.aexists()


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"expires_at": timezone.now() - timedelta(days=1)}, {"prefix": "another1"}],
    ids=["revoked", "expired", "gone"],
)
async def test_a_kept_key_that_changed_is_not_let_in_again(change):
    header, row = await a_key()
    assert await admit(header)
    await ApiKey.objects.filter(pk=row.pk).aupdate(**change)
    assert await admit(header) is None


async def test_a_kept_key_of_somebody_who_was_locked_out_is_not_let_in_again():
    person = await User.objects.acreate(username="somebody")
    header, _ = await a_key(user=person)
    assert await admit(header)
    await User.objects.filter(pk=person.pk).aupdate(is_active=False)
    assert await admit(header) is None


async def test_new_limits_of_a_kept_key_hold_for_its_next_request():
    header, row = await a_key(requests_per_minute=100)
    assert (await admit(header)).quota.per_minute == 100
    await ApiKey.objects.filter(pk=row.pk).aupdate(requests_per_minute=1)
    with pytest.raises(QuotaExceeded):
        await admit(header)


async def test_new_limits_of_a_tier_hold_for_the_next_request_of_its_kept_keys():
    header, _ = await a_key(tier="premium")
    await Tier.objects.aupdate_or_create(slug="premium", defaults={"requests_per_minute": 9})
    assert (await admit(header)).quota.per_minute == 9
    await Tier.objects.filter(slug="premium").aupdate(requests_per_minute=8)
    assert (await admit(header)).quota.per_minute == 8


async def test_a_scope_that_a_kept_key_was_given_is_known_at_once():
    header, row = await a_key(scopes=["stats"])
    with pytest.raises(ScopeMissing):
        await admit(header)
    await ApiKey.objects.filter(pk=row.pk).aupdate(scopes=["stats", "gateway"])
    assert await admit(header)
    assert (await RequestWindow.objects.aget(unit=f"key:{row.pk}", seconds=60)).count == 1


async def test_another_secret_does_not_pass_for_a_kept_key():
    header, _ = await a_key()
    assert await admit(header)
    assert await admit(f"{header}x") is None


async def test_a_kept_key_tells_the_epoch_of_its_own_request():
    header, _ = await a_key()
    before = (await admit(header)).epoch
    await Tier.objects.aupdate_or_create(slug="enterprise", defaults={"requests_per_minute": 5})
    after = (await admit(header)).epoch
    assert before != after == await sync_to_async(planning_epoch)()


async def test_without_its_connection_nobody_is_let_in_here():
    header, row = await a_key()
    assert await admit(header)
    await lease.close()
    assert await entrance.admit(header, scope=Scope.GATEWAY, at=timezone.now()) is None
    assert (await RequestWindow.objects.aget(unit=f"key:{row.pk}", seconds=60)).count == 1
