"""Settings of the organization: name, time zone, limits of runs. Admins only."""

from collections.abc import Mapping
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue

from helix.models import Organization
from helix.models.vocabulary import BoardLevel
from helix.policies import administration
from helix.schemas.settings import SettingsPatch
from helix.services import settings
from helix.services.conflicts import StaleEdit
from helix.web import edit_conflicts, forms
from helix.web.admins import require_admin
from helix.web.blueprint import actor, signed_in_blueprint
from helix.web.settings.tabs import render_tab, tab_response

start_blueprint = signed_in_blueprint("settings_start")
blueprint = signed_in_blueprint("settings")
blueprint.before_request(require_admin)
BLUEPRINTS = (start_blueprint, blueprint)

PLAIN = (
    "name",
    "timezone",
    "default_board_level",
    "public_url",
    "run_timeout_seconds",
    "max_run_attempts",
    "stream_idle_seconds",
    "mention_runs_per_hour",
    "max_run_usd",
    "password_min_length",
    "retention_days",
    "unknown_price_per_million_usd",
)
NULLABLE = ("public_url", "retention_days")
MESSAGES = {
    "name": "Enter a name of 1 to 120 characters.",
    "public_url": "Enter an address such as https://helix.company.com, without a path, or leave it empty.",
    "run_timeout_seconds": "Enter whole seconds from 10 to 86400.",
    "max_run_attempts": "Enter a whole number from 1 to 10.",
    "stream_idle_seconds": "Enter whole seconds from 5 to 3600.",
    "mention_runs_per_hour": "Enter a whole number from 0 to 10000.",
    "max_run_usd": "Enter an amount in dollars above 0, such as 1.",
    "password_min_length": "Enter a whole number from 7 to 64.",
    "retention_days": "Enter whole days from 1, or leave it empty to keep them forever.",
    "unknown_price_per_million_usd": "Enter an amount in dollars, such as 30.",
}
LABELS = {
    "name": "Name",
    "timezone": "Time zone",
    "default_board_level": "Members may",
    "public_url": "Address",
    "run_timeout_seconds": "Time limit of a run, in seconds",
    "max_run_attempts": "Attempts",
    "stream_idle_seconds": "Timeout of a silent stream, in seconds",
    "mention_runs_per_hour": "Runs by mention, for each person and hour",
    "max_run_usd": "What a run with tools may cost",
    "password_min_length": "Minimum password length",
    "retention_days": "Days that steps are kept",
    "unknown_price_per_million_usd": "Price when unknown",
}
LEVELS = [
    ("none", "Nothing: boards are opened to them one by one"),
    ("view", "See it"),
    ("create", "See it and work on their own tasks"),
    ("manage", "Manage every task on it"),
]


@start_blueprint.get("/settings")
def show() -> ResponseReturnValue:
    if not administration.may_administer(actor()):
        return redirect("/profile")
    return render_tab("organization", _organization())


@blueprint.post("/settings")
def edit() -> ResponseReturnValue:
    # A page loaded before an upgrade may lack new fields: keep their settings.
    typed = _present(settings.organization()) | forms.posted_fields(*(name for name in PLAIN if name in request.form))
    try:
        changed = forms.changed_fields(typed, _present(settings.organization()))
        sent = SettingsPatch.model_validate(forms.empty_to_none(changed, nullable=NULLABLE)).changes()
        if "default_board_level" in sent:
            sent["default_board_level"] = BoardLevel.of(sent["default_board_level"])
        settings.edit(actor(), sent, is_unchanged=edit_conflicts.if_unmodified(_present))
    except StaleEdit:
        now = _organization()
        theirs, yours = (_in_words(fields) for fields in (now["typed"], typed))
        back = edit_conflicts.conflict_context("organization", LABELS, theirs, yours, back="/settings")
        return render_tab("organization", now | {"typed": typed, "conflict": back}, status=422)
    except forms.FORM_ERRORS as error:
        problems = forms.error_messages(error, words=MESSAGES, otherwise="name")
        return render_tab(
            "organization",
            _organization() | {"typed": typed, "problems": problems, "seen": request.form.get(edit_conflicts.FIELD)},
            status=422,
        )
    return tab_response("organization", _organization(), "Saved.")


def _organization() -> dict[str, Any]:
    typed = _present(settings.organization())
    return {
        "typed": typed,
        "levels": LEVELS,
        "seen": edit_conflicts.fingerprint(typed),
        "conflict": None,
    }


def _present(found: Organization) -> dict[str, str]:
    """The values of the form for the stored settings."""
    shown = settings.serialize(found)
    return {name: "" if shown[name] is None else str(shown[name]) for name in PLAIN} | {
        name: forms.money_value(shown[name]) for name in ("unknown_price_per_million_usd", "max_run_usd")
    }


def _in_words(fields: Mapping[str, str]) -> dict[str, str]:
    level = fields["default_board_level"]
    return {**fields, "default_board_level": dict(LEVELS).get(level, level)}
