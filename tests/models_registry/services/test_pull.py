"""A download is a job in slices; it is shared, canceled and taken up again, and says what went wrong."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from models_registry import tasks
from models_registry.domain.residency import PullProgress
from models_registry.models import LanguageModel, Pull
from models_registry.services import pull
from tests.models_registry.rows import NOW, host
from tests.servers.ollama import Fault, Scenario

pytestmark = pytest.mark.django_db
TAG = "mistral:7b-instruct"


@pytest.fixture
def ollama(server):
    return host(base_url=server.url)


def cancel_elsewhere(pull_id: int) -> None:
    pull.cancel([pull_id], at=NOW)
    connection.close()


def pulls_asked(server) -> int:
    return sum(request.path == "/api/pull" for request in server.requests)


def test_a_download_ends_with_the_model_installed_and_known(ollama):
    row = pull.request(ollama, model=TAG, at=timezone.now())
    heard: list[PullProgress] = []

    assert not pull.run_slice(row.pk, watcher=heard.append)

    row.refresh_from_db()
    assert (row.state, row.percent, row.finished_at is not None) == ("done", 100, True)
    assert LanguageModel.objects.get(tag=TAG).is_installed
    assert heard[-1].is_done
    assert max(step.total_bytes or 0 for step in heard) == row.total_bytes or row.total_bytes is None


def test_two_who_want_the_same_model_share_one_download(ollama, server):
    first = pull.request(ollama, model=TAG, at=timezone.now())
    second = pull.request(ollama, model=f" {TAG} ", at=timezone.now())

    assert first.pk == second.pk
    assert OrmQ.objects.count() == 1


def test_a_job_that_is_delivered_twice_downloads_once(ollama, server):
    row = pull.request(ollama, model=TAG, at=timezone.now())

    tasks.pull_model(pull_id=row.pk, later_argument=1)
    tasks.pull_model(pull_id=row.pk)

    assert pulls_asked(server) == 1


def test_a_slice_that_is_over_hands_on_to_the_next(ollama, server):
    row = pull.request(ollama, model=TAG, at=timezone.now())

    assert pull.run_slice(row.pk, slice_s=0.0)
    row.refresh_from_db()
    assert row.state == Pull.State.QUEUED
    tasks.pull_model(pull_id=row.pk)

    row.refresh_from_db()
    assert row.state == Pull.State.DONE
    assert pulls_asked(server) == 2


def test_what_somebody_works_on_is_left_to_them_until_they_are_surely_gone(ollama, server):
    row = pull.request(ollama, model=TAG, at=timezone.now())
    Pull.objects.update(state=Pull.State.RUNNING)
    assert not pull.run_slice(row.pk)
    assert pulls_asked(server) == 0

    Pull.objects.update(updated_at=timezone.now() - timedelta(seconds=pull.ABANDONED_S + 1))
    assert pull.request(ollama, model=TAG, at=timezone.now()).pk == row.pk
    assert OrmQ.objects.count() == 2
    pull.run_slice(row.pk)

    assert Pull.objects.get().state == Pull.State.DONE


def test_a_host_that_cannot_fetch_is_quoted(ollama, server):
    server.use(Fault(Scenario.PULL_ERROR_LINE, text="dial tcp: lookup registry: no such host"))
    row = pull.request(ollama, model=TAG, at=timezone.now())

    assert not pull.run_slice(row.pk)

    row.refresh_from_db()
    assert row.state == Pull.State.FAILED
    assert "no such host" in row.status
    assert not row.is_under_way


def test_a_host_that_is_away_fails_the_download(ollama, server):
    row = pull.request(host("away"), model=TAG, at=timezone.now())

    assert not pull.run_slice(row.pk)

    row.refresh_from_db()
    assert row.state == Pull.State.FAILED
    assert row.status


@pytest.mark.django_db(transaction=True)
def test_a_canceled_download_stops_at_its_next_sign_and_stays_canceled(ollama, server):
    row = pull.request(ollama, model=TAG, at=timezone.now())

    def cancel_soon(step: PullProgress) -> None:  # as another process would: in its own connection
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(cancel_elsewhere, row.pk).result()

    assert not pull.run_slice(row.pk, watcher=cancel_soon)

    row.refresh_from_db()
    assert (row.state, row.status) == ("canceled", "Canceled.")
    assert pull.cancel([row.pk], at=NOW) == 0


def test_an_interrupted_command_leaves_no_download_that_seems_to_run(ollama):
    row = pull.request(ollama, model=TAG, at=timezone.now())

    def press_ctrl_c(step: PullProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull.run_slice(row.pk, watcher=press_ctrl_c)

    row.refresh_from_db()
    assert (row.state, row.status) == ("failed", pull.INTERRUPTED)


def test_what_has_not_ended_within_a_day_is_given_up(ollama):
    row = pull.request(ollama, model=TAG, at=timezone.now() - pull.LONGEST)

    assert not pull.run_slice(row.pk, slice_s=0.0)

    row.refresh_from_db()
    assert (row.state, row.status) == ("failed", "It has not ended within a day.")


@pytest.mark.parametrize("name", ["mistral:latest", "mistral", "", "a b:c"])
def test_only_a_full_tag_is_pulled(ollama, name):
    with pytest.raises(ValidationError):
        pull.request(ollama, model=name, at=NOW)

    assert not Pull.objects.exists()


def test_only_ollama_downloads(db):
    with pytest.raises(ValidationError, match="only Ollama"):
        pull.request(host("gpt", kind="openai"), model=TAG, at=NOW)


def test_a_slice_leaves_room_for_a_silent_check_of_the_layers(settings):
    timeout_s = settings.Q_CLUSTER["timeout"]

    assert timeout_s / 2 > pull.SLICE_S
    assert pull.SLICE_S + host().load_timeout_s < timeout_s <= pull.ABANDONED_S < settings.Q_CLUSTER["retry"]
