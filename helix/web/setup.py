"""The set-up wizard: a one-time key creates the first admin, then steps for model, departments, agents and team.

Every step after the first can be skipped.
"""

from typing import Annotated, Any

from flask import flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from helix import llm
from helix.db.transaction import transaction
from helix.demo import templates
from helix.demo.first_models import first_models
from helix.errors import Conflict, TooManyRequests, Unavailable
from helix.models import Agent
from helix.schemas.account import Email, NewPassword, PersonName, UserIn
from helix.schemas.ai_model import ModelIn
from helix.schemas.common import In, Line, NotBlank, Zone
from helix.schemas.task import TaskIn
from helix.services import accounts, agents, boards, models, runs, settings, tasks
from helix.web import forms, session
from helix.web.admins import require_admin
from helix.web.blueprint import actor, public_blueprint, signed_in_blueprint
from helix.web.forms import int_or_none

start_blueprint = public_blueprint("setup_start")
blueprint = signed_in_blueprint("setup")
blueprint.before_request(require_admin)
BLUEPRINTS = (start_blueprint, blueprint)

STEPS = (("model", "Model"), ("departments", "Departments"), ("agents", "Agents"), ("team", "Team"), ("done", "Done"))
NAMES = [name for name, _label in STEPS]
FIRST_FIELDS = ("key", "organization", "timezone", "name", "email", "password")
MODEL_FIELDS = ("provider", "model_name", "api_key", "base_url")
MESSAGES = {
    "key": "Paste the key that the server printed.",
    "organization": "Enter a name of 1 to 120 characters.",
    "name": "Enter your name (1 to 80 characters).",
    "email": "Write an e-mail address such as mia@example.com.",
    "model_name": "Enter the model's name as the provider writes it.",
    "title": "Enter a title of 1 to 500 characters.",
}
# Suits every agent, and its result shows what to ask for next.
FIRST_TASK = {
    "title": "Introduce yourself to the team",
    "description": "In about 150 words: what you are good at, what you need to know from us to do good work, and three "
    "tasks that we could give you this week.",
}


class FirstIn(In):
    """The fields of the first form."""

    key: Annotated[Line, Field(min_length=1, max_length=200)]
    organization: Annotated[Line, Field(min_length=1, max_length=120), NotBlank]
    timezone: Zone
    name: PersonName
    email: Email
    password: NewPassword


class OrganizationIn(In):
    """The name of the organization."""

    name: Annotated[Line, Field(min_length=1, max_length=120), NotBlank]


@start_blueprint.get("/setup")
def start() -> ResponseReturnValue:
    if accounts.is_setup_open():
        return _first({"timezone": "UTC"})
    if session.visitor() is None:
        return redirect("/sign-in?next=/setup")
    return redirect("/setup/model")


@start_blueprint.post("/setup")
def found() -> ResponseReturnValue:
    typed = forms.posted_fields(*FIRST_FIELDS)
    try:
        sent = FirstIn.model_validate(typed).model_dump()
        with transaction():
            admin = accounts.set_up_organization(sent.pop("key"), **sent, address=request.remote_addr or "")
            first_models()
    except TooManyRequests as error:
        return _first(typed, {"key": error.message}, 429)
    except forms.FORM_ERRORS as error:
        return _first(typed, forms.error_messages(error, words=MESSAGES, otherwise="key"), 422)
    session.begin(admin)
    return redirect("/setup/model", 303)


def _first(typed: dict[str, str], problems: forms.FieldErrors | None = None, status: int = 200) -> ResponseReturnValue:
    context = {
        "typed": typed | {"password": ""},
        "problems": problems or {},
        "password_min_length": settings.organization().password_min_length,
    }
    return _page("first", status, **context)


@blueprint.get("/setup/<step>")
def show(step: str) -> ResponseReturnValue:
    return _step(step) if step in NAMES else redirect("/setup/model")


@blueprint.get("/setup/organization")
def organization() -> ResponseReturnValue:
    """After the sample data was removed: whose company it is."""
    return _organization({"name": ""})


@blueprint.post("/setup/organization")
def name_organization() -> ResponseReturnValue:
    typed = forms.posted_fields("name")
    try:
        sent = OrganizationIn.model_validate(typed)
        settings.edit(actor(), {"name": sent.name})
    except forms.FORM_ERRORS as error:
        words = {"name": MESSAGES["organization"]}
        return _organization(typed, forms.error_messages(error, words=words, otherwise="name"), 422)
    return redirect("/setup/model", 303)


def _organization(
    typed: dict[str, str], problems: forms.FieldErrors | None = None, status: int = 200
) -> ResponseReturnValue:
    more = {"steps": STEPS, "step": "", "at": 0, "following": "model", "finished": _finished()}
    return _page("organization", status, typed=typed, problems=problems or {}, **more)


@blueprint.post("/setup/model")
def add_model() -> ResponseReturnValue:
    """Create and test a model. It is kept even if the test fails; the page shows the error so that it can be fixed."""
    typed = forms.posted_fields(*MODEL_FIELDS)
    try:
        sent = ModelIn.model_validate(forms.empty_to_none(typed, nullable=("api_key", "base_url")))
        model = models.create(actor(), **sent.model_dump())
    except forms.FORM_ERRORS as error:
        problems = forms.error_messages(error, words=MESSAGES, otherwise="model_name")
        return _step("model", 422, typed=typed | {"api_key": ""}, problems=problems)
    return _test_and_redirect(model.id, choose=True)


@blueprint.post("/setup/model/<int:model_id>/test")
def test_model(model_id: int) -> ResponseReturnValue:
    return _test_and_redirect(model_id)


def _test_and_redirect(model_id: int, *, choose: bool = False) -> ResponseReturnValue:
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
    return _add_chosen("departments", templates.add_departments, "Created {} with boards.", "department")


@blueprint.post("/setup/agents")
def add_agents() -> ResponseReturnValue:
    return _add_chosen("agents", templates.add_agents, "{} ready to work.", "agent")


def _add_chosen(step: str, add: Any, words: str, noun: str) -> ResponseReturnValue:
    try:
        count = add(actor(), set(request.form.getlist("chosen")))
    except forms.FORM_ERRORS as error:
        return _step(step, 422, problems=forms.error_messages(error, otherwise="chosen"))
    if count:
        flash(words.format(f"{count} {noun}{'s' if count > 1 else ''}"), "ok")
    return redirect(f"/setup/{NAMES[NAMES.index(step) + 1]}", 303)


@blueprint.post("/setup/team")
def invite() -> ResponseReturnValue:
    """Invite one person. The link is only shown in this response."""
    typed = forms.posted_fields("name", "email", "role")
    try:
        sent = UserIn.model_validate(typed)
        user = accounts.create(actor(), **sent.model_dump())
    except forms.FORM_ERRORS as error:
        return _step("team", 422, typed=typed, problems=forms.error_messages(error, words=MESSAGES, otherwise="email"))
    return _step("team", link=accounts.invite(actor(), user.id), invited=user)


@blueprint.post("/setup/done")
def finish() -> ResponseReturnValue:
    """Finish the set-up. With `then=run`, create the first task, start its agent and show it."""
    if request.form.get("then") != "run":
        settings.finish_setup(actor())
        return redirect("/", 303)
    typed = forms.posted_fields("title", "description", "assigned_agent_id")
    team = {agent.id: agent for agent in agents.agents(texts=False)}
    agent = team.get(int_or_none(request.form, "assigned_agent_id") or 0)
    board_id = _board_of(agent) if agent else None
    if agent is None or board_id is None:
        return _step("done", 422, typed=typed, problems={"assigned_agent_id": "Choose an agent."})
    try:
        sent = TaskIn(title=typed["title"], description=typed["description"].replace("\r\n", "\n"), board_id=board_id)
        task = tasks.create(
            actor(),
            title=sent.title,
            description=sent.description,
            board_id=board_id,
            assigned_agent_id=agent.id,
        )
    except forms.FORM_ERRORS as error:
        return _step("done", 422, typed=typed, problems=forms.error_messages(error, words=MESSAGES, otherwise="title"))
    settings.finish_setup(actor())
    try:
        if not runs.live_status(task):
            runs.start(actor(), task.id)
    except Conflict as error:
        flash(f"{agent.name} has not started. {error.message}", "warn")
    return redirect(f"/boards/{board_id}?task={task.id}", 303)


def _board_of(agent: Agent) -> int | None:
    """The board of the agent, else the first one. None without boards."""
    found = [board.id for board in boards.boards(actor())]
    return agent.primary_board_id if agent.primary_board_id in found else next(iter(found), None)


def _step(step: str, status: int = 200, **context: Any) -> ResponseReturnValue:
    at = NAMES.index(step)
    more: dict[str, Any] = {"typed": {}, "problems": {}, "link": None}
    if step == "model":
        more |= {"models": [models.serialize(model) for model in models.models(actor())], "providers": llm.PROVIDERS}
    elif step == "departments":
        more["choices"] = templates.department_choices()
    elif step == "agents":
        more["choices"] = templates.agent_choices()
    elif step == "team":
        more["people"] = accounts.list_users(actor(), limit=50, offset=0)
    elif step == "done":
        # Without a board there is nowhere to put a task.
        team = agents.agents(texts=False) if boards.boards(actor()) else []
        more |= {"team": [(agent.id, f"{agent.name} · {agent.role_title}") for agent in team], "typed": FIRST_TASK}
    more["finished"] = _finished()
    following = NAMES[at + 1] if at + 1 < len(NAMES) else None
    return _page(step, status, steps=STEPS, step=step, at=at, following=following, **(more | context))


def _finished() -> set[str]:
    """The steps whose work is done, whoever did it."""
    done = {
        "model": any(model.is_active and (model.last_test or {}).get("ok") for model in models.models(actor())),
        "departments": bool(boards.departments()),
        "agents": bool(agents.agents(texts=False)),
        "team": len(accounts.list_users(actor(), limit=2, offset=0)) > 1,
    }
    return {step for step, is_done in done.items() if is_done}


def _page(name: str, status: int, **context: Any) -> ResponseReturnValue:
    organization = settings.organization().name if name != "first" else None
    answer = make_response(render_template(f"setup/{name}.html", org_name=organization, **context), status)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
