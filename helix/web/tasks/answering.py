"""Who is about to answer in a thread: agents that a comment mentioned, with why one waits or could not."""

from flask.typing import ResponseReturnValue

from helix.models import Run
from helix.models.vocabulary import RunStatus
from helix.policies.failures import FAILURE_TEXTS
from helix.services import runs, tasks
from helix.services.work import waiting_reasons
from helix.web.blueprint import actor, part, signed_in_blueprint

blueprint = signed_in_blueprint("answering")
BLUEPRINTS = (blueprint,)


@blueprint.get("/tasks/<int:task_id>/answering")
def show(task_id: int) -> ResponseReturnValue:
    found = runs.answers_under_way(tasks.get(actor(), task_id))
    queued = waiting_reasons.reasons([run.id for run in found if run.status == RunStatus.QUEUED], actor().zone)
    return part("comments/_answering.html", answers=[(run, _why(run, queued)) for run in found])


def _why(run: Run, queued: dict[int, dict[str, str | None]]) -> str:
    if run.status == RunStatus.QUEUED:
        return (queued.get(run.id) or {}).get("message") or ""
    if run.status == RunStatus.FAILED and run.reason:
        return f"{run.message or FAILURE_TEXTS[run.reason].short} {FAILURE_TEXTS[run.reason].next_step}"
    return ""
