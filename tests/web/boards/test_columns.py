"""The head of a column."""

import pytest

from helix.models.vocabulary import TaskStatus
from helix.web.boards.columns import Head


def head(status: TaskStatus, total: int = 0, limit: int | None = None, shown: int | None = None) -> Head:
    """A head of `total` cards, of which a filter shows only `shown`."""
    filtered = shown is not None
    return Head(status, shown if filtered else total, total, filtered, limit, moves=(), folded=False)


@pytest.mark.parametrize(("total", "limit", "full"), [(2, 3, False), (3, 3, True), (4, 3, True), (9, None, False)])
def test_a_column_is_full_at_its_limit(total: int, limit: int | None, full: bool) -> None:
    assert head(TaskStatus.REVIEW, total, limit).is_full is full


@pytest.mark.parametrize(
    ("total", "limit", "shown", "count", "words"),
    [
        (4, None, None, "4", "No limit"),
        (4, 5, None, "4/5", "4 of limit 5"),
        (2, 3, 0, "0 of 2", "2 of limit 3"),
        (3, 3, 1, "1 of 3", "Full: 3 of limit 3"),
        (2, None, 2, "2 of 2", "No limit"),
    ],
)
def test_a_limit_is_about_all_cards_and_not_those_that_a_filter_shows(total, limit, shown, count, words):
    one = head(TaskStatus.REVIEW, total, limit, shown)

    assert (one.count, one.count_in_words) == (count, words)


def test_new_tasks_start_in_the_columns_of_open_work() -> None:
    assert [status for status in TaskStatus if head(status).has_quick_add] == [TaskStatus.TODO, TaskStatus.IN_PROGRESS]
