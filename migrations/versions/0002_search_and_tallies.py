"""Finding tasks by any part of their words, and the ledger of how many hang where

Revision ID: 0002
Revises: 0001

By hand, since no model describes it: triggers on `tasks`, and the search indexes of either database.
A later migration that rebuilds `tasks` on SQLite (batch_alter_table) drops its triggers without a word:
call `create_triggers()` of this file again in it.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IS_LIVE = "({row}.deleted_at IS NULL AND NOT {row}.archived)"
OLD_LIVE, NEW_LIVE = IS_LIVE.format(row="OLD"), IS_LIVE.format(row="NEW")


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP TRIGGER tasks_tally ON tasks")
        op.execute("DROP FUNCTION tally_tasks()")
        op.execute("DROP INDEX ix_tasks_title_trigram")
        op.execute("DROP INDEX ix_tasks_description_trigram")
        op.execute("DROP INDEX ix_tasks_words_trigram")
    else:
        for name in SQLITE_TRIGGERS:
            op.execute(f"DROP TRIGGER {name}")
        op.execute("DROP TABLE task_words")
        op.execute("DROP TABLE task_search")


def _postgresql() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE INDEX ix_tasks_title_trigram ON tasks USING gin (title gin_trgm_ops)")
    op.execute("CREATE INDEX ix_tasks_description_trigram ON tasks USING gin (description gin_trgm_ops)")
    # One and two letters find beginnings of words: no trigram holds those.
    op.execute(
        "CREATE INDEX ix_tasks_words_trigram ON tasks USING gin "
        "(to_tsvector('simple', title || ' ' || left(description, 20000)))"
    )
    op.execute(
        f"""
        CREATE FUNCTION tally_tasks() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'INSERT' AND {OLD_LIVE} THEN
                INSERT INTO task_tallies (board_id, status, amount) VALUES (OLD.board_id, OLD.status, -1);
            END IF;
            IF TG_OP <> 'DELETE' AND {NEW_LIVE} THEN
                INSERT INTO task_tallies (board_id, status, amount) VALUES (NEW.board_id, NEW.status, 1);
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER tasks_tally AFTER INSERT OR DELETE OR UPDATE OF status, board_id, archived, deleted_at ON tasks "
        "FOR EACH ROW EXECUTE FUNCTION tally_tasks()"
    )


_INDEX_OLD = """
    INSERT INTO task_search (task_search, rowid, title, description) VALUES ('delete', OLD.id, OLD.title, OLD.description);
    INSERT INTO task_words (task_words, rowid, title, description) VALUES ('delete', OLD.id, OLD.title, OLD.description);
"""
_INDEX_NEW = """
    INSERT INTO task_search (rowid, title, description) VALUES (NEW.id, NEW.title, NEW.description);
    INSERT INTO task_words (rowid, title, description) VALUES (NEW.id, NEW.title, NEW.description);
"""
_COUNT_OLD = "INSERT INTO task_tallies (board_id, status, amount) VALUES (OLD.board_id, OLD.status, -1);"
_COUNT_NEW = "INSERT INTO task_tallies (board_id, status, amount) VALUES (NEW.board_id, NEW.status, 1);"
_PLACED = "AFTER UPDATE OF status, board_id, archived, deleted_at ON tasks"

SQLITE_TRIGGERS = {
    "tasks_search_insert": f"AFTER INSERT ON tasks BEGIN {_INDEX_NEW} END",
    "tasks_search_delete": f"AFTER DELETE ON tasks BEGIN {_INDEX_OLD} END",
    "tasks_search_update": (
        f"AFTER UPDATE OF title, description ON tasks "
        f"WHEN OLD.title IS NOT NEW.title OR OLD.description IS NOT NEW.description BEGIN {_INDEX_OLD} {_INDEX_NEW} END"
    ),
    "tasks_tally_insert": f"AFTER INSERT ON tasks WHEN {NEW_LIVE} BEGIN {_COUNT_NEW} END",
    "tasks_tally_delete": f"AFTER DELETE ON tasks WHEN {OLD_LIVE} BEGIN {_COUNT_OLD} END",
    "tasks_tally_left": f"{_PLACED} WHEN {OLD_LIVE} BEGIN {_COUNT_OLD} END",
    "tasks_tally_came": f"{_PLACED} WHEN {NEW_LIVE} BEGIN {_COUNT_NEW} END",
}


def create_triggers() -> None:
    for name, body in SQLITE_TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {body}")


def _sqlite() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE task_search USING fts5"
        "(title, description, content='tasks', content_rowid='id', tokenize='trigram')"
    )
    # One and two letters find beginnings of words: no trigram holds those.
    op.execute(
        "CREATE VIRTUAL TABLE task_words USING fts5"
        "(title, description, content='tasks', content_rowid='id', tokenize='unicode61', prefix='1 2')"
    )
    create_triggers()
