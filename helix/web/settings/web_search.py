"""The search engine of the tool web_search: choosing one, its address or key, and a test. Admins only."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import HelixError
from helix.models import Organization
from helix.schemas.settings import SettingsPatch
from helix.services import settings, web_search
from helix.services.conflicts import StaleEdit
from helix.web import edit_conflicts, forms
from helix.web.admins import require_admin
from helix.web.blueprint import actor, render_partial, signed_in_blueprint
from helix.web.settings.tabs import render_tab, tab_response

blueprint = signed_in_blueprint("settings_web_search")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)
CHOICES = [("", "None: agents cannot search the web")] + [
    (provider.name, provider.label) for provider in web_search.PROVIDERS.values()
]
PLAIN = ("web_search_provider", "web_search_url")
STALE = "Someone else changed the web search in the meantime. Check its settings, then enter the key again and save."


@blueprint.get("/settings/web-search")
def show() -> ResponseReturnValue:
    return render_tab("web_search", _stored())


@blueprint.post("/settings/web-search/fields")
def fields() -> ResponseReturnValue:
    """The fields that the chosen engine needs."""
    return render_partial("settings/_web_search_fields.html", problems={}, **_context(_typed()))


@blueprint.post("/settings/web-search")
def edit() -> ResponseReturnValue:
    """Save the engine. An empty field of the key keeps the stored one."""
    typed = _typed()
    values: dict[str, Any] = forms.empty_to_none(typed, nullable=PLAIN) | {
        "web_search_key": None if request.form.get("remove") else request.form.get("web_search_key", "").strip()
    }
    try:
        settings.edit(
            actor(), SettingsPatch.model_validate(values).changes(), is_unchanged=edit_conflicts.if_unmodified(_present)
        )
    except StaleEdit:
        return render_tab("web_search", _stored() | {"problems": {"web_search_provider": STALE}}, status=422)
    except forms.FORM_ERRORS as error:
        problems = forms.error_messages(error, words={}, otherwise="web_search_provider")
        context = _context(typed) | {"problems": problems, "seen": request.form.get(edit_conflicts.FIELD)}
        return render_tab("web_search", context, status=422)
    return tab_response("web_search", _stored(), "Saved.")


@blueprint.post("/settings/web-search/test")
def test() -> ResponseReturnValue:
    try:
        found = web_search.test(actor())
    except HelixError as error:
        return tab_response("web_search", _stored(), error.message, "warn")
    return tab_response("web_search", _stored(), found["message"], "ok" if found["success"] else "danger")


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "").strip() for name in PLAIN}


def _stored() -> dict[str, Any]:
    row = settings.organization()
    return _context({name: getattr(row, name) or "" for name in PLAIN})


def _context(typed: dict[str, str]) -> dict[str, Any]:
    row = settings.organization()
    return {
        "typed": typed,
        "choices": CHOICES,
        "engine": web_search.PROVIDERS.get(typed["web_search_provider"]),
        "stored": web_search.serialize(row),
        "seen": edit_conflicts.fingerprint(_present(row)),
        "conflict": None,
    }


def _present(row: Organization) -> dict[str, Any]:
    """The values for the fingerprint. A new key changes its encrypted text."""
    return {"key": row.web_search_key_encrypted, **{name: getattr(row, name) for name in PLAIN}}
