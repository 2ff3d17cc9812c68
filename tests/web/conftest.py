"""Page tests run on the embedded default alone, unless they are marked as `every_database`."""

from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)  # before the root's, which deselects by this marker
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and not item.get_closest_marker("every_database"):
            item.add_marker("any_database")
