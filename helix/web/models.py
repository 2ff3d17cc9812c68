"""The AI models: which there are, whether they answer, what they cost. For admins."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix import llm
from helix.errors import Unavailable
from helix.models import AiModel
from helix.schemas.ai_model import NULLABLE, ModelIn, ModelPatch
from helix.services import models
from helix.services.conflicts import StaleEdit
from helix.web import form_values, stale
from helix.web.admins import admins_only
from helix.web.blueprint import actor, by_htmx, dialog_done, page, part, see, signed_in_blueprint, toast
from helix.web.form_keys import repeatable
from helix.web.forms import ids

blueprint = signed_in_blueprint("models")
blueprint.before_request(admins_only)
BLUEPRINTS = (blueprint,)
FIELDS = ("provider", "model_name", "display_name", *NULLABLE)
PROVIDERS = {provider.name: provider for provider in llm.PROVIDERS}
PRICES = ("input_cost_per_million", "output_cost_per_million")
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
WORDS = {
    "model_name": "Write the model's name as its provider does, at most 200 letters.",
    "display_name": "At most 120 letters.",
    "context_window": "Give a whole number of tokens from 256 on.",
    "max_output_tokens": "Give a whole number of tokens from 64 on.",
    "input_cost_per_million": "Give an amount in dollars, such as 3, or nothing.",
    "output_cost_per_million": "Give an amount in dollars, such as 15, or nothing.",
}


@blueprint.get("/models")
def index() -> ResponseReturnValue:
    return page("models/index.html", here="models", **_listed())


def _listed() -> dict[str, Any]:
    used = models.agents_by_model(actor())
    rows = [_row(model, used) for model in models.models(actor())]
    return {"models": rows, "providers": PROVIDERS}


def _row(model: AiModel, used: dict[int | None, list[str]]) -> dict[str, Any]:
    names = used.get(model.id, []) + (used.get(None, []) if model.is_default else [])
    provider = PROVIDERS.get(model.provider)
    return {
        **models.serialize(model),
        "used_by": sorted(names, key=str.casefold),
        "provider_label": provider.label if provider else model.provider,
        "needs_key": bool(provider and provider.needs_key),
    }


def _changed(words: str, *, by_dialog: bool = True) -> ResponseReturnValue:
    """The list is shown anew, with a toast; the dialog goes."""
    if not by_htmx():
        return see("/models")
    more = part("models/_list_partial.html", **_listed()).get_data(as_text=True), toast(words)
    return dialog_done(*more) if by_dialog else "".join(more)


@blueprint.get("/models/new")
def new() -> ResponseReturnValue:
    return _form(None, {"provider": "openai"})


@blueprint.post("/models/fields")
@repeatable
def fields() -> ResponseReturnValue:
    """The fields again, as the chosen provider asks for them, with what was typed."""
    model_id = ids(request.form.get("id", ""), "id")
    model = models.get(actor(), model_id) if model_id else None
    return part("models/_fields.html", **_context(model, form_values.typed(*FIELDS), {}))


@blueprint.post("/models")
def create() -> ResponseReturnValue:
    typed = form_values.typed(*FIELDS)
    try:
        sent = ModelIn.model_validate(form_values.values(typed, nullable=(*NULLABLE, "display_name")))
        model = models.create(actor(), **sent.model_dump())
    except form_values.REFUSALS as error:
        return _form(None, typed, form_values.problems(error, words=WORDS), 422)
    return _changed(f"Added {model.display_name}. Test it to see whether it answers.")


@blueprint.get("/models/<int:model_id>/edit")
def form(model_id: int) -> ResponseReturnValue:
    model = models.get(actor(), model_id)
    return _form(model, _present(model))


def _present(model: AiModel) -> dict[str, str]:
    """A model in the shape of what is typed, without its key."""
    values = {name: getattr(model, name) for name in FIELDS if name != "api_key"}
    money = {name: form_values.money(values[name]) for name in PRICES}
    return {name: "" if value is None else str(value) for name, value in values.items()} | money


@blueprint.post("/models/<int:model_id>/edit")
def edit(model_id: int) -> ResponseReturnValue:
    model = models.get(actor(), model_id)
    typed = form_values.typed(*FIELDS)
    try:
        really = form_values.changed(typed, _present(model) | {"api_key": ""})
        wanted = form_values.values(really, nullable=[name for name in NULLABLE if name != "api_key"])
        if request.form.get("remove_key"):
            wanted["api_key"] = None
        model = models.edit(
            actor(), model_id, ModelPatch.model_validate(wanted).sent(), is_unchanged=stale.still(_present)
        )
    except StaleEdit:
        model = models.get(actor(), model_id)
        back = stale.meanwhile("model", LABELS, _present(model), typed, back="/models")
        return _form(model, typed, status=422, meanwhile=back)
    except form_values.REFUSALS as error:
        return _form(model, typed, form_values.problems(error, words=WORDS), 422)
    return _changed(f"Saved {model.display_name}.")


def _form(
    model: AiModel | None,
    typed: dict[str, str],
    problems: form_values.Problems | None = None,
    status: int = 200,
    meanwhile: dict[str, Any] | None = None,
) -> ResponseReturnValue:
    context = _context(model, typed, problems or {}, meanwhile)
    if by_htmx():
        return part("models/_form.html", status, **context)
    return page("models/form.html", here="models", status=status, **context)


def _context(
    model: AiModel | None,
    typed: dict[str, str],
    problems: form_values.Problems,
    meanwhile: dict[str, Any] | None = None,
) -> dict[str, Any]:
    # What the form showed first stays what it showed, until it shows what somebody else saved.
    kept = None if meanwhile else request.form.get(stale.FIELD)
    # The key is never sent back, not even to whoever has just typed it.
    return {
        "model": models.serialize(model) if model else None,
        "typed": typed | {"api_key": ""},
        "retype": bool(typed.get("api_key")) and bool(problems or meanwhile),
        "seen": kept or (stale.mark(_present(model)) if model else ""),
        "meanwhile": meanwhile,
        "problems": problems,
        "providers": PROVIDERS,
        "provider": PROVIDERS.get(typed.get("provider", "")),
    }


@blueprint.post("/models/<int:model_id>/test")
def test(model_id: int) -> ResponseReturnValue:
    """One tiny call, made by a worker; how it went stands in the row from then on."""
    problem = None
    try:
        models.test(actor(), model_id)
    except Unavailable as error:
        problem = error.message
    if not by_htmx():
        return see("/models")
    row = _row(models.get(actor(), model_id), models.agents_by_model(actor()))
    return part("models/_row.html", model=row, problem=problem, just_tested=problem is None)


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
    return _asked(model_id)


@blueprint.post("/models/<int:model_id>/delete")
def delete(model_id: int) -> ResponseReturnValue:
    name = models.get(actor(), model_id).display_name
    try:
        models.delete(actor(), model_id, replace_with=ids(request.form.get("replace_with", ""), "replace_with"))
    except form_values.REFUSALS as error:
        return _asked(model_id, form_values.problems(error, otherwise="replace_with"), 422)
    return _changed(f"Deleted {name}, its key with it.")


def _asked(model_id: int, problems: form_values.Problems | None = None, status: int = 200) -> ResponseReturnValue:
    model = models.get(actor(), model_id)
    others = [(other.id, other.display_name) for other in models.models(actor()) if other.is_active and other != model]
    context = {"model": _row(model, models.agents_by_model(actor())), "others": others, "problems": problems or {}}
    if by_htmx():
        return part("models/_delete.html", status, **context)
    return page("models/delete.html", here="models", status=status, **context)
