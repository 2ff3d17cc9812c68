"""What is done to a task from its panel and its card."""

from typing import Any

from flask import flash, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from helix.errors import Conflict, Invalid
from helix.schemas.task import TaskPatch
from helix.services import runs, tasks
from helix.services.tasks.edit import StaleTask
from helix.text import times
from helix.web import form_values
from helix.web.blueprint import (
    actor,
    by_htmx,
    dialog_done,
    events,
    page,
    part,
    say_there,
    section,
    see,
    toast,
    toast_event,
)
from helix.web.boards import undo
from helix.web.forms import field_errors, number, words_of, written
from helix.web.tasks import form as task_form
from helix.web.tasks.page import done, on_its_own_page
from helix.web.tasks.sent_back import not_started
from helix.web.tasks.stale import versions

door = section("task_changes")
DOORS = (door,)
FIELDS = ("title", "description", "status", "priority", "assigned_agent_id", "due_date", "tags", "requires_approval")


@door.post("/tasks/<int:task_id>/edit")
def edit(task_id: int) -> ResponseReturnValue:
    """The fields that were sent. A stale version is answered with both versions, and nothing is lost."""
    typed = task_form.typed()
    try:
        shown = task_form.present(tasks.get(actor(), task_id))
        tasks.edit(actor(), task_id, _changes(typed, shown), version=number(request.form, "version"))
    except StaleTask as error:
        if by_htmx():
            return part("tasks/_stale.html", 409, **versions(error, typed))
        return page("tasks/stale.html", status=409, **versions(error, typed))
    except (Invalid, Conflict) as error:
        if by_htmx():
            raise
        problems = field_errors(error) if isinstance(error, Invalid) else {"": error.message}
        return task_form.form(task_id, typed, problems, 422)
    return done(task_id)


def _changes(typed: dict[str, str], shown: dict[str, str]) -> dict[str, Any]:
    """What the form changes of a task that it `shown`. A due day ends in the organization's zone."""
    fields = {name: typed[name] for name in FIELDS if name in typed}
    sent = form_values.changed(fields, shown, texts=("description",))
    if "tags" in sent:
        sent["tags"] = words_of(sent["tags"])
    for name in ("assigned_agent_id", "due_date"):
        if sent.get(name) == "":
            sent[name] = None
    if "description" in sent:
        sent["description"] = sent["description"].replace("\r\n", "\n")
    try:
        changes = TaskPatch.model_validate(sent).model_dump(include=set(sent))
    except ValidationError as error:
        raise Invalid(
            [
                {"loc": [name], "msg": f"{name.replace('_', ' ').capitalize()}: {words}", "type": "value_error"}
                for name, words in field_errors(error).items()
            ]
        ) from None
    if "due_date" in changes:
        try:
            changes["due_at"] = times.moment(changes.pop("due_date"), actor().zone)
        except ValueError as error:
            raise Invalid.field("due_date", str(error)) from None
    return changes


@door.post("/tasks/<int:task_id>/execute")
def execute(task_id: int) -> ResponseReturnValue:
    runs.start(actor(), task_id)
    return _acted(task_id)


@door.post("/tasks/<int:task_id>/cancel-run")
def cancel_run(task_id: int) -> ResponseReturnValue:
    runs.cancel(actor(), task_id)
    return done(task_id)


@door.post("/tasks/<int:task_id>/approve")
def approve(task_id: int) -> ResponseReturnValue:
    tasks.approve(actor(), task_id)
    return _acted(task_id)


@door.get("/tasks/<int:task_id>/reject")
def ask_why(task_id: int) -> ResponseReturnValue:
    task = tasks.get(actor(), task_id)
    return _asked_why(tasks.shown(actor(), task))


def _asked_why(task: dict[str, Any], feedback: str = "", problem: str = "", status: int = 200) -> ResponseReturnValue:
    """A dialog for a script, a page without one."""
    context = {"task": task, "feedback": feedback, "problem": problem}
    if by_htmx():
        return part("tasks/_reject.html", status, **context)
    return page("tasks/reject.html", here=f"board-{task['board_id']}", status=status, **context)


@door.post("/tasks/<int:task_id>/reject")
def reject(task_id: int) -> ResponseReturnValue:
    feedback, run_again = written("feedback"), bool(request.form.get("run"))
    try:
        task = tasks.reject(actor(), task_id, feedback, run_again=run_again)
    except Invalid as error:
        shown = tasks.shown(actor(), tasks.get(actor(), task_id))
        return _asked_why(shown, feedback, str(error), 422)
    warnings = not_started(task, run_again=run_again)
    words = " ".join(("Sent back.", *warnings))
    if not by_htmx():
        if warnings:
            flash(words, "warn")
        return see(f"/tasks/{task_id}")
    # The dialog goes; board and panel hear of it by the event stream, as everybody else.
    return dialog_done(toast(words, "warn" if warnings else "ok"))


@door.post("/tasks/<int:task_id>/watch")
def watch(task_id: int) -> ResponseReturnValue:
    shown = tasks.shown(actor(), tasks.get(actor(), task_id))
    tasks.watch(actor(), task_id, watching=not shown["watching"])
    return done(task_id)


@door.post("/tasks/<int:task_id>/archive")
def archive(task_id: int) -> ResponseReturnValue:
    """Into the archive or out of it; `?archived=0` says which, else it is turned around."""
    wanted = request.args.get("archived")
    archived = not tasks.get(actor(), task_id).archived if wanted is None else wanted == "1"
    before = tasks.undo.as_they_are([task_id], ("archived",))
    task = tasks.edit(actor(), task_id, {"archived": archived})
    words = f"Archived “{undo.shortened(task.title)}”." if archived else "Brought back from the archive."
    back = undo.of_changes(task.board_id, tasks.undo.way_back(before, [task]))
    return done(task_id, said=events({"toast": toast_event(words, kind="deed", **back)}))


@door.post("/tasks/<int:task_id>/delete")
def delete(task_id: int) -> ResponseReturnValue:
    task = tasks.get(actor(), task_id)
    tasks.delete(actor(), task_id)
    words = f"Deleted “{undo.shortened(task.title)}”."
    back = undo.of_deleting(task.board_id, [task_id])
    if not by_htmx() or on_its_own_page(task_id):
        say_there(words, **back)
        return see(f"/boards/{task.board_id}")
    return "", 204, events({"toast": toast_event(words, kind="deed", **back), "helix:gone": {"id": task_id}})


def _acted(task_id: int) -> ResponseReturnValue:
    """From a card nothing is needed but that it worked: the card is fetched again."""
    return ("", 204) if request.form.get("from") == "board" else done(task_id)
