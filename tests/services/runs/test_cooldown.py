"""Cool-downs: which failures pause one model and which pause all models of an address, and for how long."""

from datetime import timedelta

import pytest
import time_machine

from helix import clock
from helix.extensions import db
from helix.models import ProviderCooldown
from helix.models.vocabulary import RunStatus
from helix.services import models, runs
from helix.services.models import cooldown
from helix.services.work import waiting_reasons
from tests.support.people import as_actor


@pytest.fixture
def queued(ada, make, provider):
    """A run for a model of its own, all at one address: `queued("broken")`."""
    known = {}

    def _queued(behaves):
        if behaves not in known:
            known[behaves] = make.model(
                provider="custom",
                model_name=behaves,
                base_url=provider.openai_url,
                display_name=f"Model {behaves}",
                is_default=False,
            )
        task = make.task("Write", agent=make.agent(ai_model_id=known[behaves].id))
        runs.start(as_actor(ada), task.id)
        return task, known[behaves]

    return _queued


@pytest.fixture
def state(ada):
    """How the newest run of a task stands, and why it waits."""

    def _state(task):
        newest = runs.of_task(as_actor(ada), task.id)[0][0]
        return newest.status, waiting_reasons.reasons([newest.id]).get(newest.id)

    return _state


def wait_of(key):
    row = db.session.get(ProviderCooldown, key, populate_existing=True)
    return None if row is None else (row.until - clock.now()).total_seconds()


@pytest.mark.parametrize("behaves", ["rate-limited:120", "broken", "no-quota"])
def test_one_failing_model_does_not_block_others_at_its_address(queued, state, work, behaves):
    for _ in range(3):
        queued(behaves)
        db.session.query(ProviderCooldown).delete()
        db.session.commit()
        work()
    healthy, _ = queued("ok")

    work()

    assert state(healthy)[0] == RunStatus.SUCCEEDED


def test_a_rate_limit_says_so_and_names_its_model(queued, state, work):
    queued("rate-limited:120")
    work()
    second, model = queued("rate-limited:120")

    _status, said = state(second)

    assert said["code"] == "cooling_down"
    assert model.display_name in said["message"]
    assert "limits the rate" in said["message"]
    assert 100 < wait_of(model.own_cooldown_key) <= 120


@pytest.mark.parametrize("asked", ["99999999999999", "86400", "1e300"])
def test_a_wait_of_absurd_length_is_capped(ada, queued, work, asked):
    task, model = queued(f"rate-limited:{asked}")

    work()

    assert wait_of(model.own_cooldown_key) <= 3_600
    newest = runs.of_task(as_actor(ada), task.id)[0][0]
    assert (newest.not_before - clock.now()).total_seconds() <= 3_600
    assert db.session.query(ProviderCooldown).count() == 1


def test_an_unreachable_address_blocks_all_its_models(ada, make, state, work):
    first, second = (
        make.model(provider="custom", model_name=name, base_url="http://127.0.0.1:9/v1", is_default=False)
        for name in ("a", "b")
    )
    for model in (first, second):
        task = make.task("Write", agent=make.agent(ai_model_id=model.id))
        runs.start(as_actor(ada), task.id)

    work()

    assert 0 < wait_of(first.cooldown_key) <= 5
    assert runs.claim("a worker") is None
    assert "127.0.0.1 cannot be reached" in state(task)[1]["message"]


def test_several_failing_models_block_their_address_unless_another_answers(queued, state, work):
    for behaves in ("broken:500", "broken:503"):
        queued(behaves)
        work()
    third, model = queued("ok")

    held_up = state(third)[1]
    for later in range(1, 7):
        with time_machine.travel(clock.now() + timedelta(seconds=11 * later)):
            while claim := runs.claim("a worker"):
                runs.execute(claim)

    assert held_up["code"] == "cooling_down"
    assert "fails for several models" in held_up["message"]
    assert state(third)[0] == RunStatus.SUCCEEDED
    assert wait_of(model.cooldown_key) is None


def test_an_address_where_another_model_answered_lately_is_not_blocked(queued, work):
    queued("ok")
    work()

    for behaves in ("broken:500", "broken:503", "broken:502"):
        _task, model = queued(behaves)
        work()

    assert wait_of(model.cooldown_key) is None
    assert wait_of(model.own_cooldown_key) is not None


def test_the_wait_grows_to_five_minutes_and_no_further(queued, work):
    _task, model = queued("broken")

    for failures in range(12):
        with time_machine.travel(clock.now() + timedelta(hours=failures)):
            cooldown.note_failure(model.id, "provider_error", answered=False, provider_wide=True, asked_seconds=9e9)
            assert wait_of(model.own_cooldown_key) <= 300.1


def test_a_successful_test_ends_the_cooldown_and_starts_waiting_runs(ada, queued, state, work, provider):
    provider.behave("limited-then-fine", lambda reply: reply.error(429, "Rate limit.", "rate_limit", Retry_After="900"))
    task, model = queued("limited-then-fine")
    work()
    before = state(task)[1]["code"]
    provider.behave("limited-then-fine", lambda reply: (reply.open(), reply.piece("OK"), reply.finish()))

    told = models.check(model.id)
    work()

    assert before in ("retry_at", "cooling_down")
    assert told["success"]
    assert wait_of(model.own_cooldown_key) is None
    assert state(task)[0] == RunStatus.SUCCEEDED


def test_a_failed_test_keeps_the_cooldown(queued, work):
    _task, model = queued("rate-limited:900")
    work()

    models.check(model.id)

    assert wait_of(model.own_cooldown_key) > 600


def test_changing_the_model_ends_the_cooldown(ada, queued, work):
    _task, model = queued("rate-limited:900")
    work()

    models.edit(as_actor(ada), model.id, {"model_name": "ok"})

    assert wait_of(model.own_cooldown_key) is None
    work()
    assert runs.of_task(as_actor(ada), _task.id)[0][0].status == RunStatus.SUCCEEDED
