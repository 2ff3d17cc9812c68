"""Who hears of a request, and when its notifications are read."""

import pytest

from helix.extensions import db
from helix.models import Notification, User
from helix.models.vocabulary import BoardLevel, NotificationType, RequestKind
from helix.policies.actor import SYSTEM
from helix.services import accounts, requests
from helix.services.notifications import counters
from tests.support.people import PASSWORD, as_actor
from tests.support.requests import a_run, an_approval, ask


@pytest.fixture
def board(make):
    return make.board()


@pytest.fixture
def boss(make, board):
    """Manages the board, and follows no agent."""
    user = accounts.create(SYSTEM, name="Boss", email="boss@example.com", password=PASSWORD)
    make.grant(user, board, BoardLevel.MANAGE)
    return user


def told():
    query = db.session.query(User.name).join(Notification, Notification.user_id == User.id)
    return {name for (name,) in query.filter(Notification.type == NotificationType.REQUEST)}


def test_the_creator_and_those_who_follow_the_agent_hear_of_it(make, board, ada, mia, noah, boss):
    agent = make.agent("Sierra")
    task = make.task("Invoice", by=mia, board=board, agent=agent)

    request = an_approval(task, agent)

    assert told() == {"Ada", "Mia"}
    mine = db.session.query(Notification).filter_by(user_id=mia.id, type=NotificationType.REQUEST).one()
    assert (mine.title, mine.message) == (f"Sierra asks: {request.title}", "Invoice")
    assert (mine.url, mine.target_id) == (f"/inbox?item=request-{request.id}", task.id)


def test_who_asked_for_the_run_hears_of_it_while_they_may_answer(make, board, mia, noah, boss):
    agent = make.agent()
    first, second = (make.task(by=mia, board=board, agent=agent) for _ in range(2))

    ask(a_run(first, agent, requested_by_user_id=boss.id))
    assert "Boss" in told()
    ask(a_run(second, agent, requested_by_user_id=noah.id))
    assert "Noah" not in told()


def test_a_creator_who_may_not_answer_any_more_does_not_hear_of_it(make, board, mia):
    agent = make.agent()
    task = make.task(by=mia, board=board, agent=agent)
    make.grant(mia, board, BoardLevel.VIEW)

    an_approval(task, agent)

    assert "Mia" not in told()


def test_money_is_asked_of_those_who_manage_the_board(make, board, ada, mia):
    agent = make.agent()
    task = make.task(by=mia, board=board, agent=agent)

    ask(a_run(task, agent), kind=RequestKind.BUDGET, title="Another 0.50?")

    assert told() == {"Ada"}


def test_an_answer_marks_the_notifications_of_this_request_read_for_everybody(make, board, ada, mia):
    agent = make.agent()
    tasks = [make.task(by=mia, board=board, agent=agent) for _ in range(2)]
    first, second = (an_approval(task, agent) for task in tasks)
    before = {user.id: counters.unread_count(as_actor(user)) for user in (ada, mia)}

    requests.answer(as_actor(mia), first.id, decision="allow", via="page")

    unread = db.session.query(Notification.target_id).filter_by(type=NotificationType.REQUEST, read=False)
    assert {task_id for (task_id,) in unread} == {second.task_id}
    assert {user.id: counters.unread_count(as_actor(user)) for user in (ada, mia)} == {
        user_id: count - 1 for user_id, count in before.items()
    }
