import pytest

from helix import queue
from helix.demo import templates
from helix.extensions import db
from helix.models import Agent, AiModel, Board, Department, Organization, Skill, Task, User
from helix.models.vocabulary import Role
from helix.services import accounts
from tests.support.html_forms import forms
from tests.support.page_client import Pages

pytestmark = pytest.mark.every_database


@pytest.fixture
def key(clean_app):
    return accounts.create_setup_key()


@pytest.fixture
def form(key):
    return {
        "key": key,
        "organization": "Larkmoor",
        "timezone": "Europe/Berlin",
        "name": "Ada",
        "email": "ada@example.com",
        "password": "correct horse battery",
    }


@pytest.fixture
def works(monkeypatch):
    """A worker that finds every model in order."""
    monkeypatch.setattr(queue, "ask", lambda *_args, **_more: {"success": True, "message": "It answers."})


def test_the_key_makes_the_first_admin_once(clean_app, pages, form):
    led = pages.get("/sign-in")
    made = pages.post("/setup", form)
    again = Pages(clean_app).post("/setup", form | {"email": "eve@example.com", "name": "Eve"})

    assert led.location == "/setup"
    assert (made.status_code, made.location) == (303, "/setup/model")
    assert again.status_code == 422
    assert "set-up is already finished" in again.text
    user = db.session.query(User).one()
    organization = db.session.get(Organization, 1)
    assert (user.name, user.role) == ("Ada", Role.ADMIN)
    assert (organization.name, organization.timezone) == ("Larkmoor", "Europe/Berlin")
    assert pages.get("/setup/model").status_code == 200


def test_without_the_right_key_nobody_comes_in(pages, form):
    wrong = pages.post("/setup", form | {"key": "setup-guessed"})
    earlier = form["key"]
    accounts.create_setup_key()
    void = pages.post("/setup", form | {"key": earlier})

    assert wrong.status_code == void.status_code == 422
    assert 'id="f-key-error"' in wrong.text
    assert 'value="Larkmoor"' in wrong.text
    assert "correct horse battery" not in wrong.text
    assert db.session.query(User).count() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organization", " "),
        ("timezone", "Moon"),
        ("name", ""),
        ("email", "nobody"),
        ("password", "short"),
        ("key", ""),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(pages, form, field, value):
    reply = pages.post("/setup", form | {field: value})

    assert reply.status_code == 422
    assert f'id="f-{field}-error"' in reply.text
    assert db.session.query(User).count() == 0


def test_guessing_keys_is_slowed(pages, form):
    statuses = [pages.post("/setup", form | {"key": f"setup-{number}"}).status_code for number in range(51)]

    assert statuses[-1] == 429
    assert db.session.query(User).count() == 0


def test_a_house_with_people_has_no_set_up_for_strangers_and_members(pages, mia):
    stranger = pages.get("/setup")
    browser = pages.as_(mia)

    assert stranger.location == "/sign-in?next=/setup"
    assert [browser.get(f"/setup/{step}").status_code for step in ("model", "agents", "done")] == [403] * 3
    assert browser.post("/setup/departments", {"chosen": "marketing"}).status_code == 403
    assert db.session.query(Department).count() == 0


def test_a_model_is_added_tested_and_becomes_the_default(pages, ada, works):
    browser = pages.as_(ada)

    wrong = browser.post("/setup/model", {"provider": "openai", "model_name": "", "api_key": "sk-secret"})
    right = browser.post("/setup/model", {"provider": "demo", "model_name": "demo"})

    assert wrong.status_code == 422
    assert "sk-secret" not in wrong.text
    assert right.location == "/setup/departments"
    assert db.session.query(AiModel).one().is_default


def test_a_model_that_does_not_answer_is_kept_and_said(pages, ada, make, monkeypatch):
    first = make.model()
    monkeypatch.setattr(queue, "ask", lambda *_args, **_more: {"success": False, "message": "The key was refused."})
    browser = pages.as_(ada)

    reply = browser.post("/setup/model", {"provider": "openai", "model_name": "gpt-9", "api_key": "sk-x"})

    assert reply.location == "/setup/model"
    assert "The key was refused." in browser.get("/setup/model").text
    assert db.session.get(AiModel, first.id).is_default


def test_departments_and_agents_come_from_templates_and_never_twice(pages, ada):
    browser = pages.as_(ada)
    sierra = next(one for one in templates.content().agents if one.skills)

    for _ in range(2):
        browser.post("/setup/departments", {"chosen": sierra.department})
        browser.post("/setup/agents", {"chosen": sierra.key})

    agent = db.session.query(Agent).one()
    department = next(one for one in templates.content().departments if one.key == sierra.department)
    assert db.session.query(Department).count() == 1
    assert db.session.query(Board).count() == len(department.boards)
    assert agent.name == sierra.name
    assert db.session.get(Board, agent.primary_board_id) is not None
    assert db.session.query(Skill).count() == len(sierra.skills)
    assert "Already added." in browser.get("/setup/agents").text


def test_all_agents_at_once_without_any_department(pages, ada):
    browser = pages.as_(ada)

    browser.post("/setup/agents", {"chosen": [one.key for one in templates.content().agents]})

    assert db.session.query(Agent).count() == len(templates.content().agents)
    assert browser.get("/agents").status_code == 200


def test_a_template_that_is_none_is_refused(pages, ada):
    reply = pages.as_(ada).post("/setup/departments", {"chosen": "piracy"})

    assert reply.status_code == 422
    assert db.session.query(Department).count() == 0


def test_the_team_is_invited_and_the_set_up_ends(pages, ada):
    browser = pages.as_(ada)

    reply = browser.post("/setup/team", {"name": "Lena", "email": "lena@example.com", "role": "member"})
    taken = browser.post("/setup/team", {"name": "Lena Two", "email": "lena@example.com", "role": "member"})
    ended = browser.post("/setup/done")

    assert "/invitation/" in reply.text
    assert taken.status_code == 422
    assert 'value="Lena Two"' in taken.text
    assert ended.location == "/"
    assert 'href="/setup"' not in browser.get("/").text


def test_the_set_up_ends_with_a_first_task_that_is_run(pages, ada, make):
    make.model()
    board = make.board()
    agent = make.agent("Sierra", primary_board_id=board.id)
    browser = pages.as_(ada)

    shown = forms(browser.get("/setup/done").text)[0]
    sent = browser.post("/setup/done", {name: values[0] for name, values in shown.fields.items()} | {"then": "run"})

    task = db.session.query(Task).one()
    assert task.title == "Introduce yourself to the team"
    assert task.assigned_agent_id == agent.id
    assert sent.headers["Location"] == f"/boards/{board.id}?task={task.id}"
    assert task.last_run_id
    assert db.session.get_one(Organization, 1).setup_finished_at


def test_a_first_task_without_a_title_is_refused_and_the_set_up_goes_on(pages, ada, make):
    make.model()
    agent = make.agent("Sierra", primary_board_id=make.board().id)

    reply = pages.as_(ada).post("/setup/done", {"then": "run", "title": " ", "assigned_agent_id": agent.id})

    assert reply.status_code == 422
    assert "Enter a title" in reply.text
    assert db.session.query(Task).count() == 0


def test_without_agents_or_boards_the_set_up_ends_on_the_dashboard(pages, ada, make):
    make.agent("Sierra")

    page = pages.as_(ada).get("/setup/done").text

    assert "Create and run" not in page
    assert "Open the dashboard" in page


def test_a_finished_step_has_a_tick(pages, ada, make):
    make.board()

    page = pages.as_(ada).get("/setup/team").text

    assert page.count('class="is-done"') == 1
    assert "Departments<span" in page
