"""Login and access tokens: the examples of the API reference, and refusals."""

import json
import logging
from datetime import timedelta

import jwt
import pytest
import time_machine
from flask_jwt_extended import create_access_token, decode_token
from joserfc.jwk import RSAKey

from helix import clock
from helix.api.bearer import access_token
from helix.extensions import db
from helix.models import Activity
from helix.queue import connection
from helix.services import accounts
from helix.services.accounts import throttle
from tests.support.people import PASSWORD


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
    for _ in range(throttle.MAX_BY_ACCOUNT):
        assert login(api, password="guess").status_code == 401

    reply = login(api)

    assert reply.status_code == 429
    assert 0 < int(reply.headers["Retry-After"]) <= throttle.WINDOW_SECONDS
    assert login(api, username=mia.email).status_code == 200


def test_an_unknown_account_is_throttled_just_the_same(api, ada):
    replies = [login(api, username="nobody@example.com").status_code for _ in range(throttle.MAX_BY_ACCOUNT + 1)]

    assert replies == [401] * throttle.MAX_BY_ACCOUNT + [429]


def test_too_many_accounts_tried_from_one_address_are_a_429(api, ada):
    for number in range(throttle.MAX_BY_ADDRESS):
        login(api, username=f"{number}@example.com")

    here = login(api)
    elsewhere = api.post(
        "/api/auth/login",
        data={"username": ada.email, "password": PASSWORD},
        environ_base={"REMOTE_ADDR": "198.51.100.7"},
    )

    assert (here.status_code, elsewhere.status_code) == (429, 200)


def test_one_network_of_ipv6_addresses_counts_as_one(clean_app):
    first = throttle._limits(None, "2001:db8:1:2::1")
    second = throttle._limits(None, "2001:db8:1:2:ffff::9")

    assert first == second != throttle._limits(None, "2001:db8:1:3::1")


def test_signing_in_for_real_is_never_throttled(api, ada):
    replies = {login(api).status_code for _ in range(throttle.MAX_BY_ACCOUNT + 5)}

    assert replies == {200}


def test_without_redis_people_sign_in_and_guessing_stays_slow(api, ada, mia, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(connection, "_url", "unix:///nowhere/at/all.sock")
    monkeypatch.setattr(throttle, "_local_counts", {})

    right = login(api)
    guesses = [login(api, username=mia.email, password="guess").status_code for _ in range(11)]

    assert right.status_code == 200
    assert guesses == [401] * 10 + [429]
    assert "Redis is unavailable" in caplog.text


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
    secret = accounts.create_session(mia, user_agent="", address="")

    assert api.with_token(link).get("/api/auth/me").status_code == 401
    assert api.with_token(secret).get("/api/auth/me").status_code == 401


def test_a_token_chooses_neither_its_algorithm_nor_its_key(api, app, ada):
    """Unsigned, by another algorithm with the right secret, by an algorithm of key pairs, with a key in its header."""
    secret, pair = app.config["JWT_SECRET_KEY"], RSAKey.generate_key(2048)
    claims = decode_token(login(api).json["access_token"])
    header = {
        "typ": "JWT",
        "kid": "../../dev/null",
        "jku": "http://127.0.0.1:9/keys",
        "jwk": pair.as_dict(private=False),
    }
    forged = {
        "none": jwt.encode(claims, None, algorithm="none", headers=header),
        "None": jwt.encode(claims, None, algorithm="none").replace("eyJhbGciOiJub25lI", "eyJhbGciOiJOb25lI"),
        "HS512": jwt.encode(claims, secret, algorithm="HS512"),
        "RS256": jwt.encode(claims, pair.as_pem(private=True), algorithm="RS256", headers=header),
        "session secret": jwt.encode(claims, app.config["SECRET_KEY"], algorithm="HS256"),
    }

    statuses = {name: api.with_token(token).get("/api/auth/me").status_code for name, token in forged.items()}

    assert statuses == dict.fromkeys(forged, 401)
    right = jwt.encode(claims, secret, algorithm="HS256")
    assert api.with_token(right).get("/api/auth/me").status_code == 200


def test_a_token_without_an_end_lets_nobody_in(api, clean_app, ada):
    claims = jwt.decode(access_token(ada), options={"verify_signature": False})
    key = clean_app.config["JWT_SECRET_KEY"]
    del claims["exp"]

    replies = [api.with_token(jwt.encode(claims, key, "HS256")).get("/api/auth/me") for _ in range(2)]

    assert [reply.status_code for reply in replies] == [401, 401]
    ending = jwt.encode(claims | {"exp": 4_000_000_000}, key, "HS256")
    assert api.with_token(ending).get("/api/auth/me").json["id"] == ada.id
