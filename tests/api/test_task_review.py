"""Approving, rejecting and completing through the API: one change with its author and time."""

from datetime import UTC, datetime

import pytest
import time_machine

from helix.models.vocabulary import TaskStatus

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


@pytest.fixture
def reviewed(api, mia, make):
    """The API as Mia, who created the task that is in review, and its path."""
    task = make.task(by=mia, status=TaskStatus.REVIEW)
    return api.as_(mia), f"/api/tasks/{task.id}"


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [("approve", None, "done"), ("reject", {"feedback": "Shorter, please."}, "rejected")],
)
def test_an_edit_from_before_the_review_is_refused_as_stale(reviewed, verb, body, status):
    client, path = reviewed
    seen = client.get(path).json["version"]

    reviewed_task = client.post(f"{path}/{verb}", json=body).json
    stale = client.patch(path, json={"title": "Written before the review", "version": seen})

    assert reviewed_task["version"] == seen + 1
    assert (stale.status_code, stale.json["task"]["status"]) == (409, status)
    assert client.get(path).json["title"] == reviewed_task["title"]


def test_approval_records_who_and_when(api, mia, noah, make):
    path = f"/api/tasks/{make.task(by=noah, status=TaskStatus.REVIEW).id}"

    with time_machine.travel(NOON, tick=False):
        approved = api.as_(noah).post(f"{path}/approve").json

    assert (approved["approved_by_user_id"], approved["approved_at"]) == (noah.id, "2026-03-20T12:00:00Z")
    assert approved["completed_at"] == "2026-03-20T12:00:00Z"


def test_rejection_takes_an_approval_back(reviewed):
    client, path = reviewed
    client.patch(path, json={"status": "approved"})

    rejected = client.post(f"{path}/reject", json={"feedback": "Not yet."}).json

    assert rejected["status"] == "rejected"
    assert [rejected[name] for name in ("approved_by_user_id", "approved_at", "completed_at")] == [None, None, None]
