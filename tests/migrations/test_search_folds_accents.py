"""What 0020 does to the rows of an installation in use, on the way up and on the way down."""

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from helix import clock, queue
from helix.app import create_app
from helix.cli.application import upgrade
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Board, Department, Skill, Task
from helix.models.task import DESCRIPTION, TITLE
from helix.services.search import postgresql, sqlite
from helix.services.search.term import Term
from helix.settings import Settings
from tests.support import backing_services

FOLDER = str(backing_services.ROOT / "migrations")
# More than the migration takes at once.
MANY = 1100


@pytest.fixture
def in_use(tmp_path, app):
    """A database with tasks and a skill in it, as it was before the migration."""
    with backing_services.servers(tmp_path) as servers:
        old = create_app(Settings.from_environment(servers.environment))
        with old.app_context():
            upgrade()
            _furnish()
            before = ScriptDirectory(FOLDER).get_revision("0020").down_revision
            flask_migrate.downgrade(directory=FOLDER, revision=before)
            yield
            db.session.remove()
            db.engine.dispose()
        queue.use(app.config["HELIX"].resolved_redis_url)


def _furnish():
    now = clock.now()
    with transaction():
        department = Department(name="Sales", name_key="sales", emoji="", sort_order=1)
        db.session.add(department)
        db.session.flush()
        board = Board(name="Blog", department_id=department.id)
        db.session.add(board)
        db.session.add(Skill(name="Größe", name_key="größe", slug="x", content="Łódź", created_at=now, updated_at=now))
        db.session.flush()
        times = {"created_at": now, "updated_at": now}
        rows = [{"title": f"Plain {n}", "board_id": board.id, "position": f"a{n}", **times} for n in range(MANY)]
        rows[0] |= {"title": "Crème brûlée"}
        rows[-1] |= {"description": "Straße"}
        db.session.execute(sa.insert(Task), [{"description": ""} | row for row in rows])


def found(typed):
    engine = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    return list(db.session.scalars(sa.select(Task.id).where(engine.matches(Term.of(typed))).order_by(Task.id)))


def columns(table):
    return {column["name"] for column in sa.inspect(db.engine).get_columns(table)}


def test_rows_that_were_there_are_folded_and_found(in_use):
    assert not {"title_folded", "content_folded"} & (columns("tasks") | columns("skills"))

    upgrade()

    assert (found("creme"), found("cr"), found("strasse"), found("crème")) == ([1], [1], [MANY], [1])
    assert len(found("plain")) == MANY - 1
    with db.engine.connect() as connection:
        some = sa.select(TITLE, DESCRIPTION).where(Task.id.in_([1, 2, MANY])).order_by(Task.id)
        texts = connection.execute(some).all()
        skill = connection.execute(sa.select(Skill.name_folded, Skill.content_folded)).one()
    assert [tuple(row) for row in texts] == [("creme brulee", ""), ("Plain 1", ""), (f"Plain {MANY - 1}", "strasse")]
    assert tuple(skill) == ("grosse", "lodz")


def test_search_of_before_works_again_on_the_way_down(in_use):
    if db.engine.dialect.name == "sqlite":
        query = "SELECT rowid FROM task_search WHERE task_search MATCH '\"crème\"'"
    else:
        query = "SELECT id FROM tasks WHERE title ILIKE '%crème%'"

    with db.engine.connect() as connection:
        ids = list(connection.exec_driver_sql(query.replace("%", "%%") if "ILIKE" in query else query).scalars())

    assert ids == [1]
