"""The editor of a workflow: its draft as a list of steps beside their picture, and its versions."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from flask import flash, request
from flask.typing import ResponseReturnValue

from helix.errors import Conflict, Invalid
from helix.files.transfer import attachment
from helix.models import Workflow
from helix.models.vocabulary import BoardLevel
from helix.policies import workflows as policy
from helix.schemas.workflow import WorkflowPatch
from helix.services import agents, workflows
from helix.services.conflicts import StaleEdit
from helix.services.paging import PageRequest
from helix.services.work import assignees
from helix.web import forms
from helix.web.admins import require_admin
from helix.web.blueprint import (
    actor,
    append_html,
    is_htmx_request,
    layout_context,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
)
from helix.web.workflows import draft_changes, draft_form, output_fields
from helix.web.workflows.graph import drawn
from helix.web.workflows.index import MESSAGES, board_choices
from helix.web.workflows.step_kinds import KIND_WORDS

blueprint = signed_in_blueprint("workflow_editor")
BLUEPRINTS = (blueprint,)
COMPARISONS = (("equals", "equals"), ("contains", "contains"), ("greater", "is greater than"), ("less", "is less than"))
INPUT_TYPES = (("text", "Text"), ("number", "Number"), ("choice", "Choice"))
RUNS = 20


@blueprint.get("/workflows/<int:workflow_id>")
def show(workflow_id: int) -> ResponseReturnValue:
    return _page(workflows.get(actor(), workflow_id))


@blueprint.post("/workflows/<int:workflow_id>")
def save(workflow_id: int) -> ResponseReturnValue:
    """Save the draft with what was typed, after the action of the button that was pressed (see draft_changes)."""
    require_admin()
    workflow = workflows.get(actor(), workflow_id)
    typed, action = request.form.to_dict(), request.form.get("do", "")
    is_yaml = "yaml" in typed
    opened = {number for number in range(workflows.MOST_STEPS) if typed.get(f"open-{number}")}
    place = None
    try:
        if is_yaml:
            draft: Mapping[str, Any] = workflows.load(forms.posted_text("yaml"))["definition"]
        else:
            draft, place = draft_changes.changed(draft_form.read(typed), action)
            draft = draft_form.kept(workflow.draft, draft)
        details = WorkflowPatch.model_validate(
            {
                "name": typed.get("name", ""),
                "description": typed.get("description", "").replace("\r\n", "\n"),
                "board_id": forms.parse_id(typed.get("board_id", ""), "board_id"),
            }
        )
        changes = details.changes() | {"definition": draft}
        version = forms.int_or_none(request.form, "version")
        workflow = workflows.edit(actor(), workflow_id, changes, version=version)
        said = workflows.publish(actor(), workflow_id) and "Published." if action == "publish" else ""
    except StaleEdit as error:
        return _again(workflow_id, typed, {"": error.message}, opened)
    except Invalid as error:
        if error.problems and error.problems[0]["loc"][:1] == ["definition"]:
            # Saved, but not published: the errors stand at the fields.
            message = "It is saved, but cannot be published yet: see what is marked below."
            return _again(workflow_id, None, {"": message}, opened)
        return _again(workflow_id, typed, forms.error_messages(error, words=MESSAGES), opened)
    except forms.FORM_ERRORS as error:
        return _again(workflow_id, typed, forms.error_messages(error, words=MESSAGES), opened)
    if place is not None:
        opened = _moved(opened, action, place)
    if not is_htmx_request():
        flash(said or "Saved.", "ok")
        return redirect_to(f"/workflows/{workflow_id}" + ("?as=yaml" if is_yaml else ""))
    answer = render_partial("workflows/_editor.html", **_context(workflow, opened=opened, focused=place))
    return append_html(answer, render_toast(said)) if said else answer


def _moved(opened: set[int], action: str, place: int) -> set[int]:
    """The numbers of the open steps after the step `place` was added or moved."""
    if action.startswith("add-"):
        return opened | {place}
    came_from = place + (1 if action.startswith("up-") else -1)
    swap = {place: came_from, came_from: place}
    return {swap.get(number, number) for number in opened}


def _again(
    workflow_id: int, typed: dict[str, str] | None, problems: forms.FieldErrors, opened: set[int]
) -> ResponseReturnValue:
    """The editor with what was typed, and what is wrong with it."""
    workflow = workflows.get(actor(), workflow_id)
    context = _context(workflow, typed=typed, problems=problems, opened=opened)
    if is_htmx_request():
        return render_partial("workflows/_editor.html", 422, **context)
    return render_page("workflows/page.html", here="workflows", status=422, **context)


@blueprint.post("/workflows/<int:workflow_id>/enabled")
def enable(workflow_id: int) -> ResponseReturnValue:
    require_admin()
    on = request.form.get("enabled") == "1"
    try:
        name = workflows.set_enabled(actor(), workflow_id, enabled=on).name
        flash(f"{name} can be started." if on else f"{name} cannot be started any more. Its runs go on.", "ok")
    except Conflict as error:
        flash(error.message, "danger")
    return redirect_to(f"/workflows/{workflow_id}")


@blueprint.post("/workflows/<int:workflow_id>/delete")
def delete(workflow_id: int) -> ResponseReturnValue:
    require_admin()
    name = workflows.get(actor(), workflow_id).name
    try:
        workflows.delete(actor(), workflow_id)
    except Conflict as error:
        flash(error.message, "danger")
        return redirect_to(f"/workflows/{workflow_id}")
    flash(f"Deleted {name}. The tasks of its runs stay.", "ok")
    return redirect_to("/workflows")


@blueprint.get("/workflows/<int:workflow_id>/export")
def export(workflow_id: int) -> ResponseReturnValue:
    """The draft, or the version `number`, as YAML."""
    number = forms.int_or_none(request.args, "number")
    name, text = workflows.export(actor(), workflow_id, number=number)
    return attachment(BytesIO(text.encode()), name=name, content_type="text/yaml")


@blueprint.get("/workflows/<int:workflow_id>/versions/<int:number>")
def version(workflow_id: int, number: int) -> ResponseReturnValue:
    workflow = workflows.get(actor(), workflow_id)
    found = workflows.serialize_version(workflows.version_of(workflow_id, number))
    return render_page(
        "workflows/version.html",
        here="workflows",
        workflow=workflows.serialize(workflow),
        version=found,
        graph=drawn(_steps(found["definition"])),
        text=workflows.export(actor(), workflow_id, number=number)[1],
        may_edit=policy.may_write(actor()),
        kinds=KIND_WORDS,
    )


@blueprint.post("/workflows/<int:workflow_id>/versions/<int:number>/restore")
def restore(workflow_id: int, number: int) -> ResponseReturnValue:
    """Make a version the draft again."""
    require_admin()
    workflows.get(actor(), workflow_id)
    found = workflows.serialize_version(workflows.version_of(workflow_id, number))
    workflows.edit(actor(), workflow_id, {"definition": found["definition"]})
    flash(f"The draft is version {number} again.", "ok")
    return redirect_to(f"/workflows/{workflow_id}")


def _page(workflow: Workflow) -> ResponseReturnValue:
    return render_page("workflows/page.html", here="workflows", **_context(workflow))


def _context(
    workflow: Workflow,
    *,
    typed: Mapping[str, str] | None = None,
    problems: forms.FieldErrors | None = None,
    opened: set[int] | None = None,
    focused: int | None = None,
) -> dict[str, Any]:
    """What the page and the editor want. `typed` is what was posted and not saved."""
    view = workflows.workflow_view(actor(), workflow)
    as_yaml = request.values.get("as") == "yaml" or "yaml" in request.form
    definition: Any = draft_form.read(typed) if typed is not None and not as_yaml else view["definition"]
    has_form = draft_form.has_form(definition)
    wrong = _by_field(view["problems"]) if typed is None else {}
    details = typed if typed is not None else {name: view[name] for name in ("name", "description", "board_id")}
    fields = draft_form.shown(definition) if has_form else None
    return {
        "workflow": view,
        "may_schedule": any(actor().level_on(board.id) >= BoardLevel.MANAGE for board in layout_context().boards),
        "details": details,
        "problems": {**wrong, **(problems or {})},
        "problem_count": len(view["problems"]),
        "fields": fields,
        "as_yaml": as_yaml or not has_form,
        "has_form": has_form,
        "yaml": _yaml(workflow, typed),
        "opened": _opened(fields, wrong, opened),
        "focused": focused,
        "graph": drawn(_steps(definition)) if has_form else None,
        "kinds": KIND_WORDS,
        "comparisons": COMPARISONS,
        "input_types": INPUT_TYPES,
        "output_hint": output_fields.HINT,
        "boards": board_choices(),
        "team": [("", "Choose one"), *((agent.name, agent.name) for agent in agents.agents(texts=False))],
        "people": [name for _id, name in assignees.everybody()],
        "references": _references(fields),
        "versions": [workflows.serialize_version(one) for one in workflows.versions(actor(), workflow.id)],
        "runs": [workflows.serialize_run(run) for run in workflows.runs(actor(), workflow.id, PageRequest(RUNS)).rows],
        "board_names": {board.id: board.name for board in layout_context().boards},
        "user_names": dict(assignees.everybody()),
    }


def _yaml(workflow: Workflow, typed: Mapping[str, str] | None) -> str:
    if typed is not None and "yaml" in typed:
        return forms.posted_text("yaml")
    return workflows.export(actor(), workflow.id)[1]


def _steps(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The steps of a draft for its picture. Of two with the same key, the last one is shown."""
    return [
        {
            "key": step.get("key") or "",
            "kind": step["kind"],
            "title": step.get("title") or (step.get("step") or {}).get("title") or step.get("key") or "",
            "needs": step.get("needs") or [],
        }
        for step in definition.get("steps") or []
    ]


def _by_field(problems: Sequence[Mapping[str, Any]]) -> forms.FieldErrors:
    """The first message of each field of the form: {"steps-2-needs": "..."}; at the step for what has no field."""
    found: forms.FieldErrors = {}
    for problem in problems:
        loc = problem["loc"]
        head = {"steps": "steps", "input": "inputs"}.get(str(loc[0]) if loc else "")
        if head is None or len(loc) < 2:
            name = str(loc[0]) if loc and loc[0] == "max_usd" else "steps"
        else:
            inner = loc[2:4] if loc[2:3] == ["step"] else loc[2:3]
            known = {"key", "kind", "needs", "step", *draft_form.OF_INPUT, *draft_form.AGENT}
            known |= {one for names in draft_form.OF_KIND.values() for one in names}
            parts = [str(part) for part in inner if part in known]
            name = "-".join([head, str(loc[1]), *parts])
        found.setdefault(name, problem["msg"])
    return found


def _opened(fields: Mapping[str, Any] | None, wrong: Mapping[str, str], opened: set[int] | None) -> set[int]:
    """The numbers of the steps that are unfolded: as they were, at first those with errors; a few steps all."""
    count = len(fields["steps"]) if fields else 0
    if opened is None and count <= 3:
        return set(range(count))
    marked = {int(name.split("-")[1]) for name in wrong if name.startswith("steps-")}
    return (opened or set()) | (marked if opened is None else set())


def _references(fields: Mapping[str, Any] | None) -> list[str]:
    """What a choice and an each can look at: the fields of outputs, and the inputs."""
    if fields is None:
        return []
    found = [f"input.{one['key']}" for one in fields["inputs"] if one["key"]]
    for step in fields["steps"]:
        if step["kind"] == "each":
            found.append(f"steps.{step['key']}.output.items")
        try:
            schema = output_fields.read(step.get("output") or "")
        except ValueError:
            continue
        properties = schema.get("properties") if isinstance(schema, dict) else None
        found += [f"steps.{step['key']}.output.{name}" for name in properties or ()]
    return found
