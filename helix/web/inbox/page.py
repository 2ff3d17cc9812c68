"""The inbox: a list of items with the selected one beside it; actions approve, reject, rerun, reply or dismiss."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import flash, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from helix.errors import Conflict, Forbidden, HelixError, Invalid, NotFound
from helix.models import Task
from helix.models.vocabulary import TaskStatus
from helix.services import attention, comments, requests, runs, tasks
from helix.services.notifications import inbox as notifications
from helix.services.tasks import needs
from helix.services.tasks.undo import Snapshot
from helix.web.blueprint import (
    actor,
    append_html,
    flash_toast,
    is_htmx_request,
    layout_context,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
)
from helix.web.forms import field_errors, int_or_none, is_id, parse_id, posted_text
from helix.web.inbox import items as inbox_items
from helix.web.inbox import request_form
from helix.web.inbox.items import dashboard_needs
from helix.web.inbox.requests import answer as answer_request
from helix.web.tasks import decisions
from helix.web.tasks.actions import run_warnings

blueprint = signed_in_blueprint("inbox")
BLUEPRINTS = (blueprint,)
NEEDED, NOTIFICATIONS = "needs", "notifications"
PAGE_SIZE = 50
Action = Callable[[int], Any]
# The item changed or permissions were removed in the meantime: show the current list with a message.
STALE_ERRORS = (Conflict, NotFound, Forbidden)


@blueprint.get("/inbox")
def show() -> ResponseReturnValue:
    context = _context(_place(request.args), request.args.get("item", ""))
    if is_htmx_request():
        return render_partial("inbox/_inbox.html", **context)
    return render_page("inbox/index.html", here="inbox", **context)


@blueprint.get("/inbox/list")
def lines() -> ResponseReturnValue:
    """The list without the details."""
    # The address names the item that the person has moved to since the list was rendered.
    address = parse_qs(urlsplit(request.headers.get("HX-Current-URL", "")).query)
    rendered = request.args.get("item", "")
    chosen = (address.get("item") or [rendered])[0]
    # A decision on it may be in this list before its own response is in the page.
    following = request.args.get("next", "") if chosen == rendered else ""
    return render_partial("inbox/_list.html", **_listed(_place(request.args), chosen, following))


@blueprint.get("/inbox/count")
def count() -> ResponseReturnValue:
    return render_partial("inbox/_count.html", count=layout_context().inbox)


@blueprint.get("/inbox/items/<key>")
def item(key: str) -> ResponseReturnValue:
    where = _place(request.args)
    found = _listed(where, key)
    return render_partial("inbox/_detail.html", detail=inbox_items.item_detail(actor(), key), **found)


@blueprint.post("/inbox/tasks/<int:task_id>/approve")
def approve(task_id: int) -> ResponseReturnValue:
    return _decided_task(task_id, "Approved", lambda: tasks.approve(actor(), task_id))


@blueprint.post("/inbox/tasks/<int:task_id>/reject")
def reject(task_id: int) -> ResponseReturnValue:
    feedback, run_again = posted_text("feedback"), bool(request.form.get("run"))

    warnings: list[str] = []

    def send_back() -> Task:
        task = tasks.reject(actor(), task_id, feedback, run_again=run_again)
        warnings.extend(run_warnings(task, run_again=run_again))
        return task

    return _decided_task(task_id, "Sent back", send_back, warnings=warnings, feedback=feedback)


def _decided_task(
    task_id: int, verb: str, decide: Callable[[], Task], *, warnings: Sequence[str] = (), **typed: str
) -> ResponseReturnValue:
    """As `_decided`, with a toast that names the task and undoes the decision."""
    before, toast = decisions.position_of(task_id), Toast()

    def act() -> None:
        task = decide()
        toast.text, toast.more = decisions.words(verb, [task]), decisions.undo_of(before, [task])

    return _decided(act, toast=toast, key=f"task-{task_id}", warnings=warnings, form=None, **typed)


@blueprint.post("/inbox/tasks/<int:task_id>/run")
def run_again(task_id: int) -> ResponseReturnValue:
    """Run the task of a failed run again, and mark its notification as read."""

    def start() -> None:
        runs.start(actor(), task_id)
        _dismiss_notification()

    return _decided(start, "Started.")


@blueprint.post("/inbox/tasks/<int:task_id>/reply")
def reply(task_id: int) -> ResponseReturnValue:
    content = posted_text("content")
    not_woken: list[str] = []

    def answer() -> None:
        not_woken.extend(comments.add_and_wake(actor(), task_id, content).not_woken)
        _dismiss_notification()

    return _decided(answer, "Sent.", key=request.form.get("item", ""), warnings=not_woken, content=content)


@blueprint.post("/inbox/tasks/<int:task_id>/go-on")
def go_on(task_id: int) -> ResponseReturnValue:
    """Let the task go on without one that it needed and that is gone."""
    needed = parse_id(request.form.get("needs_task_id", ""), "needs_task_id")
    return _decided(lambda: needs.do_without(actor(), task_id, needed or 0), "It goes on without.")


@blueprint.post("/inbox/tasks/<int:task_id>/cancel")
def cancel_too(task_id: int) -> ResponseReturnValue:
    """Cancel the task, as one was that it needed."""
    return _decided(lambda: tasks.edit(actor(), task_id, {"status": TaskStatus.CANCELLED}), "Cancelled.")


@blueprint.post("/inbox/requests/<int:request_id>/answer")
def answer(request_id: int) -> ResponseReturnValue:
    """Answer what an agent asks. The button says which decision, and how far a permission reaches."""
    return _decided(
        lambda: answer_request(actor(), request_id, request.form),
        "Answered.",
        key=f"request-{request_id}",
        form=request.form,
    )


@blueprint.post("/inbox/news/<int:notification_id>/read")
def mark_read(notification_id: int) -> ResponseReturnValue:
    return _decided(lambda: notifications.mark_read(actor(), notification_id))


@blueprint.post("/inbox/read-all")
def mark_all_read() -> ResponseReturnValue:
    return _decided(lambda: attention.mark_elsewhere_read(actor()), "All read.")


@blueprint.post("/inbox/several/approve")
def approve_several() -> ResponseReturnValue:
    """Approve several results, and allow several calls once."""
    return _bulk(
        lambda task_id: tasks.approve(actor(), task_id),
        lambda request_id: requests.answer(actor(), request_id, decision="allow", via="page"),
        ("Approved", "Allowed"),
    )


@blueprint.post("/inbox/several/reject")
def reject_several() -> ResponseReturnValue:
    """Send several tasks back with the same feedback, and deny several calls with it as the note."""
    feedback = posted_text("feedback")
    if not feedback.strip():
        raise Invalid.field("feedback", "Say what should be different, so that the agents can do better.")
    return _bulk(
        lambda task_id: tasks.reject(actor(), task_id, feedback),
        lambda request_id: requests.answer(actor(), request_id, decision="deny", note=feedback, via="page"),
        ("Sent back", "Denied"),
    )


def _bulk(of_task: Action, of_request: Action, verbs: tuple[str, str]) -> ResponseReturnValue:
    """Apply the action to each selected item separately, so that one failure does not stop the others."""
    selected = list(filter(None, map(_picked, dict.fromkeys(request.form.getlist("ids")))))
    if not selected:
        raise Invalid.field("ids", "Select at least one item.")
    decided, before, answered, refused = list[Task](), list[Snapshot](), 0, ""
    for is_request, number in selected[: inbox_items.MAX_ITEMS]:
        try:
            if is_request:
                of_request(number)
                answered += 1
            else:
                before += decisions.position_of(number)
                decided.append(of_task(number))
        except (*STALE_ERRORS, Invalid) as error:
            refused = _stale_message(error)
    said = [f"{verbs[1]} {answered} {'call' if answered == 1 else 'calls'}."] if answered else []
    if decided:
        said.append(decisions.words(verbs[0], decided))
    if refused:
        said.append(f"Not all: {refused}" if said else refused)
    message, tone = " ".join(said), "warn" if refused else "ok"
    more = {"kind": "action", **decisions.undo_of(before, decided)}
    if not is_htmx_request():
        flash_toast(message, tone, **more)
        return redirect_to("/inbox")
    return append_html(_inbox(""), _counter_partial(), render_toast(message, tone, **more))


def _picked(text: str) -> tuple[bool, int] | None:
    """Whether a selected item is a request, and its id. None for what is neither a task nor a request."""
    number = text.removeprefix("request-")
    return (number != text, int(number)) if is_id(number) else None


@dataclass
class Toast:
    """What the page says of an action, known when it was done. `more` is such as {"undo": ...}."""

    text: str = ""
    more: dict[str, Any] = field(default_factory=dict)


def _dismiss_notification() -> None:
    news_id = int_or_none(request.form, "news_id")
    if news_id:
        notifications.mark_read(actor(), news_id)


def _decided(
    action: Any,
    words: str = "",
    *,
    toast: Toast | None = None,
    key: str = "",
    warnings: Sequence[str] = (),
    form: MultiDict[str, str] | None = None,
    **typed: str,
) -> ResponseReturnValue:
    """Apply the action and show the list with the next item selected. On invalid input, keep what was typed.

    `action` may append to `warnings` what it could not do. `form` is the whole form of an answer to a request.
    """
    shown = toast or Toast(words)
    try:
        action()
        message, tone, more = shown.text, "ok", {"kind": "action", **shown.more} if shown.more else {}
        if warnings:
            message, tone = " ".join((message, *warnings)), "warn"
    except Invalid as error:
        wrong = field_errors(error) if form is None else request_form.problems(error)
        return _inbox(key, 422, form, problems=wrong, typed=typed)
    except STALE_ERRORS as error:
        message, tone, more = _stale_message(error), "warn", {}
    following = request.form.get("next", "")
    if request.form.get("from") == "dashboard":
        return _dashboard_response(message, tone)
    if is_htmx_request():
        says = render_toast(message, tone, **more) if tone != "ok" or more else ""
        return append_html(_inbox(following), _counter_partial(), says)
    if message:
        flash_toast(message, tone, **more)
    where = _place(request.form)
    return redirect_to(f"/inbox?{urlencode({**_query(where), 'item': following} if following else _query(where))}")


def _stale_message(error: HelixError) -> str:
    return error.message if isinstance(error, Conflict | Forbidden | Invalid) else "This item no longer exists."


def _dashboard_response(message: str, tone: str) -> ResponseReturnValue:
    if not is_htmx_request():
        flash(message, tone)
        return redirect_to("/")
    return append_html(
        render_partial("dashboard/_needs.html", **dashboard_needs()),
        _counter_partial(),
        render_toast(message, tone) if message else "",
    )


def _counter_partial() -> str:
    """A partial that updates the number in the sidebar."""
    words = render_partial("inbox/_count.html", count=layout_context().inbox).get_data(as_text=True)
    return f'<hx-partial hx-target="#inbox-count" hx-swap="outerHTML">{words}</hx-partial>'


def _inbox(key: str, status: int = 200, form: MultiDict[str, str] | None = None, **more: Any) -> Any:
    context = _context(_place(request.form), key, form) | more
    if is_htmx_request():
        return render_partial("inbox/_inbox.html", status, **context)
    return render_page("inbox/index.html", here="inbox", status=status, **context)


def _place(values: Any) -> dict[str, Any]:
    """The list to show: pending items, or notifications (all or unread) after a cursor."""
    shown = values.get("show")
    return {
        "show": NOTIFICATIONS if shown == NOTIFICATIONS else NEEDED,
        "unread": values.get("unread") == "1",
        "after": int_or_none(values, "after"),
    }


def _query(where: dict[str, Any]) -> dict[str, str]:
    if where["show"] == NEEDED:
        return {}
    return (
        {"show": NOTIFICATIONS}
        | ({"unread": "1"} if where["unread"] else {})
        | ({"after": str(where["after"])} if where["after"] else {})
    )


def _context(where: dict[str, Any], key: str, form: MultiDict[str, str] | None = None) -> dict[str, Any]:
    listed = _listed(where, key)
    try:
        found = inbox_items.item_detail(actor(), listed["chosen"], form) if listed["chosen"] else None
    except NotFound:
        found = None
    return {
        **listed,
        "detail": found,
        # On a small screen the details then take the place of the list.
        "is_item_open": bool(request.args.get("item")),
        "typed": {},
        "problems": {},
    }


def _listed(where: dict[str, Any], key: str, following: str = "") -> dict[str, Any]:
    """The list with the line `key` chosen; without that line, `following`, or else the first."""
    cursor = None
    if where["show"] == NEEDED:
        rows = inbox_items.pending_items(actor(), {board.id: board.name for board in layout_context().boards})
        rows += inbox_items.blocked_runs(actor())
    else:
        found, cursor = attention.notifications_elsewhere(
            actor(), limit=PAGE_SIZE, after=where["after"], unread=where["unread"]
        )
        rows = inbox_items.notification_lines(found)
    keys = [row.key for row in rows]
    if key in keys or key.startswith(("news-", "request-")):
        chosen = key
    else:
        chosen = following if following in keys else next(iter(keys), "")
    place = keys.index(chosen) if chosen in keys else -1
    others = keys[place + 1 : place + 2] or keys[max(place - 1, 0) : place]
    return {
        "lines": rows,
        "chosen": chosen,
        "next_key": others[0] if others else "",
        "where": where,
        "query": urlencode(_query(where)),
        "cursor": cursor,
        "unread_count": layout_context().unread,
        "needed_count": layout_context().inbox,
    }
