"""Tasks that need others: when they are blocked, and when the run that was wished for is queued."""

import random
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from helix.db.locking import lock
from helix.db.transaction import end_reading, transaction
from helix.errors import Conflict, Invalid
from helix.extensions import db
from helix.models import Notification, Run, Task, TaskLink
from helix.models.vocabulary import ExecutionMode, LinkUntil, RunStatus, TaskStatus, Trigger
from helix.services import runs, tasks
from helix.services.maintenance import purge_deleted_tasks
from helix.services.tasks import needs, review
from helix.services.work import links, moves
from tests.support.people import as_actor

STATUSES = list(TaskStatus)


@pytest.fixture
def board(make, mia):
    return make.board()


@pytest.fixture
def sierra(make):
    make.model()
    return make.agent("Sierra")


@pytest.fixture
def task_that_needs(make, ada, board, sierra):
    """Make a task of Ada's for Sierra that needs these: `task_that_needs(brief, until=LinkUntil.SETTLED)`."""

    def _task(*needed, until=None, agent=sierra, title="Write"):
        made = make.task(title, by=ada, board=board, agent=agent)
        for one in needed:
            needs.need(as_actor(ada), made.id, one.id, until)
        return now(made)

    return _task


def now(task):
    """The task as it is in the database."""
    end_reading()
    return db.session.scalars(select(Task).where(Task.id == task.id).execution_options(populate_existing=True)).one()


def put(task, status):
    put_by_id(task.id, status)


def put_by_id(task_id, status):
    with transaction():
        moves.put(lock(Task, task_id), status)


def runs_of(task):
    end_reading()
    return list(db.session.scalars(select(Run).where(Run.task_id == task.id).order_by(Run.id)))


def requests_to(user):
    end_reading()
    query = select(Notification).where(Notification.user_id == user.id, Notification.event_key.startswith("need:"))
    return list(db.session.scalars(query.order_by(Notification.id).execution_options(populate_existing=True)))


class TestBlocking:
    @pytest.mark.parametrize("status", STATUSES)
    @pytest.mark.parametrize("until", LinkUntil)
    def test_a_link_is_met_by_a_result_or_by_its_approval(self, make, ada, board, status, until):
        needed = make.task("Brief", by=ada, board=board, status=status)

        met = {
            LinkUntil.SETTLED: {TaskStatus.REVIEW, TaskStatus.APPROVED, TaskStatus.DONE},
            LinkUntil.APPROVED: {TaskStatus.APPROVED, TaskStatus.DONE},
        }
        assert links.is_met(until, needed) == (status in met[until])

    def test_a_task_waits_for_approval_where_the_needed_one_requires_it(self, make, ada, board, task_that_needs):
        brief = make.task("Brief", by=ada, board=board)
        note = make.task("Note", by=ada, board=board, requires_approval=False)

        write = task_that_needs(brief, note)

        untils = {link.needs_task_id: link.until for link in db.session.scalars(select(TaskLink))}
        assert untils == {brief.id: LinkUntil.APPROVED, note.id: LinkUntil.SETTLED}
        assert write.blocked_count == 2

    def test_a_rejection_does_not_unblock(self, make, ada, board, task_that_needs):
        brief = make.task("Brief", by=ada, board=board, status=TaskStatus.REVIEW)
        write = task_that_needs(brief)

        tasks.reject(as_actor(ada), brief.id, "Shorter.")

        assert now(write).blocked_count == 1

    def test_execute_remembers_the_wish_and_queues_nothing(self, make, ada, board, task_that_needs):
        write = task_that_needs(make.task("Brief", by=ada, board=board))

        _, run_id = runs.start(as_actor(ada), write.id)

        assert run_id is None
        assert (now(write).run_when_ready, now(write).ready_user_id) == (True, ada.id)
        assert runs_of(write) == []

    def test_the_last_need_queues_the_run_for_who_wished_for_it(self, make, ada, board, task_that_needs):
        brief, draft = make.task("Brief", by=ada, board=board), make.task("Draft", by=ada, board=board)
        write = task_that_needs(brief, draft)
        runs.start(as_actor(ada), write.id)

        put(brief, TaskStatus.DONE)
        assert runs_of(write) == []
        put(draft, TaskStatus.DONE)

        (run,) = runs_of(write)
        assert (run.status, run.trigger, run.requested_by_user_id) == (RunStatus.QUEUED, Trigger.AUTO, ada.id)
        assert not now(write).run_when_ready

    def test_without_a_wish_nothing_starts(self, make, ada, board, task_that_needs):
        brief = make.task("Brief", by=ada, board=board)
        write = task_that_needs(brief)

        put(brief, TaskStatus.DONE)

        assert (now(write).blocked_count, runs_of(write)) == (0, [])

    def test_an_agent_in_auto_mode_starts_when_its_task_is_ready(self, make, ada, board, task_that_needs):
        auto = make.agent("Auto", execution_mode=ExecutionMode.AUTO)
        brief = make.task("Brief", by=ada, board=board)
        write = task_that_needs(brief, agent=None)

        tasks.edit(as_actor(ada), write.id, {"assigned_agent_id": auto.id})
        assert runs_of(write) == []
        put(brief, TaskStatus.DONE)

        assert [run.agent_id for run in runs_of(write)] == [auto.id]

    def test_a_rejection_with_another_run_waits_too(self, make, ada, board, task_that_needs):
        brief = make.task("Brief", by=ada, board=board)
        write = task_that_needs(brief)
        put(write, TaskStatus.REVIEW)

        review.reject(as_actor(ada), write.id, "Shorter.", run_again=True)
        assert runs_of(write) == []
        put(brief, TaskStatus.DONE)

        assert len(runs_of(write)) == 1

    def test_run_for_several_tasks_remembers_the_wish_of_those_that_are_blocked(
        self, make, ada, board, sierra, task_that_needs
    ):
        blocked = task_that_needs(make.task("Brief", by=ada, board=board))
        free = make.task("Free", by=ada, board=board, agent=sierra)

        tasks.bulk(as_actor(ada), [blocked.id, free.id], "run", True)

        assert (len(runs_of(blocked)), now(blocked).run_when_ready, len(runs_of(free))) == (0, True, 1)

    def test_cancel_takes_the_wish_back(self, make, ada, board, task_that_needs):
        brief = make.task("Brief", by=ada, board=board)
        write = task_that_needs(brief)
        runs.start(as_actor(ada), write.id)

        runs.cancel(as_actor(ada), write.id)
        put(brief, TaskStatus.DONE)

        assert runs_of(write) == []
        with pytest.raises(Conflict):
            runs.cancel(as_actor(ada), write.id)

    @pytest.mark.parametrize("status", [TaskStatus.DONE, TaskStatus.CANCELLED])
    def test_a_task_that_was_closed_meanwhile_does_not_start(self, make, ada, board, task_that_needs, status):
        brief = make.task("Brief", by=ada, board=board)
        write = task_that_needs(brief)
        runs.start(as_actor(ada), write.id)

        tasks.edit(as_actor(ada), write.id, {"status": status})
        put(brief, TaskStatus.DONE)

        assert (runs_of(write), now(write).run_when_ready) == ([], False)

    def test_another_agent_does_not_inherit_the_wish(self, make, ada, board, task_that_needs):
        brief = make.task("Brief", by=ada, board=board)
        write = task_that_needs(brief)
        runs.start(as_actor(ada), write.id)

        tasks.edit(as_actor(ada), write.id, {"assigned_agent_id": make.agent("Nova").id})
        put(brief, TaskStatus.DONE)

        assert runs_of(write) == []

    @pytest.mark.parametrize("gone", ["archived", "deleted"])
    def test_a_task_that_was_put_away_starts_when_it_is_brought_back(self, make, ada, board, task_that_needs, gone):
        brief = make.task("Brief", by=ada, board=board)
        write = task_that_needs(brief)
        runs.start(as_actor(ada), write.id)
        actor = as_actor(ada)
        if gone == "archived":
            tasks.edit(actor, write.id, {"archived": True})
        else:
            tasks.delete(actor, write.id)
        put(brief, TaskStatus.DONE)
        assert runs_of(write) == []

        if gone == "archived":
            tasks.edit(actor, write.id, {"archived": False})
        else:
            tasks.restore(actor, write.id)

        assert len(runs_of(write)) == 1

    def test_opening_a_needed_task_again_blocks_and_stops_nothing(self, make, ada, board, task_that_needs):
        brief = make.task("Brief", by=ada, board=board)
        write = task_that_needs(brief)
        runs.start(as_actor(ada), write.id)
        put(brief, TaskStatus.DONE)

        tasks.edit(as_actor(ada), brief.id, {"status": TaskStatus.TODO})

        assert now(write).blocked_count == 1
        assert [run.status for run in runs_of(write)] == [RunStatus.QUEUED]

    def test_undo_of_a_review_counts_again(self, make, ada, board, task_that_needs):
        brief = make.task("Brief", by=ada, board=board, status=TaskStatus.REVIEW)
        write = task_that_needs(brief)

        tasks.approve(as_actor(ada), brief.id)
        assert now(write).blocked_count == 0
        tasks.undo_decision(as_actor(ada), brief.id)

        assert now(write).blocked_count == 1


class TestLimits:
    def test_a_task_does_not_need_itself(self, make, ada, board):
        task = make.task(by=ada, board=board)

        with pytest.raises(Invalid, match="itself"):
            needs.need(as_actor(ada), task.id, task.id)

    def test_a_cycle_is_refused_however_long(self, make, ada, board, task_that_needs):
        first = make.task("First", by=ada, board=board)
        last = first
        for number in range(4):
            last = task_that_needs(last, title=f"Step {number}")

        with pytest.raises(Invalid, match="needs this task already"):
            needs.need(as_actor(ada), first.id, last.id)
        assert now(first).blocked_count == 0

    def test_twenty_needs_at_most(self, make, ada, board, task_that_needs):
        many = [make.task(f"Need {number}", by=ada, board=board) for number in range(21)]
        write = task_that_needs(*many[:20])

        with pytest.raises(Invalid, match="20 others"):
            needs.need(as_actor(ada), write.id, many[20].id)

    def test_a_chain_of_fifty_links_and_not_one_more(self, make, ada, board):
        chain = [make.task(f"Step {number}", by=ada, board=board) for number in range(52)]
        with transaction():
            for one, needed in zip(chain[1:51], chain[:50], strict=True):
                links.add_all([(one, needed)], by=None)

        with pytest.raises(Invalid, match="more than 50"):
            needs.need(as_actor(ada), chain[51].id, chain[50].id)
        needs.do_without(as_actor(ada), chain[1].id, chain[0].id)
        needs.need(as_actor(ada), chain[51].id, chain[50].id)
        with pytest.raises(Invalid, match="more than 50"):
            needs.need(as_actor(ada), chain[1].id, chain[0].id)

    def test_a_diamond_of_many_ways_is_walked_once(self, make, ada, board, statements):
        # 2^12 ways from the first to the last.
        rows = [[make.task(f"{row}{side}", by=ada, board=board) for side in "ab"] for row in range(12)]
        with transaction():
            links.add_all(
                [(one, needed) for up, low in zip(rows, rows[1:], strict=False) for one in low for needed in up],
                by=None,
            )

        with pytest.raises(Invalid, match="already"):
            needs.need(as_actor(ada), rows[0][0].id, rows[-1][0].id)

    @pytest.mark.parametrize("how", ["cancelled", "archived"])
    def test_a_task_that_nobody_works_on_cannot_be_needed(self, make, ada, board, how):
        gone, task = make.task("Gone", by=ada, board=board), make.task(by=ada, board=board)
        tasks.edit(as_actor(ada), gone.id, {"archived": True} if how == "archived" else {"status": "cancelled"})

        with pytest.raises(Invalid, match=how):
            needs.need(as_actor(ada), task.id, gone.id)

    def test_a_task_with_a_live_run_cannot_be_blocked(self, make, ada, board, sierra):
        task, other = make.task(by=ada, board=board, agent=sierra), make.task(by=ada, board=board)
        runs.start(as_actor(ada), task.id)

        with pytest.raises(Conflict, match="Cancel the run first"):
            needs.need(as_actor(ada), task.id, other.id)
        assert db.session.scalars(select(TaskLink)).all() == []


class TestGone:
    @pytest.fixture
    def waiting(self, make, ada, mia, board, task_that_needs):
        """A task of Ada's that needs a brief and is to run when that is there."""
        brief = make.task("Brief", by=ada, board=board)
        write = task_that_needs(brief)
        runs.start(as_actor(ada), write.id)
        return brief, write

    @pytest.mark.parametrize("how", ["cancelled", "archived", "deleted"])
    def test_its_creator_is_asked_and_nothing_starts(self, ada, waiting, how):
        brief, write = waiting

        go_away(ada, brief, how)

        (asked,) = requests_to(ada)
        assert asked.title == f"Write waits for a task that was {how}"
        assert (asked.target_id, asked.read) == (write.id, False)
        assert (now(write).blocked_count, runs_of(write)) == (1, [])

    def test_its_creator_is_asked_when_its_run_is_cancelled_until_it_runs_again(self, make, mia, ada, board, sierra):
        brief = make.task("Brief", by=mia, board=board, agent=sierra)
        write = make.task("Write", by=ada, board=board, agent=sierra)
        needs.need(as_actor(ada), write.id, brief.id)
        runs.start(as_actor(mia), brief.id)
        assert requests_to(ada) == []

        runs.cancel(as_actor(mia), brief.id)

        (asked,) = requests_to(ada)
        assert (asked.title, asked.read) == ("Write waits for a task that was stopped", False)
        assert asked.message.endswith("or wait until it is run again.")
        assert needs.linked(as_actor(ada), write.id)["needs"][0]["gone"] == "stopped"
        runs.start(as_actor(mia), brief.id)
        assert needs.linked(as_actor(ada), write.id)["needs"][0]["gone"] is None
        put(brief, TaskStatus.IN_PROGRESS)
        assert requests_to(ada)[0].read

    def test_going_on_without_it_starts_the_run(self, ada, waiting):
        brief, write = waiting
        go_away(ada, brief, "cancelled")

        needs.do_without(as_actor(ada), write.id, brief.id)

        assert len(runs_of(write)) == 1
        assert requests_to(ada)[0].read

    def test_cancelling_the_task_too_answers(self, ada, waiting):
        brief, write = waiting
        go_away(ada, brief, "cancelled")

        tasks.edit(as_actor(ada), write.id, {"status": TaskStatus.CANCELLED})

        assert requests_to(ada)[0].read
        assert runs_of(write) == []

    def test_bringing_it_back_answers_and_waits_on(self, ada, waiting):
        brief, write = waiting
        go_away(ada, brief, "cancelled")

        tasks.edit(as_actor(ada), brief.id, {"status": TaskStatus.TODO})

        assert requests_to(ada)[0].read
        put(brief, TaskStatus.DONE)
        assert len(runs_of(write)) == 1

    def test_a_done_task_may_be_put_away(self, ada, waiting):
        brief, write = waiting
        put(brief, TaskStatus.DONE)

        go_away(ada, brief, "archived")

        assert (requests_to(ada), now(write).blocked_count) == ([], 0)

    def test_a_step_that_a_workflow_does_not_take_counts_as_met(self, ada, waiting):
        brief, write = waiting

        with transaction():
            moves.put(lock(Task, brief.id), TaskStatus.CANCELLED)
            links.mark_met(write.id, brief.id)

        assert len(runs_of(write)) == 1
        assert requests_to(ada) == []

    def test_a_purged_task_blocks_nobody_and_starts_nothing(self, ada, waiting):
        brief, write = waiting
        go_away(ada, brief, "deleted")
        with transaction():
            long_ago = now(brief).deleted_at.replace(year=2020)
            db.session.execute(update(Task).where(Task.id == brief.id).values(deleted_at=long_ago))

        purge_deleted_tasks()
        links.sweep()

        assert (now(write).blocked_count, now(write).run_when_ready, runs_of(write)) == (0, False, [])


def go_away(by, task, how):
    if how == "deleted":
        tasks.delete(as_actor(by), task.id)
    else:
        tasks.edit(as_actor(by), task.id, {"archived": True} if how == "archived" else {"status": "cancelled"})


class TestSweep:
    @pytest.fixture
    def missed(self, make, ada, board, task_that_needs):
        """A task whose need was met by a process that died before it looked at the links."""
        brief = make.task("Brief", by=ada, board=board)
        write = task_that_needs(brief)
        runs.start(as_actor(ada), write.id)
        with transaction():
            db.session.execute(update(Task).where(Task.id == brief.id).values(status=TaskStatus.DONE))
        return write

    def test_what_was_missed_is_queued_once(self, missed):
        assert links.sweep() == 1
        assert links.sweep() == 0

        assert (now(missed).blocked_count, len(runs_of(missed))) == (0, 1)

    def test_a_link_that_is_met_and_was_not_counted(self, missed):
        with transaction():
            db.session.execute(update(TaskLink).values(met=True))
            db.session.execute(update(Task).where(Task.id == missed.id).values(blocked_count=0))

        links.sweep()

        assert len(runs_of(missed)) == 1

    def test_a_task_that_was_opened_again_unseen(self, make, ada, board, task_that_needs):
        brief = make.task("Brief", by=ada, board=board, status=TaskStatus.DONE)
        write = task_that_needs(brief)
        with transaction():
            db.session.execute(update(Task).where(Task.id == brief.id).values(status=TaskStatus.TODO))

        links.sweep()

        assert now(write).blocked_count == 1

    def test_it_reads_at_most_so_many(self, make, ada, board, task_that_needs):
        brief = make.task("Brief", by=ada, board=board)
        writes = [task_that_needs(brief) for _ in range(3)]
        with transaction():
            db.session.execute(update(Task).where(Task.id == brief.id).values(status=TaskStatus.DONE))

        assert links.sweep(limit=2) == 2
        assert sorted(now(one).blocked_count for one in writes) == [0, 0, 1]


class TestConcurrency:
    def test_two_needs_settled_at_once_queue_one_run(self, app, make, ada, board, task_that_needs):
        needed = [make.task(f"Need {number}", by=ada, board=board) for number in range(6)]
        write = task_that_needs(*needed)
        runs.start(as_actor(ada), write.id)

        at_once(
            app, [lambda task_id=task_id: put_by_id(task_id, TaskStatus.DONE) for task_id in [one.id for one in needed]]
        )

        assert (now(write).blocked_count, len(runs_of(write))) == (0, 1)

    def test_links_added_at_once_close_no_cycle(self, app, make, ada, board):
        ring = [make.task(f"Task {number}", by=ada, board=board) for number in range(6)]
        pairs = [(one.id, ring[place - 1].id) for place, one in enumerate(ring)]
        actor = as_actor(ada)

        def add(task_id, needed_id):
            try:
                needs.need(actor, task_id, needed_id)
            except Invalid:
                return

        at_once(app, [lambda pair=pair: add(*pair) for pair in pairs])

        end_reading()
        assert len(db.session.scalars(select(TaskLink)).all()) == len(pairs) - 1

    def test_changes_in_every_order_wait_for_nobody(self, app, make, ada, board, task_that_needs):
        """Each transaction settles tasks that the tasks of the other need: locking them would be a deadlock."""
        a, b = make.task("A", by=ada, board=board), make.task("B", by=ada, board=board)
        of_a, of_b = task_that_needs(a), task_that_needs(b)
        for one in (of_a, of_b):
            runs.start(as_actor(ada), one.id)
        meeting = threading.Barrier(2)

        def settle(first, second):
            with transaction():
                task = lock(Task, first)
                other = lock(Task, second)
                moves.put(task, TaskStatus.DONE)
                other.description = "Seen."
                if db.engine.dialect.name == "postgresql":
                    meeting.wait(10)

        first, second = (a.id, of_b.id), (b.id, of_a.id)
        at_once(app, [lambda: settle(*first), lambda: settle(*second)])

        assert [len(runs_of(one)) for one in (of_a, of_b)] == [1, 1]


def at_once(app, actions):
    failed = []

    def act(action):
        with app.app_context():
            try:
                action()
            except Exception as error:  # noqa: BLE001 - reported below
                failed.append(error)

    end_reading()
    threads = [threading.Thread(target=act, args=[action]) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []


class TestRandomGraphs:
    """Random graphs and random ends: every task whose needs are met runs once, and nothing else runs."""

    @settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(seed=st.integers(0, 2**32))
    def test_what_is_ready_runs_once_and_nothing_else_does(self, make, ada, board, sierra, seed):
        chance = random.Random(seed)  # noqa: S311 - a test
        clear()
        graph = grown(make, ada, board, sierra, chance, size=16)
        for task in graph.tasks:
            runs.start(as_actor(ada), task.id)

        for _ in range(200):
            open_runs = list(db.session.scalars(select(Run).where(Run.is_live)))
            check(graph)
            if not open_runs:
                break
            step(chance, ada, chance.choice(open_runs))
        links.sweep()
        check(graph)
        assert links.sweep() == 0


class Graph:
    def __init__(self, tasks, needs):
        self.tasks, self.needs = tasks, needs


def grown(make, ada, board, agent, chance, size):
    made = [make.task(f"Task {number}", by=ada, board=board, agent=agent) for number in range(size)]
    wanted = {}
    with transaction():
        for place, task in enumerate(made[1:], 1):
            for needed in chance.sample(made[:place], k=min(place, chance.choice((0, 0, 1, 1, 2, 3)))):
                until = chance.choice(list(LinkUntil))
                links.add(lock(Task, task.id), lock(Task, needed.id), until, by=ada.id)
                wanted.setdefault(task.id, {})[needed.id] = until
    return Graph(made, wanted)


def clear():
    with transaction():
        for table in (Run, TaskLink, Task):
            db.session.execute(delete(table))


def step(chance, ada, run):
    """End a run as a worker would, or act on its task as a person; sometimes the process dies in between."""
    dies = chance.random() < 0.2
    end = chance.choice([TaskStatus.REVIEW, TaskStatus.DONE, TaskStatus.APPROVED, TaskStatus.CANCELLED])
    with transaction():
        task = lock(Task, run.task_id)
        ended = lock(Run, run.id)
        ended.status = RunStatus.SUCCEEDED
        if dies:
            task.status = end
        else:
            moves.put(task, end)
    if dies:
        links.sweep()
    if end == TaskStatus.REVIEW and chance.random() < 0.7:
        tasks.approve(as_actor(ada), run.task_id)


def check(graph):
    """Every task has a run if, and only if, its needs were met; then exactly one."""
    end_reading()
    status = dict(db.session.execute(select(Task.id, Task.status)).all())
    number = {task.id: 0 for task in graph.tasks}
    for run in db.session.scalars(select(Run)):
        number[run.task_id] += 1
    for task in graph.tasks:
        unmet = [
            needed
            for needed, until in graph.needs.get(task.id, {}).items()
            if status[needed] not in (links.SETTLED if until == LinkUntil.SETTLED else links.APPROVED)
        ]
        assert number[task.id] == (0 if unmet else 1), (task.title, unmet)
        assert now(task).blocked_count == len(unmet)
