"""Provider failures lead to the right reason, message and retry. Over real HTTP, with litellm."""

from decimal import Decimal

import pytest

from helix.models.vocabulary import RunStatus, TaskStatus
from helix.services import runs, tasks
from tests.support.people import as_actor

FOR_GOOD = {
    "unauthorized": "key_refused",
    "not-found": "model_unknown",
    "too-long": "context_too_long",
    "content-filter": "content_refused",
    "refusal": "content_refused",
}
TRIED_AGAIN = {
    "rate-limited": "rate_limited",
    "broken": "provider_error",
    "html": "provider_error",
    "broken-json": "provider_error",
    "cut": "provider_error",
    "empty": "provider_error",
}


@pytest.fixture
def started(ada, make):
    """A task whose run is queued for the default model."""

    def _started(**fields):
        task = make.task("Write", agent=make.agent(), **fields)
        runs.start(as_actor(ada), task.id)
        return task

    return _started


def shown(ada, task):
    return tasks.serialize_one(as_actor(ada), tasks.get(as_actor(ada), task.id))


@pytest.mark.parametrize(("behaves", "reason"), FOR_GOOD.items())
def test_a_permanent_failure_ends_the_run_at_once(ada, model_that, started, work, behaves, reason):
    model_that(behaves, api_key_encrypted=None)
    task = started()

    work()

    after = shown(ada, task)
    assert after["status"] == TaskStatus.TODO
    assert after["result"] is None
    assert (after["last_run"]["status"], after["last_run"]["reason"]) == (RunStatus.FAILED, reason)
    assert len(after["last_run"]["message"]) > 10


@pytest.mark.parametrize(("behaves", "reason"), TRIED_AGAIN.items())
def test_a_transient_failure_is_retried_later(ada, model_that, started, work, behaves, reason):
    model_that(behaves)
    task = started()

    work()

    after = shown(ada, task)
    found, _ = runs.of_task(as_actor(ada), task.id)
    states = [(run.status, run.attempt) for run in found]
    assert states == [(RunStatus.QUEUED, 2), (RunStatus.FAILED, 1)], found[0].message
    assert found[1].reason == reason
    assert after["status"] == TaskStatus.IN_PROGRESS
    assert after["result"] is None
    assert after["waiting"]["code"] in ("retry_at", "cooling_down")


def test_the_provider_decides_how_long_to_wait(ada, model_that, started, work):
    model_that("rate-limited:120")
    task = started()

    work()

    newest = runs.of_task(as_actor(ada), task.id)[0][0]
    assert (newest.not_before - newest.queued_at).total_seconds() >= 120


def test_an_address_without_a_server_is_an_error(ada, make, started, work):
    make.model(provider="custom", model_name="ok", base_url="http://127.0.0.1:9/v1")
    task = started()

    work()

    assert runs.of_task(as_actor(ada), task.id)[0][1].reason == "host_unreachable"


def test_a_real_answer_is_stored_with_its_tokens_and_its_price(ada, model_that, started, work):
    model_that("ok", input_cost_per_million=3, output_cost_per_million=15)
    task = started()

    work()

    run = runs.of_task(as_actor(ada), task.id)[0][0]
    assert run.status == RunStatus.SUCCEEDED
    assert run.input_tokens > 0
    assert run.output_tokens > 0
    assert run.cost_usd == Decimal(3 * run.input_tokens + 15 * run.output_tokens) / 1_000_000
    assert tasks.get(as_actor(ada), task.id).result == "Hello from the test model."


def test_an_unknown_price_is_unknown_and_counts_as_the_worst(ada, model_that, started, work):
    model_that("ok")
    task = started()

    work()

    run = runs.of_task(as_actor(ada), task.id)[0][0]
    assert run.cost_usd is None
    assert run.counted_usd > 0


def test_a_task_that_is_always_rejected_stops_automatically(ada, make, model_that, work):
    model_that("ok")
    agent = make.agent(execution_mode="auto")
    task = make.task("Write", agent=agent)
    work()

    rounds = 0
    while tasks.get(as_actor(ada), task.id).auto_stopped is None:
        tasks.reject(as_actor(ada), task.id, "Better, please.")
        work()
        rounds += 1
        assert rounds < 10

    tasks.reject(as_actor(ada), task.id, "Better, please.")
    assert runs.claim("a worker") is None
    assert "same answer" in tasks.get(as_actor(ada), task.id).auto_stopped


def test_agents_that_mention_each_other_start_no_runs(ada, make, provider, model_that, work):
    provider.behave("chatty", lambda reply: (reply.open(), reply.piece("Ask @Klay and @Sierra!"), reply.finish()))
    model_that("chatty")
    sierra = make.agent(name="Sierra")
    make.agent(name="Klay")
    from helix.services import comments

    comments.add(as_actor(ada), make.task(agent=sierra).id, "@Sierra what now?")
    work()

    assert runs.claim("a worker") is None


def test_a_used_up_budget_blocks_the_next_run(ada, make, model_that, started, work):
    from helix.db.transaction import transaction
    from helix.extensions import db
    from helix.models import Agent

    model_that("ok", input_cost_per_million=1000, output_cost_per_million=1000)
    task = started()
    with transaction():
        db.session.get_one(Agent, task.assigned_agent_id).monthly_budget_usd = Decimal("0.001")

    work()

    after = shown(ada, task)
    assert after["last_run"]["reason"] == "budget_exhausted"
    assert after["status"] == TaskStatus.TODO
