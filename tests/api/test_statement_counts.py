"""The number of SQL statements of a request does not grow with the number of rows."""

import pytest

from helix.services import comments, runs
from tests.support.people import as_actor
from tests.support.statements import statements

MOST_OF_ONE, MOST_OF_A_LIST = 4, 10

LISTS = [
    "/api/tasks/?board_id={board}",
    "/api/tasks/?board_id={board}&q=write&tag=blog",
    "/api/tasks/search?q=write",
    "/api/tasks/search?q=sierra",
    "/api/tasks/search?q=wr",
    "/api/tasks/{task}/comments/",
    "/api/tasks/{task}/runs",
    "/api/tasks/{task}/attachments",
    "/api/activity/",
    "/api/activity/?user_id=1&entity_type=task",
    "/api/notifications/",
    "/api/notifications/?read=false",
    "/api/dashboard/stats",
    "/api/dashboard/activity",
    "/api/mentions/search?q=s",
    "/api/agents/",
    "/api/boards/",
    "/api/departments/",
]
SINGLE = [
    "/api/notifications/unread-count",
    "/api/boards/{board}",
    "/api/tasks/{idle}",
    "/api/tasks/{task}",
    "/api/runs/{run}",
]


@pytest.fixture
def world(make, ada, mia):
    """Fills a board with so many tasks, each with an agent, a queued run, a comment and news of it."""
    make.model()
    board = make.board()

    def fill(rows):
        names = {"board": board.id}
        for number in range(rows):
            agent = make.agent(name=f"Sierra {make._number()}")
            task = make.task("Write it", by=mia, board=board, agent=agent, tags=["blog"])
            names["task"] = task.id
            names["idle"] = make.task("Other", by=mia, board=board, agent=agent).id
            comments.add(as_actor(ada), task.id, f"@Mia, @{agent.name}: number {number}")
            _task, names["run"] = runs.start(as_actor(mia), task.id)
        return names

    return fill


def cost(client, path):
    client.get(path)  # the request ends the test's own session
    with statements() as sent:
        reply = client.get(path)
    assert reply.status_code == 200, reply.json
    return sent


def test_a_list_takes_at_most_ten_however_long(api, mia, world):
    client = api.as_(mia)
    names = world(1)
    once = {path: len(cost(client, path.format(**names))) for path in LISTS}
    names |= world(15)

    many = {path: len(cost(client, path.format(**names))) for path in LISTS}

    too_many = {path: count for path, count in many.items() if count > MOST_OF_A_LIST}
    growing = {path: (once[path], count) for path, count in many.items() if count > once[path]}
    assert too_many == {}
    assert growing == {}


@pytest.mark.parametrize("path", SINGLE)
def test_a_single_thing_takes_at_most_four(api, mia, world, path):
    client = api.as_(mia)
    names = world(1)
    runs.cancel(as_actor(mia), names["task"])

    sent = cost(client, path.format(**names))

    assert len(sent) <= MOST_OF_ONE, "\n".join(sent)
