from typing import Any

from helix.api.blueprint import (
    IfMatch,
    actor,
    array_response,
    if_unmodified,
    no_content,
    page_envelope,
    paginate,
    requested_page,
    signed_in_blueprint,
)
from helix.files.transfer import taking
from helix.schemas.account import AvatarForm
from helix.schemas.agent import (
    AgentFilter,
    AgentImportForm,
    AgentIn,
    AgentList,
    AgentOut,
    AgentPatch,
    AgentPath,
    AgentsImported,
    AgentSkills,
    AgentSkillsIn,
    AgentStats,
    AgentTasks,
    AgentTasksQuery,
    TrialIn,
    TrialOut,
    TrialPath,
    WatchIn,
)
from helix.schemas.common import Error
from helix.schemas.tool import AgentTools, GrantsIn
from helix.services import agent_creation, agent_import, agents, avatars, runs, tasks
from helix.services import skills as all_skills
from helix.services import tools as all_tools
from helix.services.skills.files import MAX_TOTAL_BYTES
from helix.services.tasks import TaskFilter

blueprint = signed_in_blueprint("agents", "Agents", "/api/agents")
BLUEPRINTS = (blueprint,)

blueprint.before_request(
    taking({"import_files": lambda: MAX_TOTAL_BYTES, "set_avatar": lambda: avatars.MAX_BYTES}),
)
UPLOADS: Any = {413: Error, 415: Error}


def _shown(agent_id: int) -> Any:
    return agents.serialize(actor(), [agents.get(agent_id)])[0]


@blueprint.get("/", responses={200: AgentList})
def index(query: AgentFilter) -> Any:
    """Every agent, by name. `board_id` finds those whose primary board it is."""
    if query.board_id is None:
        found = agents.agents(department_id=query.department_id)
    else:
        found = agents.of_board(actor(), query.board_id, department_id=query.department_id)
    return array_response(agents.serialize(actor(), list(paginate(found, query))), len(found), query)


@blueprint.post("/", responses={201: AgentOut})
def create(body: AgentIn) -> Any:
    """A new agent. For admins."""
    return _shown(agents.create(actor(), **body.model_dump()).id), 201


@blueprint.post("/import", responses={200: AgentsImported, **UPLOADS})
def import_files(form: AgentImportForm) -> Any:
    """Agents from markdown definitions: front matter with name and description, and the prompt below. For admins.

    Each is imported or refused on its own, and the answer says what became of it. `dry_run=true` saves nothing.
    """
    uploads = [agent_import.Upload(file.filename or "", file.stream) for file in (form.file, *form.files)]
    choices = agent_import.ImportOptions(
        only=form.only or None,
        on_conflict=agent_import.OnConflict(form.on_conflict),
        department_id=form.department_id,
        create_departments=form.create_departments,
        readable_names=form.readable_names,
        dry_run=form.dry_run,
    )
    return agent_import.import_agents(actor(), uploads, choices)


@blueprint.get("/<int:agent_id>", responses={200: AgentOut})
def show(path: AgentPath) -> Any:
    """One agent."""
    return _shown(path.agent_id)


@blueprint.patch("/<int:agent_id>", responses={200: AgentOut})
def edit(path: AgentPath, header: IfMatch, body: AgentPatch) -> Any:
    """Change the fields that are sent. Switching to auto starts its waiting tasks. For admins."""
    unchanged = if_unmodified(lambda agent: agents.serialize(actor(), [agent])[0])
    return _shown(agents.edit(actor(), path.agent_id, body.changes(), is_unchanged=unchanged).id)


@blueprint.delete("/<int:agent_id>", responses={204: None})
def delete(path: AgentPath) -> Any:
    """Cancel its live runs, unassign its open tasks, and free its name. Past runs and comments stay. For admins."""
    agents.delete(actor(), path.agent_id)
    return no_content()


@blueprint.post("/<int:agent_id>/avatar", responses={200: AgentOut, **UPLOADS})
def set_avatar(path: AgentPath, form: AvatarForm) -> Any:
    """Its picture: JPEG, PNG or WebP, at most 2 MB, cut to a square of at most 512 px. For admins."""
    agents.set_avatar(actor(), path.agent_id, form.file.stream)
    return _shown(path.agent_id)


@blueprint.delete("/<int:agent_id>/avatar", responses={200: AgentOut})
def remove_avatar(path: AgentPath) -> Any:
    """Remove its picture. For admins."""
    agents.remove_avatar(actor(), path.agent_id)
    return _shown(path.agent_id)


@blueprint.post("/<int:agent_id>/restore", responses={200: AgentOut, 409: Error})
def restore(path: AgentPath) -> Any:
    """Undo the deletion within ten minutes: settings, skills, tools and open tasks, not the runs. For admins."""
    agents.restore(actor(), path.agent_id)
    return _shown(path.agent_id)


@blueprint.post("/<int:agent_id>/duplicate", responses={201: AgentOut})
def duplicate(path: AgentPath) -> Any:
    """A copy with the same settings, prompt, skills and granted tools, named "<name> copy". For admins."""
    return _shown(agent_creation.duplicate(actor(), path.agent_id).id), 201


@blueprint.post("/<int:agent_id>/try", responses={202: TrialOut, 409: Error, 429: Error, 503: Error})
def try_out(path: AgentPath, body: TrialIn) -> Any:
    """Ask the agent something without a task. It answers without tools, and its cost counts in the budgets.

    For those with the level `create` on a board. Nothing is kept but the answer, for one hour, for you alone: read it
    at `/api/agents/{agent_id}/try/{trial_id}`.
    """
    return serialize_trial(runs.trial.begin(actor(), path.agent_id, body.message)), 202


@blueprint.get("/<int:agent_id>/try/<string:trial_id>", responses={200: TrialOut, 503: Error})
def trial(path: TrialPath) -> Any:
    """The answer so far, until `status` is `done`, `failed` or `stopped`. Yours alone."""
    return serialize_trial(runs.trial.find(actor(), path.agent_id, path.trial_id))


@blueprint.post("/<int:agent_id>/try/<string:trial_id>/stop", responses={202: TrialOut, 503: Error})
def stop_trial(path: TrialPath) -> Any:
    """Stop the answer. What was written stays, and what was used is counted.

    A worker that writes it stops within seconds: until then `status` is still `running`. What has ended stays as it is.
    """
    return serialize_trial(runs.trial.stop(actor(), path.agent_id, path.trial_id)), 202


def serialize_trial(found: runs.trial.Trial) -> dict[str, Any]:
    return {
        "id": found.id,
        "agent_id": found.agent_id,
        "status": found.status,
        "message": found.message,
        "answer": found.text,
        "answer_truncated": found.truncated,
        "problem": found.problem or None,
        "model": found.model or None,
        "input_tokens": found.input_tokens,
        "output_tokens": found.output_tokens,
        "cost_usd": found.cost_usd,
    }


@blueprint.get("/<int:agent_id>/stats", responses={200: AgentStats})
def stats(path: AgentPath) -> Any:
    """What it has done on the boards that you see."""
    return agents.stats(actor(), path.agent_id)


@blueprint.get("/<int:agent_id>/tasks", responses={200: AgentTasks})
def tasks_of(path: AgentPath, query: AgentTasksQuery) -> Any:
    """Its tasks that you see, newest first, in pages."""
    filters = TaskFilter(agents=(path.agent_id,), statuses=(query.status,) if query.status else ())
    found = agents.tasks_of(actor(), path.agent_id, filters, requested_page(query))
    return page_envelope(tasks.serialize_many(actor(), found.rows), found, query)


@blueprint.get("/<int:agent_id>/skills", responses={200: AgentSkills})
def skills(path: AgentPath) -> Any:
    """The skills that it has, those that apply to all agents included."""
    return all_skills.of_agent(path.agent_id)


@blueprint.put("/<int:agent_id>/skills", responses={200: AgentSkills})
def set_skills(path: AgentPath, body: AgentSkillsIn) -> Any:
    """Replace the skills assigned to it. For admins."""
    all_skills.set_of_agent(actor(), path.agent_id, body.skill_ids)
    return all_skills.of_agent(path.agent_id)


@blueprint.get("/<int:agent_id>/tools", responses={200: AgentTools})
def tools(path: AgentPath) -> Any:
    """Every tool with what the agent may do with it, and what it can reach by them."""
    return _tools_of(path.agent_id)


@blueprint.put("/<int:agent_id>/tools", responses={200: AgentTools})
def set_tools(path: AgentPath, body: GrantsIn) -> Any:
    """Change what is granted for the tools that are named; the others stay as they are. For admins."""
    all_tools.set_grants(
        actor(),
        path.agent_id,
        [
            all_tools.Grant(
                grant.tool,
                grant.policy,
                grant.limits.model_dump() if grant.limits else None,
                always=grant.always,
                always_offered=grant.always_offered,
                sets_policy="policy" in grant.model_fields_set,
            )
            for grant in body.grants
        ],
    )
    return _tools_of(path.agent_id)


def _tools_of(agent_id: int) -> dict[str, Any]:
    found = all_tools.shown_for(agent_id)
    reach = all_tools.reach(found)
    return {"tools": [all_tools.serialize_granted(one) for one in found], "reach": all_tools.serialize_reach(reach)}


@blueprint.put("/<int:agent_id>/watch", responses={200: AgentOut})
def watch(path: AgentPath, body: WatchIn) -> Any:
    """Watch an agent (be notified of what it does), or stop watching it."""
    agents.watch(actor(), path.agent_id, body.watching)
    return _shown(path.agent_id)


@blueprint.post("/<int:agent_id>/lift-budget", responses={200: AgentOut})
def lift_budget(path: AgentPath) -> Any:
    """Lift its budget for the rest of this month. For admins."""
    return _shown(agents.lift_budget(actor(), path.agent_id).id)
