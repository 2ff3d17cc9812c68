"""docs/configuration.md documents exactly the environment variables that `helix.settings` reads."""

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


# Passing the environment on to child processes, or a variable that belongs to a library.
OTHER_USES = {
    "backups/postgresql.py": "environment of pg_dump and pg_restore",
    "cli/processes.py": "environment of gunicorn, which replaces the process",
    "llm/litellm_client.py": "variables of litellm",
    "mcp/processes.py": "PATH and language of programs of tool servers",
    "metrics/multiprocess.py": "PROMETHEUS_MULTIPROC_DIR of prometheus_client",
    "metrics/exposition.py": "PROMETHEUS_MULTIPROC_DIR of prometheus_client",
    "services/tools/tools_file.py": "variables that TOOLS_FILE hands on to programs",
    "supervisor/run.py": "environment of the processes of an installation",
}


def test_no_other_package_reads_environment_variables():
    package = ROOT / "helix"
    files = {path for path in package.rglob("*.py") if re.search(r"os\.(environ|getenv)", path.read_text())}

    found = {path.relative_to(package).as_posix() for path in files if package / "settings" not in path.parents}

    assert found == OTHER_USES.keys()
