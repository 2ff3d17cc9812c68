"""The search engine of the tool web_search: an admin enters it in the settings, and until then there is none."""

import time
from collections.abc import Mapping
from typing import Any

from flask import current_app

from helix import llm, queue
from helix.crypto.secrets import KeyMissing, key_hint
from helix.db.transaction import end_reading
from helix.errors import Forbidden, Invalid
from helix.models import Organization
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services import secrets, url_validation

PROVIDERS = {provider.name: provider for provider in llm.SEARCH_PROVIDERS}
# What `edit` takes from what was sent.
FIELDS = ("web_search_provider", "web_search_url", "web_search_key")
URL_EXAMPLE = "https://search.example.com"
JOB = "helix.jobs.web_search.check"
# Less than `test` waits, which includes the way to the worker and back.
CHECK_SECONDS = 12
CHECK_QUERY = "weather"


def edit(row: Organization, sent: Mapping[str, Any]) -> list[str]:
    """Set what was sent in the locked row, inside a transaction. Returns the names of the fields that changed.

    An empty `web_search_key` keeps the stored one, None removes it. Raises Invalid, such as when the stored key would
    be sent to another address than it was entered for.
    """
    wanted = {name: sent[name] for name in FIELDS if name in sent}
    if not wanted:
        return []
    if wanted.get("web_search_key") == "":
        del wanted["web_search_key"]
    provider = wanted.get("web_search_provider", row.web_search_provider) or None
    url = wanted.get("web_search_url", row.web_search_url) or None
    spec = PROVIDERS.get(provider or "")
    if provider is not None and spec is None:
        raise Invalid.field("web_search_provider", f"There is no {provider}. Choose one of {', '.join(PROVIDERS)}.")
    url = _checked_url(url) if url is not None and spec is not None and spec.needs_url else None
    goes_elsewhere = (provider, url) != (row.web_search_provider, row.web_search_url)
    if provider is None:
        wanted["web_search_key"] = None
    elif goes_elsewhere and row.web_search_key_encrypted and "web_search_key" not in wanted:
        raise Invalid.field("web_search_key", "Enter the key again: the stored one was entered for another address.")
    changed = [
        name
        for name, value in (("web_search_provider", provider), ("web_search_url", url))
        if getattr(row, name) != value
    ]
    row.web_search_provider, row.web_search_url = provider, url
    if "web_search_key" in wanted and _set_key(row, wanted["web_search_key"]):
        changed.append("web_search_key")
    if spec is not None and spec.needs_url and not url:
        raise Invalid.field("web_search_url", f"Enter the address of the server, such as {URL_EXAMPLE}.")
    if spec is not None and spec.needs_key and row.web_search_key_encrypted is None:
        raise Invalid.field("web_search_key", f"{spec.label} needs a key.")
    return changed


def engine(row: Organization) -> llm.SearchEngine | None:
    """Where queries go; None while no engine is entered. Raises KeyMissing when the key cannot be decrypted."""
    if row.web_search_provider not in PROVIDERS:
        return None
    return llm.SearchEngine(
        row.web_search_provider,
        row.web_search_url,
        secrets.decrypt(row.web_search_key_encrypted),
        allow_private_addresses=current_app.config["HELIX"].allow_private_tool_addresses,
    )


def test(actor: Actor) -> dict[str, Any]:
    """Have a quick worker search once: `success`, `message` (a sentence) and `latency_ms`. For admins.

    Raises Unavailable when no worker answers.
    """
    if not administration.may_administer(actor):
        raise Forbidden("Only admins can test the web search.")
    end_reading()  # do not hold a database connection while waiting for the worker
    return queue.ask(JOB, seconds=20)


def check(row: Organization) -> dict[str, Any]:
    """For the worker: search once with what is stored."""
    began = time.monotonic()
    try:
        found = engine(row)
    except KeyMissing:
        return _outcome(False, "The stored key cannot be opened any more. Enter it again.", began)
    end_reading()
    if found is None:
        return _outcome(False, "No search engine is entered.", began)
    try:
        hits = llm.search_web(found, CHECK_QUERY, timeout_seconds=CHECK_SECONDS).hits
    except llm.SearchFailed as failure:
        return _outcome(False, failure.message, began)
    if not hits:
        return _outcome(False, f"{found.label} answered, but found nothing for the word {CHECK_QUERY}.", began)
    return _outcome(True, f"{found.label} found {len(hits)} pages.", began)


def serialize(row: Organization) -> dict[str, Any]:
    """Part of the settings' API representation: of the key, only its existence and its last four characters."""
    return {
        "web_search_provider": row.web_search_provider,
        "web_search_url": row.web_search_url,
        "has_web_search_key": row.web_search_key_encrypted is not None,
        "web_search_key_hint": row.web_search_key_hint,
    }


def _outcome(success: bool, message: str, began: float) -> dict[str, Any]:
    return {"success": success, "message": message, "latency_ms": round((time.monotonic() - began) * 1000)}


def _checked_url(url: str) -> str:
    """Without a slash at its end. The address that is connected to is checked again on connecting."""
    url = url.strip().rstrip("/")
    allowed = current_app.config["HELIX"].allow_private_tool_addresses
    parts = url_validation.validate_url(url, "web_search_url", allow_private=allowed, example=URL_EXAMPLE)
    if parts.query or parts.fragment:
        raise Invalid.field("web_search_url", "Remove the part of the address after ? or #.")
    return url


def _set_key(row: Organization, key: str | None) -> bool:
    """Returns whether it changed."""
    key = (key or "").strip()
    if key and not (key.isascii() and key.isprintable()):
        raise Invalid.field("web_search_key", "The key has characters that cannot be part of a key. Copy it again.")
    if secrets.equals(row.web_search_key_encrypted, key or None):
        return False
    row.web_search_key_encrypted = secrets.encrypt(key)
    row.web_search_key_hint = key_hint(key) if key else None
    return True
