CREATE = """
POST /api/users
Content-Type: application/json

{
  "name": "Jane",
  "email": "jane@company.com",
  "password": "securepass",
  "role": "member"
}
"""


def test_list_users(admin, clement):
    reply = admin.send("GET /api/users")

    assert reply.status_code == 200
    assert [user["id"] for user in reply.json] == [clement.id]
    assert reply.headers["X-Total-Count"] == "1"


def test_create_user(admin, api):
    reply = admin.send(CREATE)

    assert reply.status_code == 201
    assert (reply.json["name"], reply.json["email"], reply.json["role"]) == ("Jane", "jane@company.com", "member")
    assert "password" not in reply.json
    login = api.post("/api/auth/login", data={"username": "JANE@company.com", "password": "securepass"})
    assert login.status_code == 200


def test_update_user(admin):
    jane = admin.send(CREATE).json

    reply = admin.send(
        """
PATCH /api/users/{user_id}
Content-Type: application/json

{
  "name": "Jane Smith",
  "role": "admin"
}
""",
        jane["id"],
    )

    assert reply.status_code == 200
    assert (reply.json["name"], reply.json["role"]) == ("Jane Smith", "admin")


def test_delete_user(admin, clement):
    jane = admin.send(CREATE).json

    reply = admin.send("DELETE /api/users/{user_id}", jane["id"])

    assert (reply.status_code, reply.data) == (204, b"")
    assert [user["id"] for user in admin.send("GET /api/users").json] == [clement.id]


def test_users_are_for_admins_only(member):
    assert member.send("GET /api/users").status_code == 403
    assert member.send(CREATE).status_code == 403
