"""The inputs of a workflow as fields of a form, named `input-KEY`."""

from collections.abc import Mapping
from typing import Any

from helix.errors import NotFound
from helix.services import workflows
from helix.web import forms
from helix.web.blueprint import actor

PREFIX = "input-"


def wanted(workflow_id: int) -> list[dict[str, Any]]:
    """Those of the newest version. Empty for a workflow that the viewer does not see, such as on a schedule's page."""
    try:
        published = workflows.workflow_view(actor(), workflows.get(actor(), workflow_id))["published"]
    except NotFound:
        return []
    return (published or {}).get("input") or []


def read(workflow_id: int, typed: Mapping[str, str]) -> dict[str, Any]:
    """The values that were typed; a number as a number, if it is one."""
    values: dict[str, Any] = {}
    for one in wanted(workflow_id):
        text = typed.get(f"{PREFIX}{one['key']}", "").strip()
        if text:
            values[one["key"]] = forms.number(text) if one.get("type") == "number" else text
    return values
