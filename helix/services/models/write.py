"""Creating, editing and deleting AI models: for admins. Only the last four characters of an API key are shown again."""

from typing import Any

from flask import current_app
from sqlalchemy import func, select, update

from helix import clock, live, llm, queue
from helix.crypto.secrets import key_hint
from helix.db.locking import NO_KEY_UPDATE, lock
from helix.db.transaction import transaction
from helix.errors import Conflict, Invalid, NotFound
from helix.extensions import db
from helix.models import Agent, AiModel, Organization
from helix.policies.actor import Actor
from helix.services import activity, url_validation
from helix.services.access import refuse_api_tokens
from helix.services.conflicts import IsUnchanged, StaleEdit
from helix.services.models import cooldown
from helix.services.models.lookup import get_for_update, require_admin
from helix.services.secrets import encrypt

PROVIDERS = {provider.name: provider for provider in llm.PROVIDERS}
# A change of these fields invalidates the last test.
TESTED_FIELDS = {"provider", "model_name", "base_url", "api_key"}
# A change of these makes it another model, of which nothing is known.
IDENTITY_FIELDS = {"provider", "model_name", "base_url"}
BASE_URL_EXAMPLE = "https://api.example.com/v1"
# Names of agents that an error message lists.
MAX_NAMES = 5


def create(actor: Actor, *, api_key: str | None = None, **fields: Any) -> AiModel:
    """Create a model; the first becomes the default. Raises Forbidden for API tokens that send an address or key."""
    require_admin(actor)
    fields["base_url"] = validate_base_url(fields.get("base_url"))
    if fields["base_url"] or api_key:
        refuse_api_tokens(actor)
    fields["display_name"] = fields.get("display_name") or fields["model_name"][:120]
    _check_provider(fields["provider"], fields["base_url"])
    with transaction() as after_commit:
        lock_default()
        model = AiModel(created_at=clock.now(), **fields)
        _set_key(model, api_key)
        model.is_default = not db.session.scalar(select(func.count()).where(AiModel.is_default))
        db.session.add(model)
        db.session.flush()
        _record(actor, "model.created", model)
        after_commit(queue.wake)  # runs may have waited for a usable model
        after_commit(live.publish, "agent")
    return model


def edit(actor: Actor, model_id: int, changes: dict[str, Any], *, is_unchanged: IsUnchanged | None = None) -> AiModel:
    """Apply the fields that were sent. An empty `api_key` keeps the stored one, None removes it. For admins.

    Raises Invalid on `api_key` when the stored key would be sent to another address than it was entered for, StaleEdit
    when `is_unchanged` returns False for the locked row, Forbidden for API tokens that change the address or the key.
    """
    require_admin(actor)
    changes = dict(changes)
    if "base_url" in changes:
        changes["base_url"] = validate_base_url(changes["base_url"])
    if changes.get("api_key") == "":
        del changes["api_key"]
    with transaction() as after_commit:
        model = get_for_update(model_id)
        if is_unchanged and not is_unchanged(model):
            raise StaleEdit("model", {"display_name": model.display_name})
        goes_elsewhere = any(
            name in changes and changes[name] != getattr(model, name) for name in ("provider", "base_url")
        )
        if goes_elsewhere or "api_key" in changes:
            refuse_api_tokens(actor)
        if goes_elsewhere:
            _check_provider(changes.get("provider", model.provider), changes.get("base_url", model.base_url))
            if model.has_api_key and "api_key" not in changes:
                raise Invalid.field(
                    "api_key", "Enter the key again: the stored one was entered for the previous address."
                )
        changed = [name for name in changes if name != "api_key" and getattr(model, name) != changes[name]]
        for name in changed:
            setattr(model, name, changes[name])
        if "api_key" in changes:
            _set_key(model, changes["api_key"])
            changed.append("api_key")
        if TESTED_FIELDS.intersection(changed):
            model.last_test = None
        if IDENTITY_FIELDS.intersection(changed):
            model.supports_tools = None
        if changed:
            _record(actor, "model.updated", model, fields=sorted(changed))
            cooldown.lift(model)
            after_commit(queue.wake)
            after_commit(live.publish, "agent")
    return model


def set_default(actor: Actor, model_id: int) -> AiModel:
    """Make a model the default, for agents without a model of their own. Raises Conflict when it is switched off."""
    require_admin(actor)
    with transaction() as after_commit:
        lock_default()
        model = get_for_update(model_id)
        if not model.is_active:
            raise Conflict(f"{model.display_name} is switched off. Switch it on first.")
        if not model.is_default:
            make_default(model)
            _record(actor, "model.updated", model, fields=["is_default"])
            after_commit(queue.wake)
            after_commit(live.publish, "agent")
    return model


def replace_demo_default(actor: Actor, model_id: int) -> AiModel | None:
    """Make a model that has passed its test the default if the demo model is. Returns the demo model, else None."""
    require_admin(actor)
    with transaction() as after_commit:
        lock_default()
        model = get_for_update(model_id)
        replaced = db.session.scalars(select(AiModel).where(AiModel.is_default)).one_or_none()
        passed = bool(model.last_test and model.last_test["ok"])
        if not passed or not model.is_active or model.provider == llm.DEMO:
            return None
        if replaced is None or replaced.provider != llm.DEMO:
            return None
        make_default(model)
        _record(actor, "model.updated", model, fields=["is_default"])
        after_commit(queue.wake)
        after_commit(live.publish, "agent")
    return replaced


def make_default(model: AiModel) -> None:
    """Make a model the default. Call it inside a transaction, after `lock_default`."""
    db.session.execute(update(AiModel).where(AiModel.is_default).values(is_default=False))
    db.session.flush()
    model.is_default = True
    db.session.flush()


def lock_default() -> None:
    """Lock the organization's row, so that only one transaction at a time changes the default model."""
    lock(Organization, 1, **NO_KEY_UPDATE)


def delete(actor: Actor, model_id: int, *, replace_with: int | None = None) -> None:
    """Delete a model and its key. `replace_with` becomes the default and the model of its agents in its place.

    Raises Conflict for the default model, or one that agents use, when `replace_with` is None. For admins.
    """
    require_admin(actor)
    with transaction() as after_commit:
        lock_default()
        # Lock in the order of the ids to avoid deadlocks.
        locked = {id: lock(AiModel, id) for id in sorted({model_id, replace_with or model_id})}
        model, heir = locked[model_id], locked[replace_with] if replace_with else None
        if model is None:
            raise NotFound("There is no such AI model.")
        if replace_with is not None and (heir is None or heir is model):
            raise Invalid.field("replace_with", f"There is no other AI model {replace_with}.")
        if heir is not None and not heir.is_active:
            raise Invalid.field("replace_with", f"{heir.display_name} is switched off.")
        if heir is None:
            _require_unused(model)
        # Including deleted agents, which may still reference it.
        db.session.execute(
            update(Agent).where(Agent.ai_model_id == model_id).values(ai_model_id=heir.id if heir else None)
        )
        was_default, name = model.is_default, model.display_name
        db.session.delete(model)
        db.session.flush()
        if was_default and heir is not None:
            make_default(heir)
        details: dict[str, Any] = {"replaced_with": heir.display_name} if heir else {}
        activity.record(actor, "model.deleted", "model", model_id, name, admin_only=True, **details)
        after_commit(live.publish, "agent")
        after_commit(queue.wake)


def _require_unused(model: AiModel) -> None:
    users = select(Agent.name).where(Agent.ai_model_id == model.id, Agent.deleted_at.is_(None)).order_by(Agent.name)
    names = db.session.scalars(users).all()
    if not names and not model.is_default:
        return
    reasons = ["is the default"] if model.is_default else []
    if names:
        more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
        reasons.append(f"is used by {', '.join(names[:MAX_NAMES])}{more}")
    raise Conflict(
        f"{model.display_name} {' and '.join(reasons)}. Name with `replace_with` the model that takes its place.",
        agents=len(names),
    )


def _check_provider(provider: str, base_url: str | None) -> None:
    spec = PROVIDERS.get(provider)
    if spec is None:
        raise Invalid.field("provider", f"There is no provider {provider}. Choose one of {', '.join(PROVIDERS)}.")
    if spec.needs_base_url and not base_url:
        raise Invalid.field("base_url", f"{spec.label} needs the address of its server.")


def _set_key(model: AiModel, api_key: str | None) -> None:
    api_key = (api_key or "").strip()
    if api_key and not (api_key.isascii() and api_key.isprintable()):
        raise Invalid.field("api_key", "The key has characters that cannot be part of a key. Copy it again.")
    model.api_key_encrypted = encrypt(api_key)
    model.key_hint = key_hint(api_key) if api_key else None


def _record(actor: Actor, action: str, model: AiModel, **details: Any) -> None:
    """Record an admin-only activity entry, with the names of fields but never their values."""
    activity.record(actor, action, "model", model.id, model.display_name, admin_only=True, **details)


def validate_base_url(base_url: str | None) -> str | None:
    """The base URL without a trailing slash; None when empty. Raises Invalid."""
    if not base_url or not base_url.strip():
        return None
    base_url = base_url.strip().rstrip("/")
    allowed = current_app.config["HELIX"].allow_private_model_addresses
    parts = url_validation.validate_url(base_url, "base_url", allow_private=allowed, example=BASE_URL_EXAMPLE)
    if parts.query or parts.fragment:
        raise Invalid.field("base_url", "Remove the part of the address after ? or #.")
    return base_url
