"""Creating tasks: the dialog, and the quick-add line of a column."""

from datetime import timedelta
from typing import Any

from flask import flash, make_response, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from helix import clock
from helix.errors import Conflict, HelixError, Invalid
from helix.models import Task, TaskTemplate
from helix.models.vocabulary import BoardLevel, Priority, TaskStatus
from helix.policies.moves import join_with_or, may_move, moves_from
from helix.schemas.task import TaskIn
from helix.services import agents, boards, names, runs, schedules, tasks
from helix.services.tasks import needs
from helix.services.work import assignees
from helix.text import quick_add, task_keys, times
from helix.web.blueprint import (
    actor,
    append_html,
    close_dialog,
    is_htmx_request,
    layout_context,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
    trigger_events,
)
from helix.web.forms import field_errors, int_or_none, is_id, parse_choice, split_tags

blueprint = signed_in_blueprint("new_task")
BLUEPRINTS = (blueprint,)
MAX_LINE_LENGTH = 700


@blueprint.get("/tasks/new")
def new() -> ResponseReturnValue:
    """The form. `board` and `agent` of the address preset it, else the board or agent whose page it is opened on;
    `template` presets what a template has."""
    board_id = int_or_none(request.args, "board") or _id_of_page("boards")
    agent_id = int_or_none(request.args, "agent") or _id_of_page("agents")
    typed = {"board_id": board_id, "assigned_agent_id": agent_id, "priority": "medium", "requires_approval": "1"}
    template_id = int_or_none(request.args, "template")
    if template_id is not None:
        typed |= _of_template(schedules.get_template(actor(), template_id), board_id)
    return _form(typed, keeps_board=typed["board_id"] is not None)


def _of_template(template: TaskTemplate, board_id: int | None) -> dict[str, Any]:
    content = template.content
    due_in = content["due_in"]
    due = None if due_in is None else times.today(clock.now(), actor().zone) + timedelta(days=due_in)
    return {
        "template_id": template.id,
        "board_id": template.board_id or board_id,
        "title": content["title"],
        "description": content["description"],
        "assigned_agent_id": content["agent_id"],
        "priority": content["priority"],
        "tags": ", ".join(content["tags"]),
        "due_date": due.isoformat() if due else "",
        "requires_approval": "1" if content["requires_approval"] else "",
    }


def _id_of_page(folder: str) -> int | None:
    """The id in the address of the page that htmx asks from: 4 for /boards/4, with `folder` boards."""
    address = request.headers.get("HX-Current-URL", "").split("?")[0].rstrip("/")
    head, _, last = address.rpartition("/")
    return int(last) if head.endswith(f"/{folder}") and is_id(last) else None


@blueprint.post("/tasks/new")
def create() -> ResponseReturnValue:
    """Create a task. `then` is `run` (start its agent as well), `another` (show the form again), or empty."""
    typed = request.form.to_dict()
    try:
        sent = TaskIn(
            title=typed.get("title", ""),
            board_id=typed.get("board_id") or 0,  # type: ignore[arg-type]
            description=typed.get("description", "").replace("\r\n", "\n"),
            assigned_agent_id=typed.get("assigned_agent_id") or None,  # type: ignore[arg-type]
            assigned_user_id=typed.get("assigned_user_id") or None,  # type: ignore[arg-type]
            priority=typed.get("priority", "medium"),  # type: ignore[arg-type]
            due_date=typed.get("due_date") or None,  # type: ignore[arg-type]
            tags=split_tags(typed.get("tags", "")),
            requires_approval=bool(typed.get("requires_approval")),
            needs_task_ids=_needed(typed.get("needs", "")),
        )
        due_at = times.moment(sent.due_date, actor().zone)
        fields = sent.model_dump(exclude={"due_date", "needs_task_ids"})
        task = needs.create(actor(), sent.needs_task_ids, **fields, due_at=due_at)
    except (ValidationError, Invalid) as error:
        problems = field_errors(error)
        if "needs_task_ids" in problems:
            problems["needs"] = problems.pop("needs_task_ids")
        return _form(typed, problems, status=422)
    except HelixError as error:
        return _form(typed, {"": error.message}, status=422)
    then = typed.get("then", "")
    refused = _start(task) if then == "run" and task.assigned_agent_id else ""
    if then == "another":
        return _another(task, typed)
    if refused:
        flash(f"Created task {task.id}, but it has not started. {refused}", "warn")
    address = f"/boards/{task.board_id}?task={task.id}"
    if is_htmx_request() and not refused and _id_of_page("boards") == task.board_id:
        # On its board the card arrives by the event stream, and the panel opens without loading the page.
        answer = close_dialog()
        # On the body: the form is gone by then.
        answer.headers.update(trigger_events({"helix:open-task": {"id": task.id, "target": "body"}}))
        return answer
    return redirect_to(address)


def _needed(typed: str) -> list[int]:
    """The numbers of tasks that were typed as "SEO-22, 31". Raises Invalid for what is no ID."""
    words = typed.replace(",", " ").split()
    named = {word: task_keys.parse(word) for word in words}
    for word, found in named.items():
        if found is None:
            raise Invalid.field("needs_task_ids", f"{word[:60]} is no ID of a task, such as SEO-22.")
    return [found[1] for found in named.values() if found is not None]


def _start(task: Task) -> str:
    """Start the agent of a task just created, unless it has started by itself. Returns why it was refused, or ""."""
    if runs.live_status(task):
        return ""
    try:
        runs.start(actor(), task.id)
    except Conflict as error:
        return error.message
    return ""


def _another(task: Task, typed: dict[str, Any]) -> ResponseReturnValue:
    """The form once more, with what the next task probably has in common."""
    address = f"/boards/{task.board_id}?task={task.id}"
    following = typed | {"title": "", "description": ""}
    if not is_htmx_request():
        flash(f"Created task {task.id}.", "ok")
        return _form(following, keeps_board=True)
    answer = make_response(_form(following, keeps_board=True))
    return append_html(answer, render_toast(f"Created task {task.id}.", href=address))


def _form(
    typed: dict[str, Any], problems: dict[str, str] | None = None, status: int = 200, *, keeps_board: bool = True
) -> ResponseReturnValue:
    """A dialog for htmx, a page without JavaScript. Unless `keeps_board`, the board is that of the chosen agent."""
    open_boards = [
        (board.id, board.name, board.department.name)
        for board in layout_context().boards
        if actor().level_on(board.id) >= BoardLevel.CREATE
    ]
    team = agents.agents(texts=False)
    on_boards = {board_id for board_id, _name, _department in open_boards}
    homes = {agent.id: agent.primary_board_id for agent in team if agent.primary_board_id in on_boards}
    if not typed.get("board_id"):
        typed = typed | {"board_id": homes.get(typed.get("assigned_agent_id") or 0)}
    context = {
        "typed": typed,
        "problems": problems or {},
        "boards": open_boards,
        "team": [(agent.id, f"{agent.name} · {agent.role_title}") for agent in team],
        "homes": {} if keeps_board else homes,
        "templates": [(one.id, one.name) for one in schedules.templates(actor()) if one.board_id in (None, *on_boards)],
    }
    if is_htmx_request():
        return render_partial("tasks/_new.html", status, **context)
    return render_page("tasks/new.html", status=status, **context)


@blueprint.context_processor
def _people() -> dict[str, Any]:
    return {"people": assignees.everybody()}


@blueprint.post("/boards/<int:board_id>/quick-add")
def add_by_a_line(board_id: int) -> ResponseReturnValue:
    """Create a task from one line: `Title @Agent @Person #tag !high ^friday`."""
    board = boards.get(actor(), board_id)
    status = parse_choice(TaskStatus, "status", request.form.get("status") or TaskStatus.TODO)
    if not may_move(TaskStatus.TODO, status):
        raise Conflict(
            f"A new task starts in To Do; from there it can go to {join_with_or(moves_from(TaskStatus.TODO))}."
        )
    task = tasks.create(actor(), board_id=board.id, **_understood(request.form.get("text", ""), actor().zone))
    if status != TaskStatus.TODO:
        tasks.edit(actor(), task.id, {"status": status})
    if not is_htmx_request():
        return redirect_to(f"/boards/{board.id}")
    return "", 204, trigger_events({"helix:added": {"id": task.id}})


def _understood(line: str, zone: str) -> dict[str, Any]:
    """Parse a quick-add line into the fields of a task. Raises Invalid without a title."""
    line = "".join(letter if letter.isprintable() else " " for letter in line)[:MAX_LINE_LENGTH]
    named = names.all_names() if "@" in line else {}
    team, people = ({name: id for name, (kind, id) in named.items() if kind == wanted} for wanted in ("agent", "user"))
    found = quick_add.parse(line, agents=team, people=people, today=times.today(clock.now(), zone))
    if not found.title or len(found.title) > 500:
        raise Invalid.field("text", "Enter a title of 1 to 500 characters.")
    return {
        "title": found.title,
        "assigned_agent_id": found.agent,
        "assigned_user_id": found.person,
        "tags": list(found.tags)[:20],
        "priority": found.priority or Priority.MEDIUM,
        "due_at": times.end_of_day(found.due, zone) if found.due else None,
    }
