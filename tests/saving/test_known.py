"""Rows that are read under a lock, as objects of the session."""

from sqlalchemy import select, update

from helix.db.read import held
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Task


def test_a_held_row_is_an_object_whose_changes_are_written(make, mia):
    task_id = make.task("Write it", by=mia, tags=["blog"]).id
    db.session.remove()

    with transaction():
        task = held(Task, id=task_id)
        before = (task.title, task.tags, task.created_by_user_id)
        task.title = "Write more"

    assert before == ("Write it", ["blog"], mia.id)
    assert db.session.scalar(select(Task.title).where(Task.id == task_id)) == "Write more"


def test_one_that_was_known_is_read_anew(make, mia):
    task_id = make.task("Write it", by=mia).id

    with transaction():
        known = db.session.get_one(Task, task_id)
        db.session.execute(update(Task.__table__).where(Task.__table__.c.id == task_id).values(title="Write more"))
        found = held(Task, id=task_id)

    assert found is known
    assert known.title == "Write more"
    assert not db.session.dirty


def test_what_is_not_there_is_none(clean_app):
    with transaction():
        assert held(Task, id=12345) is None
