def test_dashboard_statistics(member, demo, mia):
    demo.task(by=mia)

    reply = member.send("GET /api/dashboard/stats")

    assert reply.status_code == 200
    assert reply.json["agents"] == {"total": 1, "online": 1, "busy": 0, "offline": 0, "error": 0}
    assert (reply.json["tasks"]["total"], reply.json["tasks"]["by_status"]["todo"]) == (1, 1)
    assert {"today", "this_week", "this_month", "rate"} <= reply.json["completion"].keys()
    assert len(reply.json["completion"]["daily"]) == 14


def test_dashboard_activity(member, demo, mia):
    demo.task(by=mia)

    reply = member.send("GET /api/dashboard/activity")

    assert reply.status_code == 200
    assert "task.created" in [entry["action"] for entry in reply.json]


def test_search_mentionable_entities(member, demo):
    reply = member.send("GET /api/mentions/search?q=sie")

    assert reply.status_code == 200
    assert reply.json == [{"id": 5, "name": "Sierra", "type": "agent", "role": "Blog Writer", "avatar_url": None}]


def test_get_settings(member, demo):
    reply = member.send("GET /api/org/settings")

    assert reply.status_code == 200
    assert (reply.json["timezone"], reply.json["default_board_level"]) == ("UTC", "create")
    assert reply.json["monthly_budget_usd"] == 50


UPDATE = """
PATCH /api/org/settings
Content-Type: application/json

{
  "timezone": "Asia/Kuala_Lumpur"
}
"""


def test_update_settings(admin):
    reply = admin.send(UPDATE)

    assert (reply.status_code, reply.json["timezone"]) == (200, "Asia/Kuala_Lumpur")
    assert admin.send("GET /api/org/settings").json == reply.json


def test_settings_are_written_by_admins_only(member):
    assert member.send(UPDATE).status_code == 403
