"""Trying an agent: a message, its answer as it is written, and a task of both if it is to be kept."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from helix.errors import Conflict, Invalid, NotFound, TooManyRequests, Unavailable
from helix.models.vocabulary import BoardLevel
from helix.services import agents, runs, tasks
from helix.services.runs.trial import Trial
from helix.web.agents.page import render_agent
from helix.web.blueprint import (
    actor,
    flash_toast,
    is_htmx_request,
    layout_context,
    redirect_to,
    render_page,
    render_partial,
    signed_in_blueprint,
)
from helix.web.forms import int_or_none, posted_fields

blueprint = signed_in_blueprint("agent_trying")
BLUEPRINTS = (blueprint,)


@blueprint.post("/agents/<int:agent_id>/try")
def begin(agent_id: int) -> ResponseReturnValue:
    typed = posted_fields("message")
    try:
        trial = runs.trial.begin(actor(), agent_id, typed["message"])
    except Invalid as error:
        problems = {"message": str(error.problems[0]["msg"])}
        return render_agent(agent_id, "try", status=422, typed=typed, problems=problems)
    except (Conflict, TooManyRequests, Unavailable) as error:
        return render_agent(agent_id, "try", status=error.status, typed=typed, problems={"message": error.message})
    if not is_htmx_request():
        return redirect_to(f"/agents/{agent_id}/try/{trial.id}")
    return render_agent(agent_id, "try", typed=typed, trial=_shown(trial))


@blueprint.get("/agents/<int:agent_id>/try/<string:trial_id>")
def show(agent_id: int, trial_id: str) -> ResponseReturnValue:
    """The answer so far; for htmx the part of the page that fetches itself again."""
    agent = agents.get(agent_id)
    trial = runs.trial.find(actor(), agent_id, trial_id)
    if is_htmx_request():
        return render_partial("agents/_trial.html", agent=agent, trial=_shown(trial))
    return render_page("agents/trial.html", here="agents", agent=agent, trial=_shown(trial))


@blueprint.post("/agents/<int:agent_id>/try/<string:trial_id>/stop")
def stop(agent_id: int, trial_id: str) -> ResponseReturnValue:
    agent = agents.get(agent_id)
    trial = runs.trial.stop(actor(), agent_id, trial_id)
    if is_htmx_request():
        return render_partial("agents/_trial.html", agent=agent, trial=_shown(trial))
    return redirect_to(f"/agents/{agent_id}/try/{trial_id}")


@blueprint.post("/agents/<int:agent_id>/try/<string:trial_id>/keep")
def keep(agent_id: int, trial_id: str) -> ResponseReturnValue:
    """A task of the message, with the answer in its description, on the agent's board or the first that takes tasks."""
    agent = agents.get(agent_id)
    trial = runs.trial.find(actor(), agent_id, trial_id)
    task = tasks.create(
        actor(),
        title=runs.trial.title_of(trial.message),
        board_id=_board_for(agent.primary_board_id),
        description=f"{trial.message}\n\n---\n\n**{agent.name} answered in a try-out:**\n\n{trial.text}".rstrip(),
    )
    flash_toast("Kept as a task.")
    return redirect_to(f"/tasks/{task.id}")


def _board_for(board_id: int | None) -> int:
    boards = [board.id for board in layout_context().boards if actor().level_on(board.id) >= BoardLevel.CREATE]
    if not boards:
        raise NotFound("There is no board on which you may create tasks.")
    return board_id if board_id in boards else boards[0]


def _shown(trial: Trial) -> dict[str, Any]:
    # Cleaned by the worker that rendered it.
    html = Markup(trial.html)  # noqa: S704
    return {
        "id": trial.id,
        "status": trial.status,
        "is_live": trial.is_live,
        "stopping": trial.stopping,
        "message": trial.message,
        "html": html,
        "rest": trial.rest,
        "text": trial.text,
        "problem": trial.problem,
        "model": trial.model,
        "tokens": trial.input_tokens + trial.output_tokens,
        "cost_usd": trial.cost_usd,
        "truncated": trial.truncated,
        "turn": int_or_none(request.args, "turn") or 0,
    }
