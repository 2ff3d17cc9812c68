"""Starting a workflow: the tasks that appear, what they need, and what starts at once."""

import pytest
from sqlalchemy import func, select

from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden, Invalid, NotFound
from helix.extensions import db
from helix.models import Agent, Task, TaskLink, WorkflowRun
from helix.models.vocabulary import BoardLevel, ExecutionMode, TaskOrigin
from helix.services import workflows
from tests.support.people import as_actor
from tests.support.workflows import agent, choice, person, schema, wait


def links(run_id):
    """Who needs whom, as pairs of step keys."""
    needed = Task.__table__.alias()
    query = select(Task.step_key, needed.c.step_key).join(TaskLink, TaskLink.task_id == Task.id)
    query = query.join(needed, needed.c.id == TaskLink.needs_task_id).where(Task.workflow_run_id == run_id)
    return {tuple(row) for row in db.session.execute(query)}


def test_all_tasks_are_on_the_board_at_once_and_only_the_first_runs(bench):
    run_id = bench.started(agent("research"), agent("write", "research"), person("check", "write"))

    assert bench.states(run_id) == {"research": "active", "write": "waiting", "check": "waiting"}
    assert bench.queued(run_id) == ["research"]
    assert [bench.task(run_id, key).blocked_count for key in ("research", "write", "check")] == [0, 1, 1]
    task = bench.task(run_id, "write")
    assert (task.origin, task.board_id, task.created_by_user_id) == (TaskOrigin.WORKFLOW, bench.board.id, bench.ada.id)


def test_a_step_without_a_task_passes_its_needs_on_to_those_behind_it(bench):
    run_id = bench.started(
        agent("look", output=schema(ok="boolean")),
        agent("other"),
        choice("good", "look", "steps.look.output.ok", True, then=["publish"]),
        wait("pause", "good", "other"),
        agent("publish", "good", "pause"),
    )

    assert links(run_id) == {("publish", "look"), ("publish", "other")}


def test_inputs_are_checked_and_filled_in(bench):
    wanted = [
        {"key": "topic", "required": True},
        {"key": "words", "type": "number", "default": 300},
        {"key": "tone", "type": "choice", "options": ["plain", "formal"]},
    ]
    step = agent("write", title="About {{input.topic}}", description="{{input.words}} words, {{ input.tone }}.")
    workflow_id = bench.published(step, input=wanted)

    with pytest.raises(Invalid) as wrong:
        workflows.start(bench.actor, workflow_id, {"words": "many", "tone": "loud", "colour": "red"})
    run_id = workflows.start(bench.actor, workflow_id, {"topic": "tea {{input.words}}"}).id

    places = {tuple(problem["loc"]) for problem in wrong.value.problems}
    assert places == {("input", key) for key in ("topic", "words", "tone", "colour")}
    task = bench.task(run_id, "write")
    # What was typed is not looked through for placeholders again.
    assert (task.title, task.description) == ("About tea {{input.words}}", "300 words, (nothing).")


def test_an_agent_in_auto_mode_begins_its_later_steps_only_when_they_are_due(bench):
    with transaction():
        for one in db.session.scalars(select(Agent)):
            one.execution_mode = ExecutionMode.AUTO

    run_id = bench.started(agent("research"), agent("write", "research"))

    assert bench.queued(run_id) == ["research"]


def test_a_start_that_fails_leaves_nothing(bench, make, monkeypatch):
    workflow_id = bench.published(agent("research"), agent("write", "research"))
    monkeypatch.setattr("helix.services.workflows.advance.advance", lambda state: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        workflows.start(bench.actor, workflow_id, {})

    assert db.session.scalar(select(func.count(Task.id))) == 0
    assert db.session.scalar(select(func.count(WorkflowRun.id))) == 0


def test_what_cannot_be_started_says_why(bench, mia, make):
    draft = workflows.create(bench.actor, name="Draft", definition={"steps": [agent("a")]}).id
    without_board = bench.published(agent("a"), name="Anywhere", board=False)
    disabled = bench.published(agent("a"), name="Off")
    workflows.set_enabled(bench.actor, disabled, enabled=False)
    workflow_id = bench.published(agent("a"))

    with pytest.raises(Conflict, match="no version yet"):
        workflows.start(bench.actor, draft, {})
    with pytest.raises(Conflict, match="disabled"):
        workflows.start(bench.actor, disabled, {})
    with pytest.raises(Invalid, match="has no board"):
        workflows.start(bench.actor, without_board, {})
    with pytest.raises(NotFound):
        workflows.start(as_actor(mia), workflow_id, {})
    make.grant(mia, bench.board, BoardLevel.CREATE)
    looked_at = make.board()
    make.grant(mia, looked_at, BoardLevel.VIEW)
    with pytest.raises(Forbidden):
        workflows.start(as_actor(mia), workflow_id, {}, board_id=looked_at.id)
    assert workflows.start(as_actor(mia), workflow_id, {}).started_by_user_id == mia.id


def test_a_workflow_that_names_an_agent_that_is_gone_says_which(bench):
    workflow_id = bench.published(agent("research", agent="Quill"))
    with transaction():
        quill = db.session.scalars(select(Agent).where(Agent.name == "Quill")).one()
        quill.deleted_at = quill.created_at

    with pytest.raises(Conflict, match="research names the agent Quill, who is gone"):
        workflows.start(bench.actor, workflow_id, {})


def test_a_run_keeps_its_version_when_a_newer_one_is_published(bench):
    workflow_id = bench.published(agent("a"), agent("b", "a", description="Old: {{steps.a.result}}"))
    run_id = workflows.start(bench.actor, workflow_id, {}).id

    changed = {"steps": [agent("a"), agent("b", "a", description="New: {{steps.a.result}}")]}
    workflows.edit(bench.actor, workflow_id, {"definition": changed})
    workflows.publish(bench.actor, workflow_id)
    bench.done(run_id, "a", "tea")
    later = workflows.start(bench.actor, workflow_id, {})

    assert bench.task(run_id, "b").description == "Old: tea"
    assert (bench.run(run_id).number, later.number) == (1, 2)


def test_the_same_external_key_starts_one_run(bench):
    workflow_id = bench.published(agent("a"), agent("b", "a"))

    first = workflows.start(bench.actor, workflow_id, {}, external_key="schedule:1:today").id
    again = workflows.start(bench.actor, workflow_id, {}, external_key="schedule:1:today").id
    other = workflows.start(bench.actor, workflow_id, {}, external_key="schedule:1:tomorrow").id

    assert (again, other) == (first, first + 1)
    assert db.session.scalar(select(func.count(Task.id))) == 4


def test_the_money_of_a_run_and_of_its_steps_is_on_their_rows(bench):
    run_id = bench.started(agent("a", max_usd=0.5), max_usd=2.5)

    assert (float(bench.run(run_id).max_usd), float(bench.task(run_id, "a").max_usd)) == (2.5, 0.5)
