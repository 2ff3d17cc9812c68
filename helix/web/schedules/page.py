"""The list of schedules, and one schedule: its form with a preview of its times, and what became of them."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import flash, request
from flask.typing import ResponseReturnValue

from helix import clock
from helix.models import Schedule
from helix.models.vocabulary import BoardLevel
from helix.policies import schedules as policy
from helix.schemas.schedule import ScheduledTask, ScheduleIn
from helix.services import agents, schedules, tasks, workflows
from helix.services.conflicts import StaleEdit
from helix.text import times
from helix.web import forms
from helix.web.blueprint import (
    actor,
    is_htmx_request,
    layout_context,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
)
from helix.web.schedules import repeats
from helix.web.workflows import inputs

blueprint = signed_in_blueprint("schedules")
BLUEPRINTS = (blueprint,)
# Of the task that is created.
TASK_FIELDS = ("title", "description", "priority", "due_in", "tags")
BOUNDS = ("starts_at", "ends_at")
PLAIN = ("name", "board_id", "agent_id", "timezone", *BOUNDS, "overlap", "catch_up", "max_usd_per_firing")
MESSAGES = {
    "name": "Enter a name of 1 to 120 characters.",
    "title": "Enter a title of 1 to 500 characters.",
    "board_id": "Choose a board.",
    "timezone": "Choose a time zone from the list, such as Europe/Berlin.",
    "jitter_minutes": "Enter 0 to 60 minutes.",
    "due_in": "Enter a whole number of days, 0 to 366, or leave it empty.",
    "max_usd_per_firing": "Enter an amount in dollars, such as 0.50, or leave it empty.",
    "tags": "At most 20 tags of 50 characters.",
}
OVERLAPS = (
    ("skip", "Skip this time"),
    ("queue", "Create the task, and let it wait for the last one"),
    ("replace", "Cancel the last task and create a new one"),
)
WORKFLOW_OVERLAPS = (("skip", "Skip this time"), ("replace", "Cancel the last run and start a new one"))
CATCH_UPS = (
    ("one", "Create the task of the last time"),
    ("none", "Create nothing"),
    ("all", "Create the tasks of the last five times"),
)
HISTORY = 50


@blueprint.get("/schedules")
def index() -> ResponseReturnValue:
    return render_page("schedules/index.html", here="schedules", part="listed", **_listed())


def _listed() -> dict[str, Any]:
    shown = schedules.serialize_many(actor(), schedules.schedules(actor()))
    firings = schedules.latest(actor(), [one["id"] for one in shown])
    return {
        "schedules": [
            one | {"firings": firings[one["id"]], "counts": _counts(firings[one["id"]]), "may_change": _may_change(one)}
            for one in shown
        ],
        "boards": {board.id: board.name for board in layout_context().boards},
        "may_create": bool(_boards()),
        "spent_usd": sum(one["spent_this_month_usd"] for one in shown),
    }


def _counts(firings: list[schedules.Firing]) -> str:
    """In words: "3 created, 1 skipped"."""
    counts = Counter(str(one.state) for one in firings)
    return ", ".join(f"{counts[state]} {state}" for state in ("created", "skipped", "failed") if counts[state])


def _may_change(shown: Mapping[str, Any]) -> bool:
    board_id = shown["board_id"]
    return actor().is_admin or (board_id is not None and actor().level_on(board_id) >= BoardLevel.MANAGE)


@blueprint.get("/schedules/new")
def new() -> ResponseReturnValue:
    """The form. `task` presets what the task with this id has, `board` its board; `workflow` is started by it."""
    typed: dict[str, Any] = {
        "priority": "medium",
        "requires_approval": "1",
        "timezone": actor().zone,
        "board_id": forms.int_or_none(request.args, "board"),
        **repeats.DEFAULTS,
    }
    task_id = forms.int_or_none(request.args, "task")
    if task_id is not None:
        task = tasks.get(actor(), task_id)
        typed |= {
            "name": task.title[:120],
            "title": task.title,
            "description": task.description,
            "priority": str(task.priority),
            "tags": ", ".join(task.tags),
            "board_id": task.board_id,
            "agent_id": task.assigned_agent_id,
            "requires_approval": "1" if task.requires_approval else "",
        }
    workflow_id = forms.int_or_none(request.args, "workflow")
    if workflow_id is not None:
        workflow = workflows.get(actor(), workflow_id)
        typed |= {"name": workflow.name, "workflow_id": workflow.id, "board_id": workflow.board_id}
    return _form(None, typed)


@blueprint.post("/schedules/new")
def create() -> ResponseReturnValue:
    typed = _typed()
    try:
        schedule = schedules.create(actor(), **_read(typed))
    except forms.FORM_ERRORS as error:
        return _form(None, typed, _problems(error), 422)
    flash(f"{schedule.name} is scheduled.", "ok")
    return redirect_to(f"/schedules/{schedule.id}")


@blueprint.get("/schedules/when")
def when() -> ResponseReturnValue:
    """The part of the form that says when, with the next times of what is chosen there."""
    chosen = {name: request.args.get(name, "") for name in (*repeats.FIELDS, "timezone", *BOUNDS)}
    return render_partial("schedules/_when.html", **_when(chosen, {}))


@blueprint.get("/schedules/<int:schedule_id>")
def show(schedule_id: int) -> ResponseReturnValue:
    schedule = schedules.get(actor(), schedule_id)
    return _form(schedule, _present(schedule))


@blueprint.post("/schedules/<int:schedule_id>")
def edit(schedule_id: int) -> ResponseReturnValue:
    schedule, typed = schedules.get(actor(), schedule_id, to=policy.may_change), _typed()
    try:
        sent = _read(typed)
        # An agent or board that is gone, and times that were typed with less precision, stay as they are.
        kept = {name: value for name, value in sent.items() if _differs(schedule, name, value)}
        version = forms.int_or_none(request.form, "version")
        schedule = schedules.edit(actor(), schedule_id, kept, version=version)
    except StaleEdit as error:
        return _form(schedules.get(actor(), schedule_id), typed, {"": error.message}, 422)
    except forms.FORM_ERRORS as error:
        return _form(schedules.get(actor(), schedule_id), typed, _problems(error), 422)
    flash(f"Saved {schedule.name}.", "ok")
    return redirect_to(f"/schedules/{schedule_id}")


def _differs(schedule: Schedule, name: str, value: Any) -> bool:
    present = getattr(schedule, name)
    if name in BOUNDS:
        return _day(present) != _day(value)
    return present != value


@blueprint.post("/schedules/<int:schedule_id>/enabled")
def enable(schedule_id: int) -> ResponseReturnValue:
    """The switch in the list."""
    on = request.form.get("enabled") == "1"
    try:
        schedule = schedules.edit(actor(), schedule_id, {"enabled": on})
    except forms.FORM_ERRORS as error:
        message = next(iter(forms.error_messages(error, otherwise="").values()))
        return _after_switch(schedule_id, message, "danger")
    at = schedule.due_at and schedules.in_words(schedule.due_at, schedule.timezone, clock.now())
    return _after_switch(schedule_id, f"{schedule.name} is on: next {at}." if on else f"{schedule.name} is off.", "ok")


def _after_switch(schedule_id: int, message: str, tone: str) -> ResponseReturnValue:
    if not is_htmx_request():
        flash(message, tone)
        return redirect_to("/schedules")
    answer = render_partial("schedules/_list.html", **_listed())
    answer.set_data(answer.get_data(as_text=True) + render_toast(message, tone))
    return answer


@blueprint.post("/schedules/<int:schedule_id>/run")
def run(schedule_id: int) -> ResponseReturnValue:
    firing = schedules.run_now(actor(), schedule_id)
    if firing.workflow_run_id is not None:
        flash("The workflow was started.", "ok")
        return redirect_to(f"/workflow-runs/{firing.workflow_run_id}")
    flash("The task was created.", "ok")
    task = tasks.get(actor(), firing.task_id or 0)
    return redirect_to(f"/boards/{task.board_id}?task={task.id}")


@blueprint.post("/schedules/<int:schedule_id>/delete")
def delete(schedule_id: int) -> ResponseReturnValue:
    name = schedules.get(actor(), schedule_id).name
    schedules.delete(actor(), schedule_id)
    flash(f"Deleted {name}. Its tasks stay.", "ok")
    return redirect_to("/schedules")


def _typed() -> dict[str, Any]:
    names = ("name", *TASK_FIELDS, *PLAIN[1:], "jitter_minutes", *repeats.FIELDS)
    boxes = ("requires_approval", "quiet", "enabled")
    given = [name for name in request.form if name.startswith(inputs.PREFIX)]
    return forms.posted_fields(*names, "workflow_id", *given) | {name: request.form.get(name, "") for name in boxes}


def _read(typed: Mapping[str, str]) -> dict[str, Any]:
    """The fields for the services. Raises ValidationError."""
    workflow_id = forms.parse_id(typed.get("workflow_id", ""), "workflow_id")
    if workflow_id is not None:
        return _read_timing(typed, {"workflow_id": workflow_id, "input": inputs.read(workflow_id, typed)})
    task = {
        "title": typed["title"],
        "description": typed["description"],
        "priority": typed["priority"] or "medium",
        "tags": forms.split_tags(typed["tags"]),
        "due_in": typed["due_in"].strip() or None,
        "requires_approval": bool(typed["requires_approval"]),
    }
    # The task first: its problems have the names of its fields.
    template = ScheduledTask.model_validate(task).model_dump()
    return _read_timing(typed, {"template": task}) | {"template": template}


def _read_timing(typed: Mapping[str, str], created: Mapping[str, Any]) -> dict[str, Any]:
    """The other fields, with what is created at each time."""
    plain = {name: typed[name].strip() or None for name in PLAIN}
    minutes = typed["jitter_minutes"].strip() or "0"
    sent = ScheduleIn.model_validate(
        {name: value for name, value in plain.items() if value is not None or name in ("name", "board_id")}
        | {
            "name": typed["name"].strip() or typed["title"][:120],
            **created,
            "cron": repeats.to_cron(typed),
            "jitter_seconds": int(minutes) * 60 if minutes.isdecimal() and len(minutes) < 6 else -1,
            "quiet": bool(typed["quiet"]),
            "enabled": bool(typed["enabled"]),
        }
    )
    fields = {name: getattr(sent, name) for name in (*PLAIN, "cron", "jitter_seconds", "quiet", "enabled")}
    if fields["starts_at"]:
        fields["starts_at"] = times.beginning(fields["starts_at"], actor().zone)
    fields["ends_at"] = times.moment(fields["ends_at"], actor().zone)
    fields |= {name: value for name, value in created.items() if name != "template"}
    return fields | {"timezone": fields["timezone"] or actor().zone}


def _problems(error: Any) -> forms.FieldErrors:
    found = forms.error_messages(error, words=MESSAGES, otherwise="")
    if "jitter_seconds" in found:
        found["jitter_minutes"] = MESSAGES["jitter_minutes"]
    return found


def _present(schedule: Schedule) -> dict[str, Any]:
    """The values of the form for a stored schedule."""
    template = schedule.template or {}
    return {
        "name": schedule.name,
        **{name: template.get(name) for name in TASK_FIELDS},
        "tags": ", ".join(template.get("tags", ())),
        "requires_approval": template.get("requires_approval", True),
        "board_id": schedule.board_id,
        "agent_id": schedule.agent_id,
        "timezone": schedule.timezone,
        "starts_at": _day(schedule.starts_at),
        "ends_at": _day(schedule.ends_at),
        "overlap": str(schedule.overlap),
        "catch_up": str(schedule.catch_up),
        "jitter_minutes": schedule.jitter_seconds // 60 or "",
        "max_usd_per_firing": forms.money_value(schedule.max_usd_per_firing),
        "quiet": schedule.quiet,
        "enabled": schedule.enabled,
        "workflow_id": schedule.workflow_id,
        **{f"{inputs.PREFIX}{name}": value for name, value in (schedule.input or {}).items()},
        **repeats.from_cron(schedule.cron),
    }


def _day(at: datetime | None) -> str:
    return at.astimezone(times.zone_of(actor().zone)).date().isoformat() if at else ""


def _when(typed: Mapping[str, Any], problems: Mapping[str, str]) -> dict[str, Any]:
    """What the part of the form that says when wants."""
    found, words, wrong = [], "", dict(problems)
    cron, zone = repeats.to_cron(typed), (typed.get("timezone") or actor().zone).strip()
    try:
        starts_at, ends_at = (_bound(typed.get(name) or "", name) for name in BOUNDS)
        times.zone_of(zone)
        if cron or typed.get("repeat") != "custom":
            found = schedules.preview(cron, zone, clock.now(), starts_at=starts_at, ends_at=ends_at)
            words = schedules.describe(" ".join(cron.split()).upper())
    except ValueError:
        wrong.setdefault("timezone", MESSAGES["timezone"])
    except forms.FORM_ERRORS as error:
        wrong = forms.error_messages(error, otherwise="cron") | wrong
    return {
        "typed": typed,
        "problems": wrong,
        "next_times": found,
        "cron_words": words,
        "zone": zone,
        "repeats": repeats.REPEATS,
        "weekdays": repeats.WEEKDAYS,
        "days": repeats.DAYS,
    }


def _bound(text: str, name: str) -> datetime | None:
    """The moment of a date field. None for an empty one, or one that is being typed."""
    try:
        day = date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        return None
    if day is None or not 1900 <= day.year <= 9000:
        return None
    return times.beginning(day, actor().zone) if name == "starts_at" else times.moment(day, actor().zone)


def _boards() -> list[tuple[int, str, str]]:
    """The boards that the viewer manages, for a select."""
    return [
        (board.id, board.name, board.department.name)
        for board in layout_context().boards
        if actor().level_on(board.id) >= BoardLevel.MANAGE
    ]


def _workflow(workflow_id: int, shown: Mapping[str, Any] | None) -> dict[str, Any]:
    """Its id and name. Who sees a schedule need not see the workflow."""
    name = shown["workflow_name"] if shown else workflows.get(actor(), workflow_id).name
    return {"id": workflow_id, "name": name}


def _form(
    schedule: Schedule | None, typed: dict[str, Any], problems: forms.FieldErrors | None = None, status: int = 200
) -> ResponseReturnValue:
    shown = schedules.serialize_one(actor(), schedule) if schedule else None
    team = agents.agents(texts=False)
    history, total = schedules.firings(actor(), schedule.id, limit=HISTORY) if schedule else ([], 0)
    boards = _boards()
    workflow_id = forms.int_or_none({"id": str(typed.get("workflow_id") or "")}, "id")
    context = {
        "workflow": _workflow(workflow_id, shown) if workflow_id else None,
        "inputs": inputs.wanted(workflow_id) if workflow_id else [],
        **_when(typed, problems or {}),
        "schedule": shown,
        "may_change": bool(boards) if shown is None else _may_change(shown),
        "boards": boards,
        "board_name": next((b.name for b in layout_context().boards if shown and b.id == shown["board_id"]), None),
        "team": [(agent.id, f"{agent.name} · {agent.role_title}") for agent in team],
        "overlaps": WORKFLOW_OVERLAPS if workflow_id else OVERLAPS,
        "catch_ups": CATCH_UPS,
        "firings": history,
        "firing_total": total,
    }
    return render_page("schedules/page.html", here="schedules", status=status, **context)
