import json

import pytest

from helix.cli import main
from tests.support import commands


def helix(folder, *arguments, given=None, **environ):
    return commands.helix({"DATA_DIR": str(folder), **environ}, *arguments, given=given)


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

    for command in main.commands:
        assert f"\n  {command}" in printed


def test_the_first_admin_is_made_and_the_doctor_says_what_is_missing_by_its_exit_code(tmp_path):
    helix(tmp_path, "migrate")

    made = helix(tmp_path, "create-admin", "ada@example.com", "--password-stdin", given="letmein-please\n")
    short = helix(tmp_path, "create-admin", "ada@example.com", "--password-stdin", given="short\n")
    doctor = helix(tmp_path, "doctor", "--json")

    assert made.stdout == "ada@example.com is a new admin, called ada.\n"
    assert short.stderr.endswith("Error: A password has at least 7 characters.\n")
    findings = [json.loads(line) for line in doctor.stdout.splitlines()]
    assert doctor.returncode == 1
    assert ("error", "The embedded Redis does not answer.") in [(one["level"], one["what"]) for one in findings]
    assert {"level": "ok", "what": "The database has the shape that this code expects", "do": ""} in findings
