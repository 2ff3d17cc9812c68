"""Waiting for SQLite's write lock."""

import fcntl
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from helix.db.engine import for_writing, tune

pytestmark = pytest.mark.any_database


@pytest.fixture
def engine(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/one.db")
    tune(engine)
    write(engine, "CREATE TABLE seen (name TEXT)")
    yield engine
    engine.dispose()


def write(engine, statement, *, seconds=0.0, begun=None):
    """In a transaction of its own, which then takes so long."""
    with engine.connect().execution_options(**for_writing(engine)) as connection, connection.begin():
        connection.execute(sa.text(statement))
        if begun:
            begun.set()
        time.sleep(seconds)


def while_somebody_writes(engine, statements):
    """Begin these, each in a thread, while a transaction is open for a while. Whether all of them came to their end."""
    begun = threading.Event()
    first = threading.Thread(
        target=write, args=(engine, "INSERT INTO seen VALUES ('first')"), kwargs={"seconds": 0.2, "begun": begun}
    )
    first.start()
    begun.wait(5)
    others = [threading.Thread(target=write, args=(engine, one), daemon=True) for one in statements]
    for thread in others:
        thread.start()
    for thread in (first, *others):
        thread.join(10)
    return not any(thread.is_alive() for thread in others)


def names(engine):
    with engine.connect() as connection:
        return sorted(connection.execute(sa.text("SELECT name FROM seen")).scalars())


def test_all_that_wait_come_to_write(engine):
    ended = while_somebody_writes(engine, [f"INSERT INTO seen VALUES ('{number}')" for number in range(5)])

    assert ended
    assert names(engine) == ["0", "1", "2", "3", "4", "first"]


def test_one_that_is_stopped_when_it_is_his_turn_stops_nobody(engine):
    with Path(f"{engine.url.database}-turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)

        ended = while_somebody_writes(engine, ["INSERT INTO seen VALUES ('another')"])

    assert ended
    assert names(engine) == ["another", "first"]


def test_a_lock_that_is_not_released_in_time_is_an_error_of_sqlalchemy(engine, monkeypatch):
    """So that requests answer 503 and workers try again, as when the database is away for another reason."""
    monkeypatch.setattr("helix.db.engine.LOCKED_SECONDS", 0.05)
    begun = threading.Event()
    holder = threading.Thread(
        target=write, args=(engine, "INSERT INTO seen VALUES ('first')"), kwargs={"seconds": 0.5, "begun": begun}
    )
    holder.start()
    begun.wait(5)

    with pytest.raises(sa.exc.OperationalError, match="database is locked"):
        write(engine, "INSERT INTO seen VALUES ('late')")

    holder.join(10)
    write(engine, "INSERT INTO seen VALUES ('after')")
    assert names(engine) == ["after", "first"]
