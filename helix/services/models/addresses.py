from flask import current_app

from helix.errors import Invalid
from helix.services import addresses

BASE_URL_EXAMPLE = "https://api.example.com/v1"


def validate_base_url(base_url: str | None) -> str | None:
    """A model's base URL without a slash at its end, None for an empty one. Raises Invalid."""
    if not base_url or not base_url.strip():
        return None
    base_url = base_url.strip().rstrip("/")
    allowed = current_app.config["HELIX"].allow_private_model_addresses
    parts = addresses.validate_url(base_url, "base_url", allow_private=allowed, example=BASE_URL_EXAMPLE)
    if parts.query or parts.fragment:
        raise Invalid.field("base_url", "Leave out what follows a ? or # in the address.")
    return base_url
