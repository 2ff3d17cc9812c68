import signal
import time

import pytest

from tests.supervisor.installation import SLEEP, living
from tests.support.waiting import wait_for

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
# A grandchild in a process group of its own, as RQ's work horses are.
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", deaf], process_group=0)
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_every_part_and_leaves_nothing(start, number):
    installation = start(parts={"worker": SLEEP}).ready()
    children = installation.children()

    installation.process.send_signal(number)

    assert installation.process.wait(10) == 0
    assert len(children) == 3
    assert living(children) == []


def test_parts_that_ignore_the_signal_are_killed_with_their_children_in_time(start):
    installation = start(parts={"worker": STUBBORN}).ready()
    children = wait_for(lambda: len(found := installation.children()) == 4 and found)
    began = time.monotonic()

    installation.process.terminate()

    assert installation.process.wait(20) == 0
    assert time.monotonic() - began < 17
    assert living(children) == []
    assert "worker did not stop within 14 s and is killed" in installation.printed()


def test_a_supervisor_that_is_killed_takes_its_parts_with_it(start):
    installation = start(parts={"worker": SLEEP}).ready()
    children = installation.children()

    installation.process.kill()

    wait_for(lambda: not living(children), 5)


def test_the_next_start_after_a_kill_works_on_the_same_folder(start):
    first = start().ready()
    first.process.kill()

    second = start(first.folder)

    second.ready()
