"""Processes with limits: each limit is really hit by work in one."""

import io
import os
import sys
import time

import psutil
import pytest

from helix.errors import Unavailable
from helix.limited_process import LimitExceeded, Limits, Rejected, WorkFailed, run
from tests.support.waiting import wait_for

HERE = "tests.test_limited_process"


def run_here(function, content=b"", *arguments, limits=None):
    return run(f"{HERE}:{function}", io.BytesIO(content), *arguments, limits=limits or Limits(seconds=2))


def upper(source, target, *more):
    target.write(source.read().upper() + "".join(more).encode())


def show_environment(_source, target):
    target.write("\n".join(os.environ).encode())


def show_rank(_source, target):
    target.write(str(os.nice(0)).encode())


def refuse(_source, _target):
    raise Rejected("It is no duck.")


def break_down(_source, _target):
    raise KeyError("duck")


def take_memory(_source, target):
    target.write(b"begun")
    target.flush()
    bytearray(400_000_000)


def take_time(_source, target):
    target.write(b"begun")
    target.flush()
    while True:
        pass


def write_much(_source, target):
    for _ in range(100):
        target.write(b"x" * 100_000)
        target.flush()


def crash(_source, _target):
    os.abort()


def wait_long(_source, _target):
    time.sleep(60)


def test_what_the_function_writes_comes_back():
    with run_here("upper", b"abc" * 100_000, "1", "2") as found:
        assert found.read() == b"ABC" * 100_000 + b"12"


def test_a_source_is_read_from_its_beginning():
    source = io.BytesIO(b"abc")
    source.read(2)

    with run(f"{HERE}:upper", source, limits=Limits(2)) as found:
        assert found.read() == b"ABC"


def test_the_process_gets_nothing_of_our_environment(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "canary")

    with run_here("show_environment") as found:
        assert b"SECRET_KEY" not in found.read()


def test_the_process_steps_back_behind_ours():
    with run_here("show_rank") as found:
        assert int(found.read()) >= min(os.nice(0) + 10, 19)


def test_a_refusal_comes_as_its_sentence():
    with pytest.raises(Rejected, match=r"^It is no duck\.$"):
        run_here("refuse")


def test_another_error_comes_with_its_last_line():
    with pytest.raises(WorkFailed, match=r"^KeyError: 'duck'$"):
        run_here("break_down")


@pytest.mark.skipif(sys.platform != "linux", reason="others do not limit memory")
def test_memory_ends_and_what_was_written_before_stays():
    with pytest.raises(LimitExceeded) as hit:
        run_here("take_memory", limits=Limits(seconds=5, megabytes=200))

    assert hit.value.so_far.read() == b"begun"


def test_processor_time_ends_and_what_was_written_before_stays():
    with pytest.raises(LimitExceeded) as hit:
        run_here("take_time", limits=Limits(seconds=1))

    assert hit.value.so_far.read() == b"begun"


def test_output_ends(monkeypatch):
    with pytest.raises(WorkFailed, match="File too large"):
        run_here("write_much", limits=Limits(seconds=5, output=1_000_000))


def test_a_crash_counts_as_a_limit():
    with pytest.raises(LimitExceeded):
        run_here("crash")


def test_no_process_is_left_when_the_caller_gives_up(monkeypatch):
    monkeypatch.setattr("subprocess.Popen.wait", _give_up_once(monkeypatch))

    with pytest.raises(KeyboardInterrupt):
        run_here("wait_long")

    wait_for(lambda: not any("wait_long" in child.cmdline() for child in psutil.Process().children()))


def _give_up_once(monkeypatch):
    def wait(_self, _timeout=None):
        monkeypatch.undo()
        raise KeyboardInterrupt

    return wait


def test_a_machine_without_room_says_so(monkeypatch):
    def full(*_args, **_options):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("subprocess.Popen", full)

    with pytest.raises(Unavailable, match="right now"):
        run_here("upper")
