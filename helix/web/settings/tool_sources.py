"""Sources of tools in the settings: list, create, edit, refresh, connect, delete. Admins only."""

import re
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, flash, request
from flask import session as cookie
from flask.typing import ResponseReturnValue

from helix import queue
from helix.errors import HelixError, Unavailable
from helix.models import Tool, ToolSource
from helix.models.vocabulary import ToolSourceKind, ToolStatus
from helix.schemas.tool import SourceIn, SourcePatch
from helix.services import tools
from helix.services.conflicts import StaleEdit
from helix.services.tools import Acceptance, sources
from helix.web import edit_conflicts, forms
from helix.web.admins import require_admin
from helix.web.blueprint import actor, is_htmx_request, redirect_to, signed_in_blueprint
from helix.web.settings.tabs import render_tab, tab_response

blueprint = signed_in_blueprint("tool_sources")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)
BASE = "/settings/tools"
# Where the browser keeps the state of a connection that it has begun.
STATE = "tool_source_oauth"
TEXTS = ("title", "url", "auth", "header_name", "timeout_seconds")
LABELS = {
    "title": "Name",
    "url": "Address",
    "auth": "Authentication",
    "header_name": "Header",
    "allow_private": "Private addresses",
    "timeout_seconds": "Time limit",
}
MESSAGES = {
    "title": "Enter a name of 1 to 120 characters.",
    "url": "Enter the full address, beginning with https:// or http://.",
    "timeout_seconds": "Enter a whole number of seconds from 1 to 600.",
    "header_name": "Enter the name of a header, such as Authorization.",
    "secret": "At most 2,000 characters.",
}
AUTH_CHOICES = [
    ("none", "None"),
    ("header", "A secret in a header"),
    ("oauth", "OAuth: connect with an account"),
]
_NO_LETTERS = re.compile(r"[^a-z0-9]+")


@blueprint.get(BASE)
def index() -> ResponseReturnValue:
    return render_tab("tools", _listed())


def _listed() -> dict[str, Any]:
    return {"sources": sources.serialize_many(sources.sources(actor()))}


@blueprint.get(f"{BASE}/new")
def new() -> ResponseReturnValue:
    return _form(None, {"auth": "none", "header_name": "Authorization", "timeout_seconds": "60"})


@blueprint.post(BASE)
def create() -> ResponseReturnValue:
    typed = _typed() | forms.posted_fields("slug")
    try:
        values = typed | {"slug": typed["slug"].strip() or suggested_slug(typed["title"])}
        source = sources.create(actor(), **SourceIn.model_validate(values).model_dump())
    except forms.FORM_ERRORS as error:
        return _form(None, typed, forms.error_messages(error, words=MESSAGES, otherwise="slug"), 422)
    if source.auth == "oauth":
        return _moved(source.id, f"Added {source.title}. Connect it next.")
    # A worker asks in the background, and the page shows what it says.
    queue.enqueue(tools.REFRESH_JOB, source.id)
    return _moved(source.id, f"Added {source.title}. Its tools are being read.")


@blueprint.get(f"{BASE}/<int:source_id>")
def show(source_id: int) -> ResponseReturnValue:
    return _page(sources.get(actor(), source_id))


@blueprint.get(f"{BASE}/<int:source_id>/edit")
def form(source_id: int) -> ResponseReturnValue:
    source = sources.get(actor(), source_id)
    return _form(source, _present(source))


@blueprint.post(f"{BASE}/<int:source_id>/edit")
def edit(source_id: int) -> ResponseReturnValue:
    source, typed = sources.get(actor(), source_id), _typed()
    try:
        values: dict[str, Any] = forms.changed_fields(typed, _present(source) | {"secret": ""})
        if request.form.get("remove_secret"):
            values["secret"] = None
        changes = SourcePatch.model_validate(values).changes()
        source = sources.edit(actor(), source_id, changes, is_unchanged=edit_conflicts.if_unmodified(_present))
    except StaleEdit:
        source = sources.get(actor(), source_id)
        back = edit_conflicts.conflict_context("source", LABELS, _present(source), typed, back=f"{BASE}/{source_id}")
        return _form(source, typed, status=422, conflict=back)
    except forms.FORM_ERRORS as error:
        return _form(source, typed, forms.error_messages(error, words=MESSAGES, otherwise="title"), 422)
    return _moved(source_id, f"Saved {source.title}.")


@blueprint.post(f"{BASE}/<int:source_id>/enabled")
def enable(source_id: int) -> ResponseReturnValue:
    on = request.form.get("enabled") == "1"
    source = sources.edit(actor(), source_id, {"enabled": on})
    return _response(source_id, f"{source.title} is switched {'on' if on else 'off: no agent can use its tools'}.")


@blueprint.post(f"{BASE}/<int:source_id>/delete")
def delete(source_id: int) -> ResponseReturnValue:
    title = sources.get(actor(), source_id).title
    sources.delete(actor(), source_id)
    if is_htmx_request():
        flash(f"Deleted {title}.", "ok")
        return redirect_to(BASE)
    return tab_response("tools", _listed(), f"Deleted {title}.")


@blueprint.post(f"{BASE}/<int:source_id>/refresh")
def refresh(source_id: int) -> ResponseReturnValue:
    try:
        found = tools.refresh(actor(), source_id)
    except Unavailable as error:
        return _response(source_id, error.message, "warn")
    return _response(source_id, found["message"], "ok" if found["success"] else "danger")


@blueprint.post(f"{BASE}/<int:source_id>/connect")
def connect(source_id: int) -> ResponseReturnValue:
    """Show where the browser goes to: the address is what a server says, and forms cannot lead there (CSP)."""
    typed = forms.posted_fields("client_id", "client_secret")
    try:
        begun = tools.connect(
            actor(),
            source_id,
            client_id=typed["client_id"].strip(),
            client_secret=typed["client_secret"].strip(),
            in_session=True,
        )
    except HelixError as error:
        return _response(source_id, error.message, "danger")
    cookie[STATE] = begun.state
    there = {"address": begun.address, "host": urlsplit(begun.address).netloc}
    return _page(sources.get(actor(), source_id), there=there)


@blueprint.get(tools.OAUTH_CALLBACK_PATH)
def callback() -> ResponseReturnValue:
    """The browser comes back from the authorization server. The redirect takes code and state out of the address."""
    args, session_state = request.args, cookie.pop(STATE, None)
    state = args.get("state", "")[:200]
    number = forms.int_or_none({"id": state.partition(".")[0]}, "id")
    try:
        source_id = tools.finish_connecting(
            actor(),
            state=state,
            code=args.get("code"),
            error=args.get("error"),
            issuer=args.get("iss"),
            session_state=session_state,
        )
    except HelixError as error:
        flash(error.message, "danger")
        known = number is not None and any(source.id == number for source in sources.sources(actor()))
        return redirect_to(f"{BASE}/{number}" if known else BASE)
    queue.enqueue(tools.REFRESH_JOB, source_id)
    flash("Connected. Its tools are being read.", "ok")
    return redirect_to(f"{BASE}/{source_id}")


@blueprint.post(f"{BASE}/<int:source_id>/disconnect")
def disconnect(source_id: int) -> ResponseReturnValue:
    source = tools.disconnect(actor(), source_id)
    return _response(source_id, f"{source.title} is disconnected. Agents cannot use its tools.")


@blueprint.post(f"{BASE}/<int:source_id>/accept")
def accept(source_id: int) -> ResponseReturnValue:
    """Accept the chosen tools with the facts that are shown beside them."""
    chosen = [int(one) for one in request.form.getlist("tool") if forms.is_id(one)][:100]
    if not chosen:
        return _response(source_id, "Choose the tools to accept first.", "warn")
    wanted = [Acceptance(one, request.form.get(f"definition-{one}", ""), {}) for one in chosen]
    refused = [error.message for _id, error in tools.accept_many(actor(), wanted) if error]
    done = len(chosen) - len(refused)
    words = f"Accepted {done:,} {'tool' if done == 1 else 'tools'}."
    if refused:
        return _response(source_id, f"{words} {len(refused):,} refused: {refused[0]}", "warn")
    return _response(source_id, words)


def suggested_slug(title: str) -> str:
    """A short name made of the title; empty if it has no letters that one may have."""
    return _NO_LETTERS.sub("-", title.lower()).strip("-0123456789")[:20].rstrip("-")


def _typed() -> dict[str, Any]:
    typed = forms.posted_fields(*TEXTS, "secret")
    return {**typed, "allow_private": request.form.get("allow_private") == "1"}


def _present(source: ToolSource) -> dict[str, Any]:
    """The values of the form for a stored source, without its secret."""
    return {**{name: str(getattr(source, name) or "") for name in TEXTS}, "allow_private": source.allow_private}


def _form(
    source: ToolSource | None,
    typed: dict[str, Any],
    problems: forms.FieldErrors | None = None,
    status: int = 200,
    conflict: dict[str, Any] | None = None,
) -> ResponseReturnValue:
    kept = None if conflict else request.form.get(edit_conflicts.FIELD)
    context = {
        "source": sources.serialize_many([source])[0] if source else None,
        # The secret is never sent back to the browser.
        "typed": typed | {"secret": ""},
        "retype": bool(typed.get("secret")) and bool(problems or conflict),
        "problems": problems or {},
        "auth_choices": AUTH_CHOICES,
        "may_be_private": current_app.config["HELIX"].allow_private_tool_addresses,
        "seen": kept or (edit_conflicts.fingerprint(_present(source)) if source else ""),
        "conflict": conflict,
    }
    return render_tab("tools", context, status=status, template="tool_source_form")


def _moved(source_id: int, message: str) -> ResponseReturnValue:
    flash(message, "ok")
    return redirect_to(f"{BASE}/{source_id}")


def _response(source_id: int, message: str, tone: str = "ok") -> ResponseReturnValue:
    """After a change: the source's page for htmx, a redirect to it for a plain form."""
    if not is_htmx_request():
        flash(message, tone)
        return redirect_to(f"{BASE}/{source_id}")
    return _page(sources.get(actor(), source_id), message=message, tone=tone)


def _page(
    source: ToolSource, *, there: dict[str, str] | None = None, message: str = "", tone: str = "ok"
) -> ResponseReturnValue:
    found = tools.of_source(source.id)
    grants = tools.grants_of([tool.id for tool in found])
    is_server = source.kind != ToolSourceKind.BUILTIN
    context = {
        "source": sources.serialize_many([source])[0],
        "tools": [_row(tool, source, grants.get(tool.id, [])) for tool in found],
        "is_server": is_server,
        "is_editable": source.kind == ToolSourceKind.MCP_HTTP,
        "is_usable": is_server and tools.sources.is_connected(source),
        "to_accept": sum(tool.status == ToolStatus.NEW for tool in found),
        "there": there,
    }
    answer = render_tab("tools", context, template="tool_source", message=message, tone=tone)
    answer.headers["HX-Replace-Url"] = f"{BASE}/{source.id}"
    return answer


def _row(tool: Tool, source: ToolSource, agents: list[tools.AgentGrant]) -> dict[str, Any]:
    return {
        "id": tool.id,
        "title": tool.title or tool.name,
        "name": tools.offered_name(tool, source),
        "description": tool.description,
        "status": tool.status,
        "effect": tool.effect,
        "facts": fact_words(tool),
        "default_policy": tool.default_policy,
        "agents": agents,
        # A change is accepted where it is shown.
        "may_be_accepted": tool.status == ToolStatus.NEW,
        "definition": tools.offered_hash(tool),
    }


def fact_words(tool: Tool) -> list[str]:
    """The facts about a tool beside its effect, as short parts of a sentence."""
    words = {
        "reads private data": tool.reads_private,
        "brings text of strangers": tool.brings_untrusted,
        "sends something out": tool.sends_out,
        "repeatable": tool.repeatable,
    }
    return [text for text, applies in words.items() if applies]
