"""What is due gives exactly the promised firings: with two schedulers, clocks that jump, downtime, and what is gone."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from helix import clock as app_clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import (
    Agent,
    BoardGrant,
    Notification,
    Organization,
    Run,
    Schedule,
    ScheduleFiring,
    Task,
    TaskLink,
    User,
    WorkflowRun,
)
from helix.models.vocabulary import (
    BoardLevel,
    CatchUp,
    ExecutionMode,
    FailureReason,
    FiringState,
    Overlap,
    RunStatus,
    TaskOrigin,
    TaskStatus,
    WorkflowState,
)
from helix.services import agents, boards, budgets, schedules, tasks, workflows
from helix.services.work import moves
from tests.support.people import as_actor

FIVE_MINUTES = timedelta(minutes=5)


def firings():
    db.session.rollback()
    return db.session.scalars(select(ScheduleFiring).order_by(ScheduleFiring.due_at)).all()


def states():
    return Counter(str(firing.state) for firing in firings())


def made():
    db.session.rollback()
    return db.session.scalars(select(Task).order_by(Task.id)).all()


def pass_time(clock, minutes, *, step=1):
    """Let time pass with a scheduler that looks every `step` minutes."""
    for _ in range(0, minutes, step):
        clock.shift(timedelta(minutes=step))
        schedules.tick()


def finish(task, status=TaskStatus.DONE):
    with transaction():
        moves.put(db.session.get_one(Task, task.id), status)


def reload(schedule):
    db.session.rollback()
    return db.session.get_one(Schedule, schedule.id)


def test_a_task_is_created_at_its_time_as_the_template_says(clock, schedule, make, mia):
    agent = make.agent("Sierra")
    found = schedule(
        agent_id=agent.id,
        max_usd_per_firing=Decimal("0.5"),
        template={
            "title": "Report {date}, week {week}",
            "description": "For {date}",
            "priority": "high",
            "tags": ["Weekly"],
            "due_in": 1,
            "requires_approval": False,
        },
    )
    schedules.tick()
    assert made() == []

    pass_time(clock, 5)

    (task,) = made()
    assert (task.title, task.description) == ("Report 2026-03-02, week 10", "For 2026-03-02")
    assert (task.priority, task.tags, task.requires_approval) == ("high", ["weekly"], False)
    assert (task.assigned_agent_id, task.created_by_user_id) == (agent.id, mia.id)
    assert (task.origin, task.schedule_id, task.max_usd) == (TaskOrigin.SCHEDULE, found.id, Decimal("0.5"))
    assert task.due_at == datetime(2026, 3, 3, 23, 59, 59, tzinfo=UTC)
    (firing,) = firings()
    assert (firing.state, firing.due_at, firing.task_id) == (
        FiringState.CREATED,
        datetime(2026, 3, 2, 10, 5, tzinfo=UTC),
        task.id,
    )


def test_an_agent_in_auto_mode_starts_and_another_waits_for_a_person(clock, schedule, make):
    make.model()
    auto = make.agent(execution_mode=ExecutionMode.AUTO)
    schedule(agent_id=auto.id)
    schedule(agent_id=make.agent().id)
    pass_time(clock, 5)

    assert [run.agent_id for run in db.session.scalars(select(Run))] == [auto.id]
    assert len(made()) == 2


@pytest.mark.parametrize(
    ("catch_up", "overlap", "created"),
    [
        (CatchUp.NONE, Overlap.QUEUE, 1),  # the last time is within the ten minutes of grace
        (CatchUp.ONE, Overlap.QUEUE, 1),
        (CatchUp.ALL, Overlap.QUEUE, 5),
        (CatchUp.ALL, Overlap.REPLACE, 1),
        (CatchUp.ALL, Overlap.SKIP, 1),
    ],
)
def test_three_days_of_downtime_at_every_five_minutes(clock, schedule, catch_up, overlap, created):
    found = schedule(catch_up=catch_up, overlap=overlap)
    clock.shift(timedelta(days=3))

    schedules.tick()
    schedules.tick()

    due = [firing.due_at for firing in firings()]
    assert due == [datetime(2026, 3, 2, 10, 5, tzinfo=UTC) + FIVE_MINUTES * number for number in range(3 * 288)]
    assert states() == {"created": created, "skipped": 3 * 288 - created}
    assert all(firing.reason for firing in firings() if firing.state == FiringState.SKIPPED)
    assert len(made()) == created
    assert reload(found).due_at == datetime(2026, 3, 5, 10, 5, tzinfo=UTC)


def test_a_late_task_says_for_when_it_was(clock, schedule):
    schedule(cron="0 9 * * *", timezone="Europe/Berlin", catch_up=CatchUp.ONE)
    clock.move_to(datetime(2026, 3, 4, 12, 0, tzinfo=UTC))

    schedules.tick()

    (task,) = made()
    assert task.title == "Report 2026-03-04"
    assert "Wednesday, 4 March 2026 at 09:00 (Europe/Berlin)" in task.description


def test_without_catching_up_a_time_past_its_grace_is_only_recorded(clock, schedule):
    schedule(cron="0 9 * * *", catch_up=CatchUp.NONE, grace_seconds=600)
    clock.move_to(datetime(2026, 3, 3, 9, 10, 1, tzinfo=UTC))

    schedules.tick()

    assert made() == []
    assert [firing.reason for firing in firings()] == ["No scheduler was running at that time."]


def test_times_of_a_long_downtime_are_recorded_together(clock, schedule):
    schedule(cron="* * * * *")
    clock.shift(timedelta(days=60))

    schedules.tick()

    found = firings()
    assert "until 2026-04-24T10:00:00Z" in found[0].reason
    assert len(found) == 1 + 7 * 24 * 60


def test_two_schedulers_at_once_carry_out_every_time_once(clean_app, clock, schedule):
    for _ in range(6):
        schedule(overlap=Overlap.QUEUE)
    clock.shift(FIVE_MINUTES)

    def run(_number):
        with clean_app.app_context():
            schedules.tick()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))

    assert states() == {"created": 6}
    assert len(made()) == 6


def test_a_clock_that_is_set_back_an_hour_repeats_nothing(clock, schedule):
    schedule(overlap=Overlap.QUEUE)
    pass_time(clock, 30)
    clock.shift(timedelta(hours=-1))

    pass_time(clock, 90)

    assert [firing.due_at.minute for firing in firings()] == [*range(5, 60, 5), 0]
    assert states() == {"created": 12}


def test_a_clock_that_was_an_hour_ahead_repeats_nothing_when_it_is_corrected(clock, schedule):
    schedule(overlap=Overlap.QUEUE, catch_up=CatchUp.ALL)
    clock.shift(timedelta(hours=1))
    schedules.tick()
    clock.shift(timedelta(hours=-1))

    pass_time(clock, 60)

    assert states() == {"created": 5, "skipped": 7}
    assert len(made()) == 5


def test_a_schedule_that_is_edited_while_the_clock_was_set_back_repeats_nothing(clock, schedule, mia):
    found = schedule(overlap=Overlap.QUEUE)
    pass_time(clock, 30)
    clock.shift(timedelta(minutes=-20))
    schedules.edit(as_actor(mia), found.id, {"cron": "*/10 * * * *"})

    pass_time(clock, 30)

    assert [firing.due_at.minute for firing in firings()] == [5, 10, 15, 20, 25, 30, 40]
    assert len(made()) == 7


def test_the_random_delay_puts_it_off_but_keeps_the_time_that_it_is_for(clock, schedule):
    found = schedule(cron="0 * * * *", jitter_seconds=1800)
    late = found.next_at - found.due_at
    assert timedelta(0) < late <= timedelta(minutes=30)

    clock.move_to(found.next_at - timedelta(seconds=1))
    schedules.tick()
    assert made() == []
    clock.shift(timedelta(seconds=1))
    schedules.tick()

    assert [firing.due_at for firing in firings()] == [datetime(2026, 3, 2, 11, 0, tzinfo=UTC)]


def test_skip_waits_for_the_task_and_not_for_its_run(clock, schedule):
    schedule()
    pass_time(clock, 5)
    finish(made()[0], TaskStatus.REVIEW)
    pass_time(clock, 5)
    assert firings()[1].reason == f"MKT-{made()[0].id} of the time before is still open."

    finish(made()[0])
    pass_time(clock, 5)

    assert states() == {"created": 2, "skipped": 1}


@pytest.mark.parametrize("gone", ["archived", "deleted", "cancelled"])
def test_a_task_that_is_put_away_holds_nothing_up(clock, schedule, mia, gone):
    schedule()
    pass_time(clock, 5)
    task_id = made()[0].id
    if gone == "archived":
        tasks.edit(as_actor(mia), task_id, {"archived": True})
    elif gone == "deleted":
        tasks.delete(as_actor(mia), task_id)
    else:
        tasks.edit(as_actor(mia), task_id, {"status": TaskStatus.CANCELLED})

    pass_time(clock, 5)

    assert states() == {"created": 2}


def test_queue_lets_the_next_task_need_the_one_before(clock, schedule, make):
    make.model()
    schedule(overlap=Overlap.QUEUE, agent_id=make.agent(execution_mode=ExecutionMode.AUTO).id)
    pass_time(clock, 10)

    first, second = made()
    link = db.session.scalars(select(TaskLink)).one()
    assert (link.task_id, link.needs_task_id, second.blocked_count) == (second.id, first.id, 1)
    assert second.run_when_ready
    assert [run.task_id for run in db.session.scalars(select(Run))] == [first.id]


def test_replace_cancels_the_task_before_and_its_run(clock, schedule, make):
    make.model()
    schedule(overlap=Overlap.REPLACE, agent_id=make.agent(execution_mode=ExecutionMode.AUTO).id)
    pass_time(clock, 10)

    first, second = made()
    assert (first.status, second.status) == (TaskStatus.CANCELLED, TaskStatus.TODO)
    assert [run.is_live for run in db.session.scalars(select(Run).order_by(Run.id))] == [False, True]


def test_replace_keeps_a_result_that_waits_for_a_decision(clock, schedule):
    schedule(overlap=Overlap.REPLACE)
    pass_time(clock, 5)
    finish(made()[0], TaskStatus.REVIEW)
    pass_time(clock, 5)

    assert [task.status for task in made()] == [TaskStatus.REVIEW, TaskStatus.TODO]


def _disable(agent):
    agent.enabled = False


def _use_up(agent):
    agent.budget_paused = True


def _use_up_all(_agent):
    db.session.get_one(Organization, 1).monthly_budget_usd = Decimal(1)
    budgets.locked_month(budgets.ORGANIZATION, budgets.month_now()).spent_usd = Decimal(1)


@pytest.mark.parametrize("overlap", list(Overlap))
@pytest.mark.parametrize(
    ("prevent", "words"), [(_disable, "is disabled"), (_use_up, "used up"), (_use_up_all, "organization's budget")]
)
def test_for_an_agent_that_cannot_work_the_task_is_made_once(clock, schedule, make, prevent, words, overlap):
    make.model()
    agent = make.agent(execution_mode=ExecutionMode.AUTO)
    schedule(agent_id=agent.id, overlap=overlap)
    with transaction():
        prevent(db.session.get_one(Agent, agent.id))

    pass_time(clock, 15)

    assert states() == {"created": 1, "skipped": 2}
    assert all(words in firing.reason for firing in firings())
    assert len(made()) == 1
    assert db.session.scalars(select(Run)).one().is_live


def test_three_failures_in_a_row_switch_it_off_and_tell_its_creator(clock, schedule, make, mia, ada):
    agent = make.agent("Sierra")
    found = schedule(agent_id=agent.id)
    agents.delete(as_actor(ada), agent.id)

    pass_time(clock, 10)
    assert reload(found).enabled
    pass_time(clock, 10)

    found = reload(found)
    assert (found.enabled, found.next_at, found.due_at) == (False, None, None)
    assert found.paused_reason == "Sierra was deleted. Choose another agent."
    assert states() == {"failed": 3}
    (told,) = db.session.scalars(select(Notification).where(Notification.target_type == "schedule"))
    assert (told.user_id, told.url) == (mia.id, f"/schedules/{found.id}")


def test_a_time_that_works_forgets_the_failures_before(clock, schedule, make, mia, ada):
    agent = make.agent("Sierra")
    found = schedule(agent_id=agent.id)
    agents.delete(as_actor(ada), agent.id)
    pass_time(clock, 10)
    schedules.edit(as_actor(mia), found.id, {"agent_id": None})
    pass_time(clock, 5)

    assert states() == {"failed": 2, "created": 1}
    assert reload(found).failures_in_a_row == 0


def fail_run(task):
    """End the task's run as a worker does when it has failed for good."""
    with transaction():
        run = db.session.scalars(select(Run).where(Run.task_id == task.id)).one()
        run.status, run.reason, run.finished_at = RunStatus.FAILED, FailureReason.KEY_REFUSED, app_clock.now()


def test_three_tasks_in_a_row_whose_runs_failed_switch_it_off(clock, schedule, make):
    make.model()
    found = schedule(overlap=Overlap.REPLACE, agent_id=make.agent(execution_mode=ExecutionMode.AUTO).id)
    for count in range(3):
        pass_time(clock, 5)
        assert (len(made()), reload(found).failures_in_a_row) == (count + 1, count)
        fail_run(made()[-1])

    pass_time(clock, 10)

    found = reload(found)
    assert (found.enabled, found.due_at, found.paused_reason) == (False, None, "The provider refused the key.")
    assert (states(), len(made())) == ({"created": 3, "failed": 1}, 3)
    assert [task.status for task in made()] == [TaskStatus.CANCELLED, TaskStatus.CANCELLED, TaskStatus.TODO]


def test_times_after_the_one_that_switched_it_off_are_recorded(clock, schedule, make):
    make.model()
    found = schedule(
        overlap=Overlap.REPLACE, catch_up=CatchUp.ALL, agent_id=make.agent(execution_mode=ExecutionMode.AUTO).id
    )
    for _ in range(3):
        pass_time(clock, 5)
        fail_run(made()[-1])
    with transaction():
        db.session.get_one(Schedule, found.id).overlap = Overlap.QUEUE

    clock.shift(900)
    schedules.tick()

    assert [str(one.state) for one in firings()][3:] == ["failed", "skipped", "skipped"]
    assert firings()[-1].reason == "It was switched off at the time before."


def test_a_task_that_was_done_after_a_failed_one_begins_the_count_anew(clock, schedule, make):
    make.model()
    found = schedule(overlap=Overlap.REPLACE, agent_id=make.agent(execution_mode=ExecutionMode.AUTO).id)
    for _ in range(2):
        pass_time(clock, 5)
        fail_run(made()[-1])
    pass_time(clock, 5)
    assert reload(found).failures_in_a_row == 2
    pass_time(clock, 5)

    assert (reload(found).failures_in_a_row, reload(found).enabled) == (0, True)


def test_switching_it_on_again_forgets_why_it_was_switched_off(clock, schedule, make, mia, ada):
    agent = make.agent("Sierra")
    found = schedule(agent_id=agent.id)
    agents.delete(as_actor(ada), agent.id)
    pass_time(clock, 15)
    assert reload(found).paused_reason

    schedules.edit(as_actor(mia), found.id, {"enabled": True, "agent_id": None})

    found = reload(found)
    assert (found.paused_reason, found.failures_in_a_row) == (None, 0)
    assert found.due_at == datetime(2026, 3, 2, 10, 20, tzinfo=UTC)


def test_a_person_who_may_not_create_tasks_there_any_more_creates_none_by_a_schedule(clock, schedule, board, mia, ada):
    found = schedule()
    with transaction():
        db.session.get_one(BoardGrant, (board.id, mia.id)).level = BoardLevel.VIEW
    pass_time(clock, 5)
    assert states() == {"failed": 1}

    schedules.edit(as_actor(ada), found.id, {"name": "Taken over"})
    pass_time(clock, 5)

    assert states() == {"failed": 1, "created": 1}
    assert made()[0].created_by_user_id == ada.id


def test_a_closed_account_fails_and_admins_are_told(clock, schedule, mia, ada):
    schedule()
    with transaction():
        db.session.get_one(User, mia.id).is_active = False
    pass_time(clock, 15)

    assert states() == {"failed": 3}
    told = db.session.scalars(select(Notification).where(Notification.target_type == "schedule")).all()
    assert [one.user_id for one in told] == [ada.id]


def test_a_schedule_goes_with_the_tasks_of_a_deleted_board(clock, schedule, board, make, ada, mia):
    found = schedule()
    other = make.board("Sales")
    make.grant(mia, other, BoardLevel.CREATE)
    boards.delete(as_actor(ada), board.id, move_to=other.id)

    pass_time(clock, 5)

    assert reload(found).board_id == other.id
    assert [task.board_id for task in made()] == [other.id]


def test_a_schedule_without_a_board_fails_with_that_reason(clock, schedule):
    found = schedule()
    with transaction():
        db.session.get_one(Schedule, found.id).board_id = None
    pass_time(clock, 5)

    assert [firing.reason for firing in firings()] == ["Its board was deleted. Choose another one."]


def test_an_error_in_one_schedule_keeps_no_other_waiting(clock, schedule, monkeypatch):
    broken, whole = schedule(name="Broken"), schedule(name="Whole")
    with transaction():
        db.session.get_one(Schedule, broken.id).template = {"nothing": "here"}

    pass_time(clock, 5)

    found = {firing.schedule_id: firing for firing in firings()}
    assert (found[broken.id].state, found[whole.id].state) == (FiringState.FAILED, FiringState.CREATED)
    assert "log" in found[broken.id].reason


def test_it_ends_after_its_last_time(clock, schedule):
    found = schedule(ends_at=datetime(2026, 3, 2, 10, 12, tzinfo=UTC), overlap=Overlap.QUEUE)
    pass_time(clock, 30)

    assert [firing.due_at.minute for firing in firings()] == [5, 10]
    assert reload(found).next_at is None


def test_run_now_creates_a_task_besides_its_times(clock, schedule, mia):
    found = schedule(enabled=False)

    firing = schedules.run_now(as_actor(mia), found.id)

    assert (firing.state, firing.reason) == (FiringState.CREATED, "Mia ran it by hand.")
    assert [task.id for task in made()] == [firing.task_id]
    assert reload(found).next_at is None


def test_old_firings_are_purged(clock, schedule):
    schedule(overlap=Overlap.QUEUE)
    pass_time(clock, 10)
    clock.shift(timedelta(days=89, hours=23, minutes=56))
    assert schedules.purge_firings() == 1
    assert len(firings()) == 1


@pytest.fixture
def weekly(schedule, ada, board):
    """`weekly(**fields)`: a schedule that starts a workflow of one task every five minutes."""
    actor = as_actor(ada)
    step = {"key": "write", "kind": "person", "title": "Report of {{input.day}}"}
    definition = {"input": [{"key": "day", "required": True}], "steps": [step]}
    made = workflows.create(actor, name="Weekly", board_id=board.id, definition=definition)
    workflows.publish(actor, made.id)
    workflows.set_enabled(actor, made.id, enabled=True)

    def _weekly(**fields):
        return schedule(template=None, workflow_id=made.id, **{"input": {"day": "{date}"}} | fields)

    return _weekly


def workflow_firings(made):
    query = select(ScheduleFiring).where(ScheduleFiring.schedule_id == made.id).order_by(ScheduleFiring.due_at)
    return [(str(one.state), one.reason, one.workflow_run_id) for one in db.session.scalars(query)]


def test_a_workflow_is_started_once_and_skipped_while_it_runs(weekly, clock):
    made = weekly()
    clock.shift(300)
    schedules.tick()
    schedules.tick()
    clock.shift(300)
    schedules.tick()

    (first, second) = workflow_firings(made)
    assert (first[0], first[1]) == ("created", None)
    assert second == ("skipped", f"Run {first[2]} of the time before is under way.", None)
    task = db.session.scalars(select(Task)).one()
    assert (task.title, task.origin) == ("Report of 2026-03-02", TaskOrigin.WORKFLOW)


def test_a_run_of_a_workflow_is_replaced(weekly, clock):
    made = weekly(overlap=Overlap.REPLACE)
    for _ in range(2):
        clock.shift(300)
        schedules.tick()

    (first, second) = workflow_firings(made)
    states = [db.session.get_one(WorkflowRun, one[2]).state for one in (first, second)]
    assert states == ["cancelled", "running"]


def test_three_runs_of_a_workflow_in_a_row_that_failed_switch_the_schedule_off(weekly, clock):
    made = weekly(overlap=Overlap.REPLACE)
    for _ in range(4):
        clock.shift(300)
        schedules.tick()
        with transaction():
            db.session.execute(update(WorkflowRun).values(state=WorkflowState.FAILED))

    firings = workflow_firings(made)
    assert [one[0] for one in firings] == ["created", "created", "created", "failed"]
    assert firings[3][1] == f"Run {firings[2][2]} of the workflow failed."
    assert not reload(made).enabled


def test_a_workflow_that_cannot_be_started_fails_and_pauses_the_schedule(weekly, clock, ada):
    made = weekly(input={})
    for _ in range(3):
        clock.shift(300)
        schedules.tick()

    assert {one[0] for one in workflow_firings(made)} == {"failed"}
    assert "The workflow wants other inputs" in workflow_firings(made)[0][1]
    assert not db.session.get_one(Schedule, made.id, populate_existing=True).enabled
