"""Managing accounts as an admin."""

import threading

import pytest

from helix.errors import Conflict
from helix.extensions import db
from helix.models import Activity, Name, User
from helix.models.vocabulary import Role
from helix.policies.actor import SYSTEM
from helix.services import accounts
from tests.support.people import PASSWORD, as_actor

FIELDS = [
    "id",
    "name",
    "email",
    "role",
    "is_active",
    "avatar_url",
    "telegram_notifications",
    "telegram_user_id",
    "timezone",
    "created_at",
]


def jane(api, ada, **fields):
    body = {"name": "Jane", "email": "jane@company.com", "password": "securepass", "role": "member"} | fields
    return api.as_(ada).post("/api/users", json=body)


def test_users_are_created_listed_and_read(api, ada):
    made = jane(api, ada)

    assert made.status_code == 201
    assert made.json.items() >= {"name": "Jane", "email": "jane@company.com", "role": "member"}.items()
    assert (made.json["invitation_url"], made.json["mailed"]) == (None, False)
    listed = api.as_(ada).get("/api/users")
    assert [user["name"] for user in listed.json] == ["Ada", "Jane"]
    assert list(listed.json[0]) == FIELDS
    assert listed.headers["X-Total-Count"] == "2"
    assert api.as_(ada).get(f"/api/users/{made.json['id']}").json == listed.json[1]


def test_a_list_of_users_comes_in_pages(api, ada, mia, noah):
    reply = api.as_(ada).get("/api/users/?page=2&per_page=2")

    assert [user["name"] for user in reply.json] == ["Noah"]
    assert reply.headers["X-Total-Count"] == "3"
    assert 'rel="prev"' in reply.headers["Link"]


def test_a_user_is_updated_as_the_reference_shows(api, ada):
    made = jane(api, ada).json

    reply = api.as_(ada).patch(f"/api/users/{made['id']}", json={"name": "Jane Smith", "role": "admin"})

    assert reply.status_code == 200
    assert (reply.json["name"], reply.json["role"]) == ("Jane Smith", "admin")


def test_members_may_do_none_of_it(api, ada, mia, noah):
    member = api.as_(mia)

    replies = [
        member.get("/api/users"),
        member.get(f"/api/users/{noah.id}"),
        member.get("/api/users/999999"),
        member.post("/api/users", json={"name": "J", "email": "j@company.com"}),
        member.patch(f"/api/users/{mia.id}", json={"role": "admin"}),
        member.delete(f"/api/users/{noah.id}"),
        member.post(f"/api/users/{noah.id}/invitation"),
        member.post(f"/api/users/{ada.id}/reset-link"),
    ]

    assert [reply.status_code for reply in replies] == [403] * 8


def test_nobody_may_do_any_of_it(api, ada):
    assert api.get("/api/users").status_code == 401
    assert api.post("/api/users", json={}).status_code == 401
    assert api.delete(f"/api/users/{ada.id}").status_code == 401


@pytest.mark.parametrize("number", [999_999, 2**53 + 1, 10**30])
def test_an_unknown_user_is_a_404(api, ada, number):
    admin = api.as_(ada)

    replies = [
        admin.get(f"/api/users/{number}"),
        admin.patch(f"/api/users/{number}", json={"name": "X"}),
        admin.delete(f"/api/users/{number}"),
        admin.post(f"/api/users/{number}/invitation"),
        admin.post(f"/api/users/{number}/reset-link"),
    ]

    assert [reply.status_code for reply in replies] == [404] * 5


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", " \t "),
        ("email", "jane"),
        ("email", "jane@company.com, other@company.com"),
        ("email", "jane\n@company.com"),
        ("email", "x" * 250 + "@a.b"),
        ("password", "short6"),
        ("password", 12345678),
        ("role", "owner"),
        ("is_admin", True),
    ],
)
def test_a_bad_value_is_a_422_that_names_the_field(api, ada, field, value):
    reply = jane(api, ada, **{field: value})

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == [field]
    assert str(value) not in reply.json["detail"][0]["msg"] or not str(value).strip()


def test_names_and_addresses_are_unique_without_case(api, ada, make):
    make.agent(name="Sierra")
    jane(api, ada)

    assert jane(api, ada, name="Other", email="JANE@Company.com").status_code == 409
    assert jane(api, ada, name="jane", email="other@company.com").status_code == 409
    assert jane(api, ada, name="SIERRA", email="other@company.com").status_code == 409
    assert api.as_(ada).patch(f"/api/users/{ada.id}", json={"email": "jane@company.com"}).status_code == 409


def test_a_name_and_a_null_that_mean_nothing_are_refused(api, ada, mia):
    for field in ("name", "email", "role", "is_active", "password"):
        reply = api.as_(ada).patch(f"/api/users/{mia.id}", json={field: None})
        assert (reply.status_code, reply.json["detail"][0]["loc"]) == (422, [field])


def test_deactivating_ends_what_was_signed_in_and_can_be_undone(api, ada, mia):
    before = api.as_(mia)
    accounts.create_session(mia, user_agent="", address="")

    assert api.as_(ada).patch(f"/api/users/{mia.id}", json={"is_active": False}).json["is_active"] is False

    assert before.get("/api/auth/me").status_code == 401
    api.as_(ada).patch(f"/api/users/{mia.id}", json={"is_active": True})
    assert before.get("/api/auth/me").status_code == 401
    again = api.post("/api/auth/login", data={"username": mia.email, "password": PASSWORD})
    assert again.status_code == 200


def test_an_admin_sets_anothers_password_but_not_his_own(api, ada, mia):
    member = api.as_(mia)

    assert api.as_(ada).patch(f"/api/users/{mia.id}", json={"password": "set by ada"}).status_code == 200
    assert api.as_(ada).patch(f"/api/users/{ada.id}", json={"password": "set by ada"}).status_code == 403

    assert member.get("/api/auth/me").status_code == 401
    assert api.post("/api/auth/login", data={"username": mia.email, "password": "set by ada"}).status_code == 200


def test_a_closed_account_keeps_its_history_and_frees_its_name(api, ada, mia, make):
    jane_id = jane(api, ada, name="Jane Smith").json["id"]
    board = make.board()
    task = make.task(by=db.session.get_one(User, jane_id), board=board)
    token = api.post("/api/auth/login", data={"username": "jane@company.com", "password": "securepass"}).json

    assert api.as_(ada).delete(f"/api/users/{jane_id}").status_code == 204

    assert api.with_token(token["access_token"]).get("/api/auth/me").status_code == 401
    assert api.as_(ada).get(f"/api/tasks/{task.id}").json["created_by"]["name"] == "Jane Smith (closed)"
    assert api.as_(ada).get(f"/api/users/{jane_id}").status_code == 404
    assert jane_id not in [user["id"] for user in api.as_(ada).get("/api/users").json]
    assert jane(api, ada, name="Jane Smith").status_code == 201


def test_nobody_closes_his_own_account(api, ada, people):
    accounts.create(SYSTEM, name="Eve", email="eve@example.com", password=PASSWORD, role=Role.ADMIN)

    reply = api.as_(ada).delete(f"/api/users/{ada.id}")

    assert reply.status_code == 409


@pytest.mark.parametrize("body", [{"role": "member"}, {"is_active": False}])
def test_the_last_admin_stays_one(api, ada, body):
    accounts.create(SYSTEM, name="Invited", email="i@example.com", password=None, role=Role.ADMIN)

    reply = api.as_(ada).patch(f"/api/users/{ada.id}", json=body)

    assert reply.status_code == 409
    assert api.as_(ada).get("/api/auth/me").json["role"] == "admin"


def test_the_last_admin_cannot_be_closed_by_one_who_no_longer_is_one(api, ada):
    eve = accounts.create(SYSTEM, name="Eve", email="eve@example.com", password=PASSWORD, role=Role.ADMIN)
    eve_then = as_actor(eve)
    accounts.edit(as_actor(ada), eve.id, {"role": Role.MEMBER})

    with pytest.raises(Conflict):
        accounts.close(eve_then, ada.id)


@pytest.mark.parametrize("deed", ["demote", "deactivate", "close"])
def test_admins_who_remove_one_another_at_once_leave_one(app, ada, deed):
    eve = accounts.create(SYSTEM, name="Eve", email="eve@example.com", password=PASSWORD, role=Role.ADMIN)
    deeds = {
        "demote": lambda actor, other: accounts.edit(actor, other, {"role": Role.MEMBER}),
        "deactivate": lambda actor, other: accounts.edit(actor, other, {"is_active": False}),
        "close": accounts.close,
    }
    start = threading.Barrier(2)
    outcomes = []

    def remove(actor, other_id):
        with app.app_context():
            start.wait(10)
            try:
                deeds[deed](actor, other_id)
                outcomes.append("done")
            except Conflict:
                outcomes.append("refused")

    pairs = [(as_actor(ada), eve.id), (as_actor(eve), ada.id)]
    threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    db.session.rollback()
    db.session.expire_all()
    assert sorted(outcomes) == ["done", "refused"]
    assert db.session.query(User).filter_by(role=Role.ADMIN, is_active=True).count() == 1


def test_two_accounts_of_one_name_at_once_are_one_account(app, ada):
    start = threading.Barrier(2)
    outcomes = []

    def join(number):
        with app.app_context():
            start.wait(10)
            try:
                accounts.create(SYSTEM, name="Jane", email=f"{number}@example.com", password=PASSWORD)
                outcomes.append("made")
            except Conflict:
                outcomes.append("refused")

    threads = [threading.Thread(target=join, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    db.session.rollback()
    assert sorted(outcomes) == ["made", "refused"]
    assert db.session.query(Name).filter_by(key="jane").count() == 1


def test_what_admins_do_is_recorded_without_secrets(api, ada):
    made = jane(api, ada).json
    api.as_(ada).patch(f"/api/users/{made['id']}", json={"name": "Jane Smith", "password": "a secret password"})
    api.as_(ada).delete(f"/api/users/{made['id']}")

    entries = [row for row in db.session.query(Activity).order_by(Activity.id) if row.entity_id == made["id"]]
    assert [entry.action for entry in entries] == ["user.created", "user.updated", "user.deleted"]
    assert entries[1].details == {"fields": ["name", "password"]}
    assert all(entry.admin_only for entry in entries)
