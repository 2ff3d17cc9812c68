"""The button "Undo" of a toast: what it posts, and the door that it posts to."""

import json
from collections.abc import Collection, Sequence
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from helix.errors import Invalid
from helix.schemas.task import Ids, TaskStates
from helix.services import boards, tasks
from helix.services.tasks.undo import Place
from helix.web.blueprint import actor, by_htmx, see, signed_in_blueprint, toast_header

blueprint = signed_in_blueprint("undo")
BLUEPRINTS = (blueprint,)


def of_changes(board_id: int, back: Sequence[Place]) -> dict[str, Any]:
    """For `toast_header`: {"undo": ...}, or nothing when there is no way back."""
    if not back:
        return {}
    rows = [{"id": place.id, "version": place.version, **place.fields} for place in back]
    return _offered(board_id, "changes", json.dumps(rows, separators=(",", ":")))


def of_deleting(board_id: int, task_ids: Collection[int]) -> dict[str, Any]:
    return _offered(board_id, "deleted", json.dumps(list(task_ids)))


def _offered(board_id: int, name: str, value: str) -> dict[str, Any]:
    return {"undo": {"url": f"/boards/{board_id}/undo", "label": "Undo", "values": {name: value}}}


@blueprint.post("/boards/<int:board_id>/undo")
def undo(board_id: int) -> ResponseReturnValue:
    boards.get(actor(), board_id)
    try:
        if "deleted" in request.form:
            found = tasks.undo.restore_all(actor(), Ids.validate_json(request.form["deleted"]))
        else:
            sent = TaskStates.validate_json(request.form.get("changes", ""))
            if len({place.id for place in sent}) < len(sent):
                raise Invalid.field("changes", "A task is named twice.")
            places = [Place(place.id, place.version, place.fields) for place in sent]
            found = tasks.undo.put_back(actor(), places)
    except ValidationError as error:
        raise Invalid.field("changes", "There is nothing to undo.") from error
    words = (
        f"“{shortened(found[0].title)}” is as it was." if len(found) == 1 else f"{len(found)} tasks are as they were."
    )
    return ("", 204, toast_header(words)) if by_htmx() else see(f"/boards/{board_id}")


def shortened(title: str) -> str:
    return title if len(title) <= 60 else f"{title[:59].rstrip()}…"
