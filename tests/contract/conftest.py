"""The demo that the reference speaks of, and its requests exactly as they are printed there."""

import io
import re

import pytest
import sqlalchemy as sa

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, Board, Department
from helix.models.vocabulary import Role
from helix.policies.actor import SYSTEM
from helix.services import accounts

PASSWORD = "yourpassword"
PLACE = re.compile(r"\{\w+\}")


@pytest.fixture
def demo(clean_app, people, make):
    """Departments, boards and agents with the ids that the reference uses; Clement is its admin."""
    with transaction():
        db.session.add(Department(id=1, name="Marketing", name_key="marketing", emoji="📣", sort_order=1))
        db.session.flush()
        for number in (1, 3, 4):
            db.session.add(Board(id=number, name=f"Board {number}", department_id=1))
    make.agent("Sierra", id=5, role_title="Blog Writer", department_id=1, primary_board_id=3)
    make.model()
    _number_on()
    return make


def _number_on():
    """On PostgreSQL, rows that bring their own id do not move the counter on."""
    if db.engine.dialect.name != "postgresql":
        return
    with transaction():
        for model in (Department, Board, Agent):
            table = model.__table__
            counter = sa.func.pg_get_serial_sequence(table.name, "id")
            newest = sa.select(sa.func.max(table.c.id)).scalar_subquery()
            db.session.execute(sa.select(sa.func.setval(counter, newest)))


@pytest.fixture
def clement(clean_app):
    return accounts.create(SYSTEM, name="Clement", email="admin@company.com", password=PASSWORD, role=Role.ADMIN)


class Reference:
    """Sends what the reference prints: a request line, headers, an empty line, a body.

    `send(text, 7)` puts 7 where the text says `{task_id}`; `file=(name, content)` stands for `file: <file>`.
    """

    def __init__(self, api):
        self._api = api

    def send(self, text, *ids, file=None):
        head, _, body = text.strip().partition("\n\n")
        request, *rest = head.splitlines()
        method, path = request.split(" ", 1)
        for number in ids:
            path = PLACE.sub(str(number), path, count=1)
        assert not PLACE.search(path), f"say which: {path}"
        headers = dict(line.split(": ", 1) for line in rest if line.startswith("Content-Type"))
        if headers.get("Content-Type") == "multipart/form-data":
            assert file, "a form with a file needs one"
            fields = dict(re.findall(r'^(\w+): "(.*)"$', text, re.M))
            return self._api.open(method, path, data={"file": (io.BytesIO(file[1]), file[0]), **fields})
        return self._api.open(method, path, headers=headers, data=body.encode() if body else None)


@pytest.fixture
def nobody(api):
    return Reference(api)


@pytest.fixture
def admin(api, clement):
    """Clement, signed in."""
    return Reference(api.as_(clement))


@pytest.fixture
def member(api, mia):
    return Reference(api.as_(mia))
