import pytest

from helix.errors import Conflict
from helix.models.vocabulary import Role
from helix.services import accounts


def test_recovery_creates_an_admin_when_there_is_none(clean_app, api):
    made = accounts.ensure_admin(email="New@example.com", name="New", password="a long password")

    reply = api.post("/api/auth/login", data={"username": "new@example.com", "password": "a long password"})
    assert made
    assert reply.json["user"]["role"] == "admin"


def test_an_existing_account_gets_a_password_and_rights_and_loses_its_sessions(api, mia):
    signed_in = api.as_(mia)
    made = accounts.ensure_admin(email="MIA@example.com", name="ignored", password="a long password")

    reply = api.post("/api/auth/login", data={"username": mia.email, "password": "a long password"})
    assert not made
    assert reply.json["user"] | {"role": Role.ADMIN, "name": "Mia", "id": mia.id} == reply.json["user"]
    assert signed_in.get("/api/auth/me").status_code == 401


def test_a_taken_name_is_reported(clean_app, mia):
    with pytest.raises(Conflict):
        accounts.ensure_admin(email="another@example.com", name="Mia", password="a long password")
