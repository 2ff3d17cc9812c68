"""Webhooks in the settings: list, create, edit, test, replay, delete. Admins only."""

from datetime import timedelta
from typing import Any

from flask import flash, request
from flask.typing import ResponseReturnValue

from helix import clock
from helix.errors import Conflict, Unavailable
from helix.models import Webhook
from helix.models.events import EVENTS
from helix.models.vocabulary import WebhookStatus
from helix.schemas.webhook import WebhookIn, WebhookPatch
from helix.services import webhooks
from helix.services.conflicts import StaleEdit
from helix.web import edit_conflicts, forms
from helix.web.admins import require_admin
from helix.web.blueprint import actor, is_htmx_request, redirect_to, signed_in_blueprint
from helix.web.settings.tabs import render_tab, tab_response
from helix.web.settings.webhook_log import delivery_log

blueprint = signed_in_blueprint("webhooks")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)
LABELS = {"name": "Name", "url": "Address", "events": "Events"}
MESSAGES = {
    "name": "Enter a name of 1 to 120 characters.",
    "url": "Enter the full address, beginning with https:// or http://.",
    "events": "Choose at least one event.",
}
EVENT_GROUPS = {
    "Tasks": ("task",),
    "Comments": ("comment",),
    "Agents and skills": ("agent", "skill"),
    "Workflows": ("workflow",),
    "Boards and departments": ("board", "department"),
    "AI models": ("model",),
    "Tools": ("tool",),
    "Team": ("user", "token"),
    "Settings": ("settings", "webhook"),
}


@blueprint.get("/settings/webhooks")
def index() -> ResponseReturnValue:
    return render_tab("webhooks", _listed())


def _listed() -> dict[str, Any]:
    return {"webhooks": webhooks.serialize_many(webhooks.webhooks(actor()))}


@blueprint.get("/settings/webhooks/new")
def new() -> ResponseReturnValue:
    return _form(None, {"name": "", "url": "", "events": ["task.completed", "task.failed"]})


@blueprint.post("/settings/webhooks")
def create() -> ResponseReturnValue:
    """Create a webhook. Its secret is only shown in this response."""
    typed = _typed()
    try:
        sent = WebhookIn.model_validate(typed)
        webhook, secret = webhooks.create(actor(), **sent.model_dump())
    except forms.FORM_ERRORS as error:
        return _form(None, typed, forms.error_messages(error, words=MESSAGES, otherwise="name"), 422)
    return _with_secret(webhook, secret, "Webhook created. Copy its secret now, then send a test.")


@blueprint.get("/settings/webhooks/<int:webhook_id>")
def show(webhook_id: int) -> ResponseReturnValue:
    return _page(webhooks.get(actor(), webhook_id))


@blueprint.get("/settings/webhooks/<int:webhook_id>/edit")
def form(webhook_id: int) -> ResponseReturnValue:
    webhook = webhooks.get(actor(), webhook_id)
    return _form(webhook, _present(webhook))


def _present(webhook: Webhook) -> dict[str, Any]:
    """The values of the form for a stored webhook."""
    shown = webhooks.serialize(webhook)
    return {"name": shown["name"], "url": shown["url"], "events": sorted(shown["events"])}


@blueprint.post("/settings/webhooks/<int:webhook_id>/edit")
def edit(webhook_id: int) -> ResponseReturnValue:
    webhook, typed = webhooks.get(actor(), webhook_id), _typed()
    try:
        sent = WebhookPatch.model_validate(forms.changed_fields(typed, _present(webhook))).changes()
        webhooks.edit(actor(), webhook_id, sent, is_unchanged=edit_conflicts.if_unmodified(_present))
    except StaleEdit:
        webhook = webhooks.get(actor(), webhook_id)
        theirs, yours = (f | {"events": ", ".join(sorted(f["events"]))} for f in (_present(webhook), typed))
        back = edit_conflicts.conflict_context(
            "webhook", LABELS, theirs, yours, back=f"/settings/webhooks/{webhook_id}"
        )
        return _form(webhook, typed, status=422, conflict=back)
    except forms.FORM_ERRORS as error:
        return _form(webhook, typed, forms.error_messages(error, words=MESSAGES, otherwise="name"), 422)
    return _response(webhook_id, f"Saved {typed['name'].strip()}.")


@blueprint.post("/settings/webhooks/<int:webhook_id>/active")
def activate(webhook_id: int) -> ResponseReturnValue:
    on = request.form.get("is_active") == "1"
    webhook = webhooks.edit(actor(), webhook_id, {"is_active": on})
    words = "on. Waiting deliveries are sent now." if on else "off. No events are sent until you switch it on again."
    return _response(webhook_id, f"{webhook.name} is switched {words}")


@blueprint.post("/settings/webhooks/<int:webhook_id>/test")
def test(webhook_id: int) -> ResponseReturnValue:
    try:
        found = webhooks.test(actor(), webhook_id)
    except Unavailable as error:
        return _response(webhook_id, error.message, "warn")
    if found.status == WebhookStatus.DELIVERED:
        return _response(webhook_id, f"Test delivered: {found.response_status} in {found.duration_ms:,} ms.")
    return _response(webhook_id, f"The test failed. {found.error or ''}".strip(), "danger")


@blueprint.post("/settings/webhooks/<int:webhook_id>/rotate-secret")
def rotate_secret(webhook_id: int) -> ResponseReturnValue:
    webhook, secret = webhooks.rotate_secret(actor(), webhook_id)
    return _with_secret(webhook, secret, "The old secret stays valid for 24 hours.")


@blueprint.post("/settings/webhooks/<int:webhook_id>/delete")
def delete(webhook_id: int) -> ResponseReturnValue:
    name = webhooks.get(actor(), webhook_id).name
    webhooks.delete(actor(), webhook_id)
    if is_htmx_request():
        flash(f"Deleted {name}.", "ok")
        return redirect_to("/settings/webhooks")
    return tab_response("webhooks", _listed(), f"Deleted {name}.")


@blueprint.post("/settings/webhooks/<int:webhook_id>/replay-failed")
def replay_failed(webhook_id: int) -> ResponseReturnValue:
    hours = min(request.form.get("hours", 24, type=int), 24 * 366)
    try:
        count = webhooks.replay_failed(actor(), webhook_id, since=clock.now() - timedelta(hours=max(hours, 1)))
    except Conflict as error:
        return _response(webhook_id, error.message, "warn")
    some = "1 delivery is" if count == 1 else f"{count:,} deliveries are"
    return _response(webhook_id, f"{some} sent once more." if count else "Nothing failed in that time.")


def _typed() -> dict[str, Any]:
    return {**forms.posted_fields("name", "url"), "events": request.form.getlist("events")}


def _form(
    webhook: Webhook | None,
    typed: dict[str, Any],
    problems: forms.FieldErrors | None = None,
    status: int = 200,
    conflict: dict[str, Any] | None = None,
) -> ResponseReturnValue:
    kept = request.form.get(edit_conflicts.FIELD) if problems else None
    context = {
        "webhook": webhook,
        "typed": typed,
        "problems": problems or {},
        "groups": event_groups(),
        "seen": kept or (edit_conflicts.fingerprint(_present(webhook)) if webhook else ""),
        "conflict": conflict,
    }
    return render_tab("webhooks", context, status=status, template="webhook_form")


def _response(webhook_id: int, message: str, tone: str = "ok") -> ResponseReturnValue:
    """After a change: the webhook's page for htmx, a redirect to it for a plain form."""
    if not is_htmx_request():
        flash(message, tone)
        return redirect_to(f"/settings/webhooks/{webhook_id}")
    return _page(webhooks.get(actor(), webhook_id), message=message, tone=tone)


def _with_secret(webhook: Webhook, secret: str, message: str) -> ResponseReturnValue:
    answer = _page(webhook, message=message, secret=secret)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page(webhook: Webhook, *, message: str = "", tone: str = "ok", secret: str = "") -> Any:
    context = {"secret": secret, **delivery_log(webhook)}
    answer = render_tab("webhooks", context, template="webhook", message=message, tone=tone)
    answer.headers["HX-Replace-Url"] = f"/settings/webhooks/{webhook.id}"
    return answer


def event_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """The events to choose from, grouped by subject: [(heading, [(event, description)])]."""
    return [
        (heading, [(event, words) for event, words in EVENTS.items() if event.partition(".")[0] in nouns])
        for heading, nouns in EVENT_GROUPS.items()
    ]
