"""What a task needs, on its panel, its card, the board's filter and in the inbox."""

import pytest

from helix.db.transaction import end_reading
from helix.extensions import db
from helix.models import Board, Notification, Run, Task, TaskLink
from helix.models.vocabulary import TaskStatus
from helix.services import runs, tasks
from helix.services.tasks import needs
from tests.support.people import as_actor


@pytest.fixture
def pair(make, mia):
    """A task for Sierra, and one that it needs, both of Mia's on one board."""
    make.model()
    board = make.board(name="SEO", key="SEO")
    write = make.task("Write it", by=mia, board=board, agent=make.agent("Sierra"))
    brief = make.task("Brief", by=mia, board=board)
    needs.need(as_actor(mia), write.id, brief.id)
    return write, brief


@pytest.fixture
def page(pages, mia):
    return pages.as_(mia)


def text(reply):
    return reply.get_data(as_text=True)


def test_the_panel_shows_both_sides(page, pair):
    write, brief = pair

    assert f'href="/tasks/{brief.id}"' in text(page.get(f"/tasks/{write.id}/panel"))
    needed = text(page.get(f"/tasks/{brief.id}/panel"))
    assert "Needed by" in needed
    assert "waits for this" in needed


def test_a_panel_without_links_has_no_block(page, make, mia):
    assert "task-links" not in text(page.get(f"/tasks/{make.task(by=mia).id}/panel"))


def test_running_a_blocked_task_says_when_it_runs(page, pair):
    write, _ = pair

    reply = page.send(f"/tasks/{write.id}/execute")

    assert "It runs by itself when the tasks that it needs are done." in reply.headers["HX-Trigger"]
    assert "Sierra starts by itself then" in text(reply)
    assert "Do not start" in text(reply)


def test_running_several_says_how_many_wait(page, pair, make, mia):
    write, brief = pair
    free = make.task("Free", by=mia, board=db.session.get_one(Board, write.board_id), agent=make.agent("Nova"))

    reply = page.send(f"/boards/{brief.board_id}/bulk", data={"ids": f"{write.id},{free.id}", "run": "1"})

    assert "Started 1 task. 1 runs when what is needed is done." in reply.headers["HX-Trigger"]


def test_the_card_says_what_it_waits_for(page, pair, mia):
    write, brief = pair
    runs.start(as_actor(mia), write.id)

    board = text(page.get(f"/boards/{brief.board_id}"))

    assert f"Waits for SEO-{brief.id} · to do" in board
    assert "Sierra starts by itself" in board


def test_the_filter_leaves_blocked_tasks(page, pair):
    board = text(page.get(f"/boards/{pair[0].board_id}?blocked=1"))

    assert ("Write it" in board, ">Brief<" in board, ">Blocked<" in board) == (True, False, True)


def test_the_search_offers_tasks_that_may_be_needed(page, make, mia, pair):
    write, brief = pair
    board = db.session.get_one(Board, write.board_id)
    other = make.task("Other", by=mia, board=board)
    make.task("Gone", by=mia, board=board, status=TaskStatus.CANCELLED)

    recent, found = page.get(f"/tasks/{write.id}/needs"), page.get(f"/tasks/{write.id}/needs?q=oth")

    for reply in (recent, found):
        assert f'value="{other.id}"' in text(reply)
        assert f'value="{brief.id}"' not in text(reply)
    assert "No other task matches" in text(page.get(f"/tasks/{write.id}/needs?q=Gone"))


@pytest.mark.parametrize("named", ["{id}", "SEO-{id}", "#{id}"])
def test_a_need_is_added_by_its_id(page, make, mia, pair, named):
    other = make.task("Other", by=mia)

    reply = page.post(f"/tasks/{pair[0].id}/needs", data={"needs_task_id": named.format(id=other.id)})

    assert (reply.status_code, reply.location) == (303, f"/tasks/{pair[0].id}")
    end_reading()
    assert db.session.query(TaskLink).count() == 2


def test_words_are_no_id(page, pair):
    reply = page.send(f"/tasks/{pair[0].id}/needs", data={"needs_task_id": "the brief"})

    assert reply.status_code == 422


class TestGone:
    @pytest.fixture
    def asked(self, pair, mia):
        """The item of Mia's inbox that asks what becomes of the task whose need was cancelled."""
        write, brief = pair
        runs.start(as_actor(mia), write.id)
        tasks.edit(as_actor(mia), brief.id, {"status": TaskStatus.CANCELLED})
        end_reading()
        return db.session.query(Notification).filter(Notification.event_key.startswith("need:")).one()

    def test_the_inbox_offers_three_ways(self, page, asked):
        inbox = text(page.get(f"/inbox?item=news-{asked.id}"))

        for words in ("Go on without it", "Cancel this task too", "Wait"):
            assert words in inbox
        assert f"news-{asked.id}" in text(page.get("/inbox/list"))
        assert "1" in text(page.get("/inbox/count"))

    def test_going_on_starts_it_and_closes_the_item(self, page, pair, asked):
        write, brief = pair

        page.post(f"/inbox/tasks/{write.id}/go-on", data={"needs_task_id": brief.id})

        end_reading()
        assert db.session.query(Run).filter_by(task_id=write.id).count() == 1
        assert f"news-{asked.id}" not in text(page.get("/inbox/list"))

    def test_cancelling_it_too_closes_the_item(self, page, pair, asked):
        write, _ = pair

        page.post(f"/inbox/tasks/{write.id}/cancel")

        end_reading()
        assert db.session.get_one(Task, write.id).status == TaskStatus.CANCELLED
        assert f"news-{asked.id}" not in text(page.get("/inbox/list"))

    def test_waiting_closes_the_item_and_nothing_else(self, page, pair, asked):
        page.post(f"/inbox/news/{asked.id}/read")

        assert f"news-{asked.id}" not in text(page.get("/inbox/list"))
        assert "was cancelled. This task waits" in text(page.get(f"/tasks/{pair[0].id}/panel"))


def test_how_far_a_need_has_to_come_is_changed_in_the_panel(page, pair):
    write, brief = pair

    before = text(page.get(f"/tasks/{write.id}/panel"))
    changed = text(page.send(f"/tasks/{write.id}/needs", {"needs_task_id": str(brief.id), "until": "settled"}))

    assert "has to be approved" in before
    assert "A result is enough" in before
    assert "needs a result" in changed
    assert "Wait for the approval" in changed
    assert db.session.get_one(TaskLink, (write.id, brief.id), populate_existing=True).until == "settled"
    wrong = page.send(f"/tasks/{write.id}/needs", {"needs_task_id": str(brief.id), "until": "soon"})
    assert wrong.status_code == 422
