from dataclasses import replace

from sqlalchemy import func, select

from helix.demo import load
from helix.extensions import db
from helix.models import Agent, AiModel, Board, Comment, Run, Skill, Task, User
from helix.services import accounts, boards
from tests.support.people import as_actor


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
