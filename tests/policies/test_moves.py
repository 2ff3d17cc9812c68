"""The move table, cell by cell."""

import pytest

from helix.models.vocabulary import TaskStatus
from helix.policies import moves

TABLE = {
    "todo": "in_progress done cancelled",
    "in_progress": "review done todo cancelled",
    "review": "approved done rejected in_progress",
    "approved": "done rejected",
    "rejected": "todo in_progress done cancelled",
    "done": "todo",
    "cancelled": "todo",
}


@pytest.mark.parametrize("before", TaskStatus)
@pytest.mark.parametrize("after", TaskStatus)
def test_a_move_is_allowed_exactly_where_the_table_has_it(before, after):
    wanted = before == after or after in TABLE[before].split()

    assert moves.may_move(before, after) is wanted


@pytest.mark.parametrize("status", TaskStatus)
def test_the_moves_that_there_are_read_as_a_sentence(status):
    words = moves.join_with_or(moves.moves_from(status))

    assert words.replace(" or ", " ").replace(",", "").split() == TABLE[status].split()


def test_what_is_settled_is_never_open():
    assert set(moves.OPEN) | set(moves.SETTLED) == set(TaskStatus)
    assert not set(moves.OPEN) & set(moves.SETTLED)


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        ((TaskStatus.TODO,), "todo"),
        ((TaskStatus.DONE, TaskStatus.REJECTED), "done or rejected"),
        ((TaskStatus.IN_PROGRESS, TaskStatus.DONE, TaskStatus.CANCELLED), "in_progress, done or cancelled"),
    ],
)
def test_statuses_are_listed_as_in_a_sentence(statuses, words):
    assert moves.join_with_or(statuses) == words
