"""The existence of a board is hidden from users without access, wherever its id occurs."""

import pytest

from helix.models.vocabulary import BoardLevel


@pytest.fixture
def hidden(make, mia):
    board = make.board()
    make.grant(mia, board, BoardLevel.NONE)
    return board.id


def test_agents_do_not_name_their_hidden_board(api, ada, mia, make, hidden):
    agent, open_board = make.agent(primary_board_id=hidden).id, make.board().id
    other = make.agent(primary_board_id=open_board).id
    client = api.as_(mia)

    listed = {one["id"]: one["primary_board_id"] for one in client.get("/api/agents/").json}

    assert listed == {agent: None, other: open_board}
    assert client.get(f"/api/agents/{agent}").json["primary_board_id"] is None
    assert api.as_(ada).get(f"/api/agents/{agent}").json["primary_board_id"] == hidden


def test_filter_by_a_hidden_board_finds_as_much_as_one_that_is_not_there(api, ada, mia, make, hidden):
    agent = make.agent(primary_board_id=hidden).id
    path = f"/api/agents/?board_id={hidden}"

    assert api.as_(mia).get(path).json == api.as_(mia).get("/api/agents/?board_id=999999").json == []
    assert [one["id"] for one in api.as_(ada).get(path).json] == [agent]


def test_activity_does_not_name_the_hidden_board_that_a_task_came_from(api, ada, mia, make, hidden):
    task, open_board = make.task(by=ada, board=make.board()), make.board().id
    api.as_(ada).patch(f"/api/tasks/{task.id}", json={"board_id": hidden})
    api.as_(ada).patch(f"/api/tasks/{task.id}", json={"board_id": open_board})
    path = "/api/activity/?action=task.moved"

    client = [entry["details"] for entry in api.as_(mia).get(path).json["items"]]
    admins = [entry["details"] for entry in api.as_(ada).get(path).json["items"]]

    assert {"to_board_id": open_board} in client
    assert all(hidden not in details.values() for details in client)
    assert {"from_board_id": hidden, "to_board_id": open_board} in admins
    newest = api.as_(mia).get("/api/dashboard/activity").json
    assert all(hidden not in entry["details"].values() for entry in newest)
