"""What a session holds is written as SQLAlchemy's own flush writes it, with fewer steps."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from helix import clock, saving
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity, Department, IdempotencyKey, Task, TaskTag
from helix.models.vocabulary import ActorType, TaskStatus
from tests.support.statements import statements


@pytest.fixture
def task(make, mia):
    return make.task("Write it", by=mia, tags=["blog"])


@pytest.fixture
def usual_way(monkeypatch):
    """How often the session's own flush was needed."""
    asked = []
    usual = Session.flush
    monkeypatch.setattr(Session, "flush", lambda *args, **more: (asked.append(1), usual(*args, **more)))
    return asked


def entry(**fields):
    kind = ActorType.SYSTEM
    return Activity(actor_type=kind, actor_name="HELIX", action="task.updated", entity_type="task", **fields)


def row(table, id):
    with db.engine.connect() as connection:
        return dict(connection.execute(select(table).where(table.c.id == id)).mappings().one())


def test_new_rows_are_the_same_as_the_session_writes_them(clean_app, usual_way):
    written = []
    for flush in (saving.flush, Session.flush):
        with transaction():
            thing = entry(created_at=clock.now().replace(microsecond=7), entity_title="Café")
            db.session.add(thing)
            flush(db.session())
        written.append(row(Activity.__table__, thing.id))

    mine, usual = (one | {"id": None, "created_at": None} for one in written)
    assert mine == usual
    assert mine["details"] == {}
    assert len(usual_way) == 1


def test_what_was_left_out_is_known_afterwards_without_another_question(clean_app):
    with transaction():
        thing = entry(created_at=clock.now())
        db.session.add(thing)
        saving.flush(db.session())

        assert (thing.details, thing.admin_only, thing.entity_id) == ({}, False, None)
        assert db.session.get(Activity, thing.id) is thing
        assert not db.session.dirty


def test_only_what_has_another_value_is_written(task, usual_way):
    with transaction():
        found = db.session.get_one(Task, task.id)
        found.title, found.status, found.tags = "Write more", TaskStatus.TODO, ["blog"]
        usual_way.clear()
        with statements() as sent:
            saving.flush(db.session())
        asked = len(usual_way)

    assert [statement.split(" WHERE")[0].count("=") for statement in sent] == [1]
    assert row(Task.__table__, task.id)["title"] == "Write more"
    assert asked == 0


def test_parents_are_written_before_what_hangs_on_them(clean_app, make):
    board_id, now = make.board().id, clock.now()
    with transaction():
        db.session.add(TaskTag(task_id=900, tag="b"))
        db.session.add(TaskTag(task_id=900, tag="a"))
        db.session.add(Task(id=900, title="Write", board_id=board_id, position="a0", created_at=now, updated_at=now))

    assert db.session.scalars(select(TaskTag.tag).where(TaskTag.task_id == 900).order_by(TaskTag.tag)).all() == [
        "a",
        "b",
    ]


def test_what_was_rolled_back_is_new_to_nobody(clean_app):
    thing = entry(created_at=clock.now())

    def written_and_given_up():
        with transaction():
            db.session.add(thing)
            saving.flush(db.session())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        written_and_given_up()

    assert thing not in db.session
    assert db.session.scalar(select(func.count(Activity.id))) == 0


def test_a_row_that_is_gone_is_not_changed_in_silence(task):
    def changed_when_it_is_gone():
        with transaction():
            found = db.session.get_one(Task, task.id)
            for table, column in (("task_tags", "task_id"), ("tasks", "id")):
                db.session.connection().exec_driver_sql(f"DELETE FROM {table} WHERE {column} = {found.id}")
            found.title = "Write more"

    with pytest.raises(StaleDataError):
        changed_when_it_is_gone()


def test_what_the_database_refuses_is_said_as_always(clean_app, make):
    department = make.department("Marketing")
    with pytest.raises(IntegrityError), transaction():
        db.session.add(Department(name="Other", name_key=department.name_key, emoji="📣", sort_order=9))

    assert db.session.scalar(select(func.count(Department.id))) == 1


@pytest.mark.parametrize("change", ["expression", "relationship", "deletion"])
def test_what_is_more_than_values_is_left_to_the_session(task, make, usual_way, change):
    agent = make.agent()
    with transaction():
        found = db.session.get_one(Task, task.id)
        if change == "expression":
            found.version = Task.version + 1
        elif change == "relationship":
            found.assigned_agent = agent
        else:
            db.session.delete(db.session.get_one(TaskTag, (task.id, "blog")))
        usual_way.clear()
        saving.flush(db.session())
        asked = len(usual_way)

    assert asked == 1
    now = row(Task.__table__, task.id)
    tags = db.session.scalars(select(TaskTag.tag).where(TaskTag.task_id == task.id)).all()
    expected = {"expression": (2, None, ["blog"]), "relationship": (1, agent.id, ["blog"]), "deletion": (1, None, [])}
    assert (now["version"], now["assigned_agent_id"], tags) == expected[change]


def test_of_json_what_nobody_said_is_nothing_and_no_null_of_its_own(ada):
    now = clock.now()
    for flush in (saving.flush, Session.flush):
        with transaction():
            key = IdempotencyKey(user_id=ada.id, key=str(flush), route="POST", body_hash="x", created_at=now)
            db.session.add(key)
            flush(db.session())
        assert db.session.scalar(select(IdempotencyKey.answer.is_(None)).where(IdempotencyKey.id == key.id))
