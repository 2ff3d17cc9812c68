"""Common passwords and those derived from one's own name are refused everywhere."""

import pytest

from helix.crypto import guessing
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Organization
from helix.services import accounts
from tests.support.people import PASSWORD, as_actor

pytestmark = pytest.mark.any_database

SOON_GUESSED = [
    "password",
    "PASSWORD",
    "Passw0rd",
    "password1",
    "drowssap",
    "12345678",
    "1234567",
    "aaaaaaaa",
    "a" * 200,
    "abababab",
    "abcdefgh",
    "qwertyuiop",
    "iloveyou",
    "changeme",
    "mia@example.com",
    "MIA@example.com",
    "passwordpassword",
]
GOOD = [
    "newpass",
    "yourpassword",
    "securepass",
    "correct horse battery",
    "x9$kQz!",
    "пароль-длиннее",
    "日本語のパスワード",
]


@pytest.mark.parametrize("password", SOON_GUESSED)
def test_passwords_that_are_soon_guessed_are_refused(api, ada, mia, password):
    changed = api.as_(mia).post(
        "/api/auth/me/change-password", json={"current_password": PASSWORD, "new_password": password}
    )
    reset = api.as_(ada).patch(f"/api/users/{mia.id}", json={"password": password})

    assert (changed.status_code, reset.status_code) == (422, 422)
    assert "too easy to guess" in changed.json["detail"][0]["msg"]
    assert changed.json["detail"][0]["loc"] == ["new_password"]
    assert reset.json["detail"][0]["loc"] == ["password"]
    assert api.post("/api/auth/login", json={"username": mia.email, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize("password", GOOD)
def test_other_passwords_are_taken(api, ada, password):
    body = {"name": "Jane", "email": "jane@company.com", "password": password}

    assert api.as_(ada).post("/api/users", json=body).status_code == 201
    assert api.post("/api/auth/login", json={"username": "jane@company.com", "password": password}).status_code == 200


@pytest.mark.parametrize(
    "password", ["Jane Smith", "janesmith", "JaneSmith1999", "jane.smith@company.com", "smith-1999", "Larkmoor!"]
)
def test_own_name_address_and_organization_are_no_passwords(api, ada, password):
    with transaction():
        db.session.get_one(Organization, 1).name = "Larkmoor"
    body = {"name": "Jane Smith", "email": "jane.smith@company.com", "password": password}

    reply = api.as_(ada).post("/api/users", json=body)

    assert (reply.status_code, reply.json["detail"][0]["loc"]) == (422, ["password"])


def test_link_is_not_spent_by_a_password_that_is_soon_guessed(api, ada, mia):
    token = accounts.reset_link(as_actor(ada), mia.id).url.rpartition("/")[2]

    refused = api.post("/api/auth/redeem", json={"token": token, "password": "password"})
    taken = api.post("/api/auth/redeem", json={"token": token, "password": "newpass"})

    assert (refused.status_code, taken.status_code) == (422, 200)


def test_the_organization_says_how_long_a_password_is(api, ada, mia):
    client = api.as_(ada)
    assert client.patch("/api/org/settings", json={"password_min_length": 12}).json["password_min_length"] == 12

    short = client.patch(f"/api/users/{mia.id}", json={"password": "x9$kQz!pleas"[:11]})
    long_enough = client.patch(f"/api/users/{mia.id}", json={"password": "x9$kQz!pleas"})

    assert short.json["detail"][0]["msg"] == "A password has at least 12 characters."
    assert (short.status_code, long_enough.status_code) == (422, 200)
    assert api.post("/api/auth/login", json={"username": ada.email, "password": PASSWORD}).status_code == 200


@pytest.mark.parametrize("address", ["/profile", "/settings"])
def test_pages_say_how_long_it_is(api, pages, ada, address):
    api.as_(ada).patch("/api/org/settings", json={"password_min_length": 23})

    assert "23" in pages.as_(ada).get(address).text


def test_judging_a_long_password_is_quick():
    assert not guessing.is_soon_guessed("x9kQ" * 256)
