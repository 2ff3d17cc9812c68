"""Checks of the systemd units and the helix command that need no running systemd."""

import os
import re
import shutil
import subprocess

import pytest

from tests.support.commands import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")


def service(unit):
    """The lines of its service as pairs: some names stand in it twice."""
    lines = unit.read_text().partition("[Service]")[2].partition("[Install]")[0].splitlines()
    return [tuple(line.split("=", 1)) for line in lines if "=" in line and not line.startswith("#")]


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_closed_as_far_as_its_work_allows(unit):
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout[-300:] + done.stderr


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_read_as_it_is_meant(unit, tmp_path):
    # The code does not lie where the unit looks for it on this machine.
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace("/opt/helix/.venv/bin/python", "/bin/true"))

    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True)

    said = [line for line in done.stderr.splitlines() if unit.name in line]
    assert said == []


def test_all_units_are_closed_alike_and_may_write_to_one_folder():
    own = {"ExecStart", "ExecReload"}
    closed = [[pair for pair in service(unit) if pair[0] not in own] for unit in UNITS]

    assert len(UNITS) == 4
    assert all(one == closed[0] for one in closed)
    assert {("StateDirectory", "helix"), ("User", "helix"), ("CapabilityBoundingSet", "")} <= set(closed[0])


def test_the_command_runs_as_the_service_with_its_environment_file_from_any_folder(tmp_path):
    (tmp_path / "helix.env").write_text(f"DATA_DIR={tmp_path}/data\n")
    environment = {
        "PATH": os.environ["PATH"],
        "HELIX_CODE": str(ROOT),
        "HELIX_USER": subprocess.run(["id", "-un"], capture_output=True, text=True).stdout.strip(),
        "HELIX_ENV_FILE": str(tmp_path / "helix.env"),
    }
    # What lies where somebody stands is not taken for the code.
    (tmp_path / "helix.py").write_text("raise SystemExit('the wrong code')")

    done = subprocess.run(
        [ROOT / "deploy" / "helix", "migrate"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert f"Database: sqlite:///{tmp_path}/data/helix.db; data folder: {tmp_path}/data" in done.stderr


def test_another_user_is_left_for_the_services_own(tmp_path):
    """By runuser, which keeps the variables that were set in front."""
    (tmp_path / "runuser").write_text('#!/bin/sh\necho "$@"; env | grep ADMIN_EMAIL\n')
    (tmp_path / "runuser").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"

    done = subprocess.run(
        [ROOT / "deploy" / "helix", "backup", "a file"],
        env={
            "PATH": path,
            "HELIX_USER": "somebody-else",
            "ADMIN_EMAIL": "you@example.org",
        },
        capture_output=True,
        text=True,
    )

    assert re.fullmatch(
        r"--user somebody-else -- \S*deploy/helix backup a file\nADMIN_EMAIL=you@example.org\n", done.stdout
    ), done.stdout + done.stderr
