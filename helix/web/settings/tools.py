"""One tool of a server in the settings: what it says, what has changed, accepting it, switching it off. Admins only."""

import json
import re
from typing import Any

from flask import flash, request
from flask.typing import ResponseReturnValue

from helix.errors import Conflict
from helix.models import Tool, ToolSource
from helix.models.vocabulary import ToolEffect, ToolPolicy, ToolSourceKind, ToolStatus
from helix.services import tools
from helix.text import diff
from helix.web import forms
from helix.web.admins import require_admin
from helix.web.blueprint import actor, is_htmx_request, redirect_to, signed_in_blueprint
from helix.web.settings.tabs import render_tab
from helix.web.settings.tool_sources import fact_words

blueprint = signed_in_blueprint("tools")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)
EFFECTS = [
    ("read", "It only reads"),
    ("write", "It changes something that can be undone"),
    ("destructive", "It changes something that cannot be undone"),
]
POLICIES = [
    ("off", "Off", "Agents do not know of it until it is granted to them."),
    ("ask", "Ask", "A person allows each call."),
    ("allow", "Allow", "Agents call it by themselves."),
]
CHECKBOXES = ("repeatable", "reads_private", "brings_untrusted", "sends_out")
HINTS = {
    "readOnlyHint": ("only reads", "changes something"),
    "destructiveHint": ("may destroy something", "destroys nothing"),
    "idempotentHint": ("may be repeated", "must not be repeated"),
    "openWorldHint": ("deals with the outside world", "stays within its own data"),
}
CONTEXT_LINES = 3
_SENTENCE_END = re.compile(r"(?<=[.!?]) +")


@blueprint.get("/settings/tool/<int:tool_id>")
def show(tool_id: int) -> ResponseReturnValue:
    return _page(*tools.get(tool_id))


@blueprint.post("/settings/tool/<int:tool_id>/accept")
def accept(tool_id: int) -> ResponseReturnValue:
    try:
        facts = {
            "effect": forms.parse_choice(ToolEffect, "effect", request.form.get("effect", "")),
            "default_policy": forms.parse_choice(ToolPolicy, "default_policy", request.form.get("default_policy", "")),
            **{name: request.form.get(name) == "1" for name in CHECKBOXES},
        }
        tool, source = tools.accept(actor(), tool_id, definition=request.form.get("definition", ""), **facts)
    except Conflict as error:
        return _response(tool_id, error.message, "danger")
    except forms.FORM_ERRORS as error:
        return _page(*tools.get(tool_id), problems=forms.error_messages(error, otherwise="effect"), status=422)
    return _response(tool_id, f"Accepted {tools.offered_name(tool, source)}.")


@blueprint.post("/settings/tool/<int:tool_id>/off")
def switch_off(tool_id: int) -> ResponseReturnValue:
    tool, source = tools.switch_off(actor(), tool_id)
    return _response(tool_id, f"No agent has {tools.offered_name(tool, source)} any more.")


def _response(tool_id: int, message: str, tone: str = "ok") -> ResponseReturnValue:
    if not is_htmx_request():
        flash(message, tone)
        return redirect_to(f"/settings/tool/{tool_id}")
    return _page(*tools.get(tool_id), message=message, tone=tone)


def _page(
    tool: Tool,
    source: ToolSource,
    *,
    problems: forms.FieldErrors | None = None,
    status: int = 200,
    message: str = "",
    tone: str = "ok",
) -> ResponseReturnValue:
    typed = _typed() if problems else {name: getattr(tool, name) for name in tools.FACTS} | _suggested(tool)
    pending = tool.pending_definition
    said = {name: getattr(tool, name) for name in tools.DEFINITION} | (pending or {})
    is_server = source.kind != ToolSourceKind.BUILTIN
    context = {
        "tool": tool,
        "source": source,
        "name": tools.offered_name(tool, source),
        "said": said,
        "schema": _pretty(said["input_schema"]),
        "hints": _hints(said["annotations"]),
        "changes": _changes(tool, pending) if pending else [],
        "facts": fact_words(tool),
        "definition": tools.offered_hash(tool),
        "agents": tools.grants_of([tool.id]).get(tool.id, []),
        "may_be_accepted": is_server and tool.status != ToolStatus.GONE,
        "is_new_decision": tool.status in (ToolStatus.NEW, ToolStatus.CHANGED),
        "may_be_switched_off": is_server and tool.status != ToolStatus.GONE,
        "effects": EFFECTS,
        "policies": POLICIES,
        "typed": typed,
        "problems": problems or {},
    }
    return render_tab("tools", context, status=status, template="tool", message=message, tone=tone)


def _suggested(tool: Tool) -> dict[str, Any]:
    """What the form of a new tool begins with where its row has the more careful fact."""
    is_new = tool.status == ToolStatus.NEW
    return {"repeatable": tools.suggested_facts(tool.annotations)["repeatable"]} if is_new else {}


def _typed() -> dict[str, Any]:
    return {
        **forms.posted_fields("effect", "default_policy"),
        **{name: request.form.get(name) == "1" for name in CHECKBOXES},
    }


def _changes(tool: Tool, pending: dict[str, Any]) -> list[tuple[str, list[diff.Line]]]:
    """What the server says differently, by part: [(heading, lines)]."""
    parts = (
        ("Title", tool.title, pending.get("title", tool.title)),
        ("Description", _by_sentence(tool.description), _by_sentence(pending.get("description", tool.description))),
        ("Arguments", _pretty(tool.input_schema), _pretty(pending.get("input_schema", tool.input_schema))),
        (
            "What the server says about its effects",
            "\n".join(_hints(tool.annotations)),
            "\n".join(_hints(pending.get("annotations", tool.annotations))),
        ),
    )
    changed = [part for part in parts if part[1] != part[2]]
    return [(heading, diff.lines(before, after, context=CONTEXT_LINES)) for heading, before, after in changed]


def _by_sentence(text: str) -> str:
    """A line for each sentence: descriptions are often one long line, of which the whole would be shown as changed."""
    return _SENTENCE_END.sub("\n", text)


def _pretty(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False)


def _hints(annotations: dict[str, Any]) -> list[str]:
    return [
        yes if annotations[name] else no for name, (yes, no) in HINTS.items() if isinstance(annotations.get(name), bool)
    ]
