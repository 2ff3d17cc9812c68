"""Card positions in a column stay valid however often cards are moved there."""

import pytest
from sqlalchemy import select

from helix.db.transaction import end_reading
from helix.extensions import db
from helix.models import Task
from helix.services import tasks
from helix.services.work import positions
from tests.support.people import as_actor


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """What takes hundreds of cards otherwise takes some here."""
    monkeypatch.setattr(positions, "LONGEST_RANK", 6)
    monkeypatch.setattr(positions, "NEIGHBOURS", 3)


@pytest.fixture
def move(ada):
    return lambda task_id, **where: tasks.edit(as_actor(ada), task_id, where)


def order(board) -> list[int]:
    end_reading()
    return list(db.session.scalars(select(Task.id).where(Task.board_id == board.id).order_by(Task.position, Task.id)))


def ranks(board) -> list[str]:
    return list(db.session.scalars(select(Task.position).where(Task.board_id == board.id).order_by(Task.position)))


def test_cards_that_are_always_put_before_the_same_one_keep_their_order(make, move):
    board = make.board()
    first, *others, last = (make.task(board=board).id for _ in range(8))

    for turn in range(60):
        move(others[turn % 6], before_id=last)

    put_last = [others[turn % 6] for turn in range(54, 60)]
    assert order(board) == [first, *put_last, last]
    assert max(map(len, ranks(board))) <= 8
    assert len(set(ranks(board))) == 8


def test_cards_that_are_always_put_behind_the_same_one_keep_their_order(make, move):
    board = make.board()
    first, *others, last = (make.task(board=board).id for _ in range(8))

    for turn in range(60):
        move(others[turn % 6], after_id=first)

    put_last = [others[turn % 6] for turn in range(54, 60)]
    assert order(board) == [first, *reversed(put_last), last]
    assert max(map(len, ranks(board))) <= 8


def test_cards_of_other_columns_keep_their_ranks(make, move):
    board, other = make.board(), make.board()
    elsewhere = [make.task(board=other).position for _ in range(3)]
    beyond = [make.task(board=board).id for _ in range(12)]

    for turn in range(40):
        move(beyond[turn % 2], before_id=beyond[2])

    assert ranks(other) == elsewhere
    assert order(board)[2:] == beyond[2:]
