"""The sample data of a new installation, and its removal."""

import pytest
from sqlalchemy import select

from helix.demo import load
from helix.extensions import db
from helix.models import Task, User


@pytest.fixture
def admin(clean_app):
    load.seed(demo=True, admin_email="ada@example.com", admin_password="a long password")
    return db.session.scalars(select(User).where(User.password_hash.is_not(None))).one()


def test_an_admin_counts_and_removes_it(api, admin):
    client = api.as_(admin)
    task = db.session.scalars(select(Task).order_by(Task.id)).first()
    client.patch(f"/api/tasks/{task.id}", json={"title": "Mine now"})

    before = client.get("/api/org/sample-data/").json["counts"]
    outcome = client.delete("/api/org/sample-data/").json
    again = client.delete("/api/org/sample-data/").json

    assert before["task"] > 20
    assert outcome["removed"]["task"] == before["task"] - 1
    assert outcome["kept"]["task"] == ["Mine now"]
    assert again == {"removed": {}, "kept": {}}
    assert client.get("/api/org/sample-data/").json == {"counts": {}}
    assert client.get(f"/api/tasks/{task.id}").status_code == 200
