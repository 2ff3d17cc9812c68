"""In processes of their own: what is set up is the root logger."""

import json
import subprocess
import sys

import pytest

from tests.supervisor.installation import ROOT

PROGRAM = """
import logging, sys
from helix.settings import Settings
from helix import logs
settings = Settings.from_environment()
logs.configure(settings, "worker")
log = logging.getLogger("helix.jobs")
with logs.bound(run_id=7):
    log.info("Claimed %s of %s", 1, 2)
    log.debug("detail")
    try:
        raise ValueError(f"key {settings.secret_key} refused")
    except ValueError:
        log.exception("Broke")
log.warning("After it")
if "crash" in sys.argv:
    raise RuntimeError(settings.jwt_secret_key)
"""


@pytest.fixture
def lines(tmp_path):
    def _lines(*arguments, **environ):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *arguments],
            cwd=ROOT,
            env={"DATA_DIR": str(tmp_path), "SECRET_KEY": "k" * 20, "JWT_SECRET_KEY": "j" * 20, **environ},
            capture_output=True,
            text=True,
            timeout=30,
        )
        return done.stderr.splitlines()

    return _lines


def test_as_json_every_line_is_one_object_with_what_it_is_about(lines):
    claimed, broke, after = map(json.loads, lines(LOG_FORMAT="json"))

    assert claimed["event"] == "Claimed 1 of 2"
    assert (claimed["level"], claimed["logger"], claimed["part"], claimed["run_id"]) == (
        "info",
        "helix.jobs",
        "worker",
        7,
    )
    assert claimed["timestamp"].endswith("Z")
    assert "Traceback" in broke["exception"]
    assert "k" * 20 not in str(broke)
    assert "run_id" not in after


def test_what_nobody_caught_is_a_line_like_any_other(lines):
    *_, crash = map(json.loads, lines("crash", LOG_FORMAT="json"))

    assert (crash["level"], crash["event"]) == ("critical", "The process broke")
    assert "RuntimeError: ***" in crash["exception"]


def test_for_a_person_it_is_text_and_log_level_says_how_much(lines):
    everything = lines(LOG_LEVEL="debug")
    little = lines(LOG_LEVEL="warning")

    assert any("Claimed 1 of 2" in line and "run_id=7" in line for line in everything)
    assert any("detail" in line for line in everything)
    assert not any("Claimed" in line for line in little)
