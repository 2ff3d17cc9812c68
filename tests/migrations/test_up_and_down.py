"""Migrations run both ways on the database that this suite runs on, and lead to what the models say."""

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from helix import queue, schema_version
from helix.app import create_app
from helix.cli.application import upgrade
from helix.extensions import db
from helix.settings import Settings
from tests.support import backing_services


@pytest.fixture
def fresh(tmp_path, app):
    """An application on a database with nothing in it. The suite's own stays the one of this process."""
    with backing_services.servers(tmp_path) as servers:
        empty = create_app(Settings.from_environment(servers.environment))
        with empty.app_context():
            yield empty
            db.session.remove()
            db.engine.dispose()
        queue.use(app.config["HELIX"].resolved_redis_url)


def tables():
    return set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}


def triggers():
    if db.engine.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('tasks', 'notifications')"
    else:
        watched = "('tasks'::regclass, 'notifications'::regclass)"
        query = f"SELECT tgname FROM pg_trigger WHERE tgrelid IN {watched} AND NOT tgisinternal"
    with db.engine.connect() as connection:
        return set(connection.exec_driver_sql(query).scalars())


def test_up_down_and_up_again(fresh):
    upgrade()
    once, watched = tables(), triggers()

    flask_migrate.downgrade(directory=str(backing_services.ROOT / "migrations"), revision="base")
    emptied = tables()
    upgrade()

    assert set(db.metadata.tables) <= once
    assert emptied == set()
    assert tables() == once
    assert triggers() == watched != set()


def test_the_tables_are_what_the_models_say(fresh):
    upgrade()

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": by_models})
        differences = compare_metadata(context, db.metadata)

    assert differences == []


def by_models(_object, name, kind, _reflected, _compare_to):
    searching = name and (name.startswith(("task_search", "task_words")) or name.endswith("_trigram"))
    return not searching


def test_code_refuses_a_database_that_is_behind_or_ahead(fresh):
    empty = schema_version.mismatch(fresh)
    upgrade()
    level = schema_version.mismatch(fresh)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    ahead = schema_version.mismatch(fresh)

    assert "python -m helix migrate" in empty
    assert level is None
    assert "ahead" in ahead


def test_the_newest_version_is_the_one_that_alembic_would_migrate_to():
    script = ScriptDirectory(str(backing_services.ROOT / "migrations"))

    assert schema_version.latest_revision() == script.get_current_head()
    assert all(schema_version.is_known(known.revision) for known in script.walk_revisions())
