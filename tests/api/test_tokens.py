"""Personal API tokens."""

from datetime import timedelta

import pytest
import time_machine

from helix import clock
from helix.clock import iso
from helix.extensions import db
from helix.models import Activity, ApiToken
from helix.services import accounts
from tests.support.people import PASSWORD, as_actor


def made(api, user, **fields):
    return api.as_(user).post("/api/tokens", json={"name": "Zapier"} | fields)


def test_a_token_is_shown_once_and_kept_as_a_hash(api, mia):
    reply = made(api, mia)

    assert reply.status_code == 201
    answer = reply.json
    token = answer.pop("token")
    assert token.startswith("hx_")
    assert answer.keys() == {"id", "name", "scope", "hint", "expires_at", "last_used_at", "created_at"}
    assert api.as_(mia).get("/api/tokens/").json == [answer]
    row = db.session.get_one(ApiToken, answer["id"])
    assert token not in [str(getattr(row, column.name)) for column in ApiToken.__table__.columns]


def test_it_acts_as_its_owner_and_tells_when_it_was_used(api, mia):
    reply = made(api, mia).json

    assert api.with_token(reply["token"]).get("/api/auth/me").json["id"] == mia.id

    (listed,) = api.as_(mia).get("/api/tokens").json
    assert listed["last_used_at"] is not None
    assert api.with_token(reply["token"]).get("/api/users").status_code == 403


def test_a_read_token_only_reads(api, mia, make):
    board = make.board()
    token = api.with_token(made(api, mia, scope="read").json["token"])

    assert token.get("/api/tasks/").status_code == 200
    assert token.post("/api/tasks/", json={"title": "Write", "board_id": board.id}).status_code == 403


def test_a_write_token_writes(api, mia, make):
    board = make.board()
    token = api.with_token(made(api, mia, scope="write").json["token"])

    assert token.post("/api/tasks/", json={"title": "Write", "board_id": board.id}).status_code == 201


def test_an_api_token_lets_nobody_in(api, ada, mia, noah):
    token = api.with_token(made(api, ada).json["token"])
    jane = accounts.create(as_actor(ada), name="Jane", email="jane@company.com", password=None)
    ways = [
        token.post("/api/users/", json={"name": "Eve", "email": "eve@example.com", "password": "long enough it is"}),
        token.post(f"/api/users/{jane.id}/invitation"),
        token.patch(f"/api/users/{mia.id}", json={"role": "admin"}),
        token.patch(f"/api/users/{mia.id}", json={"email": "eve@example.com"}),
        token.patch("/api/auth/me", json={"telegram_user_id": "4711"}),
        token.post("/api/auth/me/telegram-link"),
    ]

    assert [reply.status_code for reply in ways] == [403] * len(ways)
    assert token.patch(f"/api/users/{noah.id}", json={"is_active": False}).status_code == 200
    assert token.patch(f"/api/users/{noah.id}", json={"is_active": True}).status_code == 403
    assert token.patch(f"/api/users/{mia.id}", json={"name": "Mia B."}).status_code == 200


def test_a_token_expires(api, mia):
    at = clock.now() + timedelta(hours=1)
    token = api.with_token(made(api, mia, expires_at=iso(at)).json["token"])

    assert token.get("/api/auth/me").status_code == 200
    with time_machine.travel(at + timedelta(seconds=1)):
        assert token.get("/api/auth/me").status_code == 401


def test_a_plain_day_lasts_until_its_end_in_the_organizations_zone(api, ada, mia):
    api.as_(ada).patch("/api/org/settings", json={"timezone": "Asia/Kuala_Lumpur"})

    reply = made(api, mia, expires_at="2099-01-31")

    assert reply.json["expires_at"] == "2099-01-31T15:59:59Z"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 81),
        ("scope", "admin"),
        ("expires_at", "2020-01-01T00:00:00Z"),
        ("expires_at", "2020-01-01"),
        ("expires_at", "soon"),
        ("expires_at", "0001-01-01"),
        ("expires_at", "9999-12-31T23:59:59-12:00"),
        ("expires_at", 4_000_000_000),
        ("owner", 1),
    ],
)
def test_a_bad_value_is_a_422_that_names_the_field(api, mia, field, value):
    reply = made(api, mia, **{field: value})

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"][0] == field


def test_a_deleted_token_ends_and_others_cannot_delete_it(api, mia, ada):
    reply = made(api, mia).json

    assert api.as_(ada).delete(f"/api/tokens/{reply['id']}").status_code == 404
    assert api.as_(ada).get("/api/tokens").json == []
    assert api.as_(mia).delete(f"/api/tokens/{reply['id']}").status_code == 204

    assert api.with_token(reply["token"]).get("/api/auth/me").status_code == 401
    assert api.as_(mia).delete(f"/api/tokens/{reply['id']}").status_code == 404


def test_an_api_token_makes_no_key_that_outlives_it(api, ada, mia):
    token = api.with_token(made(api, ada).json["token"])
    passwords = {"current_password": PASSWORD, "new_password": "another long one"}

    replies = [
        token.post("/api/tokens", json={"name": "Another"}),
        token.post("/api/auth/me/change-password", json=passwords),
        token.post("/api/auth/sign-out-everywhere"),
        token.delete("/api/auth/me/sessions/1"),
        token.post(f"/api/users/{mia.id}/reset-link"),
        token.patch(f"/api/users/{mia.id}", json={"password": "set by a token"}),
    ]

    assert [reply.status_code for reply in replies] == [403] * 6


def test_a_token_ends_with_the_account_and_rests_while_it_is_deactivated(api, ada, mia):
    token = api.with_token(made(api, mia).json["token"])

    api.as_(ada).patch(f"/api/users/{mia.id}", json={"is_active": False})
    assert token.get("/api/auth/me").status_code == 401
    api.as_(ada).patch(f"/api/users/{mia.id}", json={"is_active": True})
    assert token.get("/api/auth/me").status_code == 200
    api.as_(ada).delete(f"/api/users/{mia.id}")

    assert token.get("/api/auth/me").status_code == 401
    assert db.session.query(ApiToken).count() == 0


def test_making_and_deleting_is_recorded_without_the_token(api, mia):
    reply = made(api, mia).json
    api.as_(mia).delete(f"/api/tokens/{reply['id']}")

    entries = db.session.query(Activity).filter_by(entity_type="token").order_by(Activity.id).all()
    assert [entry.action for entry in entries] == ["token.created", "token.deleted"]
    assert all(reply["token"] not in str(vars(entry)) for entry in entries)


def test_without_a_token_there_is_a_401(api, clean_app):
    assert api.get("/api/tokens").status_code == 401
    assert api.post("/api/tokens", json={"name": "x"}).status_code == 401


def test_a_token_deletes_itself_and_no_other(api, mia):
    first, second = made(api, mia).json, made(api, mia).json
    client = api.with_token(first["token"])

    assert client.delete(f"/api/tokens/{second['id']}").status_code == 403
    assert client.delete("/api/tokens/999999").status_code == 403
    assert client.delete(f"/api/tokens/{first['id']}").status_code == 204
    assert client.get("/api/auth/me").status_code == 401
    assert [one["id"] for one in api.as_(mia).get("/api/tokens").json] == [second["id"]]


@pytest.mark.parametrize("scope", ["read", "write"])
def test_a_token_does_not_read_where_its_owner_is_signed_in(api, pages, mia, scope):
    pages.as_(mia)

    assert api.with_token(made(api, mia, scope=scope).json["token"]).get("/api/auth/me/sessions").status_code == 403
    assert len(api.as_(mia).get("/api/auth/me/sessions").json) == 1
