"""The actor cache expires after seconds, and at once after a change on this or another machine."""

import pytest

from helix import live
from helix.live.listen import Listener
from helix.live.publish import RIGHTS, channel
from helix.queue.connection import redis
from helix.services.accounts import actor_cache
from tests.support.waiting import wait_for

ME = "/api/auth/me"


@pytest.fixture
def remembering(clean_app, monkeypatch):
    """As in a web process."""
    monkeypatch.setattr(live.rights, "_following", True)
    wait_for(lambda: live.rights.state() is not None)
    yield
    actor_cache._known.clear()


def asked(statements, client, path=ME):
    """What the database is asked for a request."""
    with statements() as sent:
        assert client.get(path).status_code == 200
    return sent


def test_the_second_request_reads_no_rights_from_the_database(remembering, statements, api, mia):
    client = api.as_(mia)
    first = asked(statements, client)

    assert first != []
    # As soon as the news that she was made has come.
    wait_for(lambda: asked(statements, client) == [])


def test_a_closed_account_loses_access_at_once(remembering, api, ada, mia):
    client = api.as_(mia)
    assert client.get(ME).status_code == 200

    assert api.as_(ada).patch(f"/api/users/{mia.id}", json={"is_active": False}).status_code == 200

    assert client.get(ME).status_code == 401


def test_a_new_name_shows_at_once(remembering, api, mia):
    client = api.as_(mia)
    client.get(ME)

    client.patch(ME, json={"name": "Mia Two"})

    assert client.get(ME).json["name"] == "Mia Two"


def test_a_revoked_board_is_hidden_at_once(remembering, api, make, ada, mia):
    client, board = api.as_(mia), make.board()
    assert client.get(f"/api/boards/{board.id}").status_code == 200

    levels = [{"user_id": mia.id, "level": "none"}]
    assert api.as_(ada).put(f"/api/boards/{board.id}/permissions", json=levels).status_code == 200

    assert client.get(f"/api/boards/{board.id}").status_code == 404


def test_a_deleted_api_token_is_rejected(remembering, api, mia):
    made = api.as_(mia).post("/api/tokens", json={"name": "Zapier"}).json
    client = api.with_token(made["token"])
    assert [client.get(ME).status_code for _ in range(3)] == [200] * 3

    api.as_(mia).delete(f"/api/tokens/{made['id']}")

    assert client.get(ME).status_code == 401


def test_a_change_by_another_machine_is_read_again(remembering, statements, api, mia):
    client = api.as_(mia)
    client.get(ME)
    before = live.rights.state()

    redis().publish(channel(RIGHTS), "")
    wait_for(lambda: live.rights.state() != before)

    assert asked(statements, client) != []


def test_nothing_is_cached_while_redis_is_unreachable(remembering, statements, api, mia, monkeypatch):
    client = api.as_(mia)
    monkeypatch.setattr(Listener, "rights_version", lambda listener: None)

    assert asked(statements, client) == asked(statements, client) != []
