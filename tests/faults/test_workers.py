"""Workers that die, stop, or receive duplicate wake-ups."""

import os
import random
import signal
import time

import psutil
import pytest

from tests.support.waiting import wait_for

pytestmark = pytest.mark.faults


def test_workers_killed_at_random_lose_nothing_and_do_nothing_twice(installation, work, number_of_runs, report):
    dice = random.Random(7)
    for number in range(number_of_runs):
        work.execute(work.task(number))

    kills = 0
    while kills < number_of_runs:
        time.sleep(dice.uniform(0.1, 0.9))
        parent = psutil.Process(installation.processes["worker"].pid)
        # The parent now and then, else one in the middle of a run as long as there is any.
        victim = parent
        if dice.random() > 0.1:
            victim = dice.choice(installation.busy_workers() or parent.children(recursive=True) or [parent])
        try:
            victim.kill()
        except psutil.NoSuchProcess:
            continue  # it ended by itself just now
        kills += 1
        if victim.pid == parent.pid:
            installation.stop("worker")
            installation.start("worker")
    work.wait(180 + number_of_runs)

    report.note(f"{kills} times kill -9", work)
    assert work.lost() == []
    assert work.doubled() == []
    assert all(run["status"] == "succeeded" or run["reason"] == "worker_lost" for run in work.all_runs())


def test_a_worker_that_is_stopped_hands_its_run_back_at_no_cost(installation, work, report):
    task = work.task()
    work.execute(task)
    wait_for(lambda: work.runs(task)[0]["status"] == "running", what="the run to start")

    installation.stop("worker")
    handed_back = work.runs(task)
    installation.start("worker")
    work.wait()

    report.note("SIGTERM of the workers", work)
    assert [(run["status"], run["attempt"]) for run in handed_back] == [("queued", 1)]
    assert [(run["status"], run["attempt"]) for run in work.runs(task)] == [("succeeded", 1)]


def test_a_killed_worker_is_noticed_at_once(installation, work):
    task = work.task()
    work.execute(task)
    worker_process = wait_for(installation.busy_workers, what="a busy worker")[0]
    wait_for(lambda: work.runs(task)[0]["status"] == "running", what="the run to start")

    os.kill(worker_process.pid, signal.SIGKILL)

    wait_for(lambda: len(work.runs(task)) == 2, seconds=60, what="the next attempt")
    work.wait()
    newest, first = work.runs(task)
    assert (first["status"], first["reason"]) == ("failed", "worker_lost")
    assert (newest["status"], newest["attempt"]) == ("succeeded", 1)


def test_cancelling_reaches_the_worker_within_two_seconds(installation, api, work):
    task = work.task(title="A long one", description="x" * 2000)
    work.execute(task)
    wait_for(installation.busy_workers, what="a busy worker")
    wait_for(lambda: work.runs(task)[0]["status"] == "running", what="the run to start")

    reply = api.post(f"/tasks/{task}/cancel-run")

    assert reply.json()["status"] == "todo"
    wait_for(lambda: not installation.busy_workers(), seconds=20, what="the worker to let go")
    time.sleep(1.5)
    after = api.get(f"/tasks/{task}").json()
    assert (after["status"], after["result"]) == ("todo", None)


def test_twenty_executes_at_once_give_one_run(installation, work, report):
    from concurrent.futures import ThreadPoolExecutor

    task = work.task()

    with ThreadPoolExecutor(20) as pool:
        replies = [reply.status_code for reply in pool.map(work.execute, [task] * 20)]

    assert sorted(set(replies)) == [202, 409]
    assert replies.count(202) == 1
    work.wait()
    report.note("twenty executes at once", work)
    assert len(work.runs(task)) == 1


def test_a_wake_up_delivered_twenty_times_runs_a_task_once(installation, work, report):
    from redis import Redis
    from rq import Queue

    task = work.task()
    work.execute(task)
    queue = Queue("runs", connection=Redis.from_url(installation.environment["REDIS_URL"]))
    for _ in range(20):
        queue.enqueue("helix.jobs.runs.work", job_timeout=600)

    work.wait()

    report.note("a wake-up delivered twenty times", work)
    assert len(work.runs(task)) == 1


def test_two_schedulers_and_two_workers_share_the_work(installation, work, report):
    installation.start("second scheduler", "second worker")
    for number in range(10):
        work.execute(work.task(number))

    work.wait()
    installation.stop("second scheduler")
    installation.stop("second worker")

    report.note("two schedulers, two hosts of workers", work)
    assert work.doubled() == []
    assert len(work.all_runs()) == 10
