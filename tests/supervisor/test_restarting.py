import time

from tests.supervisor.installation import SLEEP, living
from tests.support.waiting import wait_for

PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], process_group=0)
time.sleep(600)
"""


def test_a_part_that_dies_is_started_again_and_a_line_says_so(start):
    installation = start(parts={"worker": SLEEP}).ready()
    worker = installation.child("600")

    worker.kill()

    installation.says("worker was killed by SIGKILL. Starting it again in 0.25 s.")
    assert wait_for(lambda: installation.child("600")).pid != worker.pid


def test_what_a_dead_part_leaves_behind_is_killed_before_the_next_one_starts(start):
    installation = start(parts={"worker": PARENT}).ready()
    worker = installation.child("process_group")
    horse = wait_for(worker.children)[0]

    worker.kill()

    wait_for(lambda: not living([horse]))


def test_a_part_that_keeps_failing_is_tried_again_with_longer_pauses(start):
    installation = start(parts={"worker": "raise SystemExit('no luck')"})

    installation.says("worker   | no luck")
    installation.says("worker ended with code 1. Starting it again in 0.25 s.")
    installation.says("worker ended with code 1. Starting it again in 0.5 s.")
    installation.says("worker ended with code 1. Starting it again in 1 s.")


def test_lines_of_parts_stand_under_their_names(start):
    installation = start(parts={"worker": "print('working hard', flush=True); import time; time.sleep(600)"})

    installation.says("worker   | working hard")


def test_lines_stay_plain_json_for_a_log_collector(start):
    installation = start(
        parts={"worker": 'print(\'{"event": "x"}\', flush=True); import time; time.sleep(600)'}, LOG_FORMAT="json"
    )

    installation.says('\n{"event": "x"}\n')


def test_a_part_that_closes_its_output_costs_the_supervisor_no_time(start):
    installation = start(parts={"worker": "import os, time; os.close(1); os.close(2); time.sleep(600)"}).ready()
    before = sum(installation.process.cpu_times()[:2])

    time.sleep(1)

    assert sum(installation.process.cpu_times()[:2]) - before < 0.3
    assert living([installation.child("os.close")])
