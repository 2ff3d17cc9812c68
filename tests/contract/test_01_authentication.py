import io

from PIL import Image


def test_login(nobody, clement):
    reply = nobody.send("""
POST /api/auth/login
Content-Type: application/x-www-form-urlencoded

username=admin@company.com&password=yourpassword
""")

    assert reply.status_code == 200
    token = reply.json["access_token"]
    assert reply.json == {
        "access_token": token,
        "token_type": "bearer",
        "user": {"id": clement.id, "name": "Clement", "email": "admin@company.com", "role": "admin"},
    }
    assert token.startswith("eyJhbGciOi")


def test_using_the_token(nobody, api, clement):
    token = nobody.send("""
POST /api/auth/login
Content-Type: application/x-www-form-urlencoded

username=admin@company.com&password=yourpassword
""").json["access_token"]

    reply = api.get("/api/auth/me", headers={"Authorization": f"Bearer {token}"})

    assert (reply.status_code, reply.json["name"]) == (200, "Clement")


def test_get_current_user(admin, clement):
    reply = admin.send("GET /api/auth/me")

    assert reply.status_code == 200
    assert reply.json == {
        "id": clement.id,
        "name": "Clement",
        "email": "admin@company.com",
        "role": "admin",
        "is_active": True,
        "avatar_url": None,
        "telegram_notifications": reply.json["telegram_notifications"],
        "telegram_user_id": None,
        "timezone": None,
        "created_at": reply.json["created_at"],
    }
    assert reply.json["created_at"].endswith("Z")


def test_update_profile(admin):
    reply = admin.send("""
PATCH /api/auth/me
Content-Type: application/json

{
  "name": "New Name",
  "telegram_notifications": true,
  "telegram_user_id": "12345678"
}
""")

    assert reply.status_code == 200
    assert {key: reply.json[key] for key in ("name", "telegram_notifications", "telegram_user_id")} == {
        "name": "New Name",
        "telegram_notifications": True,
        "telegram_user_id": "12345678",
    }
    assert admin.send("GET /api/auth/me").json == reply.json


CHANGE_PASSWORD = """
POST /api/auth/me/change-password
Content-Type: application/json

{
  "current_password": "oldpass",
  "new_password": "newpass"
}
"""


def test_change_password_as_it_is_printed_says_what_is_wrong_with_it(admin):
    reply = admin.send(CHANGE_PASSWORD)

    # The printed words: "oldpass" is not this account's password.
    assert reply.status_code == 400
    assert isinstance(reply.json["detail"], str)


def test_change_password(admin, api, nobody):
    reply = admin.send(CHANGE_PASSWORD.replace("oldpass", "yourpassword"))

    assert reply.status_code == 200
    assert reply.json == {"access_token": reply.json["access_token"], "token_type": "bearer"}
    assert admin.send("GET /api/auth/me").status_code == 401
    assert api.with_token(reply.json["access_token"]).get("/api/auth/me").status_code == 200


def test_a_new_password_of_six_letters_is_too_short(admin):
    reply = admin.send(CHANGE_PASSWORD.replace("oldpass", "yourpassword").replace("newpass", "newpas"))

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"][-1] == "new_password"


def test_upload_avatar(admin):
    picture = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(picture, "PNG")

    reply = admin.send(
        """
POST /api/auth/me/avatar
Content-Type: multipart/form-data

file: <image file> (JPEG, PNG, or WebP, max 2MB)
""",
        file=("me.png", picture.getvalue()),
    )

    assert reply.status_code == 200
    assert reply.json["avatar_url"]
    assert admin.send("GET /api/auth/me").json["avatar_url"] == reply.json["avatar_url"]
