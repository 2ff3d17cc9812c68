"""Creating tasks: the dialog, and the quick-add line of a column."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from helix import clock
from helix.errors import Conflict, HelixError, Invalid
from helix.models.vocabulary import BoardLevel, Priority, TaskStatus
from helix.policies.moves import join_with_or, may_move, moves_from
from helix.schemas.task import TaskIn
from helix.services import agents, boards, names, tasks
from helix.services.work import assignees
from helix.text import quick_add, times
from helix.web.blueprint import (
    actor,
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
    at = int_or_none(request.args, "board") or _board_here()
    return _form({"board_id": at, "priority": "medium", "requires_approval": "1"})


def _board_here() -> int | None:
    address = request.headers.get("HX-Current-URL", "").split("?")[0].rstrip("/")
    head, _, last = address.rpartition("/")
    return int(last) if head.endswith("/boards") and is_id(last) else None


@blueprint.post("/tasks/new")
def create() -> ResponseReturnValue:
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
        )
        due_at = times.moment(sent.due_date, actor().zone)
        task = tasks.create(actor(), **sent.model_dump(exclude={"due_date"}), due_at=due_at)
    except (ValidationError, Invalid) as error:
        return _form(typed, field_errors(error), status=422)
    except HelixError as error:
        return _form(typed, {"": error.message}, status=422)
    address = f"/boards/{task.board_id}?task={task.id}"
    if not is_htmx_request():
        return redirect_to(address)
    # On the board the card arrives by the event stream; on other pages the toast links to it.
    return close_dialog(render_toast(f"Created task {task.id}.", href=address))


def _form(typed: dict[str, Any], problems: dict[str, str] | None = None, status: int = 200) -> ResponseReturnValue:
    """A dialog for htmx, a page without JavaScript."""
    open_boards = [
        (board.id, board.name, board.department.name)
        for board in layout_context().boards
        if actor().level_on(board.id) >= BoardLevel.CREATE
    ]
    context = {
        "typed": typed,
        "problems": problems or {},
        "boards": open_boards,
        "team": [(agent.id, f"{agent.name} · {agent.role_title}") for agent in agents.agents(texts=False)],
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
