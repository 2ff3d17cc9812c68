"""Webhooks in the settings: which there are, how they fare, what was delivered, and sending it again. For admins."""

from datetime import timedelta
from typing import Any

from flask import flash, request
from flask.typing import ResponseReturnValue

from helix import clock
from helix.errors import Conflict, Unavailable
from helix.models import Webhook
from helix.models.vocabulary import WebhookStatus
from helix.schemas.webhook import WebhookIn, WebhookPatch
from helix.services import webhooks
from helix.services.conflicts import StaleEdit
from helix.web import form_values, stale
from helix.web.admins import admins_only
from helix.web.blueprint import actor, by_htmx, see, signed_in_blueprint
from helix.web.settings.tabs import done, tab
from helix.web.settings.webhook_log import log
from helix.web.settings.webhook_words import event_groups

blueprint = signed_in_blueprint("webhooks")
blueprint.before_request(admins_only)
BLUEPRINTS = (blueprint,)
LABELS = {"name": "Name", "url": "Address", "events": "Told of"}
WORDS = {
    "name": "Give it a name of 1 to 120 letters.",
    "url": "Write the whole address, beginning with https:// or http://.",
    "events": "Choose at least one event.",
}


@blueprint.get("/settings/webhooks")
def index() -> ResponseReturnValue:
    return tab("webhooks", _listed())


def _listed() -> dict[str, Any]:
    return {"webhooks": webhooks.shown_all(webhooks.webhooks(actor()))}


@blueprint.get("/settings/webhooks/new")
def new() -> ResponseReturnValue:
    return _form(None, {"name": "", "url": "", "events": ["task.completed", "task.failed"]})


@blueprint.post("/settings/webhooks")
def create() -> ResponseReturnValue:
    """The secret stands in this answer and never again."""
    typed = _typed()
    try:
        sent = WebhookIn.model_validate(typed)
        webhook, secret = webhooks.create(actor(), **sent.model_dump())
    except form_values.REFUSALS as error:
        return _form(None, typed, form_values.problems(error, words=WORDS, otherwise="name"), 422)
    return _with_secret(webhook, secret, "Made. Copy its secret now, and send a test.")


@blueprint.get("/settings/webhooks/<int:webhook_id>")
def show(webhook_id: int) -> ResponseReturnValue:
    return _page(webhooks.get(actor(), webhook_id))


@blueprint.get("/settings/webhooks/<int:webhook_id>/edit")
def form(webhook_id: int) -> ResponseReturnValue:
    webhook = webhooks.get(actor(), webhook_id)
    return _form(webhook, _present(webhook))


def _present(webhook: Webhook) -> dict[str, Any]:
    """A webhook in the shape of what is typed."""
    shown = webhooks.shown(webhook)
    return {"name": shown["name"], "url": shown["url"], "events": sorted(shown["events"])}


@blueprint.post("/settings/webhooks/<int:webhook_id>/edit")
def edit(webhook_id: int) -> ResponseReturnValue:
    webhook, typed = webhooks.get(actor(), webhook_id), _typed()
    try:
        sent = WebhookPatch.model_validate(form_values.changed(typed, _present(webhook))).changes()
        webhooks.edit(actor(), webhook_id, sent, is_unchanged=stale.still(_present))
    except StaleEdit:
        webhook = webhooks.get(actor(), webhook_id)
        theirs, yours = (f | {"events": ", ".join(sorted(f["events"]))} for f in (_present(webhook), typed))
        back = stale.meanwhile("webhook", LABELS, theirs, yours, back=f"/settings/webhooks/{webhook_id}")
        return _form(webhook, typed, status=422, meanwhile=back)
    except form_values.REFUSALS as error:
        return _form(webhook, typed, form_values.problems(error, words=WORDS, otherwise="name"), 422)
    return _after(webhook_id, f"Saved {typed['name'].strip()}.")


@blueprint.post("/settings/webhooks/<int:webhook_id>/active")
def activate(webhook_id: int) -> ResponseReturnValue:
    on = request.form.get("is_active") == "1"
    webhook = webhooks.edit(actor(), webhook_id, {"is_active": on})
    words = "on. What waited is sent now." if on else "off. It is told nothing until you switch it on again."
    return _after(webhook_id, f"{webhook.name} is switched {words}")


@blueprint.post("/settings/webhooks/<int:webhook_id>/test")
def test(webhook_id: int) -> ResponseReturnValue:
    try:
        found = webhooks.test(actor(), webhook_id)
    except Unavailable as error:
        return _after(webhook_id, error.message, "warn")
    if found.status == WebhookStatus.DELIVERED:
        return _after(webhook_id, f"The test got through: {found.response_status} in {found.duration_ms:,} ms.")
    return _after(webhook_id, f"The test did not get through. {found.error or ''}".strip(), "danger")


@blueprint.post("/settings/webhooks/<int:webhook_id>/rotate-secret")
def rotate_secret(webhook_id: int) -> ResponseReturnValue:
    webhook, secret = webhooks.rotate_secret(actor(), webhook_id)
    return _with_secret(webhook, secret, "For 24 hours the old secret signs, too.")


@blueprint.post("/settings/webhooks/<int:webhook_id>/delete")
def delete(webhook_id: int) -> ResponseReturnValue:
    name = webhooks.get(actor(), webhook_id).name
    webhooks.delete(actor(), webhook_id)
    if by_htmx():
        flash(f"Deleted {name}.", "ok")
        return see("/settings/webhooks")
    return done("webhooks", _listed(), f"Deleted {name}.")


@blueprint.post("/settings/webhooks/<int:webhook_id>/replay-failed")
def replay_failed(webhook_id: int) -> ResponseReturnValue:
    hours = min(request.form.get("hours", 24, type=int), 24 * 366)
    try:
        count = webhooks.replay_failed(actor(), webhook_id, since=clock.now() - timedelta(hours=max(hours, 1)))
    except Conflict as error:
        return _after(webhook_id, error.message, "warn")
    some = "1 delivery is" if count == 1 else f"{count:,} deliveries are"
    return _after(webhook_id, f"{some} sent once more." if count else "Nothing failed in that time.")


def _typed() -> dict[str, Any]:
    return {**form_values.typed("name", "url"), "events": request.form.getlist("events")}


def _form(
    webhook: Webhook | None,
    typed: dict[str, Any],
    problems: form_values.Problems | None = None,
    status: int = 200,
    meanwhile: dict[str, Any] | None = None,
) -> ResponseReturnValue:
    kept = request.form.get(stale.FIELD) if problems else None
    context = {
        "webhook": webhook,
        "typed": typed,
        "problems": problems or {},
        "groups": event_groups(),
        "seen": kept or (stale.mark(_present(webhook)) if webhook else ""),
        "meanwhile": meanwhile,
    }
    return tab("webhooks", context, status=status, template="webhook_form")


def _after(webhook_id: int, said: str, tone: str = "ok") -> ResponseReturnValue:
    """After a change: its page as it is now, for a plain form by another request."""
    if not by_htmx():
        flash(said, tone)
        return see(f"/settings/webhooks/{webhook_id}")
    return _page(webhooks.get(actor(), webhook_id), said=said, tone=tone)


def _with_secret(webhook: Webhook, secret: str, said: str) -> ResponseReturnValue:
    answer = _page(webhook, said=said, secret=secret)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page(webhook: Webhook, *, said: str = "", tone: str = "ok", secret: str = "") -> Any:
    context = {"webhook": webhooks.shown(webhook), "secret": secret, **log(webhook)}
    answer = tab("webhooks", context, template="webhook", said=said, tone=tone)
    answer.headers["HX-Replace-Url"] = f"/settings/webhooks/{webhook.id}"
    return answer
