"""Undoing a decision through the API: status, approval, feedback, the queued run, and when it is refused."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from helix.db.transaction import transaction
from helix.errors import Conflict
from helix.extensions import db
from helix.models import Comment, Notification, Run, Task
from helix.models.vocabulary import ExecutionMode, NotificationType, RunStatus, TaskStatus
from helix.services import runs, tasks
from tests.support.people import as_actor
from tests.support.results import answered

pytestmark = pytest.mark.every_database
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


@pytest.fixture
def agent(make):
    make.model()
    return make.agent(name="Sierra")


@pytest.fixture
def reviewed(api, mia, make, agent):
    """The API as Mia, and her task with a result in review."""
    task = make.task("Weekly report", by=mia, agent=agent)
    answered(task, agent, "Revenue rose.")
    return api.as_(mia), f"/api/tasks/{task.id}"


def task_of(path):
    return db.session.get_one(Task, int(path.rsplit("/", 1)[1]))


def test_an_approval_is_undone_with_its_record(reviewed):
    client, path = reviewed
    approved = client.post(f"{path}/approve").json

    undone = client.post(f"{path}/undo-review", json={"version": approved["version"]})

    assert (undone.status_code, undone.json["status"]) == (200, "review")
    assert [undone.json[name] for name in ("approved_by_user_id", "approved_at", "completed_at")] == [None] * 3
    assert undone.json["version"] == approved["version"] + 1
    actions = [
        entry["action"]
        for entry in client.get(f"/api/activity/?entity_type=task&entity_id={undone.json['id']}").json["items"]
    ]
    assert actions[:2] == ["task.review_undone", "task.approved"]


def test_the_record_of_an_earlier_approval_comes_back(api, ada, mia, make, agent):
    task = make.task(by=mia, agent=agent)
    answered(task, agent, "Words.")
    path = f"/api/tasks/{task.id}"
    with time_machine.travel(NOON, tick=False):
        api.as_(ada).patch(path, json={"status": "approved"})
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        client = api.as_(mia)
        client.post(f"{path}/approve")
        undone = client.post(f"{path}/undo-review", json={}).json

    assert (undone["status"], undone["approved_by_user_id"]) == ("approved", ada.id)
    assert undone["approved_at"] == "2026-03-20T12:00:00Z"


def test_a_rejection_is_undone_and_its_feedback_is_withdrawn(reviewed):
    client, path = reviewed
    client.post(f"{path}/reject", json={"feedback": "Shorter."})

    undone = client.post(f"{path}/undo-review", json={}).json

    assert undone["status"] == "review"
    assert [one["kind"] for one in client.get(f"{path}/comments/").json] == ["withdrawn"]
    assert client.post(f"{path}/approve").json["status"] == "done"


@pytest.mark.parametrize("is_undone", [False, True])
def test_withdrawn_feedback_is_not_in_the_prompt(reviewed, is_undone):
    client, path = reviewed
    client.post(f"{path}/reject", json={"feedback": "Mention the penguins."})
    if is_undone:
        client.post(f"{path}/undo-review", json={})
        client.post(f"{path}/reject", json={"feedback": "Mention the seals."})
    run_id = client.post(f"{path}/execute").json["run_id"]

    runs.execute(runs.claim("a worker"))

    prompt = str(client.get(f"/api/runs/{run_id}").json["prompt"])
    assert ("seals" in prompt) is is_undone
    assert ("penguins" in prompt) is not is_undone


def test_the_run_that_a_rejection_has_queued_is_cancelled(reviewed):
    client, path = reviewed
    before = client.get(path).json["last_run"]["id"]
    sent_back = client.post(f"{path}/reject", json={"feedback": "Shorter.", "run_again": True}).json
    assert sent_back["last_run"]["status"] == "queued"

    undone = client.post(f"{path}/undo-review", json={}).json

    assert (undone["status"], undone["last_run"]["id"]) == ("review", before)
    assert db.session.get_one(Run, sent_back["last_run"]["id"]).status == RunStatus.CANCELLED


def test_once_the_agent_has_started_it_is_refused_and_nothing_changes(reviewed, agent):
    client, path = reviewed
    with transaction():
        db.session.get_one(type(agent), agent.id).execution_mode = ExecutionMode.AUTO
    client.post(f"{path}/reject", json={"feedback": "Shorter."})
    assert runs.claim("a worker") is not None

    refused = client.post(f"{path}/undo-review", json={})

    assert refused.status_code == 409
    assert "Sierra has started on it again" in refused.json["detail"] or "moved it since" in refused.json["detail"]
    assert [one["kind"] for one in client.get(f"{path}/comments/").json] == ["feedback"]


def test_only_the_last_decision_of_ones_own_is_undone_once(api, ada, reviewed):
    client, path = reviewed
    nothing = client.post(f"{path}/undo-review", json={})
    client.post(f"{path}/approve")
    of_another = api.as_(ada).post(f"{path}/undo-review", json={})
    first, second = (client.post(f"{path}/undo-review", json={}) for _ in range(2))

    assert [reply.status_code for reply in (nothing, of_another, first, second)] == [409, 409, 200, 409]
    assert nothing.json["detail"] == "There is no decision of yours to undo."


def test_a_run_that_finished_is_no_decision_of_a_person(api, mia, make, agent):
    task = make.task(by=mia, agent=agent, requires_approval=False)

    assert api.as_(mia).post(f"/api/tasks/{task.id}/undo-review", json={}).status_code == 409


def test_after_ten_minutes_or_a_change_it_is_refused(reviewed):
    client, path = reviewed
    approved = client.post(f"{path}/approve").json
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11)):
        late = client.post(f"{path}/undo-review", json={})
    client.patch(path, json={"title": "Another title"})
    stale = client.post(f"{path}/undo-review", json={"version": approved["version"]})
    client.patch(path, json={"status": "todo"})
    moved = client.post(f"{path}/undo-review", json={})

    assert "more than 10 minutes" in late.json["detail"]
    assert "changed it since" in stale.json["detail"]
    assert "moved it since" in moved.json["detail"]
    assert [reply.status_code for reply in (late, stale, moved)] == [409, 409, 409]


def test_several_are_undone_all_or_none(mia, make, agent):
    actor = as_actor(mia)
    board = make.board()
    found = [make.task(name, by=mia, agent=agent, board=board) for name in ("One", "Two")]
    for task in found:
        answered(task, agent, "Words.")
        tasks.approve(actor, task.id)
    tasks.edit(actor, found[1].id, {"status": TaskStatus.TODO})

    with pytest.raises(Conflict) as refused:
        tasks.undo_decisions(actor, [tasks.Decided(task.id) for task in found])

    assert refused.value.message.startswith(f"Task {found[1].id} (Two): ")

    assert db.session.get_one(Task, found[0].id, populate_existing=True).status == TaskStatus.DONE


def test_people_are_no_longer_told_that_it_is_done(api, ada, noah, reviewed):
    client, path = reviewed
    tasks.watch(as_actor(noah), task_of(path).id, watching=True)
    done = db.session.query(Notification).filter_by(user_id=noah.id, type=NotificationType.TASK_COMPLETED)
    client.post(f"{path}/approve")
    assert done.count() == 1

    client.post(f"{path}/undo-review", json={})

    assert done.count() == 0


def test_feedback_that_was_withdrawn_no_longer_shows_on_the_card(reviewed, pages, mia):
    client, path = reviewed
    client.post(f"{path}/reject", json={"feedback": "Shorter."})
    client.post(f"{path}/undo-review", json={})

    panel = pages.as_(mia).get(path.removeprefix("/api")).text

    assert "Withdrawn" in panel
    assert 'class="sent-back"' not in panel
    assert db.session.query(Comment).one().kind == "withdrawn"
