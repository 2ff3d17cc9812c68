import pytest
from sqlalchemy import select

from helix.db.id_list import one_of
from helix.db.read import rows
from helix.extensions import db
from helix.models import Board
from tests.support.statements import statements

QUERY = select(Board.id).where(one_of(Board.id, "board_ids")).order_by(Board.id)


@pytest.fixture
def boards(make):
    return [make.board(name).id for name in ("Blog", "Shop", "News")]


def test_rows_with_one_of_the_ids(boards):
    found = rows(QUERY, board_ids=[boards[2], boards[0]])

    assert [row.id for row in found] == [boards[0], boards[2]]


def test_no_ids_match_nothing(boards):
    assert rows(QUERY, board_ids=[]) == []


def test_unknown_and_repeated_ids(boards):
    assert [row.id for row in rows(QUERY, board_ids=[boards[1], boards[1], 2**62])] == [boards[1]]


def test_the_text_of_the_statement_is_the_same_for_any_number_of_ids(boards):
    with statements() as sent:
        rows(QUERY, board_ids=boards)
        rows(QUERY, board_ids=boards[:1])

    assert len({*sent}) == 1


def test_two_columns_are_two_statements(boards):
    """The column is part of SQLAlchemy's cache key."""
    by_department = select(Board.id).where(one_of(Board.department_id, "board_ids"))

    assert str(by_department.compile(db.engine)) != str(QUERY.compile(db.engine))
    assert rows(QUERY, board_ids=[boards[0]]) != rows(by_department, board_ids=[-1])
