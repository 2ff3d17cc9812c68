"""Webhooks while the receiver, a worker or Redis is unavailable: each event is delivered at least once."""

import psutil
import pytest

from tests.support.installation_with_redis import InstallationWithRedis
from tests.support.waiting import wait_for
from tests.support.webhook_receiver import WebhookReceiver

pytestmark = pytest.mark.faults

MOST = 12


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    with InstallationWithRedis(tmp_path_factory.mktemp("webhooks"), RUN_WORKERS="1") as installation:
        installation.start("web", "worker", "scheduler")
        yield installation


@pytest.fixture
def how_many(number_of_runs):
    return min(number_of_runs, MOST)


class Hook:
    """Wants to hear of new tasks, and is deleted at the end, so that it hears nothing of the next test."""

    def __init__(self, api, url):
        made = api.post("/webhooks/", json={"name": "CRM", "url": url, "events": ["task.created"]})
        assert made.status_code == 201, made.text
        self.api, self.at = api, f"/webhooks/{made.json()['id']}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.api.delete(self.at)

    def statuses(self):
        deliveries = self.api.get(f"{self.at}/deliveries", params={"per_page": 100}).json()["items"]
        return [delivery["status"] for delivery in deliveries]


def titles(receiver):
    return {told.json["data"]["task"]["title"] for told in receiver.told}


def all_delivered(hook, count):
    return hook.statuses() == ["delivered"] * count


def test_a_receiver_that_dies_and_returns_hears_of_everything(api, work, how_many):
    with WebhookReceiver() as first, Hook(api, f"{first.url}/ok") as hook:
        before = [work.task(title=f"Before {number}") for number in range(how_many)]
        wait_for(lambda: all_delivered(hook, how_many), 30, "the first deliveries")
        port = first.port
        first.__exit__()
        while_gone = [work.task(title=f"While it was gone {number}") for number in range(how_many)]
        wait_for(lambda: api.get(hook.at).json()["failures"], 30, "a delivery that does not get through")
        waiting = hook.statuses().count("waiting")

        with WebhookReceiver(port) as second:
            wait_for(lambda: all_delivered(hook, len(before + while_gone)), 90, "all deliveries")

    assert waiting == how_many
    assert titles(first) == {f"Before {number}" for number in range(how_many)}
    assert titles(second) == {f"While it was gone {number}" for number in range(how_many)}


def test_a_worker_killed_in_the_middle_of_telling_tells_it_again_under_the_same_id(installation, api, work, how_many):
    with WebhookReceiver() as receiver, Hook(api, f"{receiver.url}/hold") as hook:
        for number in range(how_many):
            work.task(title=f"Told twice {number}")
        wait_for(lambda: receiver.told, 30, "a delivery to be under way")
        under_way = {told.id for told in receiver.told}

        for worker_process in work_horses(installation):
            worker_process.kill()
        receiver.let_go.set()

        # A claim is good for a minute, then the delivery is due again.
        wait_for(lambda: all_delivered(hook, how_many), 120, "all deliveries")

    ids = [told.id for told in receiver.told]
    assert titles(receiver) == {f"Told twice {number}" for number in range(how_many)}
    assert len(set(ids)) == how_many
    assert all(ids.count(one) == 2 for one in under_way)


def test_what_happens_while_redis_is_away_is_told_all_the_same(installation, api, work, how_many):
    with WebhookReceiver() as receiver, Hook(api, f"{receiver.url}/ok") as hook:
        installation.stop_redis()
        for number in range(how_many):
            work.task(title=f"Without a queue {number}")
        wait_for(lambda: all_delivered(hook, how_many), 60, "the scheduler to tell it itself")
        without = set(titles(receiver))
        installation.start_redis()
        work.task(title="With a queue again")
        wait_for(lambda: all_delivered(hook, how_many + 1), 60, "the last delivery")

    assert without == {f"Without a queue {number}" for number in range(how_many)}
    assert len(receiver.told) == how_many + 1


def work_horses(installation):
    """The processes that do a short job right now: children of the worker of the quick queue."""
    workers = [
        process
        for process in installation.tree(installation.processes["worker"].pid)
        if titled(process, "worker quick")
    ]
    found = [worker_process for worker in workers for worker_process in worker.children()]
    assert found, "no job is under way"
    return found


def titled(process, words):
    try:
        return words in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False
