"""Avatars: upload through the API, served by the pages."""

from io import BytesIO

import pytest
from PIL import Image

from helix.extensions import db
from helix.models import User
from helix.services import stored_files

pytestmark = pytest.mark.any_database


def picture(kind="PNG", size=(900, 600)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    return out.getvalue()


def upload(api, user, content: bytes, name="me.png"):
    return api.as_(user).post("/api/auth/me/avatar", data={"file": (BytesIO(content), name)})


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_becomes_a_small_square(api, mia, kind):
    reply = upload(api, mia, picture(kind), name="whatever.exe")

    assert reply.status_code == 200
    shown = api.get(reply.json["avatar_url"])
    image = Image.open(BytesIO(shown.data))
    assert (image.format, image.size) == ("WEBP", (512, 512))
    assert shown.content_type == "image/webp"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert {"public", "immutable", "max-age=31536000"} <= set(shown.headers["Cache-Control"].split(", "))


def test_a_new_picture_replaces_the_earlier_one(api, mia):
    first = upload(api, mia, picture()).json["avatar_url"]
    second = upload(api, mia, picture("JPEG")).json["avatar_url"]

    assert first != second
    assert api.get(first).status_code == 404
    assert not stored_files.store().exists(first.rpartition("/")[2])
    assert api.get(second).status_code == 200


def test_a_picture_is_taken_away(api, mia):
    url = upload(api, mia, picture()).json["avatar_url"]

    reply = api.as_(mia).delete("/api/auth/me/avatar")

    assert (reply.status_code, reply.json["avatar_url"]) == (200, None)
    assert api.get(url).status_code == 404


@pytest.mark.parametrize(
    "content", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture("GIF"), picture()[:300]]
)
def test_what_is_no_such_picture_is_a_422(api, mia, content):
    reply = upload(api, mia, content)

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == ["file"]
    assert db.session.get_one(User, mia.id).avatar_key is None


def test_more_than_2_mb_is_a_413(api, mia):
    slightly = upload(api, mia, b"x" * (2 * 1024 * 1024 + 1))
    much = upload(api, mia, b"x" * (3 * 1024 * 1024))

    assert (slightly.status_code, much.status_code) == (413, 413)
    assert "2 MB" in slightly.json["detail"]
    assert "2 MB" in much.json["detail"]


def test_a_form_without_the_file_is_a_422_and_no_form_a_415(api, mia):
    missing = api.as_(mia).post("/api/auth/me/avatar", data={}, content_type="multipart/form-data; boundary=x")
    wrong = api.as_(mia).post("/api/auth/me/avatar", json={"file": "x"})

    assert (missing.status_code, wrong.status_code) == (422, 415)


def test_uploading_needs_a_token(api, clean_app):
    reply = api.post("/api/auth/me/avatar", data={"file": (BytesIO(picture()), "me.png")})

    assert reply.status_code == 401


@pytest.mark.parametrize("key", ["0" * 32, "nothing", "..", "%00"])
def test_an_address_that_is_nobodys_picture_is_a_404(api, clean_app, key):
    assert api.get(f"/avatars/{key}").status_code == 404


def test_a_file_that_is_no_picture_is_not_served_as_one(api, clean_app):
    key = stored_files.store().save(BytesIO(b"an attachment"), limit=100).key

    assert api.get(f"/avatars/{key}").status_code == 404


def test_a_text_in_place_of_a_picture_is_a_422(api, mia):
    reply = api.as_(mia).post("/api/auth/me/avatar", data={"file": "me"}, content_type="multipart/form-data")

    assert (reply.status_code, reply.json["detail"][0]["loc"]) == (422, ["file"])
