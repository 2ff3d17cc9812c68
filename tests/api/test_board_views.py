"""Saved views of a board, private and shared."""

from helix.models.vocabulary import BoardLevel


def names(client, board):
    return [view["name"] for view in client.get(f"/api/boards/{board.id}/views").json]


def save(client, board, **body):
    return client.post(f"/api/boards/{board.id}/views", json={"name": "Late", "query": "due=overdue", **body})


def test_a_view_is_seen_by_its_owner_alone_until_it_is_shared(api, ada, mia, make):
    board = make.board()

    private = save(api.as_(ada), board, query="?lanes=agent&priority=high&tag=")
    before = names(api.as_(mia), board)
    shared = api.as_(ada).patch(f"/api/board-views/{private.json['id']}", json={"shared": True})

    assert private.status_code == 201
    assert private.json["query"] == "priority=high&lanes=agent"
    assert (before, names(api.as_(mia), board)) == ([], ["Late"])
    assert (shared.json["shared"], shared.json["mine"]) == (True, True)


def test_an_admin_does_not_see_what_others_keep_for_themselves(api, ada, mia, make):
    board = make.board()
    view = save(api.as_(mia), board).json["id"]

    assert names(api.as_(ada), board) == []
    assert api.as_(ada).delete(f"/api/board-views/{view}").status_code == 404
    assert names(api.as_(mia), board) == ["Late"]


def test_sharing_takes_the_level_manage(api, mia, make):
    board, managed = make.board(), make.board()
    make.grant(mia, managed, BoardLevel.MANAGE)
    member_client = api.as_(mia)
    view = save(member_client, board).json["id"]

    assert save(member_client, board, name="All", shared=True).status_code == 403
    assert member_client.patch(f"/api/board-views/{view}", json={"shared": True}).status_code == 403
    assert save(member_client, managed, shared=True).status_code == 201


def test_what_is_wrong_with_a_view_is_said(api, mia, make):
    board = make.board()
    member_client = api.as_(mia)
    save(member_client, board)

    assert save(member_client, board, name="LATE").status_code == 409
    assert save(member_client, board, name="Two", query="colour=red").json["detail"][0]["loc"] == ["query"]
    assert save(member_client, board, name="Two", query="colour").status_code == 422
    assert save(member_client, board, name=" ").status_code == 422
    assert member_client.patch("/api/board-views/1", json={"name": None}).status_code == 422
    assert names(member_client, board) == ["Late"]


def test_those_who_manage_a_board_set_its_limits_and_nothing_else_of_it(api, mia, make):
    board = make.board()
    make.grant(mia, board, BoardLevel.MANAGE)
    path = f"/api/boards/{board.id}"

    limited = api.as_(mia).patch(path, json={"wip_limits": {"review": 3}})

    assert limited.json["wip_limits"] == {"review": 3}
    assert api.as_(mia).patch(path, json={"wip_limits": {"review": 4}, "name": "Mine"}).status_code == 403
