import re
from datetime import timedelta

import pytest

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Comment, Notification, Task
from helix.models.vocabulary import BoardLevel, NotificationType, Priority, TaskStatus
from helix.services import agents, comments, runs
from tests.support.people import as_actor
from tests.support.results import answered, second_attempt

pytestmark = pytest.mark.every_database


def review(make, title="Read me", **fields):
    return make.task(title, status=TaskStatus.REVIEW, **fields)


def tell(user, type_=NotificationType.BUDGET, **fields):
    """A notification as the news would write it."""
    from helix import clock

    wanted = {"title": "Larkmoor: 80 % of the budget is used", "target_type": "budget", "url": "/settings"} | fields
    with transaction():
        row = Notification(
            user_id=user.id,
            event_key=f"{type_}:{wanted['title']}",
            type=type_,
            created_at=clock.now(),
            **wanted,
        )
        db.session.add(row)
    return row


def test_results_that_i_may_decide_wait_in_the_inbox_and_others_do_not(pages, mia, noah, make):
    board = make.board(name="Blog")
    mine = review(make, "Mine to decide", board=board, by=mia)
    other_browser = review(make, "His to decide", board=board, by=noah)

    page = pages.as_(mia).get("/inbox").text

    assert f'id="line-task-{mine.id}"' in page
    assert f'id="line-task-{other_browser.id}"' not in page


def test_who_manages_a_board_decides_all_of_it(pages, mia, noah, make):
    board = make.board()
    task = review(make, board=board, by=noah)
    make.grant(mia, board, BoardLevel.MANAGE)

    reply = pages.as_(mia).get("/inbox")

    assert f'id="line-task-{task.id}"' in reply.text
    assert f'action="/inbox/tasks/{task.id}/approve"' in reply.text


def test_approving_shows_the_next_one(pages, mia, make):
    board = make.board()
    first, second = (review(make, name, board=board, by=mia) for name in ("One", "Two"))
    browser = pages.as_(mia)

    reply = browser.send(f"/inbox/tasks/{first.id}/approve", {"next": f"task-{second.id}"})

    assert reply.status_code == 200
    assert f'id="line-task-{first.id}"' not in reply.text
    assert f'data-key="task-{second.id}"' in reply.text
    assert db.session.get(Task, first.id).status == TaskStatus.DONE


def test_a_refreshed_list_keeps_the_item_that_the_address_names(pages, mia, make):
    board = make.board()
    first, second = (review(make, name, board=board, by=mia) for name in ("One", "Two"))

    reply = pages.as_(mia).get(
        f"/inbox/list?item=task-{first.id}",
        headers={"HX-Request": "true", "HX-Current-URL": f"http://localhost/inbox?item=task-{second.id}"},
    )

    assert re.findall(r'data-item="([^"]+)"\s+aria-current="true"', reply.text) == [f"task-{second.id}"]


def test_a_list_refreshed_before_the_answer_to_a_decision_goes_on_with_the_next_line(pages, mia, make):
    board = make.board()
    _first, second, third = (review(make, name, board=board, by=mia) for name in ("One", "Two", "Three"))
    browser = pages.as_(mia)
    asked = browser.get(f"/inbox?item=task-{second.id}").text.split('hx-get="/inbox/list?')[1].split('"')[0]
    browser.send(f"/inbox/tasks/{second.id}/approve", {})

    reply = browser.part(
        f"/inbox/list?{asked.replace('&amp;', '&')}",
        headers={"HX-Current-URL": f"http://localhost/inbox?item=task-{second.id}"},
    )

    assert re.findall(r'data-item="([^"]+)"\s+aria-current="true"', reply.text) == [f"task-{third.id}"]


def test_a_plain_form_approves_as_well(pages, mia, make):
    task = review(make, by=mia)
    browser = pages.as_(mia)

    reply = browser.post(f"/inbox/tasks/{task.id}/approve", {})

    assert (reply.status_code, reply.location) == (303, "/inbox")
    assert "Approved “Read me”, now in Done." in browser.get("/inbox").text
    assert db.session.get(Task, task.id).status == TaskStatus.DONE


def test_sending_back_asks_for_words_and_keeps_the_line(pages, mia, make):
    task = review(make, by=mia)
    browser = pages.as_(mia)

    empty = browser.send(f"/inbox/tasks/{task.id}/reject", {"feedback": "  ", "item": f"task-{task.id}"})
    told = browser.send(f"/inbox/tasks/{task.id}/reject", {"feedback": "Shorter, please."})

    assert empty.status_code == 422
    assert "Say what should be different" in empty.text
    assert told.status_code == 200
    assert db.session.get(Task, task.id).status == TaskStatus.REJECTED
    assert db.session.query(Comment).filter_by(task_id=task.id).one().content == "Shorter, please."


def test_what_somebody_else_decided_meanwhile_is_said_and_the_list_goes_on(pages, mia, make):
    board = make.board()
    task, other = (review(make, name, board=board, by=mia) for name in ("One", "Two"))
    browser = pages.as_(mia)
    browser.send(f"/inbox/tasks/{task.id}/approve", {})

    again = browser.send(f"/inbox/tasks/{task.id}/approve", {"next": f"task-{other.id}"})

    assert again.status_code == 200
    assert "Only a task in review can be approved" in again.text
    assert f'data-key="task-{other.id}"' in again.text


def test_nobody_decides_what_is_not_his(pages, mia, noah, make):
    task = review(make, by=noah)
    browser = pages.as_(mia)

    reply = browser.send(f"/inbox/tasks/{task.id}/approve", {})

    assert "somebody else" in reply.text
    assert db.session.get(Task, task.id).status == TaskStatus.REVIEW


def test_a_mention_waits_until_it_is_answered(pages, mia, noah, make):
    board = make.board()
    task = make.task("Linen", board=board, by=noah)
    comments.add(as_actor(noah), task.id, "@Mia which colour?")
    news = db.session.query(Notification).filter_by(user_id=mia.id).one()
    browser = pages.as_(mia)

    page = browser.get("/inbox")
    reply = browser.send(f"/inbox/tasks/{task.id}/reply", {"content": "Slate.", "news_id": news.id})

    assert f'id="line-news-{news.id}"' in page.text
    assert "which colour?" in page.text
    assert "Nothing waits for you" in reply.text
    assert db.session.query(Comment).filter_by(task_id=task.id, user_id=mia.id).one().content == "Slate."
    assert db.session.get(Notification, news.id).read


def test_a_mention_on_a_board_that_was_hidden_since_is_not_shown(pages, mia, noah, make):
    board = make.board()
    task = make.task("Secret linen", board=board, by=noah)
    comments.add(as_actor(noah), task.id, "@Mia which colour?")
    news = db.session.query(Notification).filter_by(user_id=mia.id).one()
    browser = pages.as_(mia)

    before = browser.get(f"/inbox?item=news-{news.id}").text
    make.grant(mia, board, BoardLevel.NONE)
    after = browser.get(f"/inbox?item=news-{news.id}").text

    for shown in ("Secret linen</a>", f'id="line-news-{news.id}"'):
        assert shown in before
        assert shown not in after


def test_notifications_are_marked_read_one_by_one_and_all(pages, ada, mia):
    first, second = (tell(ada, NotificationType.TASK_ASSIGNED, title=title) for title in ("One", "Two"))
    tell(mia)
    browser = pages.as_(ada)
    assert '<span class="count">2</span>' in browser.get("/notifications/count").text

    one = browser.send(f"/inbox/news/{first.id}/read", {"show": "notifications", "unread": "1"})
    rest = browser.send("/inbox/read-all", {"show": "notifications"})

    assert f'id="line-news-{first.id}"' not in one.text
    assert f'id="line-news-{second.id}"' in one.text
    assert "line-unread" not in rest.text
    assert '<span class="count">' not in browser.get("/notifications/count").text
    assert db.session.query(Notification).filter_by(user_id=mia.id, read=False).count() == 1


def test_anothers_notification_is_neither_shown_nor_marked(pages, ada, mia):
    notification = tell(ada)
    other_browser = pages.as_(mia)

    shown = other_browser.part(f"/inbox/items/news-{notification.id}")
    marked = other_browser.send(f"/inbox/news/{notification.id}/read", {})

    assert shown.status_code == 404
    assert "no longer exists" in marked.text
    assert not db.session.get(Notification, notification.id).read


def test_nonsense_in_the_address_is_an_inbox_all_the_same(pages, mia, make):
    review(make, by=mia)
    browser = pages.as_(mia)

    found = [
        browser.get(f"/inbox?item={item}&after=x&show=y").status_code
        for item in ("x", "task-", "news-9999999999999999999", "")
    ]

    assert found == [200, 200, 200, 200]
    assert browser.part("/inbox/items/task-x").status_code == 404


def test_the_inbox_costs_the_same_for_one_line_and_for_many(pages, ada, make, statements):
    board = make.board()
    review(make, board=board)
    browser = pages.as_(ada)
    browser.get("/inbox")
    with statements() as few:
        browser.get("/inbox")

    for number in range(8):
        review(make, f"Task {number}", board=board, agent=make.agent())
        tell(ada, title=f"Warning {number}")
    with statements() as many:
        browser.get("/inbox")

    assert len(many) == len(few)
    assert len(many) <= 10, many


def test_the_number_in_the_sidebar_is_the_number_of_lines(pages, ada, make):
    board = make.board()
    for number in range(3):
        review(make, f"Task {number}", board=board)
    tell(ada)

    page = pages.as_(ada).get("/inbox").text

    assert page.count("inbox-line") == 4
    assert '<span class="count count-new">4</span>' in page


def test_several_are_approved_at_once_and_one_that_went_meanwhile_keeps_nobody(pages, mia, noah, make):
    board = make.board()
    mine = [review(make, f"Number {n}", board=board, by=mia) for n in range(3)]
    others = review(make, "Not hers", board=board, by=noah)
    browser = pages.as_(mia)

    reply = browser.send("/inbox/several/approve", {"ids": [*(task.id for task in mine), others.id]})

    assert "Approved 3 tasks, now in Done. Not all:" in reply.text
    assert {db.session.get(Task, task.id).status for task in mine} == {TaskStatus.DONE}
    assert db.session.get(Task, others.id).status == TaskStatus.REVIEW


def test_several_are_sent_back_with_the_same_words(pages, mia, make):
    board = make.board()
    first, second = (review(make, name, board=board, by=mia) for name in ("One", "Two"))
    browser = pages.as_(mia)

    empty = browser.send("/inbox/several/reject", {"ids": [first.id], "feedback": " "})
    plain = browser.post("/inbox/several/reject", {"ids": [first.id, second.id], "feedback": "Name the sources."})

    assert empty.status_code == 422
    assert plain.status_code == 303
    assert {db.session.get(Task, task.id).status for task in (first, second)} == {TaskStatus.REJECTED}
    assert db.session.query(Comment).filter_by(content="Name the sources.").count() == 2


def test_a_run_that_waits_for_someone_stands_in_the_list_with_what_to_do(pages, ada, mia, make):
    make.model()
    agent = make.agent("Sierra")
    task = make.task("Linen", by=mia, agent=agent)
    _task, run_id = runs.start(as_actor(mia), task.id)
    browser = pages.as_(mia)
    assert "Runs that wait" not in browser.get("/inbox").text

    agents.edit(as_actor(ada), agent.id, {"enabled": False})
    page = browser.get(f"/inbox?item=run-{run_id}").text

    assert "Runs that wait for someone" in page
    assert "The agent is disabled. Enable it" in page
    assert f'href="/agents/{agent.id}"' in page
    assert pages.as_(ada).get(f"/inbox?item=run-{run_id}").status_code == 200


def test_a_line_says_priority_attempt_and_how_the_result_begins(pages, mia, make):
    make.model()
    agent = make.agent(name="Sierra")
    task = make.task("Weekly report", by=mia, agent=agent, priority=Priority.URGENT)
    second_attempt(task, agent, mia, "First.", "Shorter.", "# Weekly report\n\nRevenue **rose** by 7 %.\n\nAnd more.")

    line = pages.as_(mia).get("/inbox").text.split(f'id="line-task-{task.id}"')[1].split("</a>")[0]

    assert "urgent" in line.lower()
    assert "<b>Attempt 2</b>" in line
    assert "Revenue rose by 7 %." in line


def test_line_and_details_show_the_time_of_the_result(pages, mia, make):
    make.model()
    agent = make.agent(name="Sierra")
    task = make.task(by=mia, agent=agent)
    written = clock.now() - timedelta(hours=5)
    answered(task, agent, "Words.", finished_at=written)
    comments.add(as_actor(mia), task.id, "Later.")

    page = pages.as_(mia).get(f"/inbox?item=task-{task.id}").text

    line = page.split(f'id="line-task-{task.id}"')[1].split("</a>")[0]
    head = page.split('class="result-head"')[1].split("</header>")[0]
    assert "5h ago" in line
    assert "5h ago" in head


def test_a_decision_leaves_no_line_of_an_earlier_attempt(pages, mia, make):
    make.model()
    agent = make.agent(name="Sierra")
    task = make.task("Weekly report", by=mia, agent=agent)
    second_attempt(task, agent, mia, "First.", "Shorter.", "Second.")
    browser = pages.as_(mia)
    asked = "Sierra asks for approval"
    assert asked not in browser.get("/inbox?show=notifications").text

    browser.send(f"/inbox/tasks/{task.id}/approve", {})

    page = browser.get("/inbox?show=notifications").text
    assert page.count(f'<span class="inbox-title" dir="auto">{asked}</span>') == 1
    assert "line-unread" not in page
