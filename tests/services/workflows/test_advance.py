"""How a run goes on when its tasks change: choices, lists, waits, rejections, failures."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, HumanRequest, Notification, Run, Task, TaskLink, WorkflowRunStep
from helix.models.vocabulary import BoardLevel, RunStatus, TaskStatus, WorkflowState
from helix.services import tasks, workflows
from helix.services.work import cancelling, moves, queueing
from tests.support.workflows import agent, choice, each, person, schema, wait


def end_run(bench, run_id, key, status, message=None):
    """As if the live run of a step had ended, with its task back where it came from."""
    with transaction():
        task = bench.task(run_id, key)
        run = db.session.scalars(select(Run).where(Run.task_id == task.id, Run.is_live)).one()
        run.status, run.message = status, message
        moves.put(task, run.came_from)


def decide(bench, run_id, verdict, **more):
    bench.done(run_id, "look", output={"verdict": verdict, **more})


def branching(**fields):
    look = agent("look", output=schema(verdict="string"))
    good = choice("good", "look", "steps.look.output.verdict", "yes", then=["publish"], otherwise=["rewrite"]) | fields
    return [look, good, agent("publish", "good"), agent("rewrite", "good"), agent("read", "rewrite")]


def test_a_step_starts_when_all_it_needs_is_done_and_reads_their_results(bench):
    last = agent("c", "a", "b", description="{{steps.a.result}} & {{steps.b.result}}")
    run_id = bench.started(agent("a"), agent("b"), last)

    bench.done(run_id, "a", "tea")
    waiting = bench.states(run_id)
    bench.done(run_id, "b", "{{steps.a.result}}")

    assert waiting == {"a": "done", "b": "active", "c": "waiting"}
    assert bench.states(run_id)["c"] == "active"
    assert bench.task(run_id, "c").description == "tea & {{steps.a.result}}"
    assert bench.task(run_id, "c").blocked_count == 0
    assert "c" in bench.queued(run_id)


def test_a_description_that_a_person_has_edited_is_kept(bench):
    run_id = bench.started(agent("a"), agent("b", "a", description="Take {{steps.a.result}}."))
    tasks.edit(bench.actor, bench.task(run_id, "b").id, {"description": "Mine: {{steps.a.result}}!"})

    bench.done(run_id, "a", "tea")

    assert bench.task(run_id, "b").description == "Mine: tea!"


@pytest.mark.parametrize(("verdict", "taken", "left"), [("Yes ", "publish", "rewrite"), ("no", "rewrite", "publish")])
def test_a_choice_goes_one_way_and_cancels_the_other(bench, verdict, taken, left):
    run_id = bench.started(*branching())

    decide(bench, run_id, verdict)

    states = bench.states(run_id)
    assert (states["good"], states[taken], states[left]) == ("done", "active", "not_taken")
    assert bench.task(run_id, left).status == TaskStatus.CANCELLED
    assert bench.queued(run_id) == [taken]
    # What needs nothing but a step that is not taken is not taken either.
    assert states["read"] == ("not_taken" if left == "rewrite" else "waiting")


def test_a_step_that_is_not_taken_does_not_hold_up_where_both_ways_meet(bench):
    run_id = bench.started(*branching(), agent("report", "publish", "read"))

    decide(bench, run_id, "yes")
    bench.done(run_id, "publish")

    assert bench.states(run_id)["report"] == "active"
    assert bench.task(run_id, "report").blocked_count == 0
    assert bench.queued(run_id) == ["report"]
    # Nobody is asked about the cancelled task of the other way.
    assert not db.session.scalars(select(TaskLink).where(~TaskLink.met)).all()
    assert not db.session.scalars(select(HumanRequest)).all()


@pytest.mark.parametrize(
    ("comparison", "value", "output", "way"),
    [
        ("contains", "tea", {"verdict": "Green TEA"}, "then"),
        ("contains", "tea", {"verdict": ["coffee", "tea"]}, "then"),
        ("contains", "tea", {"verdict": ["teapot"]}, "otherwise"),
        ("greater", 3, {"verdict": 3.5}, "then"),
        ("greater", 3, {"verdict": 3}, "otherwise"),
        ("less", 3, {"verdict": -1}, "then"),
        ("equals", True, {"verdict": True}, "then"),
        ("equals", 1, {"verdict": True}, "otherwise"),
    ],
)
def test_what_a_choice_compares(bench, comparison, value, output, way):
    run_id = bench.started(*branching(**{"is": comparison, "value": value}))

    bench.done(run_id, "look", output=output)

    assert db.session.get_one(WorkflowRunStep, (run_id, "good"), populate_existing=True).output == {"taken": way}


def test_a_choice_that_cannot_compare_fails_until_a_person_decides(bench):
    run_id = bench.started(*branching(**{"is": "greater", "value": 3}))

    decide(bench, run_id, "many")
    assert bench.run(run_id).state == WorkflowState.FAILED
    assert bench.run(run_id).reason == "good: steps.look.output.verdict is not a number."
    workflows.skip_step(bench.actor, run_id, "good", {"taken": "then"})

    assert bench.run(run_id).state == WorkflowState.RUNNING
    assert bench.queued(run_id) == ["publish"]


def sections(**fields):
    return [
        agent("outline", output=schema(sections="array")),
        each("parts", "outline", "steps.outline.output.sections", **fields),
        agent("edit", "parts", description="{{steps.parts.result}}"),
    ]


def test_each_makes_a_task_for_every_item_and_the_next_step_waits_for_all(bench):
    run_id = bench.started(*sections(title="{{item.name}}", description="About {{item}}"))

    bench.done(run_id, "outline", output={"sections": [{"name": "Leaves"}, {"name": "Water"}]})
    assert bench.task(run_id, "parts.2").title == "Water"
    assert '"name": "Water"' in bench.task(run_id, "parts.2").description
    assert bench.task(run_id, "edit").blocked_count == 2
    assert bench.queued(run_id) == ["parts.1", "parts.2"]
    bench.done(run_id, "parts.1", "On leaves.")
    before = bench.states(run_id)
    bench.done(run_id, "parts.2", "On water.")

    assert (before["parts"], before["edit"]) == ("active", "waiting")
    assert bench.states(run_id)["parts"] == "done"
    assert bench.task(run_id, "edit").description == "On leaves.\n\nOn water."
    assert bench.queued(run_id) == ["edit"]


def test_an_empty_list_is_done_at_once(bench):
    run_id = bench.started(*sections())

    bench.done(run_id, "outline", output={"sections": []})

    assert bench.states(run_id) == {"outline": "done", "parts": "done", "edit": "active"}


def test_a_list_that_is_too_long_makes_no_tasks(bench):
    run_id = bench.started(*sections())

    bench.done(run_id, "outline", output={"sections": list(range(21))})

    assert bench.states(run_id)["parts"] == "failed"
    (told,) = db.session.scalars(select(Notification).where(Notification.target_type == "workflow_run"))
    assert (told.user_id, told.title, told.url) == (
        bench.ada.id,
        "The workflow Report has stopped",
        f"/workflow-runs/{run_id}",
    )
    assert "has 21 items; there are at most 20" in bench.reason(run_id, "parts")
    assert bench.task(run_id, "edit").status == TaskStatus.TODO
    assert len(db.session.scalars(select(Task).where(Task.workflow_run_id == run_id)).all()) == 2


def test_a_wait_ends_when_its_time_has_come(bench, monkeypatch):
    run_id = bench.started(agent("a"), wait("pause", "a", hours=2), agent("b", "pause"))
    bench.done(run_id, "a")

    too_early = workflows.resume_due()
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(hours=2, seconds=1))
    resumed = workflows.resume_due()

    assert (too_early, resumed, workflows.resume_due()) == (0, 1, 0)
    assert bench.states(run_id) == {"a": "done", "pause": "done", "b": "active"}
    assert bench.queued(run_id) == ["b"]


def test_a_person_is_told_when_it_is_their_turn_and_not_before(bench, mia):
    bench.make.grant(mia, bench.board, BoardLevel.CREATE)
    run_id = bench.started(agent("a"), person("b", "a", person="mia@example.com"))
    told = select(Notification.title).where(Notification.user_id == mia.id)
    before = db.session.scalars(told).all()

    bench.done(run_id, "a")

    assert (before, db.session.scalars(told).all()) == ([], ["Ada assigned a task to you"])


def test_the_run_is_done_when_every_step_is(bench):
    run_id = bench.started(agent("a"), person("b", "a"))

    bench.done(run_id, "a")
    assert bench.run(run_id).state == WorkflowState.RUNNING
    bench.done(run_id, "b")

    assert bench.run(run_id).state == WorkflowState.DONE
    assert bench.run(run_id).finished_at is not None


def test_a_run_that_fails_for_good_fails_the_workflow_and_the_rest_stays_blocked(bench):
    run_id = bench.started(agent("a"), agent("b", "a"), agent("c"))

    end_run(bench, run_id, "a", RunStatus.FAILED, "The key was refused.")
    bench.done(run_id, "c")

    assert (bench.run(run_id).state, bench.run(run_id).reason) == (WorkflowState.FAILED, "a: The key was refused.")
    assert bench.states(run_id) == {"a": "failed", "b": "waiting", "c": "done"}
    assert bench.task(run_id, "b").blocked_count == 1
    assert bench.queued(run_id) == []


def test_a_run_that_a_person_has_stopped_is_no_failure(bench):
    run_id = bench.started(agent("a"))

    cancelling.cancel(bench.actor, bench.task(run_id, "a").id)

    assert (bench.states(run_id), bench.queued(run_id)) == ({"a": "active"}, [])
    assert bench.run(run_id).state == WorkflowState.RUNNING


def test_a_failed_step_that_somebody_runs_again_on_the_board_is_taken_up(bench):
    run_id = bench.started(agent("a"), agent("b", "a"))
    end_run(bench, run_id, "a", RunStatus.FAILED)
    task_id = bench.task(run_id, "a").id

    queueing.start(bench.actor, task_id)
    bench.put(run_id, "a", TaskStatus.IN_PROGRESS)
    taken_up = bench.run(run_id).state
    bench.done(run_id, "a")

    assert taken_up == WorkflowState.RUNNING
    assert bench.states(run_id) == {"a": "done", "b": "active"}


@pytest.mark.parametrize("what", ["cancelled", "deleted", "archived"])
def test_a_task_that_is_given_up_fails_its_step(bench, what):
    run_id = bench.started(person("a"), agent("b", "a"))
    task_id = bench.task(run_id, "a").id

    if what == "cancelled":
        bench.put(run_id, "a", TaskStatus.CANCELLED)
    elif what == "deleted":
        tasks.delete(bench.actor, task_id)
    else:
        tasks.edit(bench.actor, task_id, {"archived": True})

    assert bench.reason(run_id, "a") == f"Its task was {what}."
    assert bench.run(run_id).state == WorkflowState.FAILED


def rejected(bench, run_id, key):
    bench.put(run_id, key, TaskStatus.REVIEW, result="Draft")
    tasks.reject(bench.actor, bench.task(run_id, key).id, "Shorter.")


def test_a_result_is_tried_again_as_often_as_the_definition_says(bench):
    run_id = bench.started(agent("a", requires_approval=True, rejections=2), agent("b", "a"))

    rejected(bench, run_id, "a")
    rejected(bench, run_id, "a")
    trying = (bench.states(run_id)["a"], bench.queued(run_id))
    rejected(bench, run_id, "a")

    assert trying == ("active", ["a"])
    assert (bench.states(run_id)["a"], bench.queued(run_id)) == ("failed", [])
    assert bench.reason(run_id, "a") == "Its result was sent back 3 times; allowed: 2."


def test_an_undone_rejection_does_not_count(bench):
    run_id = bench.started(agent("a", requires_approval=True, rejections=0))
    bench.put(run_id, "a", TaskStatus.REVIEW, result="Draft")
    task_id = bench.task(run_id, "a").id

    tasks.reject(bench.actor, task_id, "Shorter.")
    failed = bench.states(run_id)["a"]
    tasks.undo_decision(bench.actor, task_id)
    tasks.approve(bench.actor, task_id)

    assert (failed, bench.states(run_id)["a"]) == ("failed", "done")
    assert bench.run(run_id).state == WorkflowState.DONE


def test_stopping_the_run_after_a_rejection_does_not_start_another(bench):
    run_id = bench.started(agent("a", requires_approval=True))
    rejected(bench, run_id, "a")

    cancelling.cancel(bench.actor, bench.task(run_id, "a").id)

    assert bench.queued(run_id) == []


def test_a_step_whose_values_are_missing_fails_and_the_next_one_does_not_start(bench):
    run_id = bench.started(agent("a", output=schema(ok="boolean")), agent("b", "a"))

    bench.done(run_id, "a")

    assert bench.states(run_id) == {"a": "failed", "b": "waiting"}
    assert bench.reason(run_id, "a") == "It was completed without the values that it has to hand in."
    assert bench.queued(run_id) == []


def test_items_are_not_created_for_an_agent_that_is_gone(bench):
    run_id = bench.started(*sections(agent="Quill"))
    with transaction():
        quill = db.session.scalars(select(Agent).where(Agent.name == "Quill")).one()
        quill.deleted_at = quill.created_at

    bench.done(run_id, "outline", output={"sections": ["a"]})

    assert "Its agent Quill is gone." in bench.reason(run_id, "parts")
