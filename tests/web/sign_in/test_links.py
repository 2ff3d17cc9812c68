from urllib.parse import urlsplit

import pytest

from helix.policies.actor import SYSTEM
from helix.services import accounts
from tests.support.people import PASSWORD

pytestmark = pytest.mark.every_database


def path_of(link) -> str:
    return urlsplit(link.url).path


@pytest.fixture
def invitation(clean_app):
    user = accounts.create(SYSTEM, name="Lena", email="lena@example.com", password=None)
    return path_of(accounts.invite(SYSTEM, user.id))


def test_an_invitation_opens_the_house_once(pages, invitation):
    form = pages.get(invitation)
    reply = pages.post(invitation, {"password": "a new pass phrase"})
    inside = pages.get("/boards")
    again = pages.get(invitation)

    assert "Welcome, Lena" in form.text
    assert (reply.status_code, reply.location) == (303, "/")
    assert inside.status_code == 200
    assert again.status_code == 410


def test_a_short_password_is_refused_beside_the_field(pages, invitation):
    reply = pages.post(invitation, {"password": "short"})

    assert reply.status_code == 422
    assert "At least 7 characters" in reply.text
    assert pages.get(invitation).status_code == 200


def test_a_reset_link_replaces_the_password(pages, mia):
    path = path_of(accounts.reset_link(SYSTEM, mia.id))

    pages.post(path, {"password": "another pass phrase"})
    pages.sign_out()

    assert pages.sign_in(mia.email, PASSWORD).status_code == 401
    assert pages.sign_in(mia.email, "another pass phrase").status_code == 303


@pytest.mark.parametrize("path", ["/invitation/nothing", "/reset-password/hl_nothing"])
def test_a_link_that_serves_no_more_says_so_and_leaks_nothing(pages, clean_app, path):
    reply = pages.get(path)

    assert reply.status_code == 410
    assert "Ask an admin for another" in reply.text
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert pages.post(path, {"password": "a new pass phrase"}).status_code == 410
