"""What the panel of a task offers, decided from the task, its last run and the rights on it."""

import pytest

from helix.models.vocabulary import RunStatus, TaskStatus
from helix.web.tasks.panel import panel_flags

ALL = {"execute": True, "review": True, "comment": True}
NOTHING = dict.fromkeys(ALL, False)


def flags(status: TaskStatus, run: RunStatus | None, *, agent: bool = True, may=ALL, tab: str = "thread") -> set[str]:
    task = {
        "status": status,
        "last_run": {"status": run} if run else None,
        "assigned_agent": {"id": 1} if agent else None,
    }
    return {name for name, is_set in panel_flags(task, may, tab).items() if is_set}


@pytest.mark.parametrize(
    ("status", "run", "expected"),
    [
        (TaskStatus.TODO, None, {"may_start", "shows_next_prompt"}),
        (TaskStatus.TODO, RunStatus.QUEUED, {"run_is_live"}),
        (TaskStatus.IN_PROGRESS, RunStatus.RUNNING, {"run_is_live", "run_is_writing"}),
        (TaskStatus.IN_PROGRESS, RunStatus.FAILED, {"may_start", "shows_failure", "shows_next_prompt"}),
        (TaskStatus.REVIEW, RunStatus.SUCCEEDED, {"may_decide", "shows_next_prompt"}),
        (TaskStatus.REVIEW, RunStatus.RUNNING, {"run_is_live", "run_is_writing"}),
        (TaskStatus.DONE, RunStatus.FAILED, {"shows_next_prompt"}),
    ],
)
def test_states_of_task_and_run_decide_what_is_offered(
    status: TaskStatus, run: RunStatus | None, expected: set[str]
) -> None:
    assert flags(status, run, tab="runs") == expected


def test_without_an_agent_nothing_can_be_started() -> None:
    assert flags(TaskStatus.TODO, None, agent=False, tab="runs") == set()


@pytest.mark.parametrize("status", [TaskStatus.TODO, TaskStatus.REVIEW])
def test_without_rights_nothing_is_offered(status: TaskStatus) -> None:
    assert flags(status, None, may=NOTHING) == {"shows_next_prompt"}


def test_comments_are_written_below_the_thread() -> None:
    assert "shows_comment_form" in flags(TaskStatus.TODO, None)
    assert "shows_comment_form" not in flags(TaskStatus.TODO, None, tab="activity")
