"""The first start: a key makes the first admin, who is then led through model, departments, agents and team.

Every step after the first can be skipped, and done another time.
"""

from typing import Annotated, Any

from flask import flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from helix import llm
from helix.demo import templates
from helix.demo.first_models import first_models
from helix.errors import TooManyRequests, Unavailable
from helix.schemas.account import Email, NewPassword, PersonName, UserIn
from helix.schemas.ai_model import ModelIn
from helix.schemas.common import In, Line, NotBlank, Zone, zone_names
from helix.services import accounts, models, settings
from helix.transaction import transaction
from helix.web import form_values, session
from helix.web.admins import admins_only
from helix.web.blueprint import actor, public_blueprint, signed_in_blueprint

start_blueprint = public_blueprint("setup_start")
blueprint = signed_in_blueprint("setup")
blueprint.before_request(admins_only)
BLUEPRINTS = (start_blueprint, blueprint)

STEPS = (("model", "Model"), ("departments", "Departments"), ("agents", "Agents"), ("team", "Team"), ("done", "Done"))
NAMES = [name for name, _label in STEPS]
FIRST = ("key", "organization", "timezone", "name", "email", "password")
MODEL = ("provider", "model_name", "api_key", "base_url")
WORDS = {
    "key": "Paste the key that the server printed.",
    "organization": "Give it a name of 1 to 120 letters.",
    "name": "Give your name, 1 to 80 letters.",
    "email": "Write an e-mail address such as mia@example.com.",
    "model_name": "Write the model's name as its provider does.",
}


class FirstIn(In):
    """What the first form asks for."""

    key: Annotated[Line, Field(min_length=1, max_length=200)]
    organization: Annotated[Line, Field(min_length=1, max_length=120), NotBlank]
    timezone: Zone
    name: PersonName
    email: Email
    password: NewPassword


@start_blueprint.get("/setup")
def start() -> ResponseReturnValue:
    if accounts.is_setup_open():
        return _first({"timezone": "UTC"})
    if session.visitor() is None:
        return redirect("/sign-in?next=/setup")
    return redirect("/setup/model")


@start_blueprint.post("/setup")
def found() -> ResponseReturnValue:
    typed = form_values.typed(*FIRST)
    try:
        sent = FirstIn.model_validate(typed).model_dump()
        with transaction():
            admin = accounts.set_up_organization(sent.pop("key"), **sent, address=request.remote_addr or "")
            first_models()
    except TooManyRequests as error:
        return _first(typed, {"key": error.message}, 429)
    except form_values.REFUSALS as error:
        return _first(typed, form_values.problems(error, words=WORDS, otherwise="key"), 422)
    session.begin(admin)
    return redirect("/setup/model", 303)


def _first(
    typed: dict[str, str], problems: form_values.Problems | None = None, status: int = 200
) -> ResponseReturnValue:
    context = {
        "typed": typed | {"password": ""},
        "problems": problems or {},
        "password_min_length": settings.organization().password_min_length,
        "zones": [(name, name) for name in sorted(zone_names())],
    }
    return _page("first", status, **context)


@blueprint.get("/setup/<step>")
def show(step: str) -> ResponseReturnValue:
    return _step(step) if step in NAMES else redirect("/setup/model")


@blueprint.post("/setup/model")
def add_model() -> ResponseReturnValue:
    """A model is kept even when it does not answer yet: the page says why, and its key can be put right."""
    typed = form_values.typed(*MODEL)
    try:
        sent = ModelIn.model_validate(form_values.values(typed, nullable=("api_key", "base_url")))
        model = models.create(actor(), **sent.model_dump())
    except form_values.REFUSALS as error:
        problems = form_values.problems(error, words=WORDS, otherwise="model_name")
        return _step("model", 422, typed=typed | {"api_key": ""}, problems=problems)
    return _tested(model.id, choose=True)


@blueprint.post("/setup/model/<int:model_id>/test")
def test_model(model_id: int) -> ResponseReturnValue:
    return _tested(model_id)


def _tested(model_id: int, *, choose: bool = False) -> ResponseReturnValue:
    try:
        found = models.test(actor(), model_id)
    except Unavailable as error:
        found = {"success": False, "message": error.message}
    if choose and found["success"]:
        models.set_default(actor(), model_id)
    flash(found["message"], "ok" if found["success"] else "danger")
    return redirect("/setup/departments" if found["success"] else "/setup/model", 303)


@blueprint.post("/setup/departments")
def add_departments() -> ResponseReturnValue:
    return _chosen("departments", templates.add_departments, "Made {}, with boards.", "department")


@blueprint.post("/setup/agents")
def add_agents() -> ResponseReturnValue:
    return _chosen("agents", templates.add_agents, "{} ready to work.", "agent")


def _chosen(step: str, add: Any, words: str, noun: str) -> ResponseReturnValue:
    try:
        count = add(actor(), set(request.form.getlist("chosen")))
    except form_values.REFUSALS as error:
        return _step(step, 422, problems=form_values.problems(error, otherwise="chosen"))
    if count:
        flash(words.format(f"{count} {noun}{'s' if count > 1 else ''}"), "ok")
    return redirect(f"/setup/{NAMES[NAMES.index(step) + 1]}", 303)


@blueprint.post("/setup/team")
def invite() -> ResponseReturnValue:
    """One person at a time; the link stands in this answer and never again."""
    typed = form_values.typed("name", "email", "role")
    try:
        sent = UserIn.model_validate(typed)
        user = accounts.create(actor(), **sent.model_dump())
    except form_values.REFUSALS as error:
        return _step("team", 422, typed=typed, problems=form_values.problems(error, words=WORDS, otherwise="email"))
    return _step("team", link=accounts.invite(actor(), user.id), invited=user)


@blueprint.post("/setup/done")
def finish() -> ResponseReturnValue:
    settings.finish_setup(actor())
    return redirect("/", 303)


def _step(step: str, status: int = 200, **context: Any) -> ResponseReturnValue:
    at = NAMES.index(step)
    more: dict[str, Any] = {"typed": {}, "problems": {}, "link": None}
    if step == "model":
        more |= {"models": [models.serialize(model) for model in models.models(actor())], "providers": llm.PROVIDERS}
    elif step == "departments":
        more["choices"] = templates.departments()
    elif step == "agents":
        more["choices"] = templates.packs()
    elif step == "team":
        more["people"] = accounts.list_users(actor(), limit=50, offset=0)
    following = NAMES[at + 1] if at + 1 < len(NAMES) else None
    return _page(step, status, steps=STEPS, step=step, at=at, following=following, **(more | context))


def _page(name: str, status: int, **context: Any) -> ResponseReturnValue:
    organization = settings.organization().name if name != "first" else None
    answer = make_response(render_template(f"setup/{name}.html", org_name=organization, **context), status)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
