from typing import Any

from flask import jsonify

from helix.api.blueprint import actor, array_response, limit_and_offset, no_content, signed_in_blueprint
from helix.api.idempotent import idempotent
from helix.schemas.task import (
    BulkIn,
    BulkOut,
    LinkedTask,
    LinkPath,
    NeedIn,
    RejectIn,
    ResultIn,
    SearchQuery,
    TagList,
    TagsRenamed,
    TagsRenameIn,
    TaskFilterQuery,
    TaskIn,
    TaskLinks,
    TaskList,
    TaskOut,
    TaskPatch,
    TaskPath,
    TaskQueued,
    TaskSentBack,
    UndoIn,
    WatchIn,
)
from helix.services import runs, search, tasks
from helix.services.tasks import TaskFilter, needs, tag_list
from helix.text import times

blueprint = signed_in_blueprint("tasks", "Tasks", "/api/tasks")
BLUEPRINTS = (blueprint,)


@blueprint.get("/", responses={200: TaskList})
def index(query: TaskFilterQuery) -> Any:
    """The tasks that you see. `archived` is false unless asked for; `any` gives both."""
    filters = TaskFilter(
        board_id=query.board_id,
        statuses=_alternatives(query.status),
        agents=_alternatives(query.assigned_agent_id),
        people=_alternatives(query.assigned_user_id),
        priorities=_alternatives(query.priority),
        tags=_alternatives(query.tag),
        creators=_alternatives(query.created_by),
        due=_alternatives(times.moment(query.due_before, actor().zone)),
        archived={"true": True, "false": False, "any": None}[query.archived],
        blocked=query.blocked == "true",
        due_after=times.moment(query.due_after, actor().zone),
        created_from=query.created_from and times.beginning(query.created_from, actor().zone),
        created_before=times.moment(query.created_before, actor().zone),
        updated_from=query.updated_from and times.beginning(query.updated_from, actor().zone),
        updated_before=times.moment(query.updated_before, actor().zone),
        q=query.q,
        sort=query.sort,
    )
    limit, offset = limit_and_offset(query)
    found, total = tasks.listed(actor(), filters, limit=limit, offset=offset)
    return array_response(found, total, query)


def _alternatives(value: Any) -> tuple[Any, ...]:
    return () if value is None else (value,)


@blueprint.post("/", responses={201: TaskOut})
@idempotent
def create(body: TaskIn) -> Any:
    """A new task at the end of To Do. An agent in auto mode starts on it at once, or when what it needs is there."""
    fields = body.model_dump(exclude={"due_date", "needs_task_ids"})
    due_at = times.moment(body.due_date, actor().zone)
    task = needs.create(actor(), body.needs_task_ids, **fields, due_at=due_at)
    serialize = tasks.serialize_one if body.needs_task_ids else tasks.serialize_new
    return serialize(actor(), task), 201


@blueprint.get("/search", responses={200: TaskList})
def find(query: SearchQuery) -> Any:
    """The best hits for a part of a title, a description or the assigned agent's name, in this order, newer first.

    Searches live tasks: archived and deleted ones are not found. One or two letters match beginnings of words.
    """
    found = search.tasks(actor(), query.q, limit=query.limit)
    response = jsonify(tasks.serialize_by_ids(actor(), found))
    response.headers["X-Total-Count"] = str(len(found))
    return response


@blueprint.post("/bulk", responses={200: BulkOut})
@idempotent
def bulk(body: BulkIn) -> Any:
    """One change to up to 200 tasks: all of them or none. A refusal names the task it is about."""
    name, value = body.change
    if name == "due_date":
        name, value = "due_at", times.moment(value, actor().zone)
    return {"items": tasks.serialize_many(actor(), tasks.bulk(actor(), body.ids, name, value))}, 200


@blueprint.get("/tags", responses={200: TagList})
def tags() -> Any:
    """The tags in use, with the number of tasks that have each."""
    found = tag_list.tags(actor())
    response = jsonify(found)
    response.headers["X-Total-Count"] = str(len(found))
    return response


@blueprint.post("/tags/rename", responses={200: TagsRenamed})
def rename_tags(body: TagsRenameIn) -> Any:
    """Rename a tag, or merge several into one, on the tasks and saved views of all boards that you manage."""
    return {"updated": tag_list.rename(actor(), body.tags, body.to)}


@blueprint.get("/<int:task_id>", responses={200: TaskOut})
def show(path: TaskPath) -> Any:
    """One task."""
    return tasks.get_serialized(actor(), path.task_id)


@blueprint.patch("/<int:task_id>", responses={200: TaskOut})
def edit(path: TaskPath, body: TaskPatch) -> Any:
    """Change the fields that are sent. A move outside the move table is a 409 that names the moves there are."""
    sent = body.changes()
    version = sent.pop("version", None)
    if "due_date" in sent:
        sent["due_at"] = times.moment(sent.pop("due_date"), actor().zone)
    return tasks.serialize_one(actor(), tasks.edit(actor(), path.task_id, sent, version=version))


@blueprint.delete("/<int:task_id>", responses={204: None})
def delete(path: TaskPath) -> Any:
    """Delete a task. It can be restored for 30 days."""
    tasks.delete(actor(), path.task_id)
    return no_content()


@blueprint.post("/<int:task_id>/execute", responses={202: TaskQueued})
@idempotent
def execute(path: TaskPath) -> Any:
    """Queue a run by the assigned agent. The task moves when a worker begins.

    A blocked task gets no run yet: `run_id` is null, and the run is queued when what the task needs is there.
    """
    task, run_id = runs.start(actor(), path.task_id)
    return {**tasks.serialize_one(actor(), task), "run_id": run_id}, 202


@blueprint.post("/<int:task_id>/cancel-run", responses={200: TaskOut})
def cancel_run(path: TaskPath) -> Any:
    """Cancel the live run. The task returns to its previous status. A blocked task will not run by itself any more."""
    return tasks.serialize_one(actor(), runs.cancel(actor(), path.task_id))


@blueprint.get("/<int:task_id>/links", responses={200: TaskLinks})
def links(path: TaskPath) -> Any:
    """The tasks that this one needs, and those that need it."""
    return needs.linked(actor(), path.task_id)


@blueprint.post("/<int:task_id>/links", responses={201: LinkedTask})
@idempotent
def add_link(path: TaskPath, body: NeedIn) -> Any:
    """Let the task wait for another one, which you see. One that it needs already gets the new `until`."""
    return needs.need(actor(), path.task_id, body.needs_task_id, body.until), 201


@blueprint.delete("/<int:task_id>/links/<int:needs_task_id>", responses={204: None})
def remove_link(path: LinkPath) -> Any:
    """Go on without the needed task. If nothing else blocks the task, a run that was asked for starts."""
    needs.do_without(actor(), path.task_id, path.needs_task_id)
    return no_content()


@blueprint.post("/<int:task_id>/approve", responses={200: TaskOut})
def approve(path: TaskPath) -> Any:
    """Accept the result: from review to done."""
    return tasks.serialize_one(actor(), tasks.approve(actor(), path.task_id))


@blueprint.post("/<int:task_id>/reject", responses={200: TaskSentBack})
def reject(path: TaskPath, body: RejectIn) -> Any:
    """Send the result back. The feedback becomes a comment; `run_again` starts the agent at once."""
    task = tasks.reject(actor(), path.task_id, body.feedback, run_again=body.run_again)
    return {**tasks.serialize_one(actor(), task), "run_refused": runs.refusal(task) if body.run_again else None}


@blueprint.post("/<int:task_id>/undo-review", responses={200: TaskOut})
def undo_review(path: TaskPath, body: UndoIn) -> Any:
    """Undo your own approval or rejection within ten minutes: the result waits in review again.

    A rejection's feedback is marked as withdrawn, and the run that it has queued is cancelled. A 409 says why it cannot
    be undone: somebody changed the task since, or the agent has started on it again.
    """
    return tasks.serialize_one(actor(), tasks.undo_decision(actor(), path.task_id, version=body.version))


@blueprint.patch("/<int:task_id>/result", responses={200: TaskOut})
def edit_result(path: TaskPath, body: ResultIn) -> Any:
    """Edit a result before it is approved. Its run keeps what the agent wrote."""
    return tasks.serialize_one(actor(), tasks.edit_result(actor(), path.task_id, body.result, version=body.version))


@blueprint.post("/<int:task_id>/restore", responses={200: TaskOut})
def restore(path: TaskPath) -> Any:
    """Bring back a deleted task."""
    return tasks.serialize_one(actor(), tasks.restore(actor(), path.task_id))


@blueprint.put("/<int:task_id>/watch", responses={200: TaskOut})
def watch(path: TaskPath, body: WatchIn) -> Any:
    """Watch a task (be notified of what happens to it), or stop watching it."""
    return tasks.serialize_one(actor(), tasks.watch(actor(), path.task_id, watching=body.watching))
