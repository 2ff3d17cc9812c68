"""Failed runs: their messages, and the circuit breaker."""

import pytest

from helix.errors import Invalid
from helix.models.vocabulary import FailureReason, RunStatus, StepKind, TaskStatus
from helix.policies.failures import FAILURE_TEXTS
from helix.services import comments, runs, tasks
from tests.support.people import as_actor


def newest(ada, task):
    return runs.of_task(as_actor(ada), task.id)[0][0]


def test_every_reason_of_the_closed_list_has_words_and_a_next_step():
    assert set(FAILURE_TEXTS) == set(FailureReason)
    assert all(words.short and words.next_step.endswith(".") for words in FAILURE_TEXTS.values())


def test_the_same_answer_a_third_time_fails_the_run(ada, make, model_that, work):
    model_that("ok", input_cost_per_million=1, output_cost_per_million=1)
    task = make.task(agent=make.agent())
    for _ in range(2):
        runs.start(as_actor(ada), task.id)
        work()
        tasks.reject(as_actor(ada), task.id, "Something else, please.")

    runs.start(as_actor(ada), task.id)
    work()

    run, after = newest(ada, task), tasks.get(as_actor(ada), task.id)
    assert (run.status, run.reason) == (RunStatus.FAILED, FailureReason.NO_PROGRESS)
    assert run.cost_usd > 0
    assert after.status == TaskStatus.REJECTED
    assert after.auto_stopped


def test_three_failures_in_a_row_stop_automatic_runs(ada, make, model_that, work):
    model_that("refusal")
    agent = make.agent()
    task = make.task(agent=agent)

    for _ in range(3):
        runs.start(as_actor(ada), task.id)
        work()

    after = tasks.get(as_actor(ada), task.id)
    assert "3 runs in a row failed" in after.auto_stopped
    runs.start(as_actor(ada), task.id)
    assert tasks.get(as_actor(ada), task.id).auto_stopped is None  # a person looked


def test_a_failed_call_is_in_the_trace(ada, make, model_that, work):
    model_that("refusal")
    task = make.task(agent=make.agent())

    runs.start(as_actor(ada), task.id)
    work()

    kinds = [step["kind"] for step in runs.serialize_steps(newest(ada, task))]
    assert kinds == [StepKind.PROMPT, StepKind.MODEL_CALL, StepKind.ERROR]


def test_a_result_handed_in_by_an_answer_is_sent_back_with_its_feedback(ada, make, provider, model_that, work):
    answer = "Here it is.\n\n````result\nA better text\n````"
    provider.behave("hands-in", lambda reply: (reply.open(), reply.piece(answer), reply.finish()))
    model_that("hands-in")
    task = make.task(agent=make.agent(name="Sierra"), status=TaskStatus.REVIEW)
    comments.add(as_actor(ada), task.id, "@Sierra make it better")
    work()
    handed_in = tasks.get(as_actor(ada), task.id)
    brought = handed_in.result, handed_in.status

    tasks.reject(as_actor(ada), task.id, "Shorter, please.")
    runs.start(as_actor(ada), task.id)
    work()

    sent = runs.get(as_actor(ada), newest(ada, task).id).prompt[1]["content"]
    assert brought == ("A better text", TaskStatus.REVIEW)
    assert "| feedback>>\nShorter, please." in sent
    assert "| last result>>\nA better text" in sent


def test_a_mention_of_a_disabled_agent_waits_with_a_reason(ada, make):
    make.model()
    task = make.task()
    make.agent(name="Sierra", enabled=False)

    comments.add(as_actor(ada), task.id, "@Sierra what now?")

    assert runs.serialize([newest(ada, task)])[0]["waiting"]["code"] == "agent_disabled"


def test_one_comment_asks_five_agents_at_most(ada, make):
    task = make.task()
    names = [make.agent(name=f"Agent{number}").name for number in range(6)]

    with pytest.raises(Invalid, match="at most 5 agents"):
        comments.add(as_actor(ada), task.id, " ".join(f"@{name}" for name in names))

    assert comments.thread(as_actor(ada), task.id, limit=50)[1] == 0
