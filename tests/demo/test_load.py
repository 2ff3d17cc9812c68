from dataclasses import replace

import pytest
from sqlalchemy import func, select

from helix.demo import load
from helix.extensions import db
from helix.llm import demo as demo_model
from helix.models import (
    Agent,
    AiModel,
    Board,
    Comment,
    HumanRequest,
    Run,
    Skill,
    Task,
    TaskAttachment,
    ToolCall,
    User,
)
from helix.models.vocabulary import RequestKind, RequestState, RunStatus, TaskStatus
from helix.services import accounts, boards, requests, runs
from tests.support.people import as_actor


@pytest.fixture(autouse=True)
def without_delay(monkeypatch):
    monkeypatch.setattr(demo_model, "delay_seconds", 0)


def count(table):
    return db.session.scalar(select(func.count()).select_from(table))


def test_an_empty_database_gets_the_whole_demo_once(clean_app):
    made = load.seed(demo=True)
    again = load.seed(demo=True)

    assert made["created"]
    assert made["password"]
    assert not again["created"]
    assert (count(Board), count(Agent), count(Skill)) == (18, 20, 10)
    assert count(Task) >= 20
    assert count(Run) >= 10
    assert count(Comment) >= 10
    admin = accounts.sign_in(made["email"], made["password"])
    shown = boards.serialize(as_actor(admin), boards.boards(as_actor(admin)))
    assert sum(sum(board["task_counts"].values()) for board in shown) == count(Task)


def test_without_keys_the_demo_model_is_the_default(clean_app, monkeypatch):
    monkeypatch.setitem(clean_app.config, "HELIX", replace(clean_app.config["HELIX"], provider_api_keys={}))
    load.seed(demo=True)

    default = db.session.scalar(select(AiModel).where(AiModel.is_default))

    assert default.provider == "demo"


def test_a_key_in_the_environment_gives_its_model_sealed(clean_app, monkeypatch):
    keys = {"openai": "sk-canary-0123456789"}
    monkeypatch.setitem(clean_app.config, "HELIX", replace(clean_app.config["HELIX"], provider_api_keys=keys))
    load.seed(demo=True)

    default = db.session.scalar(select(AiModel).where(AiModel.is_default))

    assert default.provider == "openai"
    assert default.key_hint == "6789"
    assert "canary" not in default.api_key_encrypted


def test_an_admin_named_like_an_agent_gets_another_name(clean_app):
    made = load.seed(demo=True, admin_email="sierra@example.com", admin_password="long enough")

    assert made["created"]
    assert made["password"] is None
    assert db.session.scalar(select(User.name).where(User.email == "sierra@example.com")) == "First Admin"


def test_an_empty_start_has_nobody_and_a_setup_key(clean_app):
    made = load.seed(demo=False)

    assert not made["created"]
    assert made["setup_key"].startswith("setup-")
    assert count(User) == 0


def shown(model):
    return db.session.scalars(select(model).execution_options(populate_existing=True))


def test_the_demo_model_has_begun_a_task_and_waits_for_a_person(clean_app):
    made = load.seed(demo=True)
    load.seed(demo=True)

    request = shown(HumanRequest).one()
    call, run = shown(ToolCall).one(), db.session.get_one(Run, request.run_id)
    task = db.session.get_one(Task, request.task_id)
    assert (request.kind, request.state, call.name) == (RequestKind.APPROVAL, RequestState.OPEN, "add_comment")
    assert (run.status, run.turn_count, task.status) == (RunStatus.WAITING, 1, TaskStatus.IN_PROGRESS)
    assert "offline demo model" in call.arguments["text"]
    admin = as_actor(accounts.sign_in(made["email"], made["password"]))
    assert [one.request.id for one in requests.open_for(admin, limit=9)] == [request.id]


def test_the_begun_task_goes_on_after_the_answer(clean_app):
    made = load.seed(demo=True)
    admin = as_actor(accounts.sign_in(made["email"], made["password"]))
    request = shown(HumanRequest).one()

    requests.answer(admin, request.id, decision="allow", via="page")
    runs.execute(runs.claim("a worker"))

    task = db.session.get_one(Task, request.task_id, populate_existing=True)
    assert task.status == TaskStatus.REVIEW
    assert "> The comment was added." in task.result
    (comment,) = db.session.scalars(select(Comment).where(Comment.task_id == task.id, Comment.agent_id.is_not(None)))
    assert comment.agent_id == task.assigned_agent_id


@pytest.mark.parametrize(
    ("title", "tool", "state"),
    [("Win-back mail", "ask_person", RunStatus.WAITING), ("Sort 14 messages", "save_file", RunStatus.SUCCEEDED)],
)
def test_the_tasks_of_the_tour_play_their_scripts(clean_app, title, tool, state):
    made = load.seed(demo=True)
    admin = as_actor(accounts.sign_in(made["email"], made["password"]))
    task = db.session.scalars(select(Task).where(Task.title.startswith(title))).one()

    runs.start(admin, task.id)
    runs.execute(runs.claim("a worker"))

    run = db.session.get_one(Run, db.session.get_one(Task, task.id, populate_existing=True).last_run_id)
    calls = db.session.scalars(select(ToolCall).where(ToolCall.run_id == run.id).order_by(ToolCall.id)).all()
    assert run.status == state
    assert {call.name for call in calls} == {tool}
    files = db.session.scalars(select(TaskAttachment.name).where(TaskAttachment.task_id == task.id)).all()
    asked = shown(HumanRequest).all()
    if tool == "save_file":
        assert sorted(name.rpartition(".")[2] for name in files) == ["csv", "md"]
        assert all(f"Saved as {name}, version 1" in db.session.get_one(Task, task.id).result for name in files)
    else:
        assert len(asked[-1].options) == 3
        assert asked[-1].title == "Which subject line should it have?"


def test_with_a_key_in_the_environment_nothing_starts(clean_app, monkeypatch):
    keys = {"openai": "sk-canary-0123456789"}
    monkeypatch.setitem(clean_app.config, "HELIX", replace(clean_app.config["HELIX"], provider_api_keys=keys))

    load.seed(demo=True)

    models = {model.provider: model.supports_tools for model in shown(AiModel)}
    assert models == {"openai": None, "demo": True}
    assert count(HumanRequest) == 0
    assert {run.status for run in shown(Run)} == {RunStatus.SUCCEEDED}
