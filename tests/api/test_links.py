"""One-time links: invitations and resets."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from helix import clock
from helix.extensions import db
from helix.mail import Mailer
from helix.models import OneTimeToken, User
from helix.services import accounts
from helix.services.accounts import throttle
from tests.support.people import PASSWORD, as_actor
from tests.support.smtp_server import SmtpServer


def login(api, username="ada@example.com", password=PASSWORD):
    return api.post("/api/auth/login", data={"username": username, "password": password})


def change(api, user, **fields):
    body = {"current_password": PASSWORD, "new_password": "another long one"} | fields
    return api.as_(user).post("/api/auth/me/change-password", json=body)


def jane(api, ada, **fields):
    body = {"name": "Jane", "email": "jane@company.com", "password": "securepass", "role": "member"} | fields
    return api.as_(ada).post("/api/users", json=body)


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
    jane = accounts.create(as_actor(ada), name="Jane", email="jane@company.com", password=password)
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
    from helix.db.transaction import transaction

    plain, kept = new_token("hl_")
    with transaction():
        later = clock.now() + timedelta(hours=1)
        db.session.add(
            OneTimeToken(purpose="telegram", user_id=mia.id, token_hash=kept, expires_at=later, created_at=clock.now())
        )

    reply = api.post("/api/auth/redeem", json={"token": plain, "password": "long enough"})

    assert reply.status_code == 422


def test_guessing_links_is_throttled_by_address(api, clean_app):
    body = {"token": "hl_guess", "password": "long enough"}

    replies = [api.post("/api/auth/redeem", json=body).status_code for _ in range(throttle.MAX_BY_ADDRESS + 1)]

    assert replies == [422] * throttle.MAX_BY_ADDRESS + [429]


def test_an_invitation_is_shown_where_no_mail_is_sent(api, ada):
    made = jane(api, ada, password=None).json

    assert made["mailed"] is False
    assert made["invitation_url"].startswith("http://127.0.0.1:8000/invitation/hl_")
    again = api.as_(ada).post(f"/api/users/{made['id']}/invitation")
    assert again.status_code == 201
    assert again.json.keys() == {"invitation_url", "expires_at", "mailed"}
    assert again.json["invitation_url"] != made["invitation_url"]


def test_links_lead_to_the_public_address(api, ada, mia):
    api.as_(ada).patch("/api/org/settings", json={"public_url": "https://helix.company.com/"})

    url = api.as_(ada).post(f"/api/users/{mia.id}/reset-link").json["reset_url"]

    assert url.startswith("https://helix.company.com/reset-password/")


def test_invitations_are_for_the_new_and_resets_for_the_others(api, ada, mia):
    made = jane(api, ada, password=None).json

    assert api.as_(ada).post(f"/api/users/{mia.id}/invitation").status_code == 409
    assert api.as_(ada).post(f"/api/users/{made['id']}/reset-link").status_code == 409
    api.as_(ada).patch(f"/api/users/{mia.id}", json={"is_active": False})
    assert api.as_(ada).post(f"/api/users/{mia.id}/reset-link").status_code == 409


@pytest.fixture
def mail_server(app, monkeypatch):
    with SmtpServer() as server:
        smtp = replace(app.config["HELIX"], smtp_url=f"smtp://127.0.0.1:{server.port}?from=helix@company.com")
        monkeypatch.setitem(app.config, "HELIX", smtp)
        yield server


def test_no_connection_to_the_database_is_held_while_a_mail_server_thinks(api, ada, mail_server, monkeypatch):
    held, send = [], Mailer.send

    def noted(*args):
        held.append(db.engine.pool.checkedout())
        send(*args)

    monkeypatch.setattr(Mailer, "send", noted)

    made = jane(api, ada, password=None).json

    assert made["mailed"] is True
    assert held == [0]


def test_a_link_is_mailed_where_a_mail_server_is_set_up(api, ada, mail_server):
    made = jane(api, ada, password=None).json

    (delivery,) = mail_server.deliveries
    assert made["mailed"] is True
    assert delivery.recipients == ["jane@company.com"]
    assert made["invitation_url"] in delivery.message.get_content()


def test_a_mail_server_that_is_away_does_not_stop_an_invitation(api, app, ada, monkeypatch):
    away = replace(app.config["HELIX"], smtp_url="smtp://127.0.0.1:9?from=helix@company.com")
    monkeypatch.setitem(app.config, "HELIX", away)

    made = jane(api, ada, password=None)

    assert made.status_code == 201
    assert (made.json["mailed"], bool(made.json["invitation_url"])) == (False, True)
