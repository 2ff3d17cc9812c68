"""Signing in, one's own profile, password, sessions: the reference's examples and what is refused."""

import json
import logging
from datetime import timedelta

import pytest
import time_machine
from flask_jwt_extended import create_access_token

from helix import clock
from helix.extensions import db
from helix.models import Activity, BrowserSession, OneTimeToken, User
from helix.queue import connection
from helix.services import accounts
from helix.services.accounts import throttle
from tests.support.cast import PASSWORD, acting


def login(api, username="ada@example.com", password=PASSWORD):
    return api.post("/api/auth/login", data={"username": username, "password": password})


def test_login_by_form_answers_as_the_reference_shows(api, ada):
    reply = login(api)

    assert reply.status_code == 200
    assert list(reply.json) == ["access_token", "token_type", "user"]
    assert reply.json["token_type"] == "bearer"
    assert reply.json["user"] == {"id": ada.id, "name": "Ada", "email": "ada@example.com", "role": "admin"}
    assert api.with_token(reply.json["access_token"]).get("/api/auth/me").json["id"] == ada.id


def test_login_ignores_the_other_fields_of_an_oauth_client(api, ada):
    form = {"grant_type": "password", "scope": "", "username": "ada@example.com", "password": PASSWORD}

    reply = api.post("/api/auth/login/", data=form)

    assert reply.status_code == 200


def test_login_by_json_and_without_regard_to_case(api, ada):
    reply = api.post("/api/auth/login", json={"username": " ADA@Example.com ", "password": PASSWORD})

    assert reply.status_code == 200


def test_a_wrong_address_and_a_wrong_password_answer_the_same(api, ada):
    unknown = login(api, username="nobody@example.com")
    wrong = login(api, password="not this one")

    assert (unknown.status_code, unknown.json) == (wrong.status_code, wrong.json)
    assert unknown.status_code == 401


def test_both_mistakes_cost_one_hash(api, ada, monkeypatch):
    from helix.crypto import passwords

    asked = []
    verify = passwords.verify
    monkeypatch.setattr(passwords, "verify", lambda *args: asked.append(args[0] is None) or verify(*args))

    login(api, username="nobody@example.com")
    login(api, password="not this one")

    assert asked == [True, False]


@pytest.mark.parametrize("field", ["username", "password"])
def test_login_names_the_field_that_is_missing(api, ada, field):
    form = {"username": "ada@example.com", "password": PASSWORD}
    del form[field]

    reply = api.post("/api/auth/login", data=form)

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == [field]


@pytest.mark.parametrize("odd", ["a\x00@example.com", "\ud800@example.com", "x" * 5000])
def test_an_address_that_no_database_can_hold_is_only_wrong(api, ada, odd):
    body = json.dumps({"username": odd, "password": "\ud800 something"})

    reply = api.post("/api/auth/login", data=body, content_type="application/json")

    assert reply.status_code == 401


def test_a_closed_or_deactivated_account_does_not_sign_in(api, people):
    zoe = people.zoe

    reply = login(api, username=zoe.email)

    assert reply.status_code == 401


def test_both_outcomes_are_recorded_for_admins_alone(api, ada):
    login(api, password="wrong one")
    login(api)

    entries = [row for row in db.session.query(Activity).order_by(Activity.id) if row.action.startswith("user.sign")]
    assert [entry.action for entry in entries] == ["user.sign_in_failed", "user.signed_in"]
    assert all(entry.admin_only and entry.entity_id == ada.id for entry in entries)


def test_too_many_wrong_passwords_for_an_account_are_a_429(api, ada, mia):
    for _ in range(throttle.MOST_BY_ACCOUNT):
        assert login(api, password="guess").status_code == 401

    reply = login(api)

    assert reply.status_code == 429
    assert 0 < int(reply.headers["Retry-After"]) <= throttle.WINDOW
    assert login(api, username=mia.email).status_code == 200


def test_an_unknown_account_is_throttled_just_the_same(api, ada):
    replies = [login(api, username="nobody@example.com").status_code for _ in range(throttle.MOST_BY_ACCOUNT + 1)]

    assert replies == [401] * throttle.MOST_BY_ACCOUNT + [429]


def test_too_many_accounts_tried_from_one_address_are_a_429(api, ada):
    for number in range(throttle.MOST_BY_ADDRESS):
        login(api, username=f"{number}@example.com")

    here = login(api)
    elsewhere = api.post(
        "/api/auth/login",
        data={"username": ada.email, "password": PASSWORD},
        environ_base={"REMOTE_ADDR": "198.51.100.7"},
    )

    assert (here.status_code, elsewhere.status_code) == (429, 200)


def test_one_network_of_ipv6_addresses_counts_as_one(house):
    first = throttle._keys(None, "2001:db8:1:2::1")
    second = throttle._keys(None, "2001:db8:1:2:ffff::9")

    assert first == second != throttle._keys(None, "2001:db8:1:3::1")


def test_signing_in_for_real_is_never_throttled(api, ada):
    replies = {login(api).status_code for _ in range(throttle.MOST_BY_ACCOUNT + 5)}

    assert replies == {200}


def test_without_redis_people_sign_in_and_guessing_stays_slow(api, ada, mia, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(connection, "_url", "unix:///nowhere/at/all.sock")
    monkeypatch.setattr(throttle, "_own", {})

    right = login(api)
    guesses = [login(api, username=mia.email, password="guess").status_code for _ in range(11)]

    assert right.status_code == 200
    assert guesses == [401] * 10 + [429]
    assert "Redis is away" in caplog.text


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer nonsense", "Bearer hx_nonsense"])
def test_without_a_usable_token_there_is_a_401(api, ada, header):
    reply = api.get("/api/auth/me", headers={"Authorization": header})

    assert reply.status_code == 401
    assert isinstance(reply.json["detail"], str)


def test_a_token_ends_after_a_day(api, ada):
    with time_machine.travel(clock.now() - timedelta(hours=23, minutes=59)):
        fresh = login(api).json["access_token"]
    with time_machine.travel(clock.now() - timedelta(hours=24, minutes=1)):
        old = login(api).json["access_token"]

    assert api.with_token(fresh).get("/api/auth/me").status_code == 200
    assert api.with_token(old).get("/api/auth/me").status_code == 401


def test_tokens_made_for_something_else_open_nothing(api, ada):
    for claims in ({}, {"ver": 1}, {"ver": 1, "use": "invitation"}, {"ver": "x", "use": "access"}):
        token = create_access_token(identity=str(ada.id), additional_claims=claims)
        assert api.with_token(token).get("/api/auth/me").status_code == 401, claims


def test_one_time_links_and_session_secrets_open_nothing(api, ada, mia):
    link = api.as_(ada).post(f"/api/users/{mia.id}/reset-link").json["reset_url"].rpartition("/")[2]
    secret = accounts.open_session(mia, user_agent="", address="")

    assert api.with_token(link).get("/api/auth/me").status_code == 401
    assert api.with_token(secret).get("/api/auth/me").status_code == 401


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
    accounts.open_session(mia, user_agent="Firefox", address="")

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

    own = accounts.open_session(mia, user_agent="own", address="")
    accounts.open_session(mia, user_agent="other", address="")
    actor, session_id = accounts.actor_by_session(hash_token(own))

    accounts.change_password(actor, PASSWORD, "another long one")

    assert [session.id for session in db.session.query(BrowserSession)] == [session_id]


def test_a_wrong_current_password_is_a_400_whatever_the_new_one(api, mia):
    reply = change(api, mia, current_password="oldpass", new_password="newpass")

    assert reply.status_code == 400
    assert reply.json == {"detail": "The current password is wrong."}


@pytest.mark.parametrize("new", ["seven77", "x" * 1025])
def test_a_new_password_has_eight_to_1024_characters(api, mia, new):
    reply = change(api, mia, new_password=new)

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == ["new_password"]


def test_guessing_the_current_password_is_throttled(api, mia):
    replies = [change(api, mia, current_password="guess").status_code for _ in range(11)]

    assert replies == [400] * 10 + [429]


def test_signing_out_everywhere_ends_every_token_and_session(api, mia):
    token = login(api, username=mia.email).json["access_token"]
    accounts.open_session(mia, user_agent="Firefox", address="")

    reply = api.with_token(token).post("/api/auth/sign-out-everywhere")

    assert reply.status_code == 200
    assert api.with_token(token).get("/api/auth/me").status_code == 401
    assert db.session.query(BrowserSession).count() == 0
    assert login(api, username=mia.email).status_code == 200


def test_sessions_are_listed_and_ended_by_their_owner_alone(api, mia, noah):
    accounts.open_session(mia, user_agent="Firefox", address="192.0.2.1")

    (session,) = api.as_(mia).get("/api/auth/me/sessions").json

    assert session.keys() == {"id", "user_agent", "address", "created_at", "seen_at", "current"}
    assert (session["user_agent"], session["address"], session["current"]) == ("Firefox", "192.0.2.1", False)
    assert api.as_(noah).get("/api/auth/me/sessions").json == []
    assert api.as_(noah).delete(f"/api/auth/me/sessions/{session['id']}").status_code == 404
    assert api.as_(mia).delete(f"/api/auth/me/sessions/{session['id']}").status_code == 204
    assert api.as_(mia).delete(f"/api/auth/me/sessions/{session['id']}").status_code == 404


def spent(url: str) -> str:
    return url.rpartition("/")[2]


def test_an_invitation_is_followed_once(api, ada):
    made = api.as_(ada).post("/api/users", json={"name": "Jane", "email": "jane@company.com"}).json
    body = {"token": spent(made["invitation_url"]), "password": "jane's own one"}

    first = api.post("/api/auth/redeem", json=body)
    second = api.post("/api/auth/redeem", json=body)

    assert first.status_code == 200
    assert api.with_token(first.json["access_token"]).get("/api/auth/me").json["email"] == "jane@company.com"
    assert second.status_code == 422
    assert login(api, username="jane@company.com", password="jane's own one").status_code == 200


def test_a_reset_link_ends_what_was_signed_in_before(api, ada, mia):
    earlier = login(api, username=mia.email).json["access_token"]
    url = api.as_(ada).post(f"/api/users/{mia.id}/reset-link").json["reset_url"]
    assert api.with_token(earlier).get("/api/auth/me").status_code == 200

    reply = api.post("/api/auth/redeem", json={"token": spent(url), "password": "a third password"})

    assert reply.status_code == 200
    assert api.with_token(earlier).get("/api/auth/me").status_code == 401


@pytest.mark.parametrize(("kind", "life"), [("reset-link", timedelta(hours=2)), ("invitation", timedelta(days=7))])
def test_a_link_expires(api, ada, kind, life):
    password = PASSWORD if kind == "reset-link" else None
    jane = accounts.create(acting(ada), name="Jane", email="jane@company.com", password=password)
    with time_machine.travel(clock.now() - life - timedelta(seconds=5)):
        made = api.as_(ada).post(f"/api/users/{jane.id}/{kind}").json

    reply = api.post("/api/auth/redeem", json={"token": spent(next(iter(made.values()))), "password": "long enough"})

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == ["token"]


def test_a_newer_link_a_new_password_and_a_new_address_void_a_link(api, ada, mia):
    def link():
        return spent(api.as_(ada).post(f"/api/users/{mia.id}/reset-link").json["reset_url"])

    def serves(token):
        return api.post("/api/auth/redeem", json={"token": token, "password": "long enough"}).status_code != 422

    replaced, current = link(), link()
    assert not serves(replaced)
    api.as_(ada).patch(f"/api/users/{mia.id}", json={"email": "mia@elsewhere.com"})
    assert not serves(current)
    renewed = link()
    change(api, db.session.get_one(User, mia.id))
    assert not serves(renewed)


def test_a_password_that_is_too_short_does_not_spend_the_link(api, ada, mia):
    url = api.as_(ada).post(f"/api/users/{mia.id}/reset-link").json["reset_url"]

    short = api.post("/api/auth/redeem", json={"token": spent(url), "password": "short"})
    long = api.post("/api/auth/redeem", json={"token": spent(url), "password": "long enough"})

    assert (short.status_code, long.status_code) == (422, 200)


def test_a_token_of_another_purpose_is_no_link(api, mia):
    from helix.crypto.tokens import new_token
    from helix.transaction import transaction

    plain, kept = new_token("hl_")
    with transaction():
        later = clock.now() + timedelta(hours=1)
        db.session.add(
            OneTimeToken(purpose="telegram", user_id=mia.id, token_hash=kept, expires_at=later, created_at=clock.now())
        )

    reply = api.post("/api/auth/redeem", json={"token": plain, "password": "long enough"})

    assert reply.status_code == 422


def test_guessing_links_is_throttled_by_address(api, house):
    body = {"token": "hl_guess", "password": "long enough"}

    replies = [api.post("/api/auth/redeem", json=body).status_code for _ in range(throttle.MOST_BY_ADDRESS + 1)]

    assert replies == [422] * throttle.MOST_BY_ADDRESS + [429]
