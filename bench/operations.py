"""The operations that are measured, and the goal of each as a share of the bare route's rate."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from bench import world
from bench.load import Call

# Boards where both admin and member may write.
BOARD = 27


@dataclass(frozen=True)
class Operation:
    """`page`: asked for by a browser, with its cookie and compressed; else by a program, with its token."""

    name: str
    goal: float
    calls: Sequence[Call]
    page: bool = False


def operations(api: httpx.Client) -> list[Operation]:
    """For the person that `api` is signed in as."""
    mine = _own_tasks(api)
    reads = [Call(f"/api/tasks/{task_id}") for task_id in mine]
    threads = [Call(f"/api/tasks/{task_id}/comments/") for task_id in mine]
    names = [Call(f"/api/mentions/search?q={typed}") for typed in ("p", "ag", "son 1", "agent 2")]
    search = "/api/tasks/search?q="
    return [
        Operation("GET /api/auth/me", 0.50, [Call("/api/auth/me")]),
        Operation("GET /api/tasks/{id}", 0.22, reads),
        Operation("GET /api/notifications/unread-count", 0.30, [Call("/api/notifications/unread-count")]),
        Operation("GET /api/tasks/{id}/comments/", 0.22, threads),
        Operation("GET /api/tasks/?board_id= (100 rows)", 0.07, [Call(f"/api/tasks/?board_id={BOARD}&per_page=100")]),
        Operation("GET /api/tasks/search?q= (common)", 0.11, [Call(f"{search}{world.COMMON}")]),
        Operation("GET /api/tasks/search?q= (rare)", 0.11, [Call(f"{search}{world.RARE}")]),
        Operation("GET /api/tasks/search?q= (none)", 0.11, [Call(f"{search}{world.NEVER}")]),
        Operation("GET /api/tasks/search?q= (two letters)", 0.11, [Call(f"{search}re"), Call(f"{search}qx")]),
        Operation("board page, HTML, six columns", 0.03, [Call(f"/boards/{BOARD}")], page=True),
        Operation("GET /api/dashboard/stats", 0.10, [Call("/api/dashboard/stats")]),
        Operation("GET /api/activity/?per_page=20", 0.15, [Call("/api/activity/?per_page=20")]),
        Operation("GET /api/notifications/?per_page=20", 0.22, [Call("/api/notifications/?per_page=20")]),
        Operation("GET /api/skills?search= (first 50)", 0.06, [Call("/api/skills?search=review&per_page=50")]),
        Operation("GET /api/mentions/search?q=", 0.25, names),
        Operation("POST /api/tasks/", 0.12, _new_tasks()),
        Operation("PATCH /api/tasks/{id} (a move)", 0.10, _moves(mine)),
    ]


def _own_tasks(api: httpx.Client) -> list[int]:
    """Some that wait in To Do on a board that the person manages."""
    reply = api.get("/api/tasks/", params={"board_id": BOARD, "status": "todo", "per_page": 100})
    reply.raise_for_status()
    return [task["id"] for task in reply.json()]


def _new_tasks() -> list[Call]:
    return [
        Call("/api/tasks/", "POST", json.dumps({"title": f"Bench {number}", "board_id": BOARD, "tags": ["bench"]}))
        for number in range(50)
    ]


def _moves(task_ids: Sequence[int]) -> list[Call]:
    """Each to In Progress, and all of them back again."""
    return [
        Call(f"/api/tasks/{task_id}", "PATCH", json.dumps({"status": status}))
        for status in ("in_progress", "todo")
        for task_id in task_ids
    ]
