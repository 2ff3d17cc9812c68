"""Values that an agent hands in: offered for the steps that have a schema, checked by it, and missed when they lack."""

import pytest
from sqlalchemy import select

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import AgentTool, AiModel, Notification, Run, Schedule, Tool, WorkflowRunStep
from helix.models.vocabulary import FailureReason, RunStatus, TaskStatus, ToolPolicy, WorkflowState
from helix.services import runs, tasks, tools
from tests.support.agent_turns import results_sent, turns
from tests.support.model_server import ModelServer
from tests.support.workflows import agent, each, schema

VERDICT = schema(verdict="string", score="number")


@pytest.fixture(scope="module")
def provider():
    with ModelServer() as server:
        yield server


@pytest.fixture
def model_that(make, provider, bench):
    def _model_that(name, *wanted):
        provider.behave(name, turns(*wanted))
        with transaction():
            for other in db.session.scalars(select(AiModel)):
                other.is_default = False
        make.model(
            provider="custom", base_url=provider.openai_url, model_name=name, display_name=name, supports_tools=True
        )

    return _model_that


def offered(provider, name):
    (first, *_) = provider.asked(name)
    return {tool["function"]["name"]: tool["function"]["parameters"] for tool in first.body.get("tools", ())}


def output(run_id, key):
    return db.session.get_one(WorkflowRunStep, (run_id, key), populate_existing=True).output


def last_run(bench, run_id, key):
    return db.session.get_one(Run, bench.task(run_id, key).last_run_id, populate_existing=True)


def test_a_step_with_a_schema_hands_in_values_that_fit_it(bench, provider, model_that, work):
    wrong, right = {"verdict": 3}, {"verdict": "yes", "score": 9.5}
    model_that("judge", [("hand_in", wrong)], [("hand_in", right)], "It is good.")
    run_id = bench.started(agent("look", output=VERDICT))

    work()

    assert offered(provider, "judge")["hand_in"] == VERDICT
    refused, kept, *_ = results_sent(provider.asked("judge")[-1])
    assert "not valid" in refused
    assert "handed in" in kept
    assert output(run_id, "look") == right
    assert bench.run(run_id).state == WorkflowState.DONE


def test_without_the_values_the_step_fails_and_says_so(bench, model_that, work):
    model_that("talker", "It is good, verdict: yes.")
    run_id = bench.started(agent("look", output=VERDICT), agent("next", "look"))

    work()

    run = last_run(bench, run_id, "look")
    assert (run.status, run.reason) == (RunStatus.FAILED, FailureReason.NOT_HANDED_IN)
    assert bench.states(run_id) == {"look": "failed", "next": "waiting"}
    assert "without handing in the values" in bench.run(run_id).reason
    # One notification, of the run that has failed.
    about = db.session.scalars(select(Notification.target_type).where(Notification.user_id == bench.ada.id)).all()
    assert about == ["task"]
    assert bench.task(run_id, "look").status == TaskStatus.TODO


def test_values_of_an_earlier_run_do_not_count_for_a_later_one(bench, provider, model_that, work):
    model_that("forgetful", [("hand_in", {"verdict": "yes", "score": 1})], "Good.")
    run_id = bench.started(agent("look", output=VERDICT, requires_approval=True))
    work()
    provider.behave("forgetful", turns("Better."))

    tasks.reject(bench.actor, bench.task(run_id, "look").id, "Better, please.")
    work()

    assert last_run(bench, run_id, "look").reason == FailureReason.NOT_HANDED_IN
    assert bench.states(run_id) == {"look": "failed"}


def test_the_items_of_a_list_hand_in_by_the_schema_of_their_step(bench, provider, model_that, work):
    model_that("writer", [("hand_in", {"words": 2})], "Tea time.")
    run_id = bench.started(
        agent("outline", output=schema(sections="array")),
        each("parts", "outline", "steps.outline.output.sections", output=schema(words="number")),
    )
    bench.done(run_id, "outline", output={"sections": ["a", "b"]})

    work()

    assert output(run_id, "parts") == {"items": [{"words": 2}, {"words": 2}]}
    assert bench.run(run_id).state == WorkflowState.DONE


def test_other_tasks_are_not_offered_the_tool_and_cannot_call_it(bench, make, provider, model_that, work):
    model_that("curious", [("hand_in", {"verdict": "yes"})], "Done.")
    without_schema = bench.started(agent("look"))
    work()

    assert "hand_in" not in offered(provider, "curious")
    assert "report_nothing" not in offered(provider, "curious")
    assert "There is no tool hand_in." in results_sent(provider.asked("curious")[-1])[0]
    assert output(without_schema, "look") is None
    sierra = bench.task(without_schema, "look").assigned_agent_id
    assert not {"hand_in", "report_nothing"} & {one.name for one in tools.of_agent(sierra)}


def test_what_an_agent_was_granted_does_not_take_the_tool_away(bench, provider, model_that, work):
    model_that("bound", [("hand_in", {"verdict": "yes", "score": 1})], "Done.")
    run_id = bench.started(agent("look", output=VERDICT))
    with transaction():
        tool = db.session.scalars(select(Tool).where(Tool.name == "hand_in")).one()
        agent_id = bench.task(run_id, "look").assigned_agent_id
        off = AgentTool(agent_id=agent_id, tool_id=tool.id, policy=ToolPolicy.OFF, limits={}, granted_at=clock.now())
        db.session.add(off)

    work()

    assert bench.run(run_id).state == WorkflowState.DONE


def test_text_of_strangers_in_one_step_marks_the_runs_of_all_later_ones(bench, provider, model_that, work):
    model_that("reader", "Read.")
    run_id = bench.started(agent("a"), agent("b", "a", description="{{steps.a.result}}"))
    work()
    with transaction():
        last_run(bench, run_id, "a").has_untrusted = True
        again = bench.task(run_id, "b")
        again.status = TaskStatus.TODO

    runs.start(bench.actor, bench.task(run_id, "b").id)
    work()

    assert last_run(bench, run_id, "b").has_untrusted


@pytest.fixture
def quiet_task(bench, make):
    """A task of a schedule that only shows what there is to report."""

    def _quiet_task(*, quiet=True):
        now = clock.now()
        with transaction():
            schedule = Schedule(
                name="Look", cron="* * * * *", timezone="UTC", quiet=quiet, created_at=now, updated_at=now
            )
            db.session.add(schedule)
        sierra = bench.task(bench.started(agent("other")), "other").assigned_agent_id
        task = tasks.create(
            bench.actor,
            title="Look",
            board_id=bench.board.id,
            assigned_agent_id=sierra,
            schedule_id=schedule.id,
        )
        runs.start(bench.actor, task.id)
        return task.id

    return _quiet_task


def test_a_quiet_task_with_nothing_to_report_is_stored_away_and_tells_nobody(bench, model_that, work, quiet_task):
    model_that("patrol", [("report_nothing", {})], "I looked at the prices: no change.")
    task_id = quiet_task()
    before = len(db.session.scalars(select(Notification)).all())

    work()

    task = tasks.get(bench.actor, task_id)
    assert (task.status, task.archived) == (TaskStatus.DONE, True)
    assert task.result == "I looked at the prices: no change."
    about = db.session.scalars(select(Notification).offset(before)).all()
    assert not [one for one in about if f"/{task_id}" in (one.url or "")]


def test_a_quiet_task_with_a_report_comes_to_review_like_any_other(bench, model_that, work, quiet_task):
    model_that("finder", "The price has risen.")
    task_id = quiet_task()

    work()

    task = tasks.get(bench.actor, task_id)
    assert (task.status, task.archived) == (TaskStatus.REVIEW, False)


def test_a_schedule_that_is_not_quiet_has_no_such_tool(bench, provider, model_that, work, quiet_task):
    model_that("loud", [("report_nothing", {})], "No change.")
    task_id = quiet_task(quiet=False)

    work()

    assert "report_nothing" not in offered(provider, "loud")
    assert tasks.get(bench.actor, task_id).status == TaskStatus.REVIEW
