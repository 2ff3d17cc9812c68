"""Sixty tasks that need one another, while workers and the scheduler are killed and people approve and cancel."""

import random
import time

import psutil
import pytest

from tests.support.waiting import wait_for

pytestmark = pytest.mark.faults

TASKS = 60
CANCELLED = 4


@pytest.fixture
def graph(api, work):
    """The ids of the tasks that each one needs, by its id. Some needs are met by a result, some by its approval."""
    dice = random.Random(11)
    needs = {}
    for number in range(TASKS):
        needed = dice.sample(work.tasks, k=min(number, dice.choice((0, 1, 1, 2, 3))))
        task = work.task(number)
        for one in needed:
            link = {"needs_task_id": one, "until": dice.choice(("settled", "approved"))}
            assert api.post(f"/tasks/{task}/links", json=link).status_code == 201
        needs[task] = needed
    return needs


def test_each_task_runs_once_when_its_needs_are_met_and_no_other_does(
    installation, api, work, graph, number_of_runs, report
):
    dice = random.Random(7)
    for task in graph:
        assert work.execute(task).status_code == 202
    # None of the first ones, so that most of the graph is reached.
    for task in dice.sample(list(graph)[TASKS // 2 :], CANCELLED):
        assert api.patch(f"/tasks/{task}", json={"status": "cancelled"}).status_code in (200, 409)

    for kill in range(number_of_runs):
        time.sleep(dice.uniform(0.3, 1.5))
        kill_something(installation, dice, scheduler=kill % 4 == 3)
        approve(api, graph, dice, chance=0.5)
    wait_for(lambda: approve(api, graph, dice, chance=1) or is_at_rest(api, work), 300, "all to be at rest")

    found = {task["id"]: task for task in (api.get(f"/tasks/{one}").json() for one in graph)}
    done = {one: [run["status"] for run in work.runs(one)].count("succeeded") for one in graph}
    cancelled = {one for one, task in found.items() if task["status"] == "cancelled"}
    lost = [one for one in graph if not blocked_by(found, graph, one) and not done[one] and one not in cancelled]
    too_early = [one for one in graph if is_too_early(found, graph, work, one)]
    twice = len(work.doubled()) + len(too_early)
    report.note(f"{number_of_runs} times kill -9, linked tasks", work, lost=len(lost), doubled=twice)
    assert (lost, too_early, work.doubled()) == ([], [], [])
    assert sum(done.values()) > TASKS // 2


def kill_something(installation, dice, *, scheduler):
    """The scheduler, or a worker in the middle of a run, or the parent of the workers."""
    name = "scheduler" if scheduler else "worker"
    parent = psutil.Process(installation.processes[name].pid)
    victim = parent if scheduler or dice.random() < 0.2 else dice.choice(installation.busy_workers() or [parent])
    try:
        victim.kill()
    except psutil.NoSuchProcess:
        return  # it ended by itself just now
    if victim.pid == parent.pid:
        installation.stop(name)
        installation.start(name)


def approve(api, graph, dice, *, chance):
    """Approve results as a person would."""
    for one in graph:
        if dice.random() < chance and api.get(f"/tasks/{one}").json()["status"] == "review":
            assert api.post(f"/tasks/{one}/approve").status_code == 200


def is_at_rest(api, work):
    """Whether nothing runs, and nothing is about to."""
    states = [api.get(f"/tasks/{one}").json() for one in work.tasks]
    return all(
        task["status"] in ("approved", "done", "cancelled") or (task["blocked"] and not work.runs(task["id"]))
        for task in states
    )


def is_too_early(found, graph, work, one):
    """Whether a run was queued while a need was not met: that is never before the needed task had its result."""
    if not (runs := work.runs(one)):
        return False
    results = [run for needed in graph[one] for run in work.runs(needed) if run["status"] == "succeeded"]
    first = min(run["queued_at"] for run in runs)
    return bool(blocked_by(found, graph, one)) or any(first < run["finished_at"] for run in results)


def blocked_by(found, graph, one):
    """The needs of a task that are not approved by now: at the end everything that had a result is."""
    return [needed for needed in graph[one] if found[needed]["status"] not in ("approved", "done")]
