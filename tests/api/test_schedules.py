"""Schedules and templates of tasks over the API."""

from datetime import UTC, datetime

import pytest
import time_machine

from helix.models.vocabulary import BoardLevel
from helix.services import workflows
from tests.support.people import as_actor

BODY = {
    "name": "Report",
    "cron": "0 9 * * 1-5",
    "timezone": "Europe/Berlin",
    "template": {"title": "Report {date}", "tags": ["Weekly"], "due_in": 2},
}


@pytest.fixture(autouse=True)
def now():
    """Monday, 2 March 2026, 10:00 in UTC."""
    with time_machine.travel(datetime(2026, 3, 2, 10, 0, tzinfo=UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def board(make, mia, noah):
    """Mia manages it, Noah may create tasks there."""
    board = make.board("Marketing", key="MKT", default_level=int(BoardLevel.NONE))
    make.grant(mia, board, BoardLevel.MANAGE)
    make.grant(noah, board, BoardLevel.CREATE)
    return board


@pytest.fixture
def create(api, mia, board):
    def _create(**fields):
        reply = api.as_(mia).post("/api/schedules/", json={**BODY, "board_id": board.id, **fields})
        assert reply.status_code == 201, reply.json
        return reply.json

    return _create


def test_a_schedule_says_its_next_time_in_its_zone_and_in_words(api, create, mia):
    made = create()

    assert (made["next_at"], made["next_words"]) == ("2026-03-03T08:00:00Z", "tomorrow at 09:00")
    assert made["cron_words"] == "At 09:00 on Monday through Friday"
    assert made["template"] == {
        "title": "Report {date}",
        "description": "",
        "priority": "medium",
        "tags": ["weekly"],
        "due_in": 2,
        "requires_approval": True,
    }
    assert (made["overlap"], made["catch_up"], made["spent_this_month_usd"]) == ("skip", "one", 0)
    assert api.as_(mia).get(f"/api/schedules/{made['id']}").json == made
    assert api.as_(mia).get("/api/schedules/").json == [made]


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"cron": "0 9 31 2 *"}, "cron"),
        ({"cron": "every day"}, "cron"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../etc/passwd"}, "timezone"),
        ({"agent_id": 999}, "agent_id"),
        ({"board_id": 999}, "board_id"),
        ({"ends_at": "2026-03-01"}, "ends_at"),
        ({"starts_at": "2026-05-01", "ends_at": "2026-04-01"}, "ends_at"),
        ({"jitter_seconds": 3600, "cron": "*/5 * * * *"}, "jitter_seconds"),
        ({"grace_seconds": 0}, "grace_seconds"),
        ({"overlap": "explode"}, "overlap"),
        ({"max_usd_per_firing": -1}, "max_usd_per_firing"),
        ({"template": {"title": " "}}, "template"),
        ({"workflow_id": 1}, "workflow_id"),
    ],
)
def test_a_wrong_value_names_its_field(api, mia, board, fields, where):
    reply = api.as_(mia).post("/api/schedules/", json={**BODY, "board_id": board.id, **fields})

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"][0] == where


def test_a_start_and_an_end_bound_its_times(create):
    made = create(starts_at="2026-04-01", ends_at="2026-04-30T12:00:00Z")

    assert made["next_at"] == "2026-04-01T07:00:00Z"
    assert made["ends_at"] == "2026-04-30T12:00:00Z"


def test_editing_changes_its_next_time_and_keeps_what_is_not_sent(api, create, mia):
    made = create(max_usd_per_firing=1.5)

    reply = api.as_(mia).patch(
        f"/api/schedules/{made['id']}", json={"cron": "0 12 * * *", "template": {"title": "At noon"}}
    )

    assert reply.status_code == 200
    assert (reply.json["next_at"], reply.json["version"]) == ("2026-03-02T11:00:00Z", 2)
    assert reply.json["template"] == made["template"] | {"title": "At noon"}
    assert reply.json["max_usd_per_firing"] == 1.5


def test_switched_off_it_has_no_next_time(api, create, mia):
    made = create()

    off = api.as_(mia).patch(f"/api/schedules/{made['id']}", json={"enabled": False}).json
    on = api.as_(mia).patch(f"/api/schedules/{made['id']}", json={"enabled": True}).json

    assert (off["next_at"], on["next_at"]) == (None, made["next_at"])


def test_an_edit_of_an_old_version_is_refused_with_the_present_one(api, create, mia):
    made = create()
    api.as_(mia).patch(f"/api/schedules/{made['id']}", json={"name": "Mine", "version": 1})

    reply = api.as_(mia).patch(f"/api/schedules/{made['id']}", json={"name": "Theirs", "version": 1})

    assert reply.status_code == 409
    assert reply.json["schedule"]["name"] == "Mine"


def test_the_level_on_the_board_decides(api, create, noah, make, board):
    made = create()
    path = f"/api/schedules/{made['id']}"

    assert api.as_(noah).get(path).status_code == 200
    assert api.as_(noah).patch(path, json={"name": "Mine"}).status_code == 403
    assert api.as_(noah).post(f"{path}/run-now").status_code == 403
    other = make.board("Other")
    assert api.as_(noah).post("/api/schedules/", json={**BODY, "board_id": other.id}).status_code == 403


def test_a_schedule_cannot_be_moved_to_a_board_that_one_does_not_manage(api, create, mia, make):
    made, other = create(), make.board("Other")

    assert api.as_(mia).patch(f"/api/schedules/{made['id']}", json={"board_id": other.id}).status_code == 403


def test_run_now_and_what_became_of_it(api, create, mia):
    made = create()

    reply = api.as_(mia).post(f"/api/schedules/{made['id']}/run-now")

    assert reply.status_code == 201
    assert (reply.json["state"], reply.json["task_title"]) == ("created", "Report 2026-03-02")
    found = api.as_(mia).get(f"/api/schedules/{made['id']}/firings")
    assert found.json == [reply.json]
    assert found.headers["X-Total-Count"] == "1"
    task = api.as_(mia).get(f"/api/tasks/{reply.json['task_id']}").json
    assert (task["due_date"], task["tags"]) == ("2026-03-04T22:59:59Z", ["weekly"])


def test_deleting_it_keeps_its_tasks(api, create, mia):
    made = create()
    task_id = api.as_(mia).post(f"/api/schedules/{made['id']}/run-now").json["task_id"]

    assert api.as_(mia).delete(f"/api/schedules/{made['id']}").status_code == 204

    assert api.as_(mia).get(f"/api/schedules/{made['id']}").status_code == 404
    assert api.as_(mia).get(f"/api/tasks/{task_id}").status_code == 200


def test_a_preview_has_the_times_in_words_and_the_clock_change(api, mia, now):
    now.move_to(datetime(2026, 10, 23, 10, 0, tzinfo=UTC))

    reply = api.as_(mia).post(
        "/api/schedules/preview", json={"cron": "30 2 * * *", "timezone": "Europe/Berlin", "count": 2}
    )

    assert reply.json == {
        "words": "At 02:30 every day",
        "times": [
            {"at": "2026-10-24T00:30:00Z", "words": "tomorrow at 02:30", "note": None},
            {"at": "2026-10-25T00:30:00Z", "words": "Sunday at 02:30", "note": "the clock goes back that night"},
        ],
    }


def test_templates_are_saved_changed_and_deleted(api, mia, noah, board):
    body = {"name": "Report", "board_id": board.id, "content": {"title": "Weekly report", "tags": ["Report"]}}
    made = api.as_(mia).post("/api/task-templates/", json=body)
    assert made.status_code == 201
    path = f"/api/task-templates/{made.json['id']}"

    assert api.as_(mia).post("/api/task-templates/", json=body).status_code == 409
    edited = api.as_(mia).patch(path, json={"content": {"description": "Numbers"}}).json
    assert edited["content"] == made.json["content"] | {"description": "Numbers"}
    assert api.as_(noah).get(f"/api/task-templates/?board_id={board.id}").json == [edited | {"may_change": False}]
    assert api.as_(noah).delete(path).status_code == 403
    assert api.as_(mia).delete(path).status_code == 204
    assert api.as_(mia).get("/api/task-templates/").json == []


def test_templates_for_every_board_are_saved_by_admins_and_seen_by_all(api, ada, mia):
    body = {"name": "Report", "content": {"title": "Weekly report"}}

    assert api.as_(mia).post("/api/task-templates/", json=body).status_code == 403
    assert api.as_(ada).post("/api/task-templates/", json=body).status_code == 201
    assert [one["name"] for one in api.as_(mia).get("/api/task-templates/").json] == ["Report"]
    assert api.as_(ada).post("/api/task-templates/", json=body).status_code == 409


@pytest.fixture
def workflow(ada, board):
    """A published workflow on the board, of one step with one input."""
    step = {"key": "write", "kind": "person", "title": "Report of {{input.week}}"}
    definition = {"input": [{"key": "week", "required": True}], "steps": [step]}
    made = workflows.create(as_actor(ada), name="Weekly", board_id=board.id, definition=definition)
    workflows.publish(as_actor(ada), made.id)
    return workflows.set_enabled(as_actor(ada), made.id, enabled=True)


def test_a_workflow_is_started_at_its_times(api, mia, board, workflow):
    body = {name: value for name, value in BODY.items() if name not in ("template", "agent_id")}
    body |= {
        "board_id": board.id,
        "workflow_id": workflow.id,
        "input": {"week": "week {week}"},
        "max_usd_per_firing": 2,
    }
    client = api.as_(mia)

    made = client.post("/api/schedules/", json=body)
    ran = client.post(f"/api/schedules/{made.json['id']}/run-now")

    assert (made.status_code, made.json["workflow_name"], made.json["template"]) == (201, "Weekly", None)
    run = client.get(f"/api/workflow-runs/{ran.json['workflow_run_id']}").json
    assert (ran.json["run_state"], run["origin"], run["max_usd"]) == ("running", "schedule", 2)
    assert run["steps"][0]["title"].startswith("Report of week ")
    assert "{" not in run["steps"][0]["title"]


@pytest.mark.parametrize(
    ("fields", "where"), [({"workflow_id": 999}, "workflow_id"), ({"overlap": "queue"}, "overlap")]
)
def test_a_schedule_of_a_workflow_is_checked(api, mia, board, workflow, fields, where):
    body = {name: value for name, value in BODY.items() if name != "template"}

    reply = api.as_(mia).post(
        "/api/schedules/", json={**body, "board_id": board.id, "workflow_id": workflow.id, **fields}
    )

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"][0] == where


def test_a_schedule_creates_a_task_or_starts_a_workflow(api, mia, board):
    body = {name: value for name, value in BODY.items() if name != "template"}

    reply = api.as_(mia).post("/api/schedules/", json={**body, "board_id": board.id})

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"][0] == "template"


def test_an_input_that_cannot_be_stored_is_refused(api, mia, board, workflow):
    body = {name: value for name, value in BODY.items() if name != "template"}
    body |= {"board_id": board.id, "workflow_id": workflow.id, "input": {"week": "a\x00b"}}

    reply = api.as_(mia).post("/api/schedules/", json=body)

    assert reply.status_code == 422
    assert reply.json["detail"][0]["loc"][0] == "input"
