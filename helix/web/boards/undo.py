"""The "Undo" button of toasts: the values that it posts, and the view that handles them."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from helix.errors import Invalid
from helix.schemas.task import Ids, TaskStates
from helix.services import boards, tasks
from helix.services.tasks.undo import Snapshot
from helix.web.blueprint import actor, is_htmx_request, redirect_to, signed_in_blueprint, toast_header

blueprint = signed_in_blueprint("undo")
BLUEPRINTS = (blueprint,)


def undo_changes(board_id: int, back: Sequence[Snapshot]) -> dict[str, Any]:
    """{"undo": ...} for `toast_header`, or {} when nothing can be undone."""
    if not back:
        return {}
    rows = [{"id": place.id, "version": place.version, **place.fields} for place in back]
    return _undo(board_id, "changes", json.dumps(rows, separators=(",", ":"), default=datetime.isoformat))


def undo_deletion(board_id: int, task_ids: Collection[int]) -> dict[str, Any]:
    return _undo(board_id, "deleted", json.dumps(list(task_ids)))


def _undo(board_id: int, name: str, value: str) -> dict[str, Any]:
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
            places = [Snapshot(place.id, place.version, place.fields) for place in sent]
            found = tasks.undo.put_back(actor(), places)
    except ValidationError as error:
        raise Invalid.field("changes", "There is nothing to undo.") from error
    message = f"Restored “{shorten_title(found[0].title)}”." if len(found) == 1 else f"Restored {len(found)} tasks."
    return ("", 204, toast_header(message)) if is_htmx_request() else redirect_to(f"/boards/{board_id}")


def shorten_title(title: str) -> str:
    return title if len(title) <= 60 else f"{title[:59].rstrip()}…"
