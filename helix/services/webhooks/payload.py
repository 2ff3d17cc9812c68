"""The body of a webhook request: the activity entry, and the object that it is about as the API serializes it.

It is composed for the first attempt, moments after the change, and stored: every attempt sends the same bytes.
Webhooks are created by admins and contain what an admin may see.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from helix.clock import iso
from helix.errors import NotFound
from helix.models import Activity
from helix.models.events import TEST_EVENT
from helix.policies.actor import SYSTEM, Actor
from helix.services import accounts, activity, agents, boards, comments, models, requests, runs, settings, skills, tasks

# Longer texts are cut and listed in `cut`; the API has the whole text.
LONGEST_TEXT = 20_000


def compose(entry: Activity) -> str:
    """The body: `{"type", "timestamp", "data": {"activity", <the thing by its kind>, ...}}`."""
    data: dict[str, Any] = {"activity": activity.serialize(SYSTEM, entry), entry.entity_type: _object(entry)}
    if entry.entity_type == "comment" and "task_id" in entry.details:
        data["task"] = _or_none(_task, entry.details["task_id"])
    if entry.entity_type == "task" and "run_id" in entry.details:
        data["run"] = _or_none(_run, entry.details["run_id"])
    if entry.entity_type == "task" and "request_id" in entry.details:
        data["request"] = _or_none(_request, entry.details["request_id"])
    cut = [f"{name}.{field}" for name, thing in data.items() if isinstance(thing, dict) for field in _cut(thing)]
    if cut:
        data["cut"] = cut
    return _to_json(entry.action, iso(entry.created_at), data)


def compose_test(webhook: dict[str, Any], timestamp: str | None) -> str:
    return _to_json(TEST_EVENT, timestamp, {"webhook": {name: webhook[name] for name in ("id", "name", "events")}})


def _to_json(event: str, timestamp: str | None, data: dict[str, Any]) -> str:
    payload = {"type": event, "timestamp": timestamp, "data": data}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def _object(entry: Activity) -> dict[str, Any] | None:
    """None for a deleted object, and for one that the API does not serialize by itself."""
    serialize = SERIALIZERS.get(entry.entity_type)
    return _or_none(serialize, entry.entity_id) if serialize and entry.entity_id is not None else None


def _or_none(serialize: Callable[[int], dict[str, Any]], id: int) -> dict[str, Any] | None:
    try:
        return serialize(id)
    except NotFound:
        return None


def _reader() -> Actor:
    """An actor who sees everything, in the organization's time zone."""
    return replace(SYSTEM, zone=settings.organization().timezone)


def _task(task_id: int) -> dict[str, Any]:
    shown = tasks.serialize_one(_reader(), tasks.get(SYSTEM, task_id))
    del shown["watching"]  # depends on the viewer
    return shown


def _run(run_id: int) -> dict[str, Any]:
    return runs.serialize([runs.get(SYSTEM, run_id)])[0]


def _request(request_id: int) -> dict[str, Any]:
    serialized = requests.serialize(SYSTEM, requests.get(SYSTEM, request_id))
    del serialized["may_answer"]  # a matter of who asks
    return serialized


SERIALIZERS: dict[str, Callable[[int], dict[str, Any]]] = {
    "task": _task,
    "comment": lambda id: comments.serialize(comments.get(SYSTEM, id)),
    "agent": lambda id: agents.serialize(_reader(), [agents.get(id)])[0],
    "skill": lambda id: skills.serialize(SYSTEM, skills.get(id)),
    "model": lambda id: models.serialize(models.get(SYSTEM, id)),
    "board": lambda id: boards.serialize(SYSTEM, [boards.get(SYSTEM, id)])[0],
    "department": lambda id: boards.serialize_departments(SYSTEM, [boards.get_department(id)])[0],
    "user": lambda id: accounts.serialize(accounts.get(SYSTEM, id)),
    "settings": lambda _: settings.serialize(settings.organization()),
}


def _cut(thing: dict[str, Any]) -> list[str]:
    long = [name for name, value in thing.items() if isinstance(value, str) and len(value) > LONGEST_TEXT]
    for name in long:
        thing[name] = thing[name][:LONGEST_TEXT]
    return long
