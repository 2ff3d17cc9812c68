import pytest

CREATE = """
POST /api/agents/
Content-Type: application/json

{
  "name": "Atlas",
  "role_title": "Research Analyst",
  "department_id": 1,
  "primary_board_id": 1,
  "system_prompt": "You are Atlas, a research analyst...",
  "execution_mode": "manual"
}
"""


@pytest.mark.parametrize(
    ("request_line", "names"),
    [
        ("GET /api/agents/", ["Sierra"]),
        ("GET /api/agents/?department_id=1", ["Sierra"]),
        ("GET /api/agents/?department_id=2", []),
        ("GET /api/agents/?board_id=3", ["Sierra"]),
        ("GET /api/agents/?board_id=4", []),
    ],
)
def test_list_agents(member, demo, request_line, names):
    reply = member.send(request_line)

    assert reply.status_code == 200
    assert [agent["name"] for agent in reply.json] == names


def test_create_agent(admin, demo):
    reply = admin.send(CREATE)

    assert reply.status_code == 201
    sent = {
        "name": "Atlas",
        "role_title": "Research Analyst",
        "department_id": 1,
        "primary_board_id": 1,
        "system_prompt": "You are Atlas, a research analyst...",
        "execution_mode": "manual",
    }
    assert {key: reply.json[key] for key in sent} == sent
    defaults = {
        "ai_model_id": None,
        "enabled": True,
        "status": "online",
        "max_parallel_runs": 1,
        "max_output_tokens": 4096,
    }
    assert {key: reply.json[key] for key in defaults} == defaults


def test_get_agent(admin, demo):
    atlas = admin.send(CREATE).json

    reply = admin.send("GET /api/agents/{agent_id}", atlas["id"])

    assert (reply.status_code, reply.json) == (200, atlas)


def test_update_agent(admin, demo):
    atlas = admin.send(CREATE).json

    reply = admin.send(
        """
PATCH /api/agents/{agent_id}
Content-Type: application/json

{
  "system_prompt": "Updated prompt...",
  "execution_mode": "auto"
}
""",
        atlas["id"],
    )

    assert reply.status_code == 200
    assert (reply.json["system_prompt"], reply.json["execution_mode"]) == ("Updated prompt...", "auto")
    assert reply.json["name"] == "Atlas"


def test_delete_agent(admin, demo):
    atlas = admin.send(CREATE).json

    reply = admin.send("DELETE /api/agents/{agent_id}", atlas["id"])

    assert (reply.status_code, reply.data) == (204, b"")
    assert admin.send("GET /api/agents/{agent_id}", atlas["id"]).status_code == 404


def test_agent_statistics(member, demo):
    reply = member.send("GET /api/agents/{agent_id}/stats", 5)

    assert reply.status_code == 200
    assert reply.json["tasks_completed"] == {"total": 0, "this_week": 0, "this_month": 0}
    assert reply.json["runs"] == {"total": 0, "succeeded": 0, "failed": 0, "cancelled": 0}
    assert reply.json["tokens"] == {"input": 0, "output": 0}
    assert reply.json["cost_usd"] == {"total": 0, "this_month": 0}


def test_agent_tasks_paginated(admin, demo):
    made = [
        demo.task(f"Task {number}", board=admin_board, agent=sierra).id
        for admin_board, sierra in [_board_and_agent()]
        for number in range(12)
    ]

    first = admin.send("GET /api/agents/{agent_id}/tasks?page=1&per_page=10", 5)
    second = admin.send("GET /api/agents/{agent_id}/tasks?page=2&per_page=10", 5)

    assert first.status_code == 200
    envelope = {"total": 12, "total_is_exact": True, "page": 1, "per_page": 10, "pages": 2}
    assert {key: first.json[key] for key in envelope} == envelope
    assert [task["id"] for task in first.json["items"] + second.json["items"]] == made[::-1]


def _board_and_agent():
    from helix.extensions import db
    from helix.models import Agent, Board

    return db.session.get_one(Board, 3), db.session.get_one(Agent, 5)
