"""A client written from the REST reference alone, by somebody who has seen nothing else of this product."""

import time
from typing import Any

import httpx


class HelixClient:
    """One method for each thing that the reference describes."""

    def __init__(self, address: str) -> None:
        self._http = httpx.Client(base_url=address, timeout=30)

    def login(self, username: str, password: str) -> dict[str, Any]:
        answer = self._sent("POST", "/api/auth/login", data={"username": username, "password": password})
        assert answer["token_type"] == "bearer"
        self._http.headers["Authorization"] = f"Bearer {answer['access_token']}"
        return answer["user"]

    def _sent(self, method: str, path: str, **more: Any) -> Any:
        answer = self._http.request(method, path, **more)
        if answer.is_error:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.json()['detail']}")
        assert not answer.is_redirect, f"{method} {path} redirects"
        return answer.json() if answer.content else None

    def get(self, path: str) -> Any:
        return self._sent("GET", path)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._sent("POST", path, **({} if body is None else {"json": body}))

    def patch(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._sent("PATCH", path, **({} if body is None else {"json": body}))

    def delete(self, path: str) -> None:
        assert self._sent("DELETE", path) is None

    def upload(self, path: str, name: str, content: bytes, **fields: str) -> Any:
        return self._sent("POST", path, files={"file": (name, content)}, data=fields)

    def wait_for_result(self, task_id: int, seconds: float = 60) -> dict[str, Any]:
        """ "The agent processes the task and writes a result." """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            task = self.get(f"/api/tasks/{task_id}")
            if task.get("result"):
                return task
            time.sleep(0.2)
        raise RuntimeError(f"no result within {seconds} s")


def work_through(address: str, username: str, password: str) -> dict[str, Any]:
    """A day with the API: people, an agent, a skill, a task that is executed and closed, and the news of it."""
    client = HelixClient(address)
    me = client.login(username, password)
    assert client.get("/api/auth/me")["id"] == me["id"]
    client.patch("/api/auth/me", {"telegram_notifications": True})

    jane = client.post(
        "/api/users", {"name": "Jane", "email": "jane@company.com", "password": "securepass", "role": "member"}
    )
    client.patch(f"/api/users/{jane['id']}", {"name": "Jane Smith", "role": "admin"})
    assert "Jane Smith" in [user["name"] for user in client.get("/api/users")]

    department = client.get("/api/departments/")[0]
    board = client.get(f"/api/boards/?department_id={department['id']}")[0]
    agent = client.post(
        "/api/agents/",
        {
            "name": "Vesper",
            "role_title": "Research Analyst",
            "department_id": department["id"],
            "primary_board_id": board["id"],
            "system_prompt": "You are Vesper, a research analyst...",
            "execution_mode": "manual",
        },
    )
    client.patch(f"/api/agents/{agent['id']}", {"system_prompt": "Updated prompt..."})
    assert agent["id"] in [one["id"] for one in client.get(f"/api/agents/?board_id={board['id']}")]

    skill = client.post(
        "/api/skills", {"name": "Voice of Vesper", "content": "# Voice\n\nCalm.", "activation_mode": "always"}
    )
    client.patch(f"/api/skills/{skill['id']}", {"content": "Updated content...", "version": "1.1.0"})
    made = client.upload(f"/api/skills/{skill['id']}/attachments", "notes.txt", b"Notes", description="Some notes")
    assert [one["id"] for one in client.get(f"/api/skills/{skill['id']}/attachments")] == [made["id"]]
    assert isinstance(client.get(f"/api/skills/{skill['id']}/agents"), list)

    task = client.post(
        "/api/tasks/",
        {
            "title": "Write a blog post about AI tools",
            "description": "Write a 500-word post covering top 5 AI productivity tools",
            "board_id": board["id"],
            "assigned_agent_id": agent["id"],
            "priority": "medium",
            "due_date": "2026-03-20T00:00:00Z",
            "tags": ["blog", "seo"],
            "requires_approval": True,
        },
    )
    path = f"/api/tasks/{task['id']}"
    assert task["id"] in [one["id"] for one in client.get("/api/tasks/search?q=blog post")]
    client.post(f"/api/gateway/tasks/{task['id']}/execute")
    finished = client.wait_for_result(task["id"])
    closed = client.patch(path, {"status": "done", "priority": "high"})
    assert client.get(f"/api/agents/{agent['id']}/stats")["tasks_completed"]["total"] == 1
    assert client.get(f"/api/agents/{agent['id']}/tasks?page=1&per_page=10")["total"] == 1
    assert client.get("/api/gateway/status")["connected"] is True
    assert client.get("/api/dashboard/stats")["tasks"]["total"] >= 1
    assert client.get("/api/mentions/search?q=ves")[0]["name"] == "Vesper"
    client.patch("/api/org/settings", {"timezone": "Asia/Kuala_Lumpur"})
    client.post("/api/notifications/read-all")
    told = client.get("/api/notifications/?page=1&per_page=20")
    assert all(one["read"] for one in told["items"])
    story = client.get(f"/api/activity/?entity_type=task&agent_id={agent['id']}")["items"]
    everything = client.get("/api/activity/?page=1&per_page=100")["items"]
    client.delete(f"/api/users/{jane['id']}")
    unread = client.get("/api/notifications/unread-count")["unread_count"]
    # Last: an agent that is mentioned answers, and works on the task meanwhile.
    client.post(f"{path}/comments/", {"content": "Great work @Vesper! Can you add a pricing section?"})
    said = [comment["content"] for comment in client.get(f"{path}/comments/")]
    assert "Great work @Vesper! Can you add a pricing section?" in said
    return {
        "statuses": [task["status"], finished["status"], closed["status"]],
        "result": finished["result"],
        "actions": [one["action"] for one in (*story, *everything)],
        "unread_after": unread,
    }
