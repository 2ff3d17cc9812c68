"""The sample organization is removed without anything of people's own."""

import pytest
from sqlalchemy import func, select

from helix.demo import load
from helix.errors import Forbidden
from helix.extensions import db
from helix.llm import demo as demo_model
from helix.models import (
    Activity,
    Agent,
    Board,
    Comment,
    Department,
    Notification,
    Organization,
    SampleRow,
    Skill,
    Task,
    User,
)
from helix.models.vocabulary import Role, TaskStatus
from helix.policies.actor import Actor
from helix.services import agents, boards, comments, runs, sample_data, skills, tasks
from tests.support.people import as_actor

pytestmark = pytest.mark.every_database
TABLES = (Task, Agent, Skill, Board, Department)


@pytest.fixture
def admin(clean_app, monkeypatch):
    monkeypatch.setattr(demo_model, "delay_seconds", 0)
    made = load.seed(demo=True, admin_email="ada@example.com", admin_password="a long password")
    assert made["created"]
    return as_actor(db.session.scalars(select(User).where(User.password_hash.is_not(None))).one())


def count(table):
    return db.session.scalar(select(func.count()).select_from(table))


def sample_task(status=None):
    query = select(Task).order_by(Task.id)
    return db.session.scalars(query.where(Task.status == status) if status else query).first()


def sample_agent(name):
    return db.session.scalars(select(Agent).where(Agent.name == name)).one()


def test_an_untouched_sample_goes_as_a_whole_and_leaves_only_the_admin(admin):
    before = sample_data.counts(admin)
    outcome = sample_data.remove(admin)

    assert before["task"] >= 20
    assert outcome.removed == before
    assert not any(outcome.kept.values())
    assert [count(table) for table in TABLES] == [0] * len(TABLES)
    assert [user.name for user in db.session.scalars(select(User))] == [admin.name]
    assert count(SampleRow) == 0
    assert db.session.get_one(Organization, 1).sample_data is None
    assert count(Notification) == 0


def test_counts_of_boards_are_right_afterwards(admin):
    sample_data.remove(admin)
    department = boards.create_department(admin, name="Ours")
    board = boards.create(admin, name="Plans", department_id=department.id)
    tasks.create(admin, title="Begin", board_id=board.id)

    shown = boards.serialize(admin, boards.boards(admin))

    assert [sum(one["task_counts"].values()) for one in shown] == [1]


def test_removing_twice_does_nothing_more(admin):
    sample_data.remove(admin)
    board = boards.create(admin, name="Plans", department_id=boards.create_department(admin, name="Ours").id)

    again = sample_data.remove(admin)

    assert again.removed == {}
    assert db.session.get(Board, board.id)


def test_trying_things_out_does_not_keep_the_sample(admin):
    reviewed, waiting = sample_task(TaskStatus.REVIEW), sample_task(TaskStatus.TODO)
    tasks.approve(admin, reviewed.id)
    tasks.edit(admin, waiting.id, {"status": TaskStatus.IN_PROGRESS, "priority": "urgent"})
    agents.edit(admin, sample_agent("Sierra").id, {"enabled": False})

    outcome = sample_data.remove(admin)

    assert not any(outcome.kept.values())


@pytest.mark.parametrize("way", ["comment", "title", "description"])
def test_a_task_that_somebody_has_written_on_stays_with_its_board_and_its_people(admin, way):
    task = db.session.scalars(
        select(Task)
        .where(Task.assigned_agent_id.is_not(None), Task.created_by_user_id != admin.user_id)
        .order_by(Task.id)
    ).first()
    if way == "comment":
        comments.add(admin, task.id, "This one is for us.")
    else:
        tasks.edit(admin, task.id, {way: "This one is for us."})

    outcome = sample_data.remove(admin)

    db.session.expire_all()
    kept = db.session.get_one(Task, task.id)
    assert outcome.kept["task"] == [kept.title]
    assert count(Task) == 1
    assert db.session.get(Board, kept.board_id).department_id
    assert db.session.get(Agent, kept.assigned_agent_id)
    assert db.session.get(User, kept.created_by_user_id)
    assert count(Board) == 1


def test_ones_own_task_on_a_sample_board_stays_with_what_it_needs(admin):
    agent = sample_agent("Sierra")
    own = tasks.create(admin, title="Ours", board_id=agent.primary_board_id, assigned_agent_id=agent.id)

    outcome = sample_data.remove(admin)

    assert outcome.kept["agent"] == ["Sierra"]
    assert outcome.kept["board"] == [db.session.get_one(Board, own.board_id).name]
    assert db.session.scalars(select(Task.title)).all() == ["Ours"]
    assert [skill.name for skill in db.session.scalars(select(Skill))] == outcome.kept["skill"]


def test_an_agent_with_new_instructions_stays(admin):
    agents.edit(admin, sample_agent("Remy").id, {"system_prompt": "You write for our company."})

    assert sample_data.remove(admin).kept["agent"] == ["Remy"]


def test_a_skill_that_was_changed_stays(admin):
    skill = db.session.scalars(select(Skill)).first()
    skills.edit(admin, skill.id, {"content": "# Ours"})

    assert sample_data.remove(admin).kept["skill"] == [skill.name]


def test_a_person_of_the_sample_who_signs_in_stays(admin):
    person = db.session.scalars(select(User).where(User.password_hash.is_(None))).first()
    person.password_hash = "set by an invitation"
    db.session.commit()

    outcome = sample_data.remove(admin)

    assert outcome.kept["user"] == [person.name]


def test_a_task_whose_agent_is_at_work_goes_too(admin):
    task = db.session.scalars(
        select(Task).where(Task.status == TaskStatus.TODO, Task.assigned_agent_id.is_not(None))
    ).first()
    runs.start(admin, task.id)

    sample_data.remove(admin)

    assert count(Task) == 0


def test_members_cannot_see_or_remove_the_sample(admin):
    member = Actor(id=admin.user_id, name="Mia", role=Role.MEMBER)

    for attempt in (sample_data.counts, sample_data.remove):
        with pytest.raises(Forbidden):
            attempt(member)
    assert sample_data.counts(admin)


def test_the_activity_forgets_the_sample_and_keeps_the_removal(admin):
    sample_data.remove(admin)

    left = db.session.scalars(select(Activity)).all()
    assert [entry.entity_type for entry in left] == ["settings"]
    assert left[0].details["fields"] == ["sample_data"]
    assert count(Comment) == 0
