from typing import Any

from helix.api.blueprint import actor, array_response, limit_and_offset, no_content, paginate, signed_in_blueprint
from helix.clock import iso, now
from helix.schemas.common import Paging, Patch
from helix.schemas.schedule import (
    FiringList,
    FiringOut,
    PreviewIn,
    PreviewOut,
    ScheduleFilter,
    ScheduleIn,
    ScheduleList,
    ScheduleOut,
    SchedulePatch,
    SchedulePath,
    TemplateFilter,
    TemplateIn,
    TemplateList,
    TemplateOut,
    TemplatePatch,
    TemplatePath,
)
from helix.services import schedules
from helix.text import times

blueprint = signed_in_blueprint("schedules", "Schedules", "/api/schedules")
template_blueprint = signed_in_blueprint("task_templates", "Schedules", "/api/task-templates")
BLUEPRINTS = (blueprint, template_blueprint)


@blueprint.get("/", responses={200: ScheduleList})
def index(query: ScheduleFilter) -> Any:
    """The schedules of the boards that you see."""
    found = schedules.schedules(actor(), board_id=query.board_id)
    return array_response(schedules.serialize_many(actor(), list(paginate(found, query))), len(found), query)


@blueprint.post("/", responses={201: ScheduleOut})
def create(body: ScheduleIn) -> Any:
    """Create a schedule. It creates its tasks on your behalf."""
    fields = _with_times(body.model_dump())
    return schedules.serialize_one(actor(), schedules.create(actor(), **fields)), 201


@blueprint.post("/preview", responses={200: PreviewOut})
def preview(body: PreviewIn) -> Any:
    """The next times of a cron expression, in words."""
    fields = _with_times(body.model_dump())
    cron, zone = fields.pop("cron"), fields.pop("timezone") or actor().zone
    found = schedules.preview(cron, zone, now(), **fields)
    times_ = [{"at": iso(one.at), "words": one.words, "note": one.note} for one in found]
    return {"words": schedules.describe(cron), "times": times_}


@blueprint.get("/<int:schedule_id>", responses={200: ScheduleOut})
def show(path: SchedulePath) -> Any:
    """One schedule."""
    return schedules.serialize_one(actor(), schedules.get(actor(), path.schedule_id))


@blueprint.patch("/<int:schedule_id>", responses={200: ScheduleOut})
def edit(path: SchedulePath, body: SchedulePatch) -> Any:
    """Change the fields that are sent. After a change of its times it goes on with the next one from now."""
    sent = _with_times(body.changes())
    _merge_patch(sent, "template")
    version = sent.pop("version", None)
    return schedules.serialize_one(actor(), schedules.edit(actor(), path.schedule_id, sent, version=version))


@blueprint.delete("/<int:schedule_id>", responses={204: None})
def delete(path: SchedulePath) -> Any:
    """Delete it with the record of its times. The tasks that it created stay."""
    schedules.delete(actor(), path.schedule_id)
    return no_content()


@blueprint.post("/<int:schedule_id>/run-now", responses={201: FiringOut})
def run_now(path: SchedulePath) -> Any:
    """Create the task at once, on your behalf, also while it is off. Its times stay as they are."""
    made = schedules.run_now(actor(), path.schedule_id)
    return schedules.serialize_firing(schedules.firing(actor(), path.schedule_id, made.due_at)), 201


@blueprint.get("/<int:schedule_id>/firings", responses={200: FiringList})
def firings(path: SchedulePath, query: Paging) -> Any:
    """What became of its times, newest first."""
    limit, offset = limit_and_offset(query)
    found, total = schedules.firings(actor(), path.schedule_id, limit=limit, offset=offset)
    return array_response([schedules.serialize_firing(one) for one in found], total, query)


@template_blueprint.get("/", responses={200: TemplateList})
def templates(query: TemplateFilter) -> Any:
    """The templates that you see."""
    found = schedules.templates(actor(), board_id=query.board_id)
    shown = [schedules.serialize_template(actor(), one) for one in paginate(found, query)]
    return array_response(shown, len(found), query)


@template_blueprint.post("/", responses={201: TemplateOut})
def create_template(body: TemplateIn) -> Any:
    """Save a template, with the level `manage` on its board."""
    return schedules.serialize_template(actor(), schedules.add_template(actor(), **body.model_dump())), 201


@template_blueprint.get("/<int:template_id>", responses={200: TemplateOut})
def show_template(path: TemplatePath) -> Any:
    """One template."""
    return schedules.serialize_template(actor(), schedules.get_template(actor(), path.template_id))


@template_blueprint.patch("/<int:template_id>", responses={200: TemplateOut})
def edit_template(path: TemplatePath, body: TemplatePatch) -> Any:
    """Change the fields that are sent."""
    sent = body.changes()
    _merge_patch(sent, "content")
    return schedules.serialize_template(actor(), schedules.edit_template(actor(), path.template_id, sent))


@template_blueprint.delete("/<int:template_id>", responses={204: None})
def delete_template(path: TemplatePath) -> Any:
    """Delete a template. Tasks that began with it stay as they are."""
    schedules.delete_template(actor(), path.template_id)
    return no_content()


def _with_times(fields: dict[str, Any]) -> dict[str, Any]:
    """A day as its beginning for the start, and as its end for the end, in the organization's zone."""
    if fields.get("starts_at"):
        fields["starts_at"] = times.beginning(fields["starts_at"], actor().zone)
    if fields.get("ends_at"):
        fields["ends_at"] = times.moment(fields["ends_at"], actor().zone)
    return fields


def _merge_patch(sent: dict[str, Any], name: str) -> None:
    """Replace a nested patch by the fields that it has."""
    nested = sent.get(name)
    if isinstance(nested, Patch):
        sent[name] = nested.changes()
