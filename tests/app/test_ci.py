"""`.ci/run` lists tests that failed at first and passed alone, without failing the whole run."""

import os
import subprocess
import sys

import pytest

ONCE = """
from pathlib import Path

def test_that_is_late_the_first_time():
    seen = Path("seen")
    was_seen = seen.exists()
    seen.touch()
    assert was_seen

def test_that_passes():
    pass
"""
PASSES = """
def test_that_passes():
    pass
"""
NEVER = """
def test_that_is_broken():
    assert False
"""
MAKE = """#!/bin/sh
[ "$1" != check ] || exec CHECK
[ "$1" != STEP ] || exec .venv/bin/python -m pytest -q -p no:xdist tests
"""


@pytest.fixture
def ci(tmp_path, root):
    """`ci(source, step)`: the output and the exit code of `.ci/run` in a project that has these tests, in one step, and
    nothing else."""

    def _ci(source, step="test", check="true"):
        for folder in (".ci", ".venv/bin", "bin", "tests"):
            (tmp_path / folder).mkdir(parents=True)
        (tmp_path / ".ci/run").write_text((root / ".ci/run").read_text())
        (tmp_path / ".venv/bin/python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        (tmp_path / "bin/make").write_text(MAKE.replace("STEP", step).replace("CHECK", check))
        (tmp_path / "bin/chromium").write_text("#!/bin/sh\n")
        (tmp_path / "tests/test_it.py").write_text(source)
        for program in (".venv/bin/python", "bin/make", "bin/chromium"):
            (tmp_path / program).chmod(0o755)
        environment = os.environ | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
        environment |= {"TEST_REDIS_URL": "redis://unused", "TEST_DATABASE_URL": "unused://", "FAULT_RUNS": "1"}
        ended = subprocess.run(
            ["bash", tmp_path / ".ci/run"], capture_output=True, text=True, timeout=120, env=environment, check=False
        )
        return ended.stdout, ended.returncode

    return _ci


@pytest.mark.parametrize("step", ["test", "test-services"])
def test_what_failed_at_first_is_named_when_it_passes_alone(ci, step):
    output, code = ci(ONCE, step)

    end = output.partition(" s in all.")[2]
    assert code == 0, output
    assert f"Failed at first, passed alone:\n   {step}: tests/test_it.py::test_that_is_late_the_first_time\n" in end
    assert "test_that_passes" not in end


def test_what_fails_twice_fails_the_whole_and_what_passed_alone_is_named_beside_it(ci):
    output, code = ci(ONCE + NEVER)

    end = output.partition(" s in all.")[2]
    assert code == 1
    assert "── FAILED: test\n" in end
    assert "   test: tests/test_it.py::test_that_is_late_the_first_time\n" in end
    assert "test_that_is_broken" not in end


def test_a_check_that_fails_fails_the_whole_and_is_not_repeated(ci):
    output, code = ci(PASSES, check="false")

    assert code == 1
    assert "── FAILED: check\n" in output


def test_nothing_is_listed_when_everything_passes_at_once(ci):
    output, code = ci(PASSES)

    assert code == 0
    assert "passed alone" not in output
