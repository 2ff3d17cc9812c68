def test_gateway_status(member, demo):
    reply = member.send("GET /api/gateway/status")

    assert reply.status_code == 200
    printed = {"connected": False, "pending_tasks": 0, "agent_count": 1}
    assert {key: reply.json[key] for key in printed} == printed


def test_execute_task_via_gateway(member, demo, mia):
    from helix.extensions import db
    from helix.models import Agent

    task = demo.task(by=mia, agent=db.session.get_one(Agent, 5))

    reply = member.send("POST /api/gateway/tasks/{task_id}/execute", task.id)

    assert reply.status_code == 202
    assert (reply.json["id"], reply.json["last_run"]["status"]) == (task.id, "queued")
    assert member.send("GET /api/gateway/status").json["pending_tasks"] == 1
