"""The user's own profile: name, avatar, password, time zone, theme, Telegram, and browser sessions."""

import re
from typing import Any

from flask import current_app, request
from flask.typing import ResponseReturnValue

from helix.errors import Conflict, HelixError, Invalid, TooManyRequests
from helix.files.transfer import taking
from helix.models import BrowserSession
from helix.models.vocabulary import NotificationType
from helix.schemas.account import ProfilePatch
from helix.services import accounts, avatars, settings, telegram
from helix.services.notifications import preferences
from helix.web import forms, session
from helix.web.blueprint import (
    actor,
    flash_toast,
    is_htmx_request,
    redirect_to,
    render_partial,
    signed_in_blueprint,
    toast_event,
    trigger_events,
)
from helix.web.formats import exact
from helix.web.settings.tabs import render_tab, tab_response
from helix.web.time_zones import viewer_zone

blueprint = signed_in_blueprint("profile")
blueprint.before_request(taking({"set_avatar": lambda: avatars.MAX_BYTES}, refuse_other_bodies=False))
BLUEPRINTS = (blueprint,)
THEMES = {"system": "System", "light": "Light", "dark": "Dark"}
# What each type of notification tells, in the order of the table.
NOTIFICATION_LABELS = {
    NotificationType.REQUEST: ("An agent asks you something", "Questions, and calls that need a yes or no."),
    NotificationType.APPROVAL_NEEDED: ("A result needs your approval", ""),
    NotificationType.TASK_REVIEW: ("A task was moved to review", ""),
    NotificationType.MENTION: ("You are mentioned", "And problems that only you or an admin can fix."),
    NotificationType.TASK_ASSIGNED: ("A task is assigned", "To you, or to an agent that you watch."),
    NotificationType.TASK_COMPLETED: ("A task is done", "Tasks that you created, watch or take part in."),
    NotificationType.AGENT_ERROR: ("A run failed", ""),
    NotificationType.BUDGET: ("A budget is nearly used up", "For admins."),
}
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"))


@blueprint.get("/profile")
def show() -> ResponseReturnValue:
    return render_tab("profile", _context())


@blueprint.post("/profile")
def edit() -> ResponseReturnValue:
    typed = forms.posted_fields("name", "timezone", "theme")
    try:
        changed = forms.changed_fields(typed, _present())
        theme = _theme(changed.pop("theme")) if "theme" in changed else {}
        changes = ProfilePatch.model_validate(forms.empty_to_none(changed, nullable=("timezone",))).changes()
        accounts.edit_profile(actor(), changes | theme)
    except forms.FORM_ERRORS as error:
        return _refused(error, typed, otherwise="name")
    return tab_response("profile", _context(), "Saved.")


def _present() -> dict[str, str]:
    """The values of the form for the current user."""
    user = accounts.me(actor())
    return {"name": user.name, "timezone": user.timezone or "", "theme": user.theme}


@blueprint.post("/profile/notifications")
def choose_notifications() -> ResponseReturnValue:
    """Each checkbox is named "mention.app"; one that is not sent is switched off."""
    types = {
        type_: {channel: f"{type_}.{channel}" in request.form for channel in preferences.CHANNELS}
        for type_ in NotificationType
    }
    preferences.change(actor(), {"types": types})
    return tab_response("profile", _context(), "Saved.")


@blueprint.post("/profile/snooze")
def snooze() -> ResponseReturnValue:
    """`until` is hour, tomorrow, monday or off."""
    until = preferences.snooze_end(request.form.get("until", ""), str(viewer_zone()))
    preferences.change(actor(), {"snoozed_until": until})
    text = f"Notifications are snoozed until {exact(until, viewer_zone())}." if until else "Notifications are on again."
    if is_htmx_request():
        answer = render_partial("nav/_snooze.html", snoozed_until=until)
        answer.headers.update(trigger_events({"toast": toast_event(text), "helix:notification": {}}))
        return answer
    flash_toast(text)
    return redirect_to("/inbox?show=notifications")


@blueprint.post("/profile/theme")
def choose_theme() -> ResponseReturnValue:
    """Save the theme chosen in the account menu; the script has applied it already."""
    accounts.edit_profile(actor(), _theme(request.form.get("theme", "")))
    return "", 204


def _theme(word: str) -> dict[str, str]:
    if word not in THEMES:
        raise Invalid.field("theme", "Choose light, dark or system.")
    return {"theme": word}


@blueprint.post("/profile/avatar")
def set_avatar() -> ResponseReturnValue:
    picture = request.files.get("file")
    try:
        if picture is None or not picture.filename:
            raise Invalid.field("file", "Choose a picture first.")
        accounts.set_avatar(actor(), picture.stream)
    except forms.FORM_ERRORS as error:
        return _refused(error, {}, otherwise="file")
    return tab_response("profile", _context(), "Your picture was changed.")


@blueprint.post("/profile/avatar/remove")
def remove_avatar() -> ResponseReturnValue:
    accounts.remove_avatar(actor())
    return tab_response("profile", _context(), "Your picture was removed.")


@blueprint.post("/profile/password")
def change_password() -> ResponseReturnValue:
    current, new = request.form.get("current_password", ""), request.form.get("new_password", "")
    try:
        accounts.change_password(actor(), current, new, address=request.remote_addr or "")
    except TooManyRequests as error:
        return render_tab("profile", _context() | {"problems": {"current_password": error.message}}, status=429)
    except forms.FORM_ERRORS as error:
        return _refused(error, {}, otherwise="current_password")
    return tab_response("profile", _context(), "Your password is changed. Other browsers are signed out.")


@blueprint.post("/profile/sessions/<int:session_id>/end")
def end_session(session_id: int) -> ResponseReturnValue:
    accounts.revoke_session(actor(), session_id)
    return tab_response("profile", _context(), "That browser is signed out.")


@blueprint.post("/profile/sessions/end-all")
def sign_out_everywhere() -> ResponseReturnValue:
    accounts.sign_out_everywhere(actor())
    session.end()
    return redirect_to("/sign-in")


@blueprint.post("/profile/identities/<int:identity_id>/unlink")
def unlink_identity(identity_id: int) -> ResponseReturnValue:
    try:
        accounts.unlink(actor(), identity_id)
    except Conflict as error:
        return tab_response("profile", _context(), error.message, "warn")
    return tab_response("profile", _context(), "Unlinked. You now sign in with your password.")


@blueprint.post("/profile/telegram/link")
def link_telegram() -> ResponseReturnValue:
    """Show a one-time link that opens the bot and links the account."""
    try:
        link = telegram.new_link(actor())
    except Conflict as error:
        return tab_response("profile", _context(), error.message, "warn")
    return render_tab("profile", _context() | {"telegram_link": link})


@blueprint.post("/profile/telegram/unlink")
def unlink_telegram() -> ResponseReturnValue:
    telegram.unlink(actor())
    return tab_response("profile", _context(), "Your Telegram account is unlinked.")


@blueprint.post("/profile/telegram/news")
def switch_telegram() -> ResponseReturnValue:
    on = request.form.get("telegram_notifications") == "1"
    accounts.edit_profile(actor(), {"telegram_notifications": on})
    return tab_response(
        "profile",
        _context(),
        "Notifications are now sent to Telegram." if on else "Notifications are no longer sent to Telegram.",
    )


@blueprint.post("/profile/telegram/test")
def test_telegram() -> ResponseReturnValue:
    try:
        found = telegram.send_test(actor())
    except HelixError as error:
        return tab_response("profile", _context(), error.message, "warn")
    return tab_response("profile", _context(), found["message"], "ok" if found["success"] else "danger")


def _refused(error: Any, typed: dict[str, str], otherwise: str) -> ResponseReturnValue:
    problems = forms.error_messages(error, otherwise=otherwise)
    return render_tab("profile", _context() | {"typed": typed, "problems": problems}, status=422)


def _context() -> dict[str, Any]:
    here = actor()
    elsewhere = current_app.config["HELIX"].oidc
    return {
        "user": accounts.me(here),
        "organization_zone": here.zone,
        "themes": list(THEMES.items()),
        "sessions": [
            {**accounts.serialize_session(here, each), "device": _device(each)} for each in accounts.sessions(here)
        ],
        "identities": accounts.identities(here),
        "elsewhere": elsewhere.name if elsewhere else "another service",
        "password_min_length": settings.organization().password_min_length,
        "telegram_on": settings.organization().telegram_enabled,
        "is_admin": here.is_admin,
        "telegram_link": None,
        **_notifications(),
    }


def _notifications() -> dict[str, Any]:
    """What templates/settings/_notifications.html wants."""
    found = preferences.settings_of(actor())
    rows = [(str(type_), *words, found["types"][type_]) for type_, words in NOTIFICATION_LABELS.items()]
    return {"notification_rows": rows, "snoozed_until": found["snoozed_until"]}


def _device(one: BrowserSession) -> str:
    """Browser and system of a session, such as "Firefox on Linux", from its user agent."""
    agent = one.user_agent
    browser = next((name for mark, name in BROWSERS if mark in agent), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in agent), "Linux" if re.search("Linux|X11", agent) else "")
    return f"{browser} on {system}" if system else browser
