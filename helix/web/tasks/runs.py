"""The runs of a task: each as a conversation, on a page of its own and as a line of the panel; and the next prompt."""

from typing import Any
from urllib.parse import urlsplit

from flask import Response, flash, request
from flask.typing import ResponseReturnValue

from helix.errors import Conflict, Invalid, Unavailable
from helix.models import Run
from helix.models.vocabulary import RunStatus
from helix.policies.failures import FAILURE_TEXTS
from helix.services import runs, tasks
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
from helix.web.inbox import request_form
from helix.web.inbox.requests import answer as answer_request
from helix.web.tasks.conversation import arguments_json, conversation_context, page_context, prompt_context

blueprint = signed_in_blueprint("runs")
BLUEPRINTS = (blueprint,)


@blueprint.get("/runs/<int:run_id>")
def show(run_id: int) -> ResponseReturnValue:
    """The page of a run; for htmx, the run as an open line among the runs of its task."""
    run = runs.get(actor(), run_id, prompt=False)
    if is_htmx_request():
        return render_partial("runs/_run.html", open=True, **conversation_context(run))
    return _page(run)


@blueprint.get("/runs/<int:run_id>/conversation")
def show_conversation(run_id: int) -> ResponseReturnValue:
    """What a page that shows the run fetches again after an event: the whole run on its page, else the conversation."""
    run = runs.get(actor(), run_id, prompt=False)
    if not is_htmx_request():
        return redirect_to(f"/runs/{run_id}")
    if _is_run_page(run_id):
        return render_partial("runs/_page.html", **page_context(run))
    context = conversation_context(run)
    line = render_partial("runs/_summary.html", run=context["run"]).get_data(as_text=True)
    line = f'<hx-partial hx-target="#run-summary-{run_id}" hx-swap="innerHTML">{line}</hx-partial>'
    return append_html(render_partial("runs/_conversation.html", **context), line)


@blueprint.get("/runs/<int:run_id>/prompt")
def show_prompt(run_id: int) -> ResponseReturnValue:
    """The prompt as it was sent; without htmx as plain text."""
    context = prompt_context(runs.get(actor(), run_id))
    if is_htmx_request():
        return render_partial("runs/_sent_prompt.html", **context)
    return _plain_text("\n\n".join(f"── {label} ──\n{text}" for label, text in context["parts"]))


@blueprint.get("/runs/<int:run_id>/calls/<int:call_id>/result")
def show_result(run_id: int, call_id: int) -> ResponseReturnValue:
    """The whole result of a call; without htmx as plain text."""
    text = runs.call_of(actor(), run_id, call_id).result or ""
    return _call_text(f"result-{call_id}", text)


@blueprint.get("/runs/<int:run_id>/calls/<int:call_id>/arguments")
def show_arguments(run_id: int, call_id: int) -> ResponseReturnValue:
    """The whole arguments of a call as JSON; without htmx as plain text."""
    return _call_text(f"arguments-{call_id}", arguments_json(runs.call_of(actor(), run_id, call_id)))


@blueprint.post("/runs/<int:run_id>/requests/<int:request_id>/answer")
def answer(run_id: int, request_id: int) -> ResponseReturnValue:
    """Answer what the run asks, on its page. The button says which decision, and how far a permission reaches."""
    run = runs.get(actor(), run_id, prompt=False)
    refused: dict[str, Any] = {}
    message, tone, status = "Answered.", "ok", 200
    try:
        answer_request(actor(), request_id, request.form)
    except Invalid as error:
        refused = {"typed": request.form, "request_id": request_id, "problems": request_form.problems(error)}
        message, status = "", 422
    except Conflict as error:
        message, tone = error.message, "warn"
    run = runs.get(actor(), run.id, prompt=False)
    if is_htmx_request():
        toast = render_toast(message, tone) if tone != "ok" else ""
        return append_html(render_partial("runs/_page.html", status, **page_context(run, **refused)), toast)
    if refused:
        return _page(run, 422, **refused)
    flash(message, tone)
    return redirect_to(f"/runs/{run_id}")


def _page(run: Run, status: int = 200, **refused: Any) -> ResponseReturnValue:
    context = page_context(run, **refused)
    board = layout_context().board(context["task"].board_id)
    return render_page(
        "runs/page.html", here=f"board-{context['task'].board_id}", status=status, board=board, **context
    )


def _is_run_page(run_id: int) -> bool:
    return urlsplit(request.headers.get("HX-Current-URL", "")).path == f"/runs/{run_id}"


def _call_text(id_: str, text: str) -> ResponseReturnValue:
    return render_partial("runs/_whole_text.html", id=id_, text=text) if is_htmx_request() else _plain_text(text)


def _plain_text(text: str) -> Response:
    """A text from outside as a page of its own, which runs nothing."""
    answer = Response(text, mimetype="text/plain")
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@blueprint.get("/tasks/<int:task_id>/prompt")
def prompt(task_id: int) -> ResponseReturnValue:
    """The prompt that the assigned agent would get if the task ran now."""
    task = tasks.get(actor(), task_id)
    try:
        context = {"preview": runs.preview(actor(), task_id), "problem": None}
    except (Conflict, Unavailable) as error:
        context = {"preview": None, "problem": error.message}
    if is_htmx_request():
        return render_partial("agents/_preview.html", **context)
    return render_page("runs/prompt.html", here=f"board-{task.board_id}", task=task, **context)


@blueprint.get("/tasks/<int:task_id>/answering")
def show_answering(task_id: int) -> ResponseReturnValue:
    found = runs.answers_under_way(tasks.get(actor(), task_id))
    waiting = runs.reasons_of(found, actor().zone)
    return render_partial("comments/_answering.html", answers=[(run, _why(run, waiting)) for run in found])


def _why(run: Run, waiting: dict[int, dict[str, str | None]]) -> str:
    if run.id in waiting:
        return waiting[run.id]["message"] or ""
    if run.status == RunStatus.FAILED and run.reason:
        return f"{run.message or FAILURE_TEXTS[run.reason].short} {FAILURE_TEXTS[run.reason].next_step}"
    return ""
