"""Nothing a browser stores can be read after signing out."""

import io

import pytest
from PIL import Image

from helix.services import attachments
from helix.web.static_files import static
from tests.support.people import PASSWORD, as_actor


@pytest.fixture
def picture(make, mia):
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(drawn, "PNG")
    drawn.seek(0)
    return attachments.add(as_actor(mia), make.task(by=mia).id, name="plan.png", stream=drawn).id


PLACES = ["/palette?q=a", "/mentions?q=a", "/activity.csv", "/boards", "/inbox", "/notifications/count"]


@pytest.mark.parametrize("path", PLACES)
def test_answers_to_who_is_signed_in_are_not_stored(pages, ada, path):
    reply = pages.as_(ada).get(path)
    reply.get_data()

    assert "no-store" in reply.headers["Cache-Control"]


def test_secrets_are_not_stored(api, ada, mia):
    login = api.post("/api/auth/login", json={"username": mia.email, "password": PASSWORD})
    token = api.as_(ada).post("/api/tokens", json={"name": "CI"})
    changed = api.as_(mia).patch("/api/auth/me", json={"telegram_notifications": False})
    refused = api.get("/api/auth/me")

    assert {reply.headers["Cache-Control"] for reply in (login, token, changed, refused)} == {"private, no-store"}


def test_picture_is_asked_for_again_and_only_sent_when_it_changed(pages, mia, picture):
    browser = pages.as_(mia)
    first = browser.get(f"/attachments/{picture}")

    again = browser.get(f"/attachments/{picture}", headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "private, no-cache"
    assert (again.status_code, again.data) == (304, b"")


def test_picture_is_gone_with_the_session(pages, mia, picture):
    browser = pages.as_(mia)
    tag = browser.get(f"/attachments/{picture}").headers["ETag"]
    browser.sign_out()

    reply = browser.get(f"/attachments/{picture}", headers={"If-None-Match": tag, "Accept": "image/*"})

    assert reply.status_code == 401
    assert "no-store" in reply.headers["Cache-Control"]


def test_static_files_stay_cached(pages):
    reply = pages.get(static("dist/app.js"))

    assert "no-store" not in reply.headers["Cache-Control"]
