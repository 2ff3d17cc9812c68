"""The head of a column."""

import pytest

from helix.models.vocabulary import TaskStatus
from helix.web.boards.columns import Head


def head(status: TaskStatus, total: int = 0, limit: int | None = None) -> Head:
    return Head(status, total, limit, moves=(), folded=False)


@pytest.mark.parametrize(("total", "limit", "full"), [(2, 3, False), (3, 3, True), (4, 3, True), (9, None, False)])
def test_a_column_is_full_at_its_limit(total: int, limit: int | None, full: bool) -> None:
    assert head(TaskStatus.REVIEW, total, limit).is_full is full


def test_new_tasks_start_in_the_columns_of_open_work() -> None:
    assert [status for status in TaskStatus if head(status).has_quick_add] == [TaskStatus.TODO, TaskStatus.IN_PROGRESS]
