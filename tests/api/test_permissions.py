"""Access levels on a board."""

import json

import pytest

from helix.extensions import db
from helix.live.publish import EVENTS, channel
from helix.models import Activity
from helix.models.vocabulary import BoardLevel
from helix.queue.connection import redis


def address(board):
    return f"/api/boards/{board.id}/permissions"


def test_the_whole_list_is_replaced(api, ada, mia, noah, make):
    board = make.board()
    make.grant(noah, board, BoardLevel.MANAGE)
    wanted = [{"user_id": mia.id, "level": "view"}]

    reply = api.as_(ada).put(address(board), json=wanted)

    assert reply.status_code == 200
    assert reply.json == wanted
    assert api.as_(ada).get(address(board) + "/").json == wanted
    assert api.as_(mia).get(f"/api/boards/{board.id}").json["my_level"] == "view"
    assert api.as_(noah).get(f"/api/boards/{board.id}").json["my_level"] == "create"


def test_a_board_is_closed_to_one_member(api, ada, mia, noah, make):
    board = make.board()

    api.as_(ada).put(address(board), json=[{"user_id": mia.id, "level": "none"}])

    assert api.as_(mia).get(f"/api/boards/{board.id}").status_code == 404
    assert api.as_(noah).get(f"/api/boards/{board.id}").status_code == 200


def test_an_empty_list_takes_every_grant_away(api, ada, mia, make):
    board = make.board()
    make.grant(mia, board, BoardLevel.NONE)

    assert api.as_(ada).put(address(board), json=[]).json == []
    assert api.as_(mia).get(f"/api/boards/{board.id}").status_code == 200


def test_open_pages_are_told_to_look_again(api, ada, mia, make):
    board = make.board()
    listener = redis().pubsub(ignore_subscribe_messages=True)
    listener.subscribe(channel(EVENTS))
    listener.get_message(timeout=5)

    api.as_(ada).put(address(board), json=[{"user_id": mia.id, "level": "none"}])

    event = json.loads(listener.get_message(timeout=5)["data"])
    listener.close()
    assert (event["kind"], event["id"], event["board_id"]) == ("board", board.id, None)


def test_the_change_is_recorded_once(api, ada, mia, make):
    board = make.board()
    wanted = [{"user_id": mia.id, "level": "view"}]

    api.as_(ada).put(address(board), json=wanted)
    api.as_(ada).put(address(board), json=wanted)

    (entry,) = db.session.query(Activity).filter_by(action="board.updated").all()
    assert (entry.entity_id, entry.details) == (board.id, {"fields": ["permissions"]})


def test_members_neither_see_nor_change_it(api, mia, make):
    board = make.board()
    make.grant(mia, board, BoardLevel.MANAGE)

    assert api.as_(mia).get(address(board)).status_code == 403
    assert api.as_(mia).put(address(board), json=[]).status_code == 403
    assert api.get(address(board)).status_code == 401


def test_an_unknown_board_is_a_404(api, ada):
    assert api.as_(ada).get("/api/boards/999999/permissions").status_code == 404
    assert api.as_(ada).put("/api/boards/999999/permissions", json=[]).status_code == 404


@pytest.mark.parametrize(
    ("entry", "loc"),
    [
        ({"user_id": 999_999, "level": "view"}, [0, "user_id"]),
        ({"user_id": 10**30, "level": "view"}, [0, "user_id"]),
        ({"user_id": 1, "level": "owner"}, [0, "level"]),
        ({"user_id": 1}, [0, "level"]),
        ({"user_id": 1, "level": "view", "until": "tomorrow"}, [0, "until"]),
    ],
)
def test_a_bad_entry_is_a_422_and_changes_nothing(api, ada, mia, make, entry, loc):
    board = make.board()
    make.grant(mia, board, BoardLevel.MANAGE)

    reply = api.as_(ada).put(address(board), json=[entry])

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == loc
    assert api.as_(ada).get(address(board)).json == [{"user_id": mia.id, "level": "manage"}]


def test_a_person_who_is_named_twice_is_a_422(api, ada, mia, make):
    board = make.board()
    twice = [{"user_id": mia.id, "level": "view"}, {"user_id": mia.id, "level": "manage"}]

    reply = api.as_(ada).put(address(board), json=twice)

    assert [problem["loc"] for problem in reply.json["detail"]] == [[0, "user_id"], [1, "user_id"]]


def test_a_closed_account_is_unknown(api, ada, mia, make):
    board = make.board()
    api.as_(ada).delete(f"/api/users/{mia.id}")

    reply = api.as_(ada).put(address(board), json=[{"user_id": mia.id, "level": "view"}])

    assert reply.status_code == 422


def test_a_body_that_is_no_array_is_a_400(api, ada, make):
    reply = api.as_(ada).put(address(make.board()), json={"user_id": 1, "level": "view"})

    assert (reply.status_code, reply.json) == (400, {"detail": "The body must be a JSON array."})
