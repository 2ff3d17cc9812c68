"""scripts/audit.py distinguishes a vulnerability from a network outage. A fake pip-audit supplies the output."""

import json
import os
import subprocess
import sys

import pytest

from tests.supervisor.installation import ROOT

CLEAN = {"name": "flask", "version": "3.1.3", "vulns": []}
HOLED = {"name": "pillow", "version": "1.0", "vulns": [{"id": "CVE-2020-1", "fix_versions": ["2.0"]}]}
SKIPPED = {"name": "redis", "skip_reason": "Dependency not found on PyPI and could not be audited"}


@pytest.fixture
def audit(tmp_path):
    def run(*, packages=None, stderr="", code=0):
        answer = json.dumps({"dependencies": packages}) if packages is not None else ""
        (tmp_path / "pip_audit.py").write_text(
            f"import sys; print({answer!r}); print({stderr!r}, file=sys.stderr); sys.exit({code})"
        )
        return subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "audit.py")],
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )

    return run


def test_a_known_vulnerability_fails_and_is_named(audit):
    outcome = audit(packages=[CLEAN, HOLED], code=1)

    assert outcome.returncode == 1
    assert "pillow 1.0: CVE-2020-1, fixed in 2.0" in outcome.stdout


def test_a_vulnerability_counts_also_where_other_packages_could_not_be_checked(audit):
    assert audit(packages=[HOLED, SKIPPED], code=1).returncode == 1


def test_clean_packages_pass(audit):
    outcome = audit(packages=[CLEAN])

    assert outcome.returncode == 0
    assert "1 packages checked, 0 with a known vulnerability" in outcome.stdout


def test_packages_without_data_pass_and_are_said_to_be_unchecked(audit):
    outcome = audit(packages=[CLEAN, SKIPPED])

    assert outcome.returncode == 0
    assert "NOT CHECKED" in outcome.stdout


def test_a_network_that_is_away_passes_and_says_so(audit):
    outcome = audit(stderr="requests.exceptions.ConnectionError: Max retries exceeded", code=1)

    assert outcome.returncode == 0
    assert "NOT CHECKED" in outcome.stdout


def test_any_other_failure_of_the_audit_fails(audit):
    assert audit(stderr="unrecognized arguments: --disable-pip", code=2).returncode == 1
