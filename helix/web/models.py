"""The AI models: list, create, edit, test, delete. Admins only."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix import llm
from helix.errors import Unavailable
from helix.models import AiModel
from helix.schemas.ai_model import NULLABLE, ModelIn, ModelPatch
from helix.services import models, settings
from helix.services.conflicts import StaleEdit
from helix.web import edit_conflicts, forms
from helix.web.admins import require_admin
from helix.web.blueprint import (
    actor,
    close_dialog,
    flash_toast,
    is_htmx_request,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
)
from helix.web.form_keys import repeatable
from helix.web.forms import parse_id

blueprint = signed_in_blueprint("models")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)
FIELDS = ("provider", "model_name", "display_name", *NULLABLE)
PROVIDERS = {provider.name: provider for provider in llm.PROVIDERS}
# Providers that publish no price, so that one must be asked for.
ASKED_FOR_PRICE = ("ollama", "custom")
PRICES = ("input_cost_per_million", "output_cost_per_million")
# Shown as a group that is open when one of them is filled in or wrong.
LIMITS = (*PRICES, "context_window", "max_output_tokens")
NAME_EXAMPLES = {"openai": "gpt-5-mini", "anthropic": "claude-sonnet-5", llm.DEMO: "demo"}
ADDRESS_EXAMPLES = {"ollama": "http://localhost:11434"}
LABELS = {
    "provider": "Provider",
    "model_name": "Model",
    "display_name": "Name shown here",
    "base_url": "Address of the server",
    "input_cost_per_million": "Price of a million tokens in",
    "output_cost_per_million": "Price of a million tokens out",
    "context_window": "Context window",
    "max_output_tokens": "Longest answer",
}
MESSAGES = {
    "model_name": "Enter the model's name as the provider writes it, at most 200 characters.",
    "display_name": "At most 120 characters.",
    "context_window": "Enter a whole number of tokens, at least 256.",
    "max_output_tokens": "Enter a whole number of tokens, at least 64.",
    "input_cost_per_million": "Enter an amount in dollars, such as 3, or leave it empty.",
    "output_cost_per_million": "Enter an amount in dollars, such as 15, or leave it empty.",
}


@blueprint.get("/models")
def index() -> ResponseReturnValue:
    return render_page("models/index.html", here="models", **_listed())


def _listed() -> dict[str, Any]:
    used = models.agents_by_model(actor())
    rows = [_row(model, used) for model in models.models(actor())]
    return {"models": rows, "default_is_demo": any(row["is_default"] and row["provider"] == llm.DEMO for row in rows)}


def _row(model: AiModel, used: dict[int | None, list[str]]) -> dict[str, Any]:
    """A model as the API gives it, with what the list says of it."""
    names = used.get(model.id, []) + (used.get(None, []) if model.is_default else [])
    provider = PROVIDERS.get(model.provider)
    return {
        **models.serialize(model),
        "used_by": sorted(names, key=str.casefold),
        "provider_label": provider.label if provider else model.provider,
        "needs_key": bool(provider and provider.needs_key),
        **_price(model),
        "may_become_default": model.is_active and not model.is_default,
        "needs_replacement": bool(model.is_default or names),
    }


def _price(model: AiModel) -> dict[str, Any]:
    """`price`: free, own, published, unknown, or untested (a test tells). `counted_as`: USD per million if unknown."""
    own = [getattr(model, name) for name in PRICES]
    known = (model.last_test or {}).get("price_known")
    if all(price == 0 for price in own) or (model.provider in (llm.DEMO, "ollama") and own == [None, None]):
        price = "free"
    elif None in own and (model.provider == "custom" or known is False):
        price = "unknown"
    elif own != [None, None]:
        price = "own"
    else:
        price = "published" if known else "untested"
    return {"price": price, "counted_as": settings.organization().unknown_price_per_million_usd}


def _changed(words: str, tone: str = "ok", *, by_dialog: bool = True, **more_of_toast: Any) -> ResponseReturnValue:
    """After a change: render the list again with a toast, and close the dialog."""
    if not is_htmx_request():
        flash_toast(words, **more_of_toast)
        return redirect_to("/models")
    toast = render_toast(words, tone, **more_of_toast)
    more = render_partial("models/_list_partial.html", **_listed()).get_data(as_text=True), toast
    return close_dialog(*more) if by_dialog else "".join(more)


@blueprint.get("/models/new")
def new() -> ResponseReturnValue:
    return _form(None, {"provider": "openai"})


@blueprint.post("/models/fields")
@repeatable
def fields() -> ResponseReturnValue:
    """The form fields of the chosen provider, filled with what was typed."""
    model_id = parse_id(request.form.get("id", ""), "id")
    model = models.get(actor(), model_id) if model_id else None
    return render_partial("models/_fields.html", **_context(model, forms.posted_fields(*FIELDS), {}))


@blueprint.post("/models")
def create() -> ResponseReturnValue:
    """Create a model, and test it unless `then` is `add`. It is kept when it does not answer."""
    typed = _typed()
    try:
        sent = ModelIn.model_validate(forms.empty_to_none(typed, nullable=(*NULLABLE, "display_name")))
        model = models.create(actor(), **sent.model_dump())
    except forms.FORM_ERRORS as error:
        return _form(None, typed, forms.error_messages(error, words=MESSAGES), 422)
    if request.form.get("then") == "add":
        return _changed(f"Added {model.display_name}. Test it to see whether it answers.")
    try:
        outcome = models.test(actor(), model.id)
    except Unavailable as error:
        return _changed(f"Added {model.display_name}, but it was not tested. {error.message}", "warn")
    if not outcome["success"]:
        return _changed(f"Added {model.display_name}, but the test failed. {outcome['message']}", "danger")
    words, more = _took_over(model.id)
    return _changed(f"Added {model.display_name}: it answers. {words}".strip(), **more)


def _typed() -> dict[str, str]:
    """The posted fields; “It is free” is a price of 0."""
    typed = forms.posted_fields(*FIELDS)
    return typed | dict.fromkeys(PRICES, "0") if request.form.get("is_free") else typed


def _took_over(model_id: int) -> tuple[str, dict[str, Any]]:
    """After a passed test: what to say, with Undo, if the model has replaced the demo model as the default."""
    demo = models.replace_demo_default(actor(), model_id)
    if demo is None:
        return "", {}
    undo = {"url": f"/models/{demo.id}/default", "label": "Undo", "values": {}}
    return "Agents use it now instead of the demo model.", {"undo": undo}


@blueprint.get("/models/<int:model_id>/edit")
def form(model_id: int) -> ResponseReturnValue:
    model = models.get(actor(), model_id)
    return _form(model, _present(model))


def _present(model: AiModel) -> dict[str, str]:
    """The values of the form for a stored model, without its key."""
    values = {name: getattr(model, name) for name in FIELDS if name != "api_key"}
    money = {name: forms.money_value(values[name]) for name in PRICES}
    return {name: "" if value is None else str(value) for name, value in values.items()} | money


@blueprint.post("/models/<int:model_id>/edit")
def edit(model_id: int) -> ResponseReturnValue:
    model = models.get(actor(), model_id)
    typed = _typed()
    try:
        changes = forms.changed_fields(typed, _present(model) | {"api_key": ""})
        values = forms.empty_to_none(changes, nullable=[name for name in NULLABLE if name != "api_key"])
        if request.form.get("remove_key"):
            values["api_key"] = None
        model = models.edit(
            actor(),
            model_id,
            ModelPatch.model_validate(values).sent(),
            is_unchanged=edit_conflicts.if_unmodified(_present),
        )
    except StaleEdit:
        model = models.get(actor(), model_id)
        back = edit_conflicts.conflict_context("model", LABELS, _present(model), typed, back="/models")
        return _form(model, typed, status=422, conflict=back)
    except forms.FORM_ERRORS as error:
        return _form(model, typed, forms.error_messages(error, words=MESSAGES), 422)
    return _changed(f"Saved {model.display_name}.")


def _form(
    model: AiModel | None,
    typed: dict[str, str],
    problems: forms.FieldErrors | None = None,
    status: int = 200,
    conflict: dict[str, Any] | None = None,
) -> ResponseReturnValue:
    context = _context(model, typed, problems or {}, conflict)
    if is_htmx_request():
        return render_partial("models/_form.html", status, **context)
    return render_page("models/form.html", here="models", status=status, **context)


def _context(
    model: AiModel | None,
    typed: dict[str, str],
    problems: forms.FieldErrors,
    conflict: dict[str, Any] | None = None,
) -> dict[str, Any]:
    # Keep the fingerprint of what the user first saw, unless the form now shows another user's change.
    kept = None if conflict else request.form.get(edit_conflicts.FIELD)
    provider = PROVIDERS.get(typed.get("provider", ""))
    # The API key is never sent back to the browser.
    return {
        "model": models.serialize(model) if model else None,
        "typed": typed | {"api_key": ""},
        "retype": bool(typed.get("api_key")) and bool(problems or conflict),
        "seen": kept or (edit_conflicts.fingerprint(_present(model)) if model else ""),
        "conflict": conflict,
        "problems": problems,
        "provider_choices": [(one.name, one.label) for one in llm.PROVIDERS],
        "needs_key": bool(provider and provider.needs_key),
        "needs_base_url": bool(provider and provider.needs_base_url),
        "key_hint": _key_hint(model, provider),
        "base_url_hint": f"{provider.label} needs it."
        if provider and provider.needs_base_url
        else "The provider's own, if left empty.",
        "name_example": NAME_EXAMPLES.get(typed.get("provider", ""), ""),
        "base_url_example": ADDRESS_EXAMPLES.get(typed.get("provider", ""), "https://api.example.com/v1"),
        "asks_price": typed.get("provider") in ASKED_FOR_PRICE,
        "is_free": all(typed.get(name) and float(typed[name]) == 0 for name in PRICES if not problems.get(name)),
        "counted_as": settings.organization().unknown_price_per_million_usd,
        "shows_limits": any(typed.get(name) or problems.get(name) for name in LIMITS),
    }


def _key_hint(model: AiModel | None, provider: llm.Provider | None) -> str:
    if model and model.has_api_key:
        which = f"the key that ends in {model.key_hint}" if model.key_hint else "the stored key"
        return f"Leave it empty to keep {which}."
    return f"{provider.label} needs a key." if provider and provider.needs_key else "Only if the server asks for one."


@blueprint.post("/models/<int:model_id>/test")
def test(model_id: int) -> ResponseReturnValue:
    """Have a worker make one small call to the model. The row then shows the outcome."""
    problem = None
    try:
        outcome = models.test(actor(), model_id)
    except Unavailable as error:
        problem, outcome = error.message, {"success": False}
    words, more = _took_over(model_id) if outcome["success"] else ("", {})
    if words:
        return _changed(f"{models.get(actor(), model_id).display_name} answers. {words}", by_dialog=False, **more)
    if not is_htmx_request():
        return redirect_to("/models")
    row = _row(models.get(actor(), model_id), models.agents_by_model(actor()))
    return render_partial("models/_row.html", model=row, problem=problem)


@blueprint.post("/models/<int:model_id>/default")
def set_default(model_id: int) -> ResponseReturnValue:
    model = models.set_default(actor(), model_id)
    return _changed(f"{model.display_name} is now the model of every agent that has none of its own.", by_dialog=False)


@blueprint.post("/models/<int:model_id>/active")
def activate(model_id: int) -> ResponseReturnValue:
    active = request.form.get("is_active") == "1"
    model = models.edit(actor(), model_id, {"is_active": active})
    return _changed(f"{model.display_name} is switched {'on' if active else 'off'}.", by_dialog=False)


@blueprint.get("/models/<int:model_id>/delete")
def ask(model_id: int) -> ResponseReturnValue:
    return _confirm_delete(model_id)


@blueprint.post("/models/<int:model_id>/delete")
def delete(model_id: int) -> ResponseReturnValue:
    name = models.get(actor(), model_id).display_name
    try:
        models.delete(actor(), model_id, replace_with=parse_id(request.form.get("replace_with", ""), "replace_with"))
    except forms.FORM_ERRORS as error:
        return _confirm_delete(model_id, forms.error_messages(error, otherwise="replace_with"), 422)
    return _changed(f"Deleted {name} and its key.")


def _confirm_delete(model_id: int, problems: forms.FieldErrors | None = None, status: int = 200) -> ResponseReturnValue:
    model = models.get(actor(), model_id)
    others = [(other.id, other.display_name) for other in models.models(actor()) if other.is_active and other != model]
    context = {"model": _row(model, models.agents_by_model(actor())), "others": others, "problems": problems or {}}
    if is_htmx_request():
        return render_partial("models/_delete.html", status, **context)
    return render_page("models/delete.html", here="models", status=status, **context)
