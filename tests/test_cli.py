import subprocess
import sys

import pytest

from tests.supervisor.installation import ROOT


def helix(folder, *arguments, **environ):
    return subprocess.run(
        [sys.executable, "-m", "helix", *arguments],
        cwd=ROOT,
        env={"DATA_DIR": str(folder), **environ},
        capture_output=True,
        text=True,
        timeout=20,
    )


@pytest.mark.parametrize("command", [["run"], ["web"]])
def test_a_setting_that_cannot_be_used_is_one_sentence_and_not_a_stack_trace(tmp_path, command):
    outcome = helix(tmp_path, *command, PORT="abc")

    assert outcome.returncode == 1
    assert outcome.stderr == "Error: PORT must be a whole number from 1 to 65535, not 'abc'.\n"


def test_production_without_secrets_does_not_start(tmp_path):
    outcome = helix(tmp_path, "run", ENVIRONMENT="production")

    assert outcome.returncode == 1
    assert "ENCRYPTION_KEYS must be set in production" in outcome.stderr


def test_help_lists_every_command(tmp_path):
    printed = helix(tmp_path, "--help").stdout

    for command in ("run", "web", "worker", "scheduler", "migrate", "seed"):
        assert f"\n  {command}" in printed
