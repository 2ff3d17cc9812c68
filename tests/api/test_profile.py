"""The user's own profile, password and sessions."""

import pytest

from helix.extensions import db
from helix.models import BrowserSession
from helix.services import accounts
from tests.support.people import PASSWORD


def login(api, username="ada@example.com", password=PASSWORD):
    return api.post("/api/auth/login", data={"username": username, "password": password})


def test_the_profile_changes_as_the_reference_shows(api, mia):
    body = {"name": "New Name", "telegram_notifications": True, "telegram_user_id": "12345678"}

    reply = api.as_(mia).patch("/api/auth/me", json=body)

    assert reply.status_code == 200
    assert reply.json.items() >= body.items()
    assert api.as_(mia).get("/api/auth/me/").json == reply.json


def test_a_time_zone_is_set_and_given_up_again(api, mia):
    mine = api.as_(mia)

    assert mine.patch("/api/auth/me", json={"timezone": "Asia/Kuala_Lumpur"}).json["timezone"] == "Asia/Kuala_Lumpur"
    assert mine.patch("/api/auth/me", json={"timezone": None}).json["timezone"] is None


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 81},
        {"name": None},
        {"name": "a\u0000b"},
        {"telegram_notifications": None},
        {"telegram_user_id": "someone"},
        {"timezone": "Mars/Olympus"},
        {"timezone": "../etc/passwd"},
        {"role": "admin"},
    ],
)
def test_a_profile_refuses_what_makes_no_sense(api, mia, body):
    reply = api.as_(mia).patch("/api/auth/me", json=body)

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == list(body)


def test_a_name_is_taken_by_people_and_agents_alike(api, mia, noah, make):
    make.agent(name="Sierra")

    assert api.as_(mia).patch("/api/auth/me", json={"name": "sierra"}).status_code == 409
    assert api.as_(mia).patch("/api/auth/me", json={"name": "NOAH"}).status_code == 409
    assert api.as_(mia).patch("/api/auth/me", json={"name": "MIA"}).json["name"] == "MIA"


def test_a_telegram_account_belongs_to_one_person(api, mia, noah):
    api.as_(mia).patch("/api/auth/me", json={"telegram_user_id": "77"})

    reply = api.as_(noah).patch("/api/auth/me", json={"telegram_user_id": "77"})

    assert reply.status_code == 409


def change(api, user, **fields):
    body = {"current_password": PASSWORD, "new_password": "another long one"} | fields
    return api.as_(user).post("/api/auth/me/change-password", json=body)


def test_a_new_password_ends_earlier_tokens_and_answers_with_a_fresh_one(api, mia):
    earlier = login(api, username=mia.email).json["access_token"]
    accounts.create_session(mia, user_agent="Firefox", address="")

    reply = change(api, mia)

    assert reply.status_code == 200
    assert list(reply.json) == ["access_token", "token_type"]
    assert api.with_token(earlier).get("/api/auth/me").status_code == 401
    assert api.with_token(reply.json["access_token"]).get("/api/auth/me").status_code == 200
    assert db.session.query(BrowserSession).count() == 0
    assert login(api, username=mia.email).status_code == 401
    assert login(api, username=mia.email, password="another long one").status_code == 200


def test_the_browser_that_changes_the_password_stays_signed_in(api, mia):
    from helix.crypto.tokens import hash_token

    own = accounts.create_session(mia, user_agent="own", address="")
    accounts.create_session(mia, user_agent="other", address="")
    actor, session_id = accounts.actor_by_session(hash_token(own))

    accounts.change_password(actor, PASSWORD, "another long one")

    assert [session.id for session in db.session.query(BrowserSession)] == [session_id]


def test_a_wrong_current_password_is_a_400_whatever_the_new_one(api, mia):
    reply = change(api, mia, current_password="oldpass", new_password="newpass")

    assert reply.status_code == 400
    assert reply.json == {"detail": "The current password is wrong."}


@pytest.mark.parametrize("new", ["short6", "x" * 1025])
def test_new_password_has_seven_to_1024_characters(api, mia, new):
    reply = change(api, mia, new_password=new)

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == ["new_password"]


def test_guessing_the_current_password_is_throttled(api, mia):
    replies = [change(api, mia, current_password="guess").status_code for _ in range(11)]

    assert replies == [400] * 10 + [429]


def test_signing_out_everywhere_ends_every_token_and_session(api, mia):
    token = login(api, username=mia.email).json["access_token"]
    accounts.create_session(mia, user_agent="Firefox", address="")

    reply = api.with_token(token).post("/api/auth/sign-out-everywhere")

    assert reply.status_code == 200
    assert api.with_token(token).get("/api/auth/me").status_code == 401
    assert db.session.query(BrowserSession).count() == 0
    assert login(api, username=mia.email).status_code == 200


def test_sessions_are_listed_and_ended_by_their_owner_alone(api, mia, noah):
    accounts.create_session(mia, user_agent="Firefox", address="192.0.2.1")

    (session,) = api.as_(mia).get("/api/auth/me/sessions").json

    assert session.keys() == {"id", "user_agent", "address", "created_at", "seen_at", "current"}
    assert (session["user_agent"], session["address"], session["current"]) == ("Firefox", "192.0.2.1", False)
    assert api.as_(noah).get("/api/auth/me/sessions").json == []
    assert api.as_(noah).delete(f"/api/auth/me/sessions/{session['id']}").status_code == 404
    assert api.as_(mia).delete(f"/api/auth/me/sessions/{session['id']}").status_code == 204
    assert api.as_(mia).delete(f"/api/auth/me/sessions/{session['id']}").status_code == 404
