"""Workflows over HTTP: from the draft to the end of a run."""

import pytest
import yaml
from sqlalchemy import select

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Task, WorkflowRunStep
from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.services.work import moves
from tests.support.workflows import agent, choice, person, schema


@pytest.fixture
def report(make):
    """A definition of a report with a choice."""
    make.model()
    make.agent("Sierra")
    return {
        "input": [{"key": "week", "title": "Week", "required": True}],
        "max_usd": 2.5,
        "steps": [
            agent("research", title="Research week {{input.week}}", output=schema(enough="boolean")),
            choice("enough", "research", "steps.research.output.enough", True, then=["write"], otherwise=["ask"]),
            agent("write", "enough"),
            person("ask", "enough", person="Mia"),
        ],
    }


def created(client, report, board=None, **fields):
    body = {"name": "Weekly report", "board_id": board.id if board else None, "definition": report}
    return client.post("/api/workflows/", json=body | fields)


def startable(client, report, board):
    workflow_id = created(client, report, board).json["id"]
    for step in ("publish", "enable"):
        assert client.post(f"/api/workflows/{workflow_id}/{step}").status_code == 200
    return workflow_id


def steps(run):
    return {step["key"]: step["state"] for step in run["steps"]}


def complete(run_id, key, **output):
    with transaction():
        task = db.session.scalars(select(Task).where(Task.workflow_run_id == run_id, Task.step_key == key)).one()
        db.session.get_one(WorkflowRunStep, (run_id, key)).output = output or None
        moves.put(task, TaskStatus.DONE)


def test_a_workflow_is_drafted_published_started_and_comes_to_its_end(api, ada, mia, make, report):
    board, admin = make.board(), api.as_(ada)
    make.grant(mia, board, BoardLevel.CREATE)

    drafted = created(admin, report, board)
    too_early = api.as_(mia).post(f"/api/workflows/{drafted.json['id']}/start", json={})
    workflow_id = drafted.json["id"]
    published = admin.post(f"/api/workflows/{workflow_id}/publish").json
    admin.post(f"/api/workflows/{workflow_id}/enable")
    started = api.as_(mia).post(f"/api/workflows/{workflow_id}/start", json={"input": {"week": "12"}})
    run_id = started.json["id"]
    complete(run_id, "research", enough=True)
    complete(run_id, "write")
    ended = api.as_(mia).get(f"/api/workflow-runs/{run_id}").json

    assert (drafted.status_code, drafted.json["problems"], drafted.json["enabled"]) == (201, [], False)
    assert too_early.status_code == 409
    assert (published["number"], published["is_published"]) == (1, True)
    assert started.status_code == 201
    assert steps(started.json) == {"research": "active", "enough": "waiting", "write": "waiting", "ask": "waiting"}
    assert started.json["steps"][0]["title"] == "Research week 12"
    assert steps(ended) == {"research": "done", "enough": "done", "write": "done", "ask": "not_taken"}
    assert (ended["state"], ended["max_usd"], ended["workflow_name"]) == ("done", 2.5, "Weekly report")
    assert [one["id"] for one in admin.get(f"/api/workflows/{workflow_id}/runs").json["items"]] == [run_id]


def test_a_draft_may_have_errors_and_tells_them_at_their_places(api, ada, make, report):
    admin = api.as_(ada)
    report["steps"][2]["description"] = "{{steps.ask.result}}"
    report["steps"][0]["agent"] = "Nobody"

    workflow = created(admin, report).json
    fixed = admin.patch(f"/api/workflows/{workflow['id']}", json={"definition": {**report, "colour": 1}}).json
    refused = admin.post(f"/api/workflows/{workflow['id']}/publish")

    assert [problem["loc"] for problem in workflow["problems"]] == [["steps", 2, "description"]]
    assert [problem["loc"] for problem in fixed["problems"]] == [["colour"], ["steps", 2, "description"]]
    assert refused.status_code == 422
    assert [problem["loc"] for problem in refused.json["detail"]] == [
        ["definition", "colour"],
        ["definition", "steps", 2, "description"],
    ]


def test_names_are_looked_up_when_a_draft_is_published(api, ada, make, report):
    admin = api.as_(ada)
    report["steps"][0]["agent"] = "Nobody"
    report["steps"][3]["person"] = "nobody@example.com"

    workflow_id = created(admin, report).json["id"]
    refused = admin.post(f"/api/workflows/{workflow_id}/publish").json["detail"]

    assert [(problem["loc"][1:], problem["msg"]) for problem in refused] == [
        (["steps", 0, "agent"], "There is no agent Nobody."),
        (["steps", 3, "person"], "There is no person nobody@example.com."),
    ]


def test_two_editors_do_not_overwrite_each_other(api, ada, report):
    admin = api.as_(ada)
    workflow = created(admin, report).json
    place = f"/api/workflows/{workflow['id']}"

    first = admin.patch(place, json={"description": "Mine", "version": workflow["version"]})
    second = admin.patch(place, json={"description": "Theirs", "version": workflow["version"]})

    assert (first.status_code, second.status_code) == (200, 409)
    assert second.json["workflow"]["description"] == "Mine"
    assert admin.get(place).json["description"] == "Mine"


def test_versions_are_kept_and_publishing_the_same_again_makes_none(api, ada, mia, report):
    admin = api.as_(ada)
    assert mia
    workflow_id = created(admin, report).json["id"]
    place = f"/api/workflows/{workflow_id}"

    admin.post(f"{place}/publish")
    again = admin.post(f"{place}/publish").json
    admin.patch(place, json={"definition": {"steps": [agent("only")]}})
    changed = admin.get(place).json
    admin.post(f"{place}/publish")
    versions = admin.get(f"{place}/versions").json

    assert again["number"] == 1
    assert (changed["is_published"], changed["published"]) == (False, report)
    assert [(one["number"], len(one["definition"]["steps"])) for one in versions] == [(2, 1), (1, 4)]
    assert versions[1]["definition"] == report


def test_what_is_exported_as_yaml_is_imported_again_disabled(api, ada, mia, report):
    admin = api.as_(ada)
    assert mia
    report["steps"][1]["value"] = "yes"
    workflow_id = created(admin, report, description="Every\nMonday").json["id"]

    exported = admin.get(f"/api/workflows/{workflow_id}/export")
    taken = admin.post("/api/workflows/import", json={"yaml": exported.text})
    imported = admin.post("/api/workflows/import", json={"yaml": exported.text, "name": "Again"})

    assert exported.headers["Content-Disposition"] == "attachment; filename=weekly-report.yaml"
    assert yaml.safe_load(exported.text)["steps"][1]["value"] == "yes"
    assert taken.status_code == 409
    assert imported.status_code == 201
    assert (imported.json["definition"], imported.json["description"]) == (report, "Every\nMonday")
    assert (imported.json["enabled"], imported.json["number"]) == (False, 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("steps: [", "Line 1"),
        ("name: A\nsteps: &all []\n", "Line 2: anchors and aliases"),
        ("name: A\nname: B\n", "is there twice"),
        ("steps: []", "Give the workflow a name"),
        ("- a", "is a mapping"),
        ("name: A\nsteps: !!python/object:os.system []", "tags"),
    ],
)
def test_yaml_that_cannot_be_read_says_where(api, ada, text, words):
    refused = api.as_(ada).post("/api/workflows/import", json={"yaml": text})

    assert refused.status_code == 422
    assert words in refused.json["detail"][0]["msg"]
    assert api.as_(ada).get("/api/workflows/").json == []


def test_wrong_inputs_are_told_at_their_fields(api, ada, mia, make, report):
    admin = api.as_(ada)
    assert mia
    workflow_id = startable(admin, report, make.board())

    missing = admin.post(f"/api/workflows/{workflow_id}/start", json={})
    odd = admin.post(f"/api/workflows/{workflow_id}/start", json={"input": {"week": "1\x00"}})

    assert missing.json["detail"][0]["loc"] == ["input", "week"]
    assert odd.status_code == 422
    assert db.session.scalars(select(Task)).all() == []


def test_a_step_is_skipped_retried_and_a_run_cancelled(api, ada, mia, make, report):
    admin = api.as_(ada)
    assert mia
    workflow_id = startable(admin, report, make.board())
    run_id = admin.post(f"/api/workflows/{workflow_id}/start", json={"input": {"week": "1"}}).json["id"]
    place = f"/api/workflow-runs/{run_id}"

    wrong = admin.post(f"{place}/steps/research/skip", json={"values": {"enough": "yes"}})
    skipped = admin.post(f"{place}/steps/research/skip", json={"values": {"enough": False}})
    retried = admin.post(f"{place}/steps/ask/retry")
    unknown = admin.post(f"{place}/steps/nothing/skip", json={})
    cancelled = admin.post(f"{place}/cancel")

    assert wrong.json["detail"][0]["loc"] == ["values", "enough"]
    assert steps(skipped.json) == {"research": "skipped", "enough": "done", "write": "not_taken", "ask": "active"}
    assert (retried.status_code, unknown.status_code) == (409, 404)
    assert cancelled.json["state"] == "cancelled"
    assert steps(cancelled.json)["ask"] == "cancelled"
    assert admin.post(f"{place}/cancel").status_code == 409


def test_a_workflow_with_a_run_under_way_is_not_deleted(api, ada, mia, make, report):
    admin = api.as_(ada)
    assert mia
    workflow_id = startable(admin, report, make.board())
    run_id = admin.post(f"/api/workflows/{workflow_id}/start", json={"input": {"week": "1"}}).json["id"]

    refused = admin.delete(f"/api/workflows/{workflow_id}")
    admin.post(f"/api/workflow-runs/{run_id}/cancel")
    deleted = admin.delete(f"/api/workflows/{workflow_id}")

    assert (refused.status_code, deleted.status_code) == (409, 204)
    assert admin.get(f"/api/workflow-runs/{run_id}").status_code == 404
    assert len(db.session.scalars(select(Task)).all()) == 3


def test_a_board_takes_its_workflows_and_runs_along_when_it_is_deleted(api, ada, mia, make, report):
    admin, old, new = api.as_(ada), make.board(), make.board()
    assert mia
    new_id = new.id
    workflow_id = startable(admin, report, old)
    run_id = admin.post(f"/api/workflows/{workflow_id}/start", json={"input": {"week": "1"}}).json["id"]

    deleted = admin.delete(f"/api/boards/{old.id}?move_to={new_id}")

    assert deleted.status_code == 204
    assert admin.get(f"/api/workflows/{workflow_id}").json["board_id"] == new_id
    assert admin.get(f"/api/workflow-runs/{run_id}").json["board_id"] == new_id


def test_members_see_the_workflows_of_boards_where_they_may_create_tasks(api, ada, mia, make, report):
    hidden, seen = make.board(default_level=BoardLevel.NONE), make.board(default_level=BoardLevel.NONE)
    make.grant(mia, seen, BoardLevel.CREATE)
    created(api.as_(ada), report, hidden, name="Hidden")
    created(api.as_(ada), report, None, name="Nowhere")
    created(api.as_(ada), report, seen, name="Seen")

    found = api.as_(mia).get("/api/workflows/").json

    assert [one["name"] for one in found] == ["Seen"]
