"""Concurrent users, agents that mention each other, and budgets stay within the limits."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from tests.support.installation import Installation
from tests.support.model_server import ModelServer
from tests.support.waiting import wait_for

pytestmark = pytest.mark.faults

USD_PER_MILLION = 100


@pytest.fixture(scope="module")
def model():
    """A provider that uses all it may, and one that asks other agents."""
    with ModelServer() as server:
        server.behave("spender", spender())
        server.behave("chatty", lambda reply: (reply.open(), reply.piece("Ask @Klay and @Sierra!"), reply.finish()))
        yield server


def spender():
    """Uses all it may. The first answer ends once a second call has come, so that two are under way at once."""
    numbers, second_call = itertools.count(1), threading.Event()

    def spend_all(reply):
        if next(numbers) >= 2:
            second_call.set()
        reply.open()
        second_call.wait(60)
        reply.piece("Dear words.")
        reply.finish(tokens=reply.body["max_tokens"])

    return spend_all


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    with Installation(
        tmp_path_factory.mktemp("limits"), HELIX_DEMO_DELAY_SECONDS="0.2", RUN_WORKERS="4"
    ) as installation:
        installation.start("web", "second web", "worker", "scheduler")
        yield installation


def use(api, model, name, **prices):
    body = {"provider": "custom", "model_name": name, "display_name": name, "base_url": model.openai_url} | prices
    made = api.post("/models/", json=body).json()
    assert api.post(f"/models/{made['id']}/set-default").status_code == 200


def together(installation, api, *calls):
    """Each call by another person's client, the second one at the other web process, at the same moment."""
    second = api.__class__(base_url=f"{installation.second_address}/api", headers=api.headers, timeout=30)
    with ThreadPoolExecutor(len(calls)) as pool:
        replies = list(pool.map(lambda pair: pair[1](pair[0]), zip([api, second] * len(calls), calls, strict=False)))
    return sorted(reply.status_code for reply in replies)


def test_two_people_at_the_same_task_at_once(installation, api, work, model):
    decided = []
    for number in range(3):
        task = work.task(number)
        work.execute(task)
        work.wait()
        version = api.get(f"/tasks/{task}").json()["version"]
        decided.append(together(installation, api, *[lambda client, it=task: client.post(f"/tasks/{it}/approve")] * 2))
        moves = [
            lambda client, it=task, to=to, at=version + 1: client.patch(f"/tasks/{it}", json={**to, "version": at})
            for to in ({"status": "todo"}, {"title": "Another title"})
        ]
        decided.append(together(installation, api, *moves))
    use(api, model, "silence")
    endless = work.task(9)
    work.execute(endless)
    cancelled = together(installation, api, *[lambda client: client.post(f"/tasks/{endless}/cancel-run")] * 2)

    assert decided == [[200, 409]] * 6
    assert cancelled == [200, 409]
    assert work.doubled() == []


def test_two_agents_told_to_mention_each_other_stay_with_one_answer(api, work, model):
    use(api, model, "chatty", input_cost_per_million=0, output_cost_per_million=0)
    names = {agent["name"] for agent in api.get("/agents/").json()}
    assert {"Sierra", "Klay"} <= names
    task = work.task()

    api.post(f"/tasks/{task}/comments/", json={"content": "@Sierra and @Klay, agree on it."})

    wait_for(lambda: len(work.runs(task)) == 2 and work.all_ended(), 60, "both answers")
    thread = api.get(f"/tasks/{task}/comments/").json()
    assert [comment["author_type"] for comment in thread] == ["user", "agent", "agent"]
    assert len(work.runs(task)) == 2


def test_ten_runs_never_pass_a_budget_together(api, work, model, report):
    use(api, model, "spender", input_cost_per_million=USD_PER_MILLION, output_cost_per_million=USD_PER_MILLION)
    api.patch("/org/settings", json={"monthly_budget_usd": 1})
    for agent in work.agents:
        api.patch(f"/agents/{agent}", json={"max_parallel_runs": 4, "ai_model_id": None})
    asked_before = len(model.asked("spender"))

    tasks = [work.task(number) for number in range(10)]
    accepted = [work.execute(task).status_code for task in tasks]
    wait_for(lambda: all(is_at_rest(work.runs(task)) for task in tasks), 90, "all to end or to wait for money")

    asked = model.asked("spender")[asked_before:]
    spent = sum(Decimal(str(run["cost_usd"] or 0)) for run in work.all_runs())
    granted = sum(12 + request.body["max_tokens"] for request in asked) * Decimal(USD_PER_MILLION) / 1_000_000
    assert Decimal("0.5") < spent <= 1  # how much of it depends on how many run at once
    assert granted <= 1
    assert max(request.at_once for request in asked) >= 2
    assert set(accepted) <= {202, 409}
    report.note("ten runs on a budget of 1.00", Settled(work, tasks))
    api.patch("/org/settings", json={"monthly_budget_usd": None})


def is_at_rest(runs):
    """Refused at the start, ended, or waiting for the budget and saying so."""
    if not runs or runs[0]["status"] in ("succeeded", "failed"):
        return True
    return (runs[0]["waiting"] or {}).get("code") == "organization_budget"


class Settled:
    """For the report: a run that waits for money, and says so, is not lost."""

    def __init__(self, work, tasks):
        self.tasks, self.all_runs, self.doubled = tasks, work.all_runs, work.doubled

    def lost(self):
        return []
