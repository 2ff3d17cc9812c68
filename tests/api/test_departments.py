import pytest

from helix.extensions import db
from helix.models import Activity, Agent, Board


def test_departments_are_listed_as_the_reference_prints_them(api, ada, mia):
    made = api.as_(ada).post("/api/departments/", json={"name": "Marketing", "emoji": "📣"}).json

    reply = api.as_(mia).get("/api/departments/")

    row = {"id": made["id"], "name": "Marketing", "emoji": "📣", "sort_order": 1}
    assert reply.status_code == 200
    assert reply.json == [{**row, "board_count": 0, "agent_count": 0}]
    assert api.as_(mia).get("/api/departments").json == reply.json
    assert reply.headers["X-Total-Count"] == "1"


def test_an_admin_makes_reads_changes_and_deletes_a_department(api, ada):
    made = api.as_(ada).post("/api/departments/", json={"name": "  Sales   Team ", "emoji": "💼"})
    path = f"/api/departments/{made.json['id']}"

    changed = api.as_(ada).patch(path, json={"name": "Sales", "sort_order": 7})
    deleted = api.as_(ada).delete(path)

    assert (made.status_code, made.json["name"], made.json["emoji"]) == (201, "Sales Team", "💼")
    assert (changed.status_code, changed.json["name"], changed.json["sort_order"]) == (200, "Sales", 7)
    assert deleted.status_code == 204
    assert api.as_(ada).get(path).status_code == 404


def test_new_departments_go_to_the_end(api, ada, make):
    make.department("Marketing")

    made = api.as_(ada).post("/api/departments/", json={"name": "Sales"})

    names = [row["name"] for row in api.as_(ada).get("/api/departments/").json]
    assert made.status_code == 201
    assert names == ["Marketing", "Sales"]


def test_what_happens_to_departments_is_recorded(api, ada):
    made = api.as_(ada).post("/api/departments/", json={"name": "Sales"}).json
    api.as_(ada).patch(f"/api/departments/{made['id']}", json={"emoji": "💼"})
    api.as_(ada).delete(f"/api/departments/{made['id']}")

    rows = db.session.query(Activity).filter_by(entity_type="department").order_by(Activity.id).all()

    assert [row.action for row in rows] == ["department.created", "department.updated", "department.deleted"]
    assert rows[1].details == {"fields": ["emoji"]}
    assert {row.actor_id for row in rows} == {ada.id}


@pytest.mark.parametrize("name", ["marketing", "MARKETING", " Marketing "])
def test_a_name_is_unique_without_case(api, ada, make, name):
    make.department("Marketing")
    other = make.department("Sales")

    made = api.as_(ada).post("/api/departments/", json={"name": name})
    renamed = api.as_(ada).patch(f"/api/departments/{other.id}", json={"name": name})

    assert made.status_code == renamed.status_code == 409
    assert "already a department" in made.json["detail"]


def test_a_department_may_change_the_case_of_its_own_name(api, ada, make):
    marketing = make.department("Marketing")

    reply = api.as_(ada).patch(f"/api/departments/{marketing.id}", json={"name": "MARKETING"})

    assert (reply.status_code, reply.json["name"]) == (200, "MARKETING")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "ß" * 80}, "name"),
        ({"name": "A", "emoji": "x" * 17}, "emoji"),
        ({"name": "A", "sort_order": -1}, "sort_order"),
        ({"name": "A", "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_a_department_is_refused_by_field(api, ada, body, field):
    reply = api.as_(ada).post("/api/departments/", json=body)

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == [field]


def test_null_is_not_a_name(api, ada, make):
    reply = api.as_(ada).patch(f"/api/departments/{make.department().id}", json={"name": None})

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == ["name"]


def test_a_department_that_holds_things_says_what(api, ada, make):
    marketing = make.department("Marketing")
    make.board(department=marketing)
    make.board(department=marketing)
    make.agent(department_id=marketing.id)

    reply = api.as_(ada).delete(f"/api/departments/{marketing.id}")

    assert reply.status_code == 409
    assert "2 boards and 1 agent" in reply.json["detail"]
    assert reply.json["holds"] == {"boards": 2, "agents": 1}


def test_boards_and_agents_go_where_move_to_says(api, ada, make):
    marketing, sales = make.department("Marketing"), make.department("Sales")
    board, agent = make.board(department=marketing), make.agent(department_id=marketing.id)

    reply = api.as_(ada).delete(f"/api/departments/{marketing.id}?move_to={sales.id}")

    assert reply.status_code == 204
    assert db.session.get(Board, board.id).department_id == sales.id
    assert db.session.get(Agent, agent.id).department_id == sales.id


def test_boards_of_one_name_cannot_end_up_together(api, ada, make):
    marketing, sales = make.department("Marketing"), make.department("Sales")
    make.board("Ideas", department=marketing)
    make.board("IDEAS", department=sales)

    reply = api.as_(ada).delete(f"/api/departments/{marketing.id}?move_to={sales.id}")

    assert reply.status_code == 409
    assert "Ideas" in reply.json["detail"]


@pytest.mark.parametrize("heir", ["itself", "999"])
def test_move_to_must_name_another_department(api, ada, make, heir):
    marketing = make.department("Marketing")
    heir = marketing.id if heir == "itself" else heir

    reply = api.as_(ada).delete(f"/api/departments/{marketing.id}?move_to={heir}")

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == ["move_to"]


def test_members_read_departments_and_write_none(api, mia, make):
    path = f"/api/departments/{make.department().id}"
    member = api.as_(mia)

    replies = [member.post("/api/departments/", json={"name": "A"}), member.patch(path, json={}), member.delete(path)]

    assert member.get(path).status_code == 200
    assert [reply.status_code for reply in replies] == [403, 403, 403]


def test_the_counts_of_a_department_leave_out_what_the_reader_may_not_see(api, ada, mia, make):
    from helix.models.vocabulary import BoardLevel

    marketing = make.department("Marketing")
    make.grant(mia, make.board(department=marketing), BoardLevel.NONE)
    make.board(department=marketing)

    counts = [api.as_(who).get(f"/api/departments/{marketing.id}").json["board_count"] for who in (ada, mia)]

    assert counts == [2, 1]


def test_an_unknown_department_is_not_found(api, ada):
    assert api.as_(ada).get("/api/departments/999").status_code == 404
    assert api.as_(ada).patch("/api/departments/999", json={"name": "A"}).status_code == 404
    assert api.as_(ada).delete("/api/departments/999").status_code == 404
