"""The store of this installation's files."""

from functools import cache

from flask import current_app

from helix.files import Store, open_store


def store() -> Store:
    """The one that FILES_URL names."""
    return _opened(current_app.config["HELIX"].files_url)


@cache
def _opened(url: str) -> Store:
    return open_store(url)
