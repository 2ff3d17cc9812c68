"""Runs with tools and questions while workers die or stop and while Redis is away: each effect happens exactly once."""

import random
import re
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psutil
import pytest
import sqlalchemy as sa

from tests.faults.conftest import ENDED, RUNS
from tests.support.agent_turns import turns
from tests.support.installation import ROOT
from tests.support.installation_with_redis import InstallationWithRedis
from tests.support.ledger_program import Ledger, accept_pay, write_tools_file
from tests.support.model_server import ModelServer
from tests.support.waiting import wait_for

pytestmark = pytest.mark.faults

# What the agent does in each task, and so what there has to be in the end: no less and no more.
FILES = {"tea.md": 2, "notes.md": 1}
COMMENTS = ["Half of it is done.", "All of it is done."]
SCRIPT = (
    [("list_files", {}), ("save_file", {"name": "tea.md", "text": "# Tea"})],
    [("add_comment", {"text": COMMENTS[0]}), ("save_file", {"name": "notes.md", "text": "Green."})],
    [("save_file", {"name": "tea.md", "text": "# Green tea"})],
    [("add_comment", {"text": COMMENTS[1]}), ("list_files", {})],
    "Done.",
)
QUESTION = [("ask_person", {"question": "Green or black?", "options": ["Green", "Black"]})]
ASKS = (QUESTION, [("add_comment", {"text": COMMENTS[0]})], "Done.")
# What each task has to pay, and may pay once.
PAYMENTS = ("rent", "tea")
# Of a payment that is under way when the worker is told to stop; it has ten to finish.
SLOW_SECONDS = 4
THINKS_SECONDS = 0.2
# A long round kills every two seconds, a short one as often as there are runs.
LONG = RUNS >= 100
MARK = (
    "from helix.app import create_app; from helix.extensions import db; from helix.models import AiModel\n"
    "with create_app().app_context(): db.session.execute(db.update(AiModel).values(supports_tools=True));"
    " db.session.commit()"
)


@pytest.fixture(scope="module")
def model():
    with ModelServer() as server:
        for name, script in (("clerk", SCRIPT), ("asks", ASKS)):
            server.behave(name, after_a_while(turns(*script)))
        server.behave("pays", after_a_while(pays))
        server.behave("pays-slowly", turns([("bank__pay", {"bill": "slow", "seconds": SLOW_SECONDS})], "Done."))
        yield server


def pays(reply):
    """Pays what the task names, one after the other, between calls that only write our database."""
    number = re.search(r"Pay bills of (\d+)", str(reply.body["messages"][:2]))[1]
    rent, tea = (("bank__pay", {"bill": f"{number}/{payment}"}) for payment in PAYMENTS)
    turns([rent], [("add_comment", {"text": COMMENTS[0]}), tea], "Done.")(reply)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    return Ledger(tmp_path_factory.mktemp("bank") / "ledger.txt")


def after_a_while(behaviour):
    """So that workers are killed during calls of the model as well as between them."""

    def slowly(reply):
        time.sleep(THINKS_SECONDS)
        behaviour(reply)

    return slowly


@pytest.fixture(scope="module")
def installation(tmp_path_factory, model, ledger):
    tools_file = tmp_path_factory.mktemp("host") / "tools.yaml"
    write_tools_file(tools_file, ledger=ledger.file)
    settings = {"RUN_WORKERS": "8" if LONG else "4", "TOOLS_FILE": str(tools_file)}
    with InstallationWithRedis(tmp_path_factory.mktemp("tools"), **settings) as installation:
        installation.start("web", "worker", "scheduler")
        with installation.client() as api:
            for name in ("clerk", "asks", "pays", "pays-slowly"):
                free = {"input_cost_per_million": 0, "output_cost_per_million": 0}
                body = {"provider": "custom", "model_name": name, "display_name": name, "base_url": model.openai_url}
                assert api.post("/models/", json=body | free).status_code == 201
            command = [sys.executable, "-c", MARK]
            subprocess.run(command, cwd=ROOT, env=installation.environment, check=True, capture_output=True)
            accept_pay(api)
            for agent in api.get("/agents/").json():
                grants = [{"tool": tool, "policy": "allow"} for tool in ("add_comment", "bank__pay")]
                granted = api.put(f"/agents/{agent['id']}/tools", json={"grants": grants})
                assert granted.status_code == 200, granted.text
        yield installation


@pytest.fixture
def use(api):
    """All agents use this model."""

    def _use(name):
        found = next(one for one in api.get("/models/").json() if one["display_name"] == name)
        assert api.post(f"/models/{found['id']}/set-default").status_code == 200
        for agent in api.get("/agents/").json():
            assert api.patch(f"/agents/{agent['id']}", json={"ai_model_id": found["id"]}).status_code == 200

    return _use


@pytest.fixture
def execute(work, number_of_runs):
    """Start that many tasks; returns their ids."""

    def _execute(count=number_of_runs):
        tasks = [work.task(number, title=f"Write about tea {number}") for number in range(count)]
        for task in tasks:
            assert work.execute(task).status_code == 202
        return tasks

    return _execute


def files_of(api, task):
    """The number of versions of each file, checked to be 1, 2, 3 and so on."""
    versions = [(file["name"], file["version"]) for file in api.get(f"/tasks/{task}/attachments/").json()]
    counted = Counter(name for name, _version in versions)
    assert sorted(versions) == sorted((name, at + 1) for name, most in counted.items() for at in range(most))
    return dict(counted)


def comments_of(api, task):
    return [comment["content"] for comment in api.get(f"/tasks/{task}/comments/").json()]


def statuses(work):
    return [work.runs(task)[0]["status"] for task in work.tasks]


def open_requests(api, tasks):
    items = api.get("/requests/", params={"state": "open", "per_page": 100}).json()["items"]
    return [one["id"] for one in items if one["task_id"] in tasks]


def answer(api, request, text="Green"):
    return api.post(f"/requests/{request}/answer", json={"decision": "answer", "values": {"answer": text}})


def is_as_the_script_says(api, work):
    for task in work.tasks:
        assert (files_of(api, task), sorted(comments_of(api, task))) == (FILES, sorted(COMMENTS)), f"task {task}"
        newest = work.runs(task)[0]
        assert newest["status"] == "succeeded", newest
        calls = api.get(f"/runs/{newest['id']}/calls").json()
        assert [call["state"] for call in calls] == ["done"] * 7, f"task {task}"


def test_workers_killed_during_runs_with_tools(installation, api, work, use, execute, number_of_runs, report):
    use("clerk")
    dice = random.Random(13)
    execute()

    kills, until = 0, time.monotonic() + 20 + 3 * number_of_runs
    while kills < number_of_runs and not work.all_ended() and time.monotonic() < until:
        time.sleep(dice.uniform(0.1, 0.9))
        busy = installation.busy_workers()
        if not busy:
            continue
        try:
            dice.choice(busy).kill()
        except psutil.NoSuchProcess:
            continue  # it ended by itself just now
        kills += 1
    work.wait(180 + 3 * number_of_runs)

    report.note(f"{kills} times kill -9 in runs with tools", work)
    assert kills, "no worker was busy"
    assert work.lost() == []
    assert work.doubled() == []
    is_as_the_script_says(api, work)
    assert all(run["status"] == "succeeded" or run["reason"] == "worker_lost" for run in work.all_runs())


def test_workers_stopped_during_runs_with_tools(installation, api, work, use, execute, report):
    use("clerk")
    execute(4)
    wait_for(lambda: any(comments_of(api, task) for task in work.tasks), 60, "a run to be in the middle")

    installation.stop("worker")
    installation.start("worker")
    work.wait()

    report.note("SIGTERM in runs with tools", work)
    is_as_the_script_says(api, work)
    assert len(work.all_runs()) == 4, "being handed back is no attempt"


def test_redis_away_while_runs_wait_for_people(installation, api, work, use, execute, report):
    use("asks")
    execute()
    wait_for(lambda: set(statuses(work)) == {"waiting"}, 120, "all runs to wait")
    asked = open_requests(api, work.tasks)
    assert len(asked) == len(work.tasks)

    installation.stop_redis()
    api.timeout = 60
    answered = [answer(api, request).status_code for request in asked]
    away = statuses(work)
    installation.start_redis()
    work.wait()

    report.note("Redis away while runs wait", work)
    assert set(answered) == {200}
    assert set(away) == {"queued"}
    assert set(statuses(work)) == {"succeeded"}
    assert [comments_of(api, task) for task in work.tasks] == [COMMENTS[:1]] * len(work.tasks)
    assert all(len(work.runs(task)) == 1 for task in work.tasks)


def test_of_two_answers_at_once_one_counts(api, work, use, execute, report):
    use("asks")
    tasks = execute(3)
    wait_for(lambda: set(statuses(work)) == {"waiting"}, 120, "all runs to wait")

    for request in open_requests(api, tasks):
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda number, at=request: answer(api, at, f"Number {number}"), range(8)))
        assert sorted(reply.status_code for reply in replies) == [200] + [409] * 7
        (counts,) = [reply.json()["values"]["answer"] for reply in replies if reply.status_code == 200]
        assert api.get(f"/requests/{request}").json()["values"] == {"answer": counts}
        refused = next(reply.json() for reply in replies if reply.status_code == 409)
        assert refused["answered_by"] == "Ada"
        assert refused["answered_at"]
    work.wait()

    report.note("eight answers at once", work)
    assert [comments_of(api, task) for task in tasks] == [COMMENTS[:1]] * 3
    assert set(statuses(work)) == {"succeeded"}


def test_answers_while_workers_die(installation, api, work, use, execute, number_of_runs, report):
    """Whichever comes first, the end of the worker that asks or the answer to it."""
    use("asks")
    tasks, dice = execute(), random.Random(31)
    answered, kills, until = 0, 0, time.monotonic() + 120 + 3 * number_of_runs
    while not work.all_ended() and time.monotonic() < until:
        for worker in installation.busy_workers()[:1]:
            if kills < number_of_runs and dice.random() < 0.5:
                try:
                    worker.kill()
                except psutil.NoSuchProcess:
                    continue  # it ended by itself just now
                kills += 1
        for request in open_requests(api, tasks):
            reply = answer(api, request)
            assert reply.status_code == 200, reply.text
            answered += 1
        time.sleep(dice.uniform(0.02, 0.2))
    work.wait(60)

    report.note(f"answers and {kills} times kill -9", work)
    assert kills
    assert answered == len(tasks), "each question was asked and answered once"
    assert [comments_of(api, task) for task in tasks] == [COMMENTS[:1]] * len(tasks)
    assert set(statuses(work)) <= set(ENDED)
    assert all(run["status"] == "succeeded" or run["reason"] == "worker_lost" for run in work.all_runs())


class Books:
    """The tasks that have something to pay, read from the database: over the API a thousand would take minutes."""

    def __init__(self, installation, ledger, api, work):
        self.ledger, self.api, self.work = ledger, api, work
        self.engine = sa.create_engine(installation.database_url)

    def fill(self, count):
        for number in range(count):
            task = self.work.task(number, title=f"Pay bills of {number}")
            assert self.work.execute(task).status_code == 202

    def rows(self, query, **values):
        with self.engine.connect() as connection:
            return connection.execute(sa.text(query), values | {"first": self.work.tasks[0]}).all()

    def all_ended(self):
        live = "SELECT count(*) FROM runs WHERE task_id >= :first AND status IN ('queued', 'running', 'waiting')"
        return self.rows(live)[0][0] == 0

    def unknown_without_request(self):
        """Calls of which nobody knows whether they took effect, in a run that goes on without having asked."""
        query = """
            SELECT c.id FROM tool_calls c JOIN runs r ON r.id = c.run_id
            WHERE r.task_id >= :first AND c.state = 'uncertain' AND NOT EXISTS (
                SELECT 1 FROM human_requests h
                WHERE h.tool_call_id = c.id AND h.kind = 'uncertain' AND h.state = 'open')
        """
        return self.rows(query)

    def answer(self):
        """What a person does: looks into the ledger, and says what is there. Returns how many were asked about."""
        answered, own = 0, set(self.work.tasks)
        for request in self.api.get("/requests/", params={"state": "open", "per_page": 100}).json()["items"]:
            # The server of a worker that was killed ends soon after it, and may write until then.
            age = datetime.now(UTC) - datetime.fromisoformat(request["created_at"])
            if request["task_id"] not in own or age < timedelta(seconds=1):
                continue
            assert request["kind"] == "uncertain", request["body"]
            outcome = "done" if self.ledger.entries()[request["arguments"]["bill"]] else "again"
            values = {"outcome": outcome, "text": "It is in the ledger." if outcome == "done" else ""}
            body = {"decision": "answer", "values": values}
            assert self.api.post(f"/requests/{request['id']}/answer", json=body).status_code == 200
            answered += 1
        return answered

    def servers(self):
        """The processes of tool servers that are running."""
        found = []
        for process in psutil.process_iter():
            try:
                if str(self.ledger.file) in process.cmdline():
                    found.append(process)
            except psutil.Error:
                continue
        return found


@pytest.fixture
def books(installation, ledger, api, work):
    found = Books(installation, ledger, api, work)
    yield found
    found.engine.dispose()


def test_what_cannot_be_undone_happens_once_while_workers_are_killed(
    installation, ledger, books, work, use, number_of_runs, report
):
    """A payment by a server of its own: no transaction of ours includes it, and a second one does harm."""
    use("pays")
    dice = random.Random(17)
    with ThreadPoolExecutor(1) as pool:
        filling = pool.submit(books.fill, number_of_runs)
        wait_for(books.servers, 60, "the first payment")
        for worker in installation.busy_workers():
            worker.kill()
        kills, asked, killed_at = 1, 0, time.monotonic()
        until = killed_at + 120 + 5 * number_of_runs
        while not (filling.done() and books.all_ended()) and time.monotonic() < until:
            if kills < number_of_runs and time.monotonic() - killed_at > (2 if LONG else 0.5):
                killed_at = time.monotonic()
                for worker in dice.sample(busy := installation.busy_workers(), min(1, len(busy))):
                    try:
                        worker.kill()
                    except psutil.NoSuchProcess:
                        continue  # it ended by itself just now
                    kills += 1
            assert books.unknown_without_request() == []
            asked += books.answer()
            time.sleep(0.2)
        filling.result()

    report.note(f"{kills} times kill -9, {asked} payments asked about", work)
    bills = {f"{number}/{payment}" for number in range(number_of_runs) for payment in PAYMENTS}
    assert asked, "no worker died in a payment"
    assert [bill for bill, count in ledger.entries().items() if count > 1] == [], "doubled"
    assert set(ledger.entries()) == bills, "lost"
    ends = books.rows("SELECT status, reason, count(*) FROM runs WHERE task_id >= :first GROUP BY 1, 2")
    assert {(status, reason) for status, reason, _count in ends} <= {("succeeded", None), ("failed", "worker_lost")}
    assert sum(count for status, _reason, count in ends if status == "succeeded") == number_of_runs
    of_calls = "FROM tool_calls c JOIN runs r ON r.id = c.run_id WHERE r.task_id >= :first"
    assert dict(map(tuple, books.rows(f"SELECT c.state, count(*) {of_calls} GROUP BY 1"))) == {
        "done": 3 * number_of_runs
    }
    assert wait_for(lambda: not books.servers(), 20, "the ends of servers whose workers were killed")


def test_a_payment_under_way_is_finished_when_the_worker_is_stopped(
    installation, ledger, api, work, use, execute, report
):
    use("pays-slowly")
    (task,) = execute(1)

    def calls():
        return [call["state"] for call in api.get(f"/runs/{work.runs(task)[0]['id']}/calls").json()]

    wait_for(lambda: calls() == ["started"], 60, "the payment")
    installation.stop("worker", patience=30)
    stopped = ledger.entries()["slow"], calls(), [run["status"] for run in work.runs(task)]
    installation.start("worker")
    work.wait()

    report.note("SIGTERM in a payment", work)
    assert stopped == (1, ["done"], ["queued"]), "finished, stored, and the run handed back"
    assert (ledger.entries()["slow"], calls()) == (1, ["done"])
    assert [(run["status"], run["attempt"]) for run in work.runs(task)] == [("succeeded", 1)]
    assert open_requests(api, [task]) == []
