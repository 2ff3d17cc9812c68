"""What waits for me, one line each, with the chosen one beside it: decided, answered or put away right there."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import flash, request
from flask.typing import ResponseReturnValue

from helix.errors import Conflict, Forbidden, HelixError, Invalid, NotFound
from helix.services import comments, runs, tasks
from helix.services.notifications import inbox as notifications
from helix.services.paging import PageRequest
from helix.web.blueprint import actor, around, by_htmx, page, part, see, signed_in_blueprint, toast
from helix.web.form_values import with_more
from helix.web.forms import field_errors, is_id, number, written
from helix.web.inbox import items as inbox_items
from helix.web.inbox.needs import needs
from helix.web.tasks.sent_back import not_started

blueprint = signed_in_blueprint("inbox")
BLUEPRINTS = (blueprint,)
NEEDED, TOLD = "needs", "notifications"
AT_ONCE = 50
# Somebody else was quicker, or the right is gone: the list is shown as it is now.
TOO_LATE = (Conflict, NotFound, Forbidden)


@blueprint.get("/inbox")
def show() -> ResponseReturnValue:
    return page("inbox/index.html", here="inbox", **_context(_place(request.args), request.args.get("item", "")))


@blueprint.get("/inbox/list")
def lines() -> ResponseReturnValue:
    """The list alone, as it is now."""
    return part("inbox/_list.html", **_listed(_place(request.args), request.args.get("item", "")))


@blueprint.get("/inbox/count")
def count() -> ResponseReturnValue:
    return part("inbox/_count.html", count=around().inbox)


@blueprint.get("/inbox/items/<key>")
def item(key: str) -> ResponseReturnValue:
    where = _place(request.args)
    found = _listed(where, key)
    return part("inbox/_detail.html", detail=inbox_items.detail(actor(), key), **found)


@blueprint.post("/inbox/tasks/<int:task_id>/approve")
def approve(task_id: int) -> ResponseReturnValue:
    return _decided(lambda: tasks.approve(actor(), task_id), "Approved.")


@blueprint.post("/inbox/tasks/<int:task_id>/reject")
def reject(task_id: int) -> ResponseReturnValue:
    feedback, run_again = written("feedback"), bool(request.form.get("run"))

    warnings: list[str] = []

    def send_back() -> None:
        task = tasks.reject(actor(), task_id, feedback, run_again=run_again)
        warnings.extend(not_started(task, run_again=run_again))

    return _decided(send_back, "Sent back.", key=f"task-{task_id}", warnings=warnings, feedback=feedback)


@blueprint.post("/inbox/tasks/<int:task_id>/run")
def run_again(task_id: int) -> ResponseReturnValue:
    """The failed run once more; the news of it is done with."""

    def start() -> None:
        runs.start(actor(), task_id)
        _put_away()

    return _decided(start, "Started.")


@blueprint.post("/inbox/tasks/<int:task_id>/reply")
def reply(task_id: int) -> ResponseReturnValue:
    content = written("content")
    not_woken: list[str] = []

    def answer() -> None:
        not_woken.extend(comments.say(actor(), task_id, content).not_woken)
        _put_away()

    return _decided(answer, "Sent.", key=request.form.get("item", ""), warnings=not_woken, content=content)


@blueprint.post("/inbox/news/<int:notification_id>/read")
def mark_read(notification_id: int) -> ResponseReturnValue:
    return _decided(lambda: notifications.mark_read(actor(), notification_id))


@blueprint.post("/inbox/read-all")
def mark_all_read() -> ResponseReturnValue:
    return _decided(lambda: notifications.mark_all_read(actor()), "All read.")


@blueprint.post("/inbox/several/approve")
def approve_several() -> ResponseReturnValue:
    return _several(lambda task_id: tasks.approve(actor(), task_id), "Approved")


@blueprint.post("/inbox/several/reject")
def reject_several() -> ResponseReturnValue:
    """All with the same words."""
    feedback = written("feedback")
    if not feedback.strip():
        raise Invalid.field("feedback", "Say what should be different, so that the agents can do better.")
    return _several(lambda task_id: tasks.reject(actor(), task_id, feedback), "Sent back")


def _several(deed: Callable[[int], Any], word: str) -> ResponseReturnValue:
    """To each by itself: one that somebody else decided meanwhile does not keep the others from it."""
    wanted = [int(text) for text in request.form.getlist("ids") if is_id(text)]
    if not wanted:
        raise Invalid.field("ids", "Choose some of the list first.")
    done, refused = 0, ""
    for task_id in list(dict.fromkeys(wanted))[: inbox_items.AT_ONCE]:
        try:
            deed(task_id)
            done += 1
        except TOO_LATE as error:
            refused = _too_late(error)
    said = f"{word} {done} {'task' if done == 1 else 'tasks'}." + (f" Not all: {refused}" if refused else "")
    if not by_htmx():
        flash(said, "warn" if refused else "ok")
        return see("/inbox")
    return with_more(_inbox(""), _counted(), toast(said, "warn" if refused else "ok"))


def _put_away() -> None:
    news_id = number(request.form, "news_id")
    if news_id:
        notifications.mark_read(actor(), news_id)


def _decided(
    deed: Any, words: str = "", *, key: str = "", warnings: Sequence[str] = (), **typed: str
) -> ResponseReturnValue:
    """Do it, and show the list with the next line chosen. What was typed is kept when it is refused.

    `warnings`: filled by the deed, where it did not do all that was asked.
    """
    said, tone = words, "ok"
    try:
        deed()
        if warnings:
            said, tone = " ".join((words, *warnings)), "warn"
    except Invalid as error:
        return _inbox(key, 422, problems=field_errors(error), typed=typed)
    except TOO_LATE as error:
        said, tone = _too_late(error), "warn"
    following = request.form.get("next", "")
    if request.form.get("from") == "dashboard":
        return _on_the_dashboard(said, tone)
    if by_htmx():
        return with_more(_inbox(following), _counted(), toast(said, tone) if tone != "ok" else "")
    if said:
        flash(said, tone)
    where = _place(request.form)
    return see(f"/inbox?{urlencode({**_query(where), 'item': following} if following else _query(where))}")


def _too_late(error: HelixError) -> str:
    return error.message if isinstance(error, Conflict | Forbidden) else "That is not there any more."


def _on_the_dashboard(said: str, tone: str) -> ResponseReturnValue:
    if not by_htmx():
        flash(said, tone)
        return see("/")
    return with_more(part("dashboard/_needs.html", **needs()), _counted(), toast(said, tone) if said else "")


def _counted() -> str:
    """The number in the sidebar as it is now."""
    words = part("inbox/_count.html", count=around().inbox).get_data(as_text=True)
    return f'<hx-partial hx-target="#inbox-count" hx-swap="outerHTML">{words}</hx-partial>'


def _inbox(key: str, status: int = 200, **more: Any) -> Any:
    context = _context(_place(request.form), key) | more
    if by_htmx():
        return part("inbox/_inbox.html", status, **context)
    return page("inbox/index.html", here="inbox", status=status, **context)


def _place(values: Any) -> dict[str, Any]:
    """Which list: what is needed, or all notifications (only the unread ones), from which one on."""
    shown = values.get("show")
    return {
        "show": TOLD if shown == TOLD else NEEDED,
        "unread": values.get("unread") == "1",
        "after": number(values, "after"),
    }


def _query(where: dict[str, Any]) -> dict[str, str]:
    if where["show"] == NEEDED:
        return {}
    return (
        {"show": TOLD}
        | ({"unread": "1"} if where["unread"] else {})
        | ({"after": str(where["after"])} if where["after"] else {})
    )


def _context(where: dict[str, Any], key: str) -> dict[str, Any]:
    listed = _listed(where, key)
    try:
        found = inbox_items.detail(actor(), listed["chosen"]) if listed["chosen"] else None
    except NotFound:
        found = None
    return {**listed, "detail": found, "typed": {}, "problems": {}}


def _listed(where: dict[str, Any], key: str) -> dict[str, Any]:
    cursor = None
    if where["show"] == NEEDED:
        rows = inbox_items.needed(actor(), {board.id: board.name for board in around().boards})
        rows += inbox_items.held(actor())
    else:
        wanted = PageRequest(limit=AT_ONCE, after=where["after"])
        found = notifications.listed(actor(), wanted, read=False if where["unread"] else None).found
        rows, cursor = inbox_items.told(found.rows), found.cursor
    keys = [row.key for row in rows]
    chosen = key if key in keys or key.startswith("news-") else (keys[0] if keys else "")
    place = keys.index(chosen) if chosen in keys else -1
    others = keys[place + 1 : place + 2] or keys[max(place - 1, 0) : place]
    return {
        "lines": rows,
        "chosen": chosen,
        "next_key": others[0] if others else "",
        "where": where,
        "query": urlencode(_query(where)),
        "cursor": cursor,
        "unread_count": around().unread,
        "needed_count": around().inbox,
    }
