import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity, Agent, Board, Task
from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.services import tasks
from tests.support.people import as_actor


def test_boards_are_listed_all_and_by_department(api, mia, make):
    first, second = make.board(), make.board()

    everything = api.as_(mia).get("/api/boards/").json
    one = api.as_(mia).get(f"/api/boards/?department_id={second.department_id}").json

    assert [row["id"] for row in everything] == [first.id, second.id]
    assert [row["id"] for row in one] == [second.id]
    assert api.as_(mia).get(f"/api/boards?department_id={second.department_id}").json == one


def test_an_admin_makes_reads_changes_and_deletes_a_board(api, ada, make):
    department, other = make.department(), make.department()
    body = {
        "name": "Blog",
        "department_id": department.id,
        "description": "Posts",
        "key": "BLG",
        "wip_limits": {"review": 5},
    }
    made = api.as_(ada).post("/api/boards/", json=body)
    path = f"/api/boards/{made.json['id']}"

    changed = api.as_(ada).patch(path, json={"name": "Articles", "department_id": other.id, "sort_order": 4})

    assert made.status_code == 201
    assert made.json == {
        "id": made.json["id"],
        "sort_order": 1,
        "task_counts": {str(status): 0 for status in TaskStatus},
        "my_level": "manage",
        "default_level": None,
        **body,
    }
    assert changed.status_code == 200
    assert changed.json == {**made.json, "name": "Articles", "department_id": other.id, "sort_order": 4}
    assert api.as_(ada).get(path).json == changed.json
    assert api.as_(ada).delete(path).status_code == 204
    assert api.as_(ada).get(path).status_code == 404


def test_only_the_limits_that_are_named_change_and_null_takes_one_away(api, ada, make):
    board = make.board(wip_limits={"review": 5, "todo": 20})

    reply = api.as_(ada).patch(f"/api/boards/{board.id}", json={"wip_limits": {"review": None, "in_progress": 3}})

    assert reply.json["wip_limits"] == {"todo": 20, "in_progress": 3}


@pytest.mark.parametrize("limits", [{"review": 0}, {"review": 10_001}, {"sideways": 3}, {"review": "many"}, 3])
def test_a_limit_is_a_sensible_number_for_a_known_status(api, ada, make, limits):
    board = make.board()

    changed = api.as_(ada).patch(f"/api/boards/{board.id}", json={"wip_limits": limits})
    body = {"name": "New", "department_id": board.department_id, "wip_limits": limits}
    made = api.as_(ada).post("/api/boards/", json=body)

    assert changed.status_code == made.status_code == 422
    assert changed.json["detail"][0]["loc"][0] == "wip_limits"


def test_names_are_unique_within_a_department_and_free_beyond_it(api, ada, make):
    board = make.board("Blog")
    elsewhere = make.board("Ideas")

    same = api.as_(ada).post("/api/boards/", json={"name": "BLOG", "department_id": board.department_id})
    other = api.as_(ada).post("/api/boards/", json={"name": "BLOG", "department_id": elsewhere.department_id})
    moved = api.as_(ada).patch(f"/api/boards/{other.json['id']}", json={"department_id": board.department_id})
    renamed = api.as_(ada).patch(f"/api/boards/{other.json['id']}", json={"name": "ideas"})

    assert same.status_code == 409
    assert other.status_code == 201
    assert moved.status_code == 409
    assert renamed.status_code == 409


def test_an_unknown_department_is_a_value_error(api, ada, make):
    made = api.as_(ada).post("/api/boards/", json={"name": "Blog", "department_id": 999})
    moved = api.as_(ada).patch(f"/api/boards/{make.board().id}", json={"department_id": 999})

    assert made.status_code == moved.status_code == 422
    assert made.json["detail"][0]["loc"] == moved.json["detail"][0]["loc"] == ["department_id"]


def test_what_happens_to_boards_is_recorded(api, ada, make):
    made = api.as_(ada).post("/api/boards/", json={"name": "Blog", "department_id": make.department().id}).json
    api.as_(ada).patch(f"/api/boards/{made['id']}", json={"description": "Posts"})
    api.as_(ada).delete(f"/api/boards/{made['id']}")

    rows = db.session.query(Activity).filter_by(entity_type="board").order_by(Activity.id).all()

    assert [row.action for row in rows] == ["board.created", "board.updated", "board.deleted"]
    assert all(row.board_id is None and row.admin_only for row in rows)


def test_a_board_that_holds_things_says_what(api, ada, make):
    board = make.board("Blog")
    make.task(board=board)
    make.task(board=board, status=TaskStatus.DONE)
    with transaction():
        db.session.get(Task, make.task(board=board).id).archived = True
    tasks.delete(as_actor(ada), make.task(board=board).id)
    make.agent(primary_board_id=board.id)

    reply = api.as_(ada).delete(f"/api/boards/{board.id}")

    assert reply.status_code == 409
    assert "1 agent, 2 tasks, 1 archived task and 1 deleted task" in reply.json["detail"]
    assert reply.json["holds"] == {"tasks": 2, "archived_tasks": 1, "deleted_tasks": 1, "agents": 1, "schedules": 0}


def test_a_deleted_task_holds_a_board_because_it_can_come_back(api, ada, make):
    board, heir = make.board(), make.board()
    task = make.task(board=board)
    tasks.delete(as_actor(ada), task.id)

    refused = api.as_(ada).delete(f"/api/boards/{board.id}")
    moved = api.as_(ada).delete(f"/api/boards/{board.id}?move_to={heir.id}")
    restored = api.as_(ada).post(f"/api/tasks/{task.id}/restore")

    assert refused.status_code == 409
    assert moved.status_code == 204
    assert restored.json["board_id"] == heir.id


def test_tasks_go_behind_those_of_the_board_that_inherits_them_in_their_order(api, ada, make, monkeypatch):
    from helix.services.boards import remove

    monkeypatch.setattr(remove, "BATCH_SIZE", 2)
    board, heir = make.board(), make.board()
    present = [make.task(board=heir, title="There first").id]
    arriving = [make.task(board=board, title=f"Task {number}").id for number in range(5)]
    done = make.task(board=board, status=TaskStatus.DONE).id
    agent = make.agent(primary_board_id=board.id)

    reply = api.as_(ada).delete(f"/api/boards/{board.id}?move_to={heir.id}")

    todo = api.as_(ada).get(f"/api/tasks/?board_id={heir.id}&status=todo&sort=position").json
    counts = api.as_(ada).get(f"/api/boards/{heir.id}").json["task_counts"]
    assert reply.status_code == 204
    assert [task["id"] for task in todo] == present + arriving
    assert len({task["position"] for task in todo}) == 6
    assert (counts["todo"], counts["done"]) == (6, 1)
    assert api.as_(ada).get(f"/api/tasks/{done}").json["board_id"] == heir.id
    assert db.session.get(Agent, agent.id).primary_board_id == heir.id


def test_the_history_of_a_board_goes_with_its_tasks(api, ada, make):
    board, heir = make.board(), make.board()
    task = make.task(board=board)

    api.as_(ada).delete(f"/api/boards/{board.id}?move_to={heir.id}")

    entries = db.session.query(Activity).filter_by(entity_type="task", entity_id=task.id).all()
    assert {entry.board_id for entry in entries} == {heir.id}


@pytest.mark.parametrize("heir", ["itself", "999", "x"])
def test_move_to_must_name_another_board(api, ada, make, heir):
    board = make.board()
    heir = board.id if heir == "itself" else heir

    reply = api.as_(ada).delete(f"/api/boards/{board.id}?move_to={heir}")

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"] == ["move_to"]
    assert db.session.get(Board, board.id)


def test_members_read_boards_and_write_none(api, mia, make):
    board = make.board()
    make.grant(mia, board, BoardLevel.MANAGE)
    path, member = f"/api/boards/{board.id}", api.as_(mia)
    body = {"name": "A", "department_id": board.department_id}

    replies = [member.post("/api/boards/", json=body), member.patch(path, json={}), member.delete(path)]

    assert member.get(path).json["my_level"] == "manage"
    assert [reply.status_code for reply in replies] == [403, 403, 403]


def test_a_closed_board_is_not_there(api, mia, make):
    board = make.board()
    make.grant(mia, board, BoardLevel.NONE)

    assert api.as_(mia).get(f"/api/boards/{board.id}").status_code == 404
    assert api.as_(mia).get("/api/boards/").json == []


def test_an_unknown_board_is_not_found(api, ada):
    assert api.as_(ada).get("/api/boards/999").status_code == 404
    assert api.as_(ada).patch("/api/boards/999", json={"name": "A"}).status_code == 404
    assert api.as_(ada).delete("/api/boards/999").status_code == 404


def test_nobody_gets_in_without_a_token(api, make):
    assert api.get(f"/api/boards/{make.board().id}").status_code == 401


def test_a_key_is_made_from_the_name_is_unique_and_can_be_chosen(api, ada, make):
    client, department = api.as_(ada), make.department().id
    made = [
        client.post("/api/boards/", json={"name": name, "department_id": department}).json for name in ("SEO", "SEO 2")
    ]
    path = f"/api/boards/{made[1]['id']}"

    changed = client.patch(path, json={"key": "posts"})

    assert [board["key"] for board in made] == ["SEO", "SEO2"]
    assert changed.json["key"] == "POSTS"
    assert client.patch(path, json={"key": "seo"}).status_code == 409
    assert client.patch(path, json={"key": "2SEO"}).status_code == 422
    assert client.patch(path, json={"key": None}).status_code == 422
