"""Where tools come from: the built-in source and MCP servers. For admins. Of a secret only its hint is shown again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from helix import clock
from helix.clock import iso
from helix.crypto.secrets import key_hint
from helix.db.locking import lock
from helix.db.transaction import transaction
from helix.errors import Conflict, Invalid
from helix.extensions import db
from helix.models import Tool, ToolSource
from helix.models.vocabulary import ToolSourceKind, ToolStatus
from helix.policies.actor import Actor
from helix.services import activity, url_validation
from helix.services.access import refuse_api_tokens
from helix.services.conflicts import IsUnchanged, StaleEdit, conflict_on_duplicate
from helix.services.required_rows import get_required, required
from helix.services.secrets import encrypt
from helix.services.tools import oauth
from helix.services.tools.definitions import SOURCE
from helix.services.tools.lookup import require_admin

MOST = 50
URL_EXAMPLE = "https://example.com/mcp"
# A change of these decides what is connected to and with which secret.
GUARDED = {"url", "secret", "auth", "header_name", "allow_private"}
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
# Set by HELIX for each request.
_RESERVED_HEADERS = {"host", "content-length", "content-type", "transfer-encoding", "connection", "accept"}


def sources(actor: Actor) -> list[ToolSource]:
    """All sources, the built-in one first."""
    require_admin(actor)
    return list(db.session.scalars(select(ToolSource).order_by(ToolSource.slug != SOURCE, ToolSource.slug)))


def has_servers() -> bool:
    """Whether there is any source besides the built-in one."""
    query = select(ToolSource.id).where(ToolSource.kind != ToolSourceKind.BUILTIN, ToolSource.enabled).limit(1)
    return db.session.scalar(query) is not None


def get(actor: Actor, source_id: int) -> ToolSource:
    require_admin(actor)
    return get_required(ToolSource, source_id, "source of tools")


def create(actor: Actor, *, kind: str, slug: str, secret: str | None = None, **fields: Any) -> ToolSource:
    """Add an MCP server. Raises Conflict when the slug is taken, Forbidden for API tokens: it outlives them."""
    require_admin(actor)
    refuse_api_tokens(actor)
    _check_kind(kind)
    fields["url"] = _checked_url(fields["url"], allow_private=fields.get("allow_private", False))
    with transaction():
        if (db.session.scalar(select(func.count(ToolSource.id))) or 0) > MOST:
            raise Conflict(f"There are {MOST} sources already. Delete one first.")
        source = ToolSource(
            kind=ToolSourceKind.MCP_HTTP, slug=slug, created_by_user_id=actor.user_id, created_at=clock.now(), **fields
        )
        _set_secret(source, secret)
        _check_authentication(source)
        with conflict_on_duplicate(f"There is already a source {slug}. Choose another name for its tools."):
            db.session.add(source)
        _record(actor, "tool.source_created", source)
    return source


def edit(
    actor: Actor, source_id: int, changes: dict[str, Any], *, is_unchanged: IsUnchanged | None = None
) -> ToolSource:
    """Apply the fields that were sent. An empty `secret` keeps the stored one, None removes it.

    A change of what is connected to ends an OAuth connection. Raises StaleEdit when `is_unchanged` returns False for
    the locked row.

    Raises Invalid on `secret` when the stored one would go to another address than it was entered for, Forbidden for
    API tokens that change where it goes. Of the built-in source only `enabled` can be changed.
    """
    require_admin(actor)
    changes = dict(changes)
    if changes.get("secret") == "":
        del changes["secret"]
    if GUARDED.intersection(changes):
        refuse_api_tokens(actor)
    connection = None
    with transaction():
        source = required(lock(ToolSource, source_id), "source of tools")
        if is_unchanged and not is_unchanged(source):
            raise StaleEdit("source", serialize(source, ToolCounts()))
        if source.kind != ToolSourceKind.MCP_HTTP and changes.keys() - {"enabled"}:
            raise Conflict("This source is not described here. It can only be switched on and off.")
        if {"url", "allow_private"}.intersection(changes):
            allow_private = changes.get("allow_private", source.allow_private)
            changes["url"] = _checked_url(changes.get("url", source.url), allow_private=allow_private)
            if changes["url"] != source.url and source.secret_encrypted and "secret" not in changes:
                raise Invalid.field(
                    "secret", "Enter the secret again: the stored one was entered for the previous address."
                )
        changed = [name for name in changes if name != "secret" and getattr(source, name) != changes[name]]
        if {"url", "auth", "allow_private"}.intersection(changed):
            # The tokens are for the server that was connected.
            connection = oauth.forget(source)
            source.refresh_error = None
        for name in changed:
            setattr(source, name, changes[name])
        if "secret" in changes:
            _set_secret(source, changes["secret"])
            changed.append("secret")
        if source.kind == ToolSourceKind.MCP_HTTP:
            _check_authentication(source)
        if changed:
            _record(actor, "tool.source_updated", source, fields=sorted(changed))
    oauth.revoke(source_id, connection)
    return source


def delete(actor: Actor, source_id: int) -> None:
    """Delete a server with its tools and their grants. Earlier calls stay in the runs."""
    require_admin(actor)
    with transaction():
        source = required(lock(ToolSource, source_id), "source of tools")
        if source.kind == ToolSourceKind.BUILTIN:
            raise Conflict("The built-in tools cannot be deleted. Switch the source off instead.")
        connection = oauth.forget(source)
        db.session.delete(source)
        _record(actor, "tool.source_deleted", source)
    oauth.revoke(source_id, connection)


@dataclass(frozen=True)
class ToolCounts:
    """How many tools a source has, and how many of them an admin has to decide on."""

    tools: int = 0
    new: int = 0
    changed: int = 0


def is_connected(source: ToolSource) -> bool:
    """Whether everything is there that a connection needs: with OAuth, somebody has to connect it first."""
    return oauth.state_of(source) in (None, "connected")


def tool_counts(found: Sequence[ToolSource]) -> dict[int, ToolCounts]:
    """The counts of each of these sources that has tools."""
    ids = [source.id for source in found]
    query = (
        select(
            Tool.source_id,
            func.count(Tool.id).label("tools"),
            func.count(Tool.id).filter(Tool.status == ToolStatus.NEW).label("new"),
            func.count(Tool.id).filter(Tool.status == ToolStatus.CHANGED).label("changed"),
        )
        .where(Tool.source_id.in_(ids), Tool.status != ToolStatus.GONE)
        .group_by(Tool.source_id)
    )
    return {row.source_id: ToolCounts(row.tools, row.new, row.changed) for row in db.session.execute(query)}


def serialize_many(found: Sequence[ToolSource]) -> list[dict[str, Any]]:
    counts = tool_counts(found)
    return [serialize(source, counts.get(source.id, ToolCounts())) for source in found]


def serialize(source: ToolSource, counts: ToolCounts) -> dict[str, Any]:
    """The API representation: of the secret, only its existence and its last four characters."""
    return {
        "id": source.id,
        "kind": source.kind,
        "slug": source.slug,
        "title": source.title,
        "url": source.url,
        "auth": source.auth,
        "header_name": source.header_name,
        "has_secret": source.secret_encrypted is not None,
        "secret_hint": source.secret_hint,
        "allow_private": source.allow_private,
        "timeout_seconds": source.timeout_seconds,
        "max_result_bytes": source.max_result_bytes,
        "enabled": source.enabled,
        "tool_count": counts.tools,
        "new_count": counts.new,
        "changed_count": counts.changed,
        "oauth_state": oauth.state_of(source),
        "oauth_expires_at": iso(source.oauth_expires_at),
        "refreshed_at": iso(source.refreshed_at),
        "refresh_error": source.refresh_error,
        "created_at": iso(source.created_at),
    }


def _check_kind(kind: str) -> None:
    if kind == ToolSourceKind.MCP_STDIO:
        raise Invalid.field(
            "kind",
            "A server that is a program on the host cannot be added here: this API must not start programs.",
        )
    if kind != ToolSourceKind.MCP_HTTP:
        raise Invalid.field("kind", f"There is no kind {kind[:40]} that can be added. Use mcp_http.")


def _checked_url(url: str, *, allow_private: bool) -> str:
    """The address without a fragment. The address that is connected to is checked again on connecting."""
    may_allow = current_app.config["HELIX"].allow_private_tool_addresses
    if allow_private and not may_allow:
        raise Invalid.field("allow_private", "Private addresses are not allowed on this installation.")
    url_validation.validate_url(url, "url", allow_private=may_allow, example=URL_EXAMPLE)
    if may_allow and not allow_private:
        try:
            url_validation.validate_url(url, "url", allow_private=False, example=URL_EXAMPLE)
        except Invalid:
            raise Invalid.field("url", "This is a private address. Allow those for this server, if it is.") from None
    if "#" in url:
        raise Invalid.field("url", "Leave out the # and what follows it: it is never sent.")
    return url


def _check_authentication(source: ToolSource) -> None:
    if source.auth == "header" and source.secret_encrypted is None:
        raise Invalid.field("secret", "Enter what is sent in the header, or choose no authentication.")
    if not _HEADER.fullmatch(source.header_name) or source.header_name.lower() in _RESERVED_HEADERS:
        raise Invalid.field("header_name", "This is not a header that can be set. Write one such as Authorization.")


def _set_secret(source: ToolSource, secret: str | None) -> None:
    secret = (secret or "").strip()
    if secret and not (secret.isascii() and secret.isprintable()):
        raise Invalid.field("secret", "The secret has characters that cannot be part of a header. Copy it again.")
    source.secret_encrypted = encrypt(secret)
    source.secret_hint = key_hint(secret) if secret else None


def _record(actor: Actor, action: str, source: ToolSource, **details: Any) -> None:
    """Names of fields, never an address: those may hold keys."""
    activity.record(actor, action, "tool_source", source.id, source.title, admin_only=True, **details)
