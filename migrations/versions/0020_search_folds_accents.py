"""Search compares folded texts: without accents, case, width and composition

Revision ID: 0020
Revises: 0018

Every searched text gets its folded form beside it, where it is not ASCII alone. The indexes hold the folded forms; those
of SQLite keep no text of their own (content=''), and so cannot be rebuilt from a table: fill them as `_sqlite` does.
"""

import sqlalchemy as sa
from alembic import op

# The same function as in the application. Whoever changes it fills these columns again, in a migration of that day.
from helix.folding import fold_unless_ascii

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None

FOLDED = {"tasks": ("title", "description"), "skills": ("name", "description", "content")}
AT_ONCE = 500

TITLE = "coalesce({row}title_folded, {row}title)"
DESCRIPTION = "coalesce({row}description_folded, {row}description)"
SEARCHING = ("task_search", "task_words")


def upgrade() -> None:
    for table, columns in FOLDED.items():
        for column in columns:
            op.add_column(table, sa.Column(f"{column}_folded", sa.Text(), nullable=True))
        _fill(table, columns)
    if op.get_context().dialect.name == "postgresql":
        _drop_postgresql()
        _postgresql(TITLE.format(row=""), DESCRIPTION.format(row=""))
        for column in FOLDED["skills"]:
            _skills(column, f"(coalesce({column}_folded, {column}))")
    else:
        _drop_sqlite()
        _sqlite()


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        _drop_postgresql()
        _postgresql("title", "description")
        for column in FOLDED["skills"]:
            _skills(column, column)
    else:
        _drop_sqlite()
        _sqlite_of_before()
    for table, columns in FOLDED.items():
        for column in columns:
            op.drop_column(table, f"{column}_folded")


def _fill(table: str, columns: tuple[str, ...]) -> None:
    connection = op.get_bind()
    rows = sa.table(table, sa.column("id"), *(sa.column(name) for one in columns for name in (one, f"{one}_folded")))
    last = 0
    while True:
        query = sa.select(rows.c.id, *(rows.c[name] for name in columns)).where(rows.c.id > last)
        found = connection.execute(query.order_by(rows.c.id).limit(AT_ONCE)).all()
        if not found:
            return
        for row in found:
            folded = {f"{name}_folded": fold_unless_ascii(getattr(row, name)) for name in columns}
            if any(folded.values()):
                connection.execute(sa.update(rows).where(rows.c.id == row.id).values(folded))
        last = found[-1].id


def _drop_postgresql() -> None:
    for name in ("title", "description", "words"):
        op.execute(f"DROP INDEX ix_tasks_{name}_trigram")
    for column in FOLDED["skills"]:
        op.execute(f"DROP INDEX ix_skills_{column}_trigram")


def _postgresql(title: str, description: str) -> None:
    op.execute(f"CREATE INDEX ix_tasks_title_trigram ON tasks USING gin (({title}) gin_trgm_ops)")
    op.execute(f"CREATE INDEX ix_tasks_description_trigram ON tasks USING gin (({description}) gin_trgm_ops)")
    op.execute(
        "CREATE INDEX ix_tasks_words_trigram ON tasks USING gin "
        f"(to_tsvector('simple', {title} || ' ' || left({description}, 20000)))"
    )


def _skills(column: str, expression: str) -> None:
    op.execute(f"CREATE INDEX ix_skills_{column}_trigram ON skills USING gin ({expression} gin_trgm_ops)")


def _drop_sqlite() -> None:
    for moment in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER tasks_search_{moment}")
    for table in SEARCHING:
        op.execute(f"DROP TABLE {table}")


def _sqlite() -> None:
    _tables("content=''")
    changed = ("title", "description", "title_folded", "description_folded")
    _triggers(TITLE.format(row="OLD."), DESCRIPTION.format(row="OLD."), "OLD", changed)
    for table in SEARCHING:
        texts = f"{TITLE.format(row='')}, {DESCRIPTION.format(row='')}"
        op.execute(f"INSERT INTO {table} (rowid, title, description) SELECT id, {texts} FROM tasks")


def _sqlite_of_before() -> None:
    _tables("content='tasks', content_rowid='id'")
    _triggers("OLD.title", "OLD.description", "OLD", ("title", "description"))
    for table in SEARCHING:
        op.execute(f"INSERT INTO {table} ({table}) VALUES ('rebuild')")


def _tables(content: str) -> None:
    op.execute(f"CREATE VIRTUAL TABLE task_search USING fts5 (title, description, {content}, tokenize='trigram')")
    op.execute(
        "CREATE VIRTUAL TABLE task_words USING fts5 "
        f"(title, description, {content}, tokenize='unicode61', prefix='1 2')"
    )


def _triggers(title: str, description: str, row: str, changed: tuple[str, ...]) -> None:
    """`title` and `description` are expressions over the row before the change."""
    before = "".join(
        f"INSERT INTO {table} ({table}, rowid, title, description) VALUES ('delete', {row}.id, {title}, {description});"
        for table in SEARCHING
    )
    now = "".join(
        f"INSERT INTO {table} (rowid, title, description) "
        f"VALUES (NEW.id, {title.replace(row, 'NEW')}, {description.replace(row, 'NEW')});"
        for table in SEARCHING
    )
    differs = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in changed)
    op.execute(f"CREATE TRIGGER tasks_search_insert AFTER INSERT ON tasks BEGIN {now} END")
    op.execute(f"CREATE TRIGGER tasks_search_delete AFTER DELETE ON tasks BEGIN {before} END")
    op.execute(
        f"CREATE TRIGGER tasks_search_update AFTER UPDATE OF {', '.join(changed)} ON tasks "
        f"WHEN {differs} BEGIN {before} {now} END"
    )
