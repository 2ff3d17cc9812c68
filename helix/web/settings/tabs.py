"""The tabs of the settings: their list, and responses for their forms."""

from typing import Any

from flask import flash
from flask.typing import ResponseReturnValue

from helix.policies import administration
from helix.services import tools
from helix.web.blueprint import (
    actor,
    append_html,
    is_htmx_request,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
)

# Name, label, icon, address.
PERSONAL_TABS = (("profile", "Profile", "user", "/profile"), ("tokens", "API tokens", "key-round", "/settings/tokens"))
ORGANIZATION_TABS = (
    ("organization", "Organization", "settings", "/settings"),
    ("telegram", "Telegram bot", "send", "/settings/telegram"),
    ("tools", "Tools", "wrench", "/settings/tools"),
    ("web_search", "Web search", "search", "/settings/web-search"),
    ("budgets", "Budgets", "wallet", "/settings/budgets"),
    ("webhooks", "Webhooks", "webhook", "/settings/webhooks"),
    ("data", "Data", "download", "/settings/data"),
)
ADDRESS = {name: address for name, _label, _icon, address in (*PERSONAL_TABS, *ORGANIZATION_TABS)}


def render_tab(
    name: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    message: str = "",
    tone: str = "ok",
    template: str | None = None,
) -> Any:
    """Render a tab: as a page, or for htmx as a partial with a toast.

    `template` names a page below the tab, such as one webhook.
    """
    shown = f"settings/_{template or name}.html"
    context = {"typed": {}, "problems": {}, "tab": name, "shown": shown, **context}
    if is_htmx_request():
        answer = render_partial(shown, status, **context)
        return append_html(answer, render_toast(message, tone)) if message else answer
    tabs: list[tuple[str, tuple[tuple[str, str, str, str], ...]]] = [("You", PERSONAL_TABS)]
    waiting: dict[str, int] = {}
    if administration.may_administer(actor()):
        tabs.append(("Everyone", ORGANIZATION_TABS))
        # By tab, what an admin has to decide on.
        waiting["tools"] = tools.changed_count()
    return render_page("settings/index.html", here="settings", status=status, tabs=tabs, waiting=waiting, **context)


def tab_response(name: str, context: dict[str, Any], message: str, tone: str = "ok") -> ResponseReturnValue:
    """After a change: the tab for htmx, a redirect to it for a plain form."""
    if is_htmx_request():
        return render_tab(name, context, message=message, tone=tone)
    flash(message, tone)
    return redirect_to(ADDRESS[name])
