"""Subtasks: created by a call, worked on by another agent, and handed back as the result of the call."""

from io import BytesIO

import pytest
from sqlalchemy import select

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import AgentTool, Run, Task, Tool, ToolCall
from helix.models.vocabulary import RunStatus, TaskOrigin, TaskStatus, ToolCallState, ToolPolicy
from helix.policies.actor import agent_actor
from helix.services import attachments, delegation, runs, tasks, tools
from helix.services.tasks import needs
from helix.services.tools import Grant
from helix.services.work import cancelling
from tests.support.agent_turns import results_sent, turns
from tests.support.model_server import ModelServer
from tests.support.people import as_actor

FILE_TOOLS = ("list_files", "read_file", "save_file")
MAY = {"name": "may.csv", "text": "month,revenue\nMay,7\n"}

pytestmark = pytest.mark.usefixtures("clean_app")


@pytest.fixture(scope="module")
def provider():
    with ModelServer() as server:
        yield server


@pytest.fixture
def team(make, ada, provider):
    """`team("Nova", *turns)`: an agent with a model that says so in its turns, and may delegate."""

    def _team(name, *wanted):
        model = f"of-{name}".lower()
        provider.behave(model, turns(*wanted))
        row = make.model(
            provider="custom",
            base_url=provider.openai_url,
            model_name=model,
            display_name=model,
            supports_tools=True,
            is_default=False,
        )
        agent = make.agent(name, ai_model_id=row.id, role_title="Writer")
        tools.set_grants(as_actor(ada), agent.id, [Grant(tools.CREATE_SUBTASK, ToolPolicy.ALLOW)])
        return agent

    return _team


@pytest.fixture
def work():
    """Do all that waits for a worker; the number of claims."""

    def _work():
        done = 0
        while (claim := runs.claim("a worker")) is not None:
            runs.execute(claim)
            done += 1
        return done

    return _work


def subtask(title, agent, description="All of it."):
    return ("create_subtask", {"title": title, "description": description, "agent": agent})


@pytest.fixture
def started(make, ada):
    def _started(agent, **fields):
        task = make.task("Report", by=ada, agent=agent, **fields)
        runs.start(as_actor(ada), task.id)
        return task

    return _started


def fresh(task):
    return db.session.get_one(Task, task.id, populate_existing=True)


def child_of(task):
    query = select(Task).where(Task.parent_task_id == task.id).order_by(Task.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def run_of(task):
    return db.session.get_one(Run, fresh(task).last_run_id, populate_existing=True)


def test_the_result_of_a_subtask_is_the_result_of_the_call(team, started, work, provider):
    nova = team("Nova", [subtask("Numbers", "Quill", "The numbers of May.")], "Revenue was 7.")
    team("Quill", "It is seven.")
    task = started(nova)

    work()

    (child,) = child_of(task)
    assert (child.title, child.description, child.status) == ("Numbers", "The numbers of May.", TaskStatus.DONE)
    assert (child.root_task_id, child.depth, child.origin) == (task.id, 1, TaskOrigin.AGENT)
    (result,) = results_sent(provider.asked("of-nova")[-1])
    assert "It is seven." in result
    assert (fresh(task).status, fresh(task).result) == (TaskStatus.REVIEW, "Revenue was 7.")


def test_both_agents_read_the_files_of_the_other(team, started, work, provider, ada):
    nova = team(
        "Nova", [subtask("Numbers", "Quill")], [("list_files", {}), ("read_file", {"name": "may.csv"})], "Seven."
    )
    quill = team("Quill", [("read_file", {"name": "brief.md"})], [("save_file", MAY)], "Saved.")
    for agent in (nova, quill):
        grants = [Grant(name, ToolPolicy.ALLOW) for name in (tools.CREATE_SUBTASK, *FILE_TOOLS)]
        tools.set_grants(as_actor(ada), agent.id, grants)
    task = started(nova)
    attachments.extract(attachments.add(as_actor(ada), task.id, stream=BytesIO(b"In May"), name="brief.md").id)

    work()

    (child,) = child_of(task)
    assert "In May" in results_sent(provider.asked("of-quill")[-1])[0]
    listed, read = results_sent(provider.asked("of-nova")[-1])[-2:]
    assert f"Of task {child.id}, a subtask of this one:\nmay.csv" in listed
    assert "7" in read


def test_while_it_waits_the_run_has_no_worker(team, started, make):
    nova = team("Nova", [subtask("Numbers", "Quill")], "Done.")
    team("Quill", "Seven.")
    task = started(nova)

    runs.execute(runs.claim("a worker"))

    run = run_of(task)
    assert (run.status, run.worker, run.heartbeat_at) == (RunStatus.WAITING, None, None)
    assert runs.claim("a worker").task_id == child_of(task)[0].id


def test_several_are_worked_on_at_once_and_all_are_awaited(team, started, work, provider):
    nova = team("Nova", [subtask("Numbers", "Quill"), subtask("Words", "Remy")], "Both.")
    team("Quill", "Seven.")
    team("Remy", "Linen.")
    task = started(nova)

    runs.execute(runs.claim("a worker"))
    queued = db.session.scalars(select(Run.task_id).where(Run.status == RunStatus.QUEUED)).all()
    work()

    assert sorted(queued) == [one.id for one in child_of(task)]
    assert len(queued) == 2
    assert ["Seven." in text or "Linen." in text for text in results_sent(provider.asked("of-nova")[-1])] == [True] * 2
    assert fresh(task).result == "Both."


def test_a_wrong_name_brings_the_names_that_there_are(team, started, work, provider):
    nova = team("Nova", [subtask("Numbers", "Nobody")], "Alone, then.")
    team("Quill", "Seven.")
    task = started(nova)

    work()

    assert child_of(task) == []
    assert "There are: Quill (Writer)." in results_sent(provider.asked("of-nova")[-1])[0]


def test_forty_at_once_are_refused_by_the_caps(team, started, work, provider):
    calls = [subtask(f"Part {number}", "Quill") for number in range(40)]
    nova = team("Nova", calls, "Some of it.")
    team("Quill", "A part.")
    task = started(nova)

    work()

    results = results_sent(provider.asked("of-nova")[-1])
    assert len(child_of(task)) == 8
    assert sum("is done." in text for text in results) == 8
    assert sum("8 subtasks at most" in text for text in results) == 32
    assert fresh(task).result == "Some of it."


def test_an_agent_above_does_not_get_it_back(team, started, work, provider):
    nova = team("Nova", [subtask("Numbers", "Quill")], "Done.")
    team("Quill", [subtask("Numbers again", "Nova")], "Alone.")
    task = started(nova)

    work()

    assert "Choose another agent" in results_sent(provider.asked("of-quill")[-1])[0]
    assert fresh(task).result == "Done."


@pytest.mark.parametrize("ending", ["cancelled", "deleted", "failed"])
def test_a_subtask_that_brings_nothing_is_an_error_for_the_model(team, started, work, provider, ada, ending):
    nova = team("Nova", [subtask("Numbers", "Quill")], "Without them.")
    quill = team("Quill", "Seven.")
    task = started(nova)
    runs.execute(runs.claim("a worker"))
    (child,) = child_of(task)

    if ending == "failed":
        with transaction():
            db.session.get_one(type(quill), quill.id).ai_model_id = None
    elif ending == "deleted":
        tasks.delete(as_actor(ada), child.id)
    else:
        cancelling.cancel(as_actor(ada), child.id)
        tasks.edit(as_actor(ada), child.id, {"status": TaskStatus.CANCELLED})
    work()

    if ending == "failed":
        # Without a model it waits for one; a person ends that.
        assert run_of(task).status == RunStatus.WAITING
        return
    assert f"was {ending} by a person" in results_sent(provider.asked("of-nova")[-1])[0]
    assert fresh(task).result == "Without them."


def test_what_a_process_missed_is_delivered_by_the_sweep(team, started, work, monkeypatch):
    nova = team("Nova", [subtask("Numbers", "Quill")], "Done.")
    team("Quill", "Seven.")
    task = started(nova)
    with monkeypatch.context() as patched:
        # The process dies right after the commit.
        patched.setattr("helix.services.delegation.deliver", lambda call_id: False)
        work()
    stuck = run_of(task).status

    swept = delegation.sweep()
    work()

    assert (stuck, swept) == (RunStatus.WAITING, 1)
    assert fresh(task).result == "Done."
    assert delegation.sweep() == 0


def test_stopping_the_run_cancels_what_it_waits_for(team, started, ada):
    nova = team("Nova", [subtask("Numbers", "Quill")], "Done.")
    team("Quill", "Seven.")
    task = started(nova)
    runs.execute(runs.claim("a worker"))

    cancelling.cancel(as_actor(ada), task.id)

    (child,) = child_of(task)
    assert child.status == TaskStatus.CANCELLED
    assert db.session.scalars(select(ToolCall.state)).all() == [ToolCallState.SKIPPED]
    assert db.session.scalars(select(Run.id).where(Run.is_live)).all() == []


def test_a_call_that_is_executed_again_creates_no_second_subtask(team, started):
    nova = team("Nova", [subtask("Numbers", "Quill")], "Done.")
    team("Quill", "Seven.")
    task = started(nova)
    runs.execute(runs.claim("a worker"))
    call = db.session.scalars(select(ToolCall)).one()
    context = tools.ToolContext(agent_actor(nova.id, nova.name), nova.id, task.id, task.board_id, call.run_id, call.id)

    with transaction():
        again = tools.run_builtin(context, tools.CREATE_SUBTASK, call.arguments)

    assert again.waits_for_task == child_of(task)[0].id
    assert len(child_of(task)) == 1


def test_text_of_strangers_above_counts_below(team, started):
    nova = team("Nova", [subtask("Numbers", "Quill")], "Done.")
    team("Quill", [("list_files", {})], "Seven.")
    task = started(nova)
    with transaction():
        run_of(task).has_untrusted = True
    runs.execute(runs.claim("a worker"))
    runs.execute(runs.claim("a worker"))

    assert run_of(child_of(task)[0]).has_untrusted


def test_a_person_is_asked_first_unless_an_admin_allowed_it(team, started, make):
    nova = team("Nova", [subtask("Numbers", "Quill")], "Done.")
    team("Quill", "Seven.")
    with transaction():
        tool = db.session.scalars(select(Tool).where(Tool.name == "create_subtask")).one()
        db.session.get_one(AgentTool, (nova.id, tool.id)).policy = ToolPolicy.ASK
    task = started(nova)

    runs.execute(runs.claim("a worker"))

    assert child_of(task) == []
    assert run_of(task).status == RunStatus.WAITING


def test_the_tree_is_shown_at_each_of_its_tasks(team, started, work, ada):
    nova = team("Nova", [subtask("Numbers", "Quill")], "Done.")
    team("Quill", [subtask("Sources", "Remy")], "Seven.")
    team("Remy", "Books.")
    task = started(nova)
    alone = needs.linked(as_actor(ada), task.id)["tree"]

    work()

    trees = [needs.linked(as_actor(ada), one.id)["tree"] for one in db.session.scalars(select(Task))]
    assert alone == []
    assert [(one["title"], one["depth"]) for one in trees[0]] == [("Report", 0), ("Numbers", 1), ("Sources", 2)]
    assert trees[1] == trees[2] == trees[0]
