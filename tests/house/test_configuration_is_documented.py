"""docs/configuration.md names every variable that is read, with none left over."""

import os
import re
from collections import UserDict

from helix.settings import Settings
from tests.supervisor.installation import ROOT


class Recording(UserDict):
    """An environment that remembers what it was asked for."""

    def __init__(self, values):
        super().__init__(values)
        self.asked = set()

    def get(self, name, default=None):
        self.asked.add(name)
        return super().get(name, default)


def test_the_table_and_the_code_know_the_same_variables(tmp_path):
    environ = Recording({"DATA_DIR": os.fspath(tmp_path)})
    page = (ROOT / "docs" / "configuration.md").read_text()

    Settings.from_environment(environ)

    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)} == environ.asked
