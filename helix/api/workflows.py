from io import BytesIO
from typing import Any

from helix.api.blueprint import (
    actor,
    array_response,
    no_content,
    page_envelope,
    paginate,
    requested_page,
    signed_in_blueprint,
)
from helix.files.transfer import attachment
from helix.schemas.common import Paging
from helix.schemas.workflow import (
    ExportQuery,
    SkipIn,
    StartIn,
    StepPath,
    WorkflowFull,
    WorkflowImport,
    WorkflowIn,
    WorkflowList,
    WorkflowPatch,
    WorkflowPath,
    WorkflowRunFull,
    WorkflowRunPage,
    WorkflowRunPath,
    WorkflowRunQuery,
    WorkflowVersionList,
)
from helix.services import workflows

blueprint = signed_in_blueprint("workflows", "Workflows", "/api/workflows")
runs_blueprint = signed_in_blueprint("workflow_runs", "Workflows", "/api/workflow-runs")
BLUEPRINTS = (blueprint, runs_blueprint)

YAML: Any = {"description": "The file", "content": {"text/yaml": {"schema": {}}}}


def _shown(workflow_id: int) -> Any:
    return workflows.workflow_view(actor(), workflows.get(actor(), workflow_id))


@blueprint.get("/", responses={200: WorkflowList})
def index(query: Paging) -> Any:
    """The workflows that you see: those on boards where you may create tasks."""
    found = workflows.workflows(actor())
    return array_response([workflows.serialize(one) for one in paginate(found, query)], len(found), query)


@blueprint.post("/", responses={201: WorkflowFull})
def create(body: WorkflowIn) -> Any:
    """A new workflow, disabled and not published. For admins."""
    return _shown(workflows.create(actor(), **body.model_dump()).id), 201


@blueprint.post("/import", responses={201: WorkflowFull})
def import_yaml(body: WorkflowImport) -> Any:
    """A new workflow from YAML, disabled and not published. For admins."""
    return _shown(workflows.load_into(actor(), body.yaml, name=body.name, board_id=body.board_id).id), 201


@blueprint.get("/<int:workflow_id>", responses={200: WorkflowFull})
def show(path: WorkflowPath) -> Any:
    """One workflow with its draft, the errors of that, and its newest version."""
    return _shown(path.workflow_id)


@blueprint.patch("/<int:workflow_id>", responses={200: WorkflowFull})
def edit(path: WorkflowPath, body: WorkflowPatch) -> Any:
    """Change the fields that are sent; `definition` changes the draft. For admins."""
    changes = body.changes()
    version = changes.pop("version", None)
    return _shown(workflows.edit(actor(), path.workflow_id, changes, version=version).id)


@blueprint.delete("/<int:workflow_id>", responses={204: None})
def delete(path: WorkflowPath) -> Any:
    """Delete it with its versions, runs and schedules; tasks stay. Not while a run is under way. For admins."""
    workflows.delete(actor(), path.workflow_id)
    return no_content()


@blueprint.post("/<int:workflow_id>/publish", responses={200: WorkflowFull})
def publish(path: WorkflowPath) -> Any:
    """Make a version of the draft. Runs under way keep theirs. For admins."""
    return _shown(workflows.publish(actor(), path.workflow_id).id)


@blueprint.post("/<int:workflow_id>/enable", responses={200: WorkflowFull})
def enable(path: WorkflowPath) -> Any:
    """Let it be started. For admins."""
    return _shown(workflows.set_enabled(actor(), path.workflow_id, enabled=True).id)


@blueprint.post("/<int:workflow_id>/disable", responses={200: WorkflowFull})
def disable(path: WorkflowPath) -> Any:
    """Let it not be started any more. Runs under way go on. For admins."""
    return _shown(workflows.set_enabled(actor(), path.workflow_id, enabled=False).id)


@blueprint.post("/<int:workflow_id>/start", responses={201: WorkflowRunFull})
def start(path: WorkflowPath, body: StartIn) -> Any:
    """Start the newest version. All of its tasks are on the board at once. Takes the level `create` there."""
    run = workflows.start(actor(), path.workflow_id, body.input, board_id=body.board_id)
    return workflows.run_view(actor(), run.id), 201


@blueprint.get("/<int:workflow_id>/versions", responses={200: WorkflowVersionList})
def versions(path: WorkflowPath, query: Paging) -> Any:
    """The published versions, newest first."""
    found = workflows.versions(actor(), path.workflow_id)
    return array_response([workflows.serialize_version(one) for one in paginate(found, query)], len(found), query)


@blueprint.get("/<int:workflow_id>/export", responses={200: YAML})
def export(path: WorkflowPath, query: ExportQuery) -> Any:
    """The draft, or a version, as YAML, which `import` reads."""
    name, text = workflows.export(actor(), path.workflow_id, number=query.number)
    return attachment(BytesIO(text.encode()), name=name, content_type="text/yaml")


@blueprint.get("/<int:workflow_id>/runs", responses={200: WorkflowRunPage})
def runs(path: WorkflowPath, query: WorkflowRunQuery) -> Any:
    """Its runs on boards that you see, newest first."""
    found = workflows.runs(actor(), path.workflow_id, requested_page(query))
    return page_envelope([workflows.serialize_run(run) for run in found.rows], found, query)


@runs_blueprint.get("/<int:workflow_run_id>", responses={200: WorkflowRunFull})
def show_run(path: WorkflowRunPath) -> Any:
    """A run with the states of its steps and the ids of their tasks."""
    return workflows.run_view(actor(), path.workflow_run_id)


@runs_blueprint.post("/<int:workflow_run_id>/cancel", responses={200: WorkflowRunFull})
def cancel(path: WorkflowRunPath) -> Any:
    """End a run: what its agents do is stopped, and its open tasks are cancelled."""
    return workflows.run_view(actor(), workflows.cancel(actor(), path.workflow_run_id).id)


@runs_blueprint.post("/<int:workflow_run_id>/steps/<step_key>/retry", responses={200: WorkflowRunFull})
def retry(path: StepPath) -> Any:
    """Do a failed step again, and go on from there."""
    return workflows.run_view(actor(), workflows.retry_step(actor(), path.workflow_run_id, path.step_key).id)


@runs_blueprint.post("/<int:workflow_run_id>/steps/<step_key>/skip", responses={200: WorkflowRunFull})
def skip(path: StepPath, body: SkipIn) -> Any:
    """Go on without a step, with values in place of what it would have brought."""
    run = workflows.skip_step(actor(), path.workflow_run_id, path.step_key, body.values)
    return workflows.run_view(actor(), run.id)
