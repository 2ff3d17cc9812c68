"""Runs the commands of docs/api.md against a real installation and compares their output."""

import re
import subprocess

import pytest

from tests.support.installation import EMAIL, PASSWORD, Installation

pytestmark = pytest.mark.any_database

MARK = "--- next ---"
BLOCK = re.compile(r"^```(bash|text)\n(.*?)^```", re.M | re.S)


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    with Installation(tmp_path_factory.mktemp("walkthrough"), HELIX_DEMO_DELAY_SECONDS="0") as installation:
        installation.start("web", "worker", "scheduler")
        yield installation


def steps(page):
    """[(commands, what they print)]"""
    found = []
    for kind, content in BLOCK.findall(page):
        if kind == "bash":
            found.append([content, ""])
        else:
            found[-1][1] = content
    return found


def test_every_command_of_the_page_works_and_prints_what_it_says(root, installation, tmp_path):
    wanted = steps((root / "docs/api.md").read_text(encoding="utf-8"))
    script = f"\necho '{MARK}'\n".join(commands for commands, _prints in wanted)

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={**installation.environment, "HELIX": installation.address, "EMAIL": EMAIL, "PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        timeout=180,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert [part.lstrip("\n") for part in done.stdout.split(f"{MARK}\n")] == [prints for _commands, prints in wanted]
    assert len(wanted) >= 10
    assert (tmp_path / "result.md").read_text().strip()


def test_the_reference_alone_is_enough_to_write_a_client(installation):
    from tests.contract.reference_client import work_through

    story = work_through(installation.address, EMAIL, PASSWORD)

    assert story["statuses"] == ["todo", "review", "done"]
    assert story["result"].strip()
    assert story["unread_after"] == 0
    assert "task.approved" in story["actions"] or "task.completed" in story["actions"]
