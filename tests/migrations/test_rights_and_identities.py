"""What 0017 does to the rows of an installation in use."""

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from helix import queue
from helix.app import create_app
from helix.cli.application import upgrade
from helix.extensions import db
from helix.settings import Settings
from tests.support import backing_services

FOLDER = str(backing_services.ROOT / "migrations")
NOW = "2026-11-01 12:00:00"


@pytest.fixture
def before(tmp_path, app):
    """A database as it was before, with the organization in it."""
    with backing_services.servers(tmp_path) as servers:
        old = create_app(Settings.from_environment(servers.environment))
        with old.app_context():
            upgrade()
            before = ScriptDirectory(FOLDER).get_revision("0017").down_revision
            flask_migrate.downgrade(directory=FOLDER, revision=before)
            yield
            db.session.remove()
            db.engine.dispose()
        queue.use(app.config["HELIX"].resolved_redis_url)


def put(connection, table, **values):
    """A row, with something in every column that needs it."""
    columns = sa.Table(table, sa.MetaData(), autoload_with=connection).columns
    row = {}
    for column in columns:
        if column.name in values:
            row[column.name] = values[column.name]
        elif not column.nullable and column.server_default is None and not column.primary_key:
            row[column.name] = _some(column.type)
    connection.execute(sa.insert(columns[next(iter(columns.keys()))].table).values(row))


def _some(kind):
    if isinstance(kind, sa.Boolean):
        return False
    if isinstance(kind, sa.DateTime):
        return sa.func.now()
    if isinstance(kind, sa.JSON):
        return {}
    return 0 if isinstance(kind, sa.Integer | sa.BigInteger | sa.Numeric) else ""


def person(connection, id, name, key, created_at=NOW):
    put(
        connection,
        "users",
        id=id,
        name=name,
        email=f"{id}@example.com",
        email_key=f"{id}@example.com",
        role="member",
        is_active=True,
        token_version=1,
        theme="system",
        created_at=sa.text(f"'{created_at}'"),
        updated_at=sa.text(f"'{created_at}'"),
    )
    put(connection, "names", key=key, user_id=id)


def test_names_that_are_one_now_are_kept_apart_by_a_number(before):
    with db.engine.begin() as connection:
        person(connection, 1, "Admin\u200b", "admin\u200b", "2026-01-01 12:00:00")
        person(connection, 2, "Admin", "admin")
        person(connection, 3, "Jose\u0301", "jose\u0301", "2026-02-01 12:00:00")
        person(connection, 4, "José", "josé", "2026-03-01 12:00:00")
        person(connection, 5, "\u3164", "\u3164")
        person(connection, 6, "Mia", "mia")
        person(connection, 7, "Ａdmin", "ａdmin", "2026-01-02 12:00:00")

    upgrade()

    with db.engine.connect() as connection:
        found = connection.execute(
            sa.text(
                "SELECT users.id, users.name, names.key FROM users JOIN names ON names.user_id = users.id ORDER BY 1"
            )
        ).all()
    by_id = {id: (name, key) for id, name, key in found}
    assert len(by_id) == 7
    assert len({key for _name, key in by_id.values()}) == 7
    assert by_id[6] == ("Mia", "mia")
    assert (by_id[3], by_id[4]) == (("José 2", "josé 2"), ("José", "josé"))
    assert by_id[5] == ("Person", "person")
    assert [by_id[id][0] for id in (2, 1, 7)] == ["Admin", "Admin 2", "Ａdmin 3"]


def test_notifications_get_the_board_of_their_task(before):
    with db.engine.begin() as connection:
        person(connection, 1, "Mia", "mia")
        put(connection, "departments", id=1, name="D", name_key="d")
        put(connection, "boards", id=5, name="B", department_id=1)
        put(connection, "tasks", id=9, title="T", board_id=5, version=1, status="todo", position="a0", tags=[])
        for id, kind, target in ((1, "task", 9), (2, "task", 404), (3, "budget", None), (4, "user", 1)):
            put(
                connection,
                "notifications",
                id=id,
                user_id=1,
                event_key=f"e{id}",
                type="mention",
                title="T",
                target_type=kind,
                target_id=target,
                read=id == 4,
            )

    upgrade()

    rights = "SELECT id, board_id, admin_only FROM notifications ORDER BY id"
    kept = "SELECT read, board_id, admin_only, sum(amount) FROM notification_tallies GROUP BY 1, 2, 3"
    with db.engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(sa.text(rights))]
        ledger = {(bool(row[0]), row[1], bool(row[2])): row[3] for row in connection.execute(sa.text(kept))}
    assert [(id, board, bool(admin)) for id, board, admin in rows] == [
        (1, 5, False),
        (2, None, True),
        (3, None, True),
        (4, None, False),
    ]
    assert ledger == {(False, 5, False): 1, (False, None, True): 2, (True, None, False): 1}
