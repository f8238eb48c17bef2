"""Two web processes and two job queues race on one database: nothing is lost, doubled or out of order."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from itertools import product
from random import Random
from typing import Any

import httpx
import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from feedback.models import Rating
from feedback.services.judge import judge
from models_registry.domain.rollout import assign, bucket, salt_of
from models_registry.models import Generation, Rollout, RolloutOutcome
from models_registry.queries.rollout_specs import spec_of
from models_registry.services import keys, ramp
from models_registry.services.health import ensure_fresh
from models_registry.services.ramp import Cause
from recommendations.models import Recommendation
from tests.journeys import gateway, taps, voices
from tests.journeys.crowd import PATIENCE_S, blocked, together, while_held
from tests.journeys.gateway import eventually
from tests.journeys.inside import advised
from tests.journeys.served import Served, wait_until
from tests.journeys.stage import Stage, point_at
from tests.servers.ollama import OllamaServer

pytestmark = pytest.mark.integration

PEOPLE = 4
UNITS = 12
ROUNDS = 2
MOVES = ("viewed", "applied", "rejected", "undo")
MARKS = (("applied", "note"), ("rejected", "reject_reason"))  # and where who made it is found
STATE = "/api/v1/recommendations/{}/state"
RATINGS = "/api/v1/feedback/ratings"
Web = tuple[Served, Served]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a key."""

    name: str
    number: int
    key: str


@dataclass(frozen=True, slots=True)
class Said:
    """What one request came to."""

    target: str
    asked: str
    status: int
    body: dict[str, Any]


Call = Callable[[], object]
Act = Callable[[httpx.Client, Person, Random], list[Said]]


@pytest.fixture(scope="module")
def people(rows: Stage) -> list[Person]:
    """Four people who look at the same node."""
    found = []
    for number in range(PEOPLE):
        user = get_user_model().objects.create_user(f"person-{number}")
        key = keys.create(user.username, user=user, requests_per_minute=100_000, requests_per_hour=100_000)
        found.append(Person(user.username, number, key.text))
    return found


@pytest.fixture
def host(stage: Stage) -> Iterator[OllamaServer]:
    with OllamaServer(num_parallel=8) as server:
        point_at(server.url, slots=8)
        ensure_fresh(at=timezone.now())
        server.respond_with(voices.diligent)
        yield server


def client_of(served: Served) -> httpx.Client:
    return httpx.Client(base_url=served.url, timeout=taps.PATIENCE_S, verify=False)  # no certificates to be read


def send(client: httpx.Client, path: str, *, about: str, asked: str, **words: Any) -> Said:
    response = client.post(path, json=words)
    assert response.status_code < 500, response.text
    return Said(about, asked, response.status_code, response.json())


def crowd(places: Iterable[tuple[Served, Person]], act: Act) -> list[Said]:
    """Have each person act at a web process, all at once; return all that came of it."""

    def acting(served: Served, person: Person, seed: int) -> list[Said]:
        with client_of(served) as client:
            client.headers = httpx.Headers(taps.headers(person.key, accept=taps.JSON))
            return act(client, person, Random(seed))

    acts = [partial(acting, served, person, seed) for seed, (served, person) in enumerate(places)]
    return [said for heard in together(acts) for said in heard]


def counted(web: Web, name: str, *, key: str) -> float:
    """Return what a counter of both web processes comes to, whatever its labels."""
    texts = [taps.get(served, "/metrics", key=key).text for served in web]
    families = [family for text in texts for family in text_string_to_metric_families(text)]
    return sum(one.value for family in families for one in family.samples if one.name == name)


def test_decisions_of_many_people_are_each_made_once_and_in_an_order(
    web: Web, stage: Stage, people: list[Person]
) -> None:
    advice = [one["id"] for one in advised(stage).recommendations][:3]
    before = counted(web, "recommendations_applied_total", key=stage.key)

    def decide(client: httpx.Client, person: Person, rng: Random) -> list[Said]:
        wishes = list(product(advice, MOVES))
        rng.shuffle(wishes)
        words = f"{person.name} at {client.base_url}"
        return [
            send(client, STATE.format(key), about=key, asked=move, state=move, note=words, reason=words)
            for key, move in wishes
        ]

    said = crowd(product(web, people), decide)

    assert {one.status for one in said} == {200, 409}
    applied = [its_marks_add_up(key, [one for one in said if one.target == key]) for key in advice]
    assert counted(web, "recommendations_applied_total", key=stage.key) - before == sum(applied)


def its_marks_add_up(key: str, said: list[Said]) -> int:
    """Every mark was made once, by one person, and taken back at most once. Return how often it was applied."""
    row = Recommendation.objects.get(pk=key)
    done = [one for one in said if one.status == 200]
    marks = {mark: {(one.body[f"{mark}_at"], one.body[by]) for one in done if one.asked == mark} for mark, by in MARKS}
    undone = sum(one.asked == "undo" for one in done)
    standing = getattr(row, f"{row.state}_at")

    assert sum(map(len, marks.values())) - undone == (row.state in marks)
    assert row.state not in marks or standing.isoformat() in {moment for moment, _ in marks[row.state]}
    assert [row.applied_at, row.rejected_at].count(None) == 2 - (row.state in marks)
    assert row.generated_at <= (row.viewed_at or standing) <= standing
    return len(marks["applied"])


def test_votes_of_many_people_are_each_counted_once(
    web: Web, stage: Stage, host: OllamaServer, people: list[Person]
) -> None:
    share = (bucket(stage.pubkey, salt=salt_of("advice-v2")) + 1) / 100  # the node is the last one inside
    Rollout.objects.update(share_percent=f"{share:.2f}", state="running", step_since=stage.demo.at)
    advice = [one["id"] for one in advised(stage, engine=None).recommendations][:5]
    before = counted(web, "lnrag_ratings_total", key=stage.key)

    def vote(client: httpx.Client, person: Person, _rng: Random) -> list[Said]:
        rounds = product(range(ROUNDS), advice)
        return [vote_on(key, client, is_up=(person.number + number) % 2 > 0) for number, key in rounds]

    def think_again(client: httpx.Client, person: Person, _rng: Random) -> list[Said]:
        return [vote_on(advice[person.number], client, is_up=(person.number + ROUNDS) % 2 > 0)]

    said = crowd(product(web, people), vote)
    places = [(web[person.number % 2], person) for person in people]
    # Everybody has voted anew before anybody tells the generation.
    said += while_held(
        Generation.objects.all(), partial(crowd, places, think_again), until=lambda: len(blocked()) == PEOPLE
    )

    assert {one.status for one in said} == {200}
    assert counted(web, "lnrag_ratings_total", key=stage.key) - before == len(said)
    rows = Rating.objects.values_list("target_id", "thumb")
    assert Counter(target for target, _ in rows) == dict.fromkeys(advice, PEOPLE)
    assert [sum(thumb for target, thumb in rows if target == key) for key in advice] == [-2, 2, -2, 2, 0]
    assert Generation.objects.get().rating is None  # a tie
    assert RolloutOutcome.objects.filter(kind="down_votes").count() == 1  # of the node, whoever votes
    assert satisfaction() == 0.5


def vote_on(key: str, client: httpx.Client, *, is_up: bool) -> Said:
    words = {"target": "recommendation", "target_id": key, "thumb": "up" if is_up else "down"}
    return send(client, RATINGS, about=key, asked="vote", **words)


def satisfaction() -> float | None:
    found = judge(Rollout.objects.get(), at=timezone.now()).kpis
    return next(one.value for one in found if one.name == "user_satisfaction")


def test_units_meet_a_rollout_once_each_and_stay_in_it_while_the_share_grows(
    web: Web, stage: Stage, host: OllamaServer
) -> None:
    row = Rollout.objects.create(
        slug="cool", name="Cool", purpose="chat", share_percent=30, state="running", guards=["errors"]
    )
    row.variants.create(slug="new", changes=[{"kind": "strategy", "temperature": 0.0}])
    host.respond_with(lambda _request: "Fine.")
    programs = {f"key:{new.row.pk}": new.text for new in (keys.create(f"program-{n}") for n in range(UNITS))}
    share = partial(ramp.set_share, row.pk, share_percent=Decimal(70), cause=Cause("admin", "more", timezone.now()))

    with ExitStack() as opened:
        clients = [opened.enter_context(client_of(served)) for served in web]
        chats: list[Call] = [partial(chat, client, key) for client, key in product(clients, programs.values())]
        meanwhile: list[Call] = [*chats, share]
        statuses = [*together(chats), *together(meanwhile), *together(chats)]

    assert Counter(statuses)[200] == 3 * len(chats)
    specs = {now: replace(spec_of(Rollout.objects.get(pk=row.pk)), share_percent=Decimal(now)) for now in (30, 70)}
    early, late = ({unit: assign(unit, spec=spec).variant for unit in programs} for spec in specs.values())
    assert {(early[unit], late[unit]) for unit in programs} <= {("old", "old"), ("old", "new"), ("new", "new")}
    wait_until(lambda: dict(row.exposures.values_list("unit", "variant")) == late, patience_s=PATIENCE_S)
    assert_arms_only_move_in(programs, early, late)
    assert_every_outcome_is_counted(row, early)


def chat(client: httpx.Client, key: str) -> int:
    return client.post("/v1/chat/completions", json=gateway.question(), headers=gateway.bearer(key)).status_code


def assert_arms_only_move_in(units: Iterable[str], early: dict[str, str], late: dict[str, str]) -> None:
    """Each unit was in its arm all the time; only one between the shares was in both, first in the old."""
    rows = eventually(Generation.objects.filter(purpose="gateway").order_by("created_at"), count=6 * UNITS)
    for unit in units:
        arms = [one.plan["experiments"][0].removeprefix("cool:") for one in rows if one.plan["unit"] == unit]
        assert len(arms) == 6
        assert (set(arms), arms[:2], arms[4:]) == ({early[unit], late[unit]}, 2 * [early[unit]], 2 * [late[unit]])


def assert_every_outcome_is_counted(row: Rollout, arms: dict[str, str]) -> None:
    """What came of each unit's first turn stands there once, in its place, and in the guards."""
    sizes, (guard,) = Counter(arms.values()), row.watch.all()
    assert dict(row.outcomes.values_list("unit", "variant")) == arms
    assert list(row.outcomes.order_by("position").values_list("position", flat=True)) == list(range(1, UNITS + 1))
    assert (guard.count, guard.figures["n_a"], guard.figures["n_b"]) == (UNITS, sizes["old"], sizes["new"])
