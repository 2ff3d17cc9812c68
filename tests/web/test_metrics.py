from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent
from helix.models.vocabulary import RequestKind, RunStatus, ToolCallState
from helix.services import monitoring, runs
from tests.support.people import as_actor
from tests.support.requests import a_call, a_question, a_run, an_approval

pytestmark = pytest.mark.every_database

TOKEN = "a-token-of-prometheus"
BY_PROMETHEUS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def metrics(clean_app, pages, monkeypatch):
    monkeypatch.setitem(clean_app.config, "HELIX", replace(clean_app.config["HELIX"], metrics_token=TOKEN))

    def _metrics():
        answer = pages.get("/metrics", headers=BY_PROMETHEUS)
        assert answer.status_code == 200
        assert answer.content_type.startswith("text/plain; version=0.0.4")
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    return _metrics


def test_without_a_token_of_the_installation_there_is_no_such_page(pages):
    assert pages.get("/metrics", headers=BY_PROMETHEUS).status_code == 404


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_only_the_token_opens_it(metrics, pages, header):
    assert pages.get("/metrics", headers=header).status_code == 401


def test_a_queued_run_is_counted_by_what_holds_it_back(metrics, make, ada):
    make.model()
    resting = make.agent(name="Resting")
    for agent in (make.agent(name="Free"), resting):
        task = make.task(by=ada, agent=agent)
        runs.start(as_actor(ada), task.id)
    with transaction():
        db.session.get_one(Agent, resting.id).enabled = False

    found = metrics()

    assert found["helix_runs", "queued"] == 2
    assert found["helix_runs_waiting", "agent_disabled"] == 1
    assert found["helix_runs_waiting", "no_worker"] == 1
    assert found["helix_queue_depth",] == 1
    assert 0 <= found["helix_queue_age_seconds",] < 60
    assert found["helix_workers_alive", "runs"] == 0
    assert found["helix_cost_month_usd",] == 0
    assert found["helix_scheduler_lease_seconds",] < 0


def test_what_people_are_asked_and_what_tools_were_called_is_counted(metrics, make):
    agent = make.agent()
    an_approval(make.task(), agent)
    a_question(make.task(), agent)
    ended = a_run(make.task(), agent, RunStatus.SUCCEEDED, finished_at=clock.now())
    a_call(ended, state=ToolCallState.DONE)
    a_call(ended, state=ToolCallState.DENIED)

    found = metrics()

    assert found["helix_runs", "waiting"] == 2
    kinds = {kind: found["helix_requests_open", kind] for kind in RequestKind}
    assert kinds == {"question": 1, "approval": 1, "uncertain": 0, "budget": 0}
    assert 0 <= found["helix_request_age_seconds",] < 60
    assert [found["helix_tool_calls_last_hour", state] for state in ("done", "denied")] == [1, 1]
    assert ("helix_tool_calls_last_hour", "waiting") not in found, "its run has not ended"


def test_answers_are_counted_by_route_and_not_by_address(metrics, make, ada, api):
    task = make.task(by=ada)
    before = metrics().get(("helix_request_seconds_count", "/api/tasks/<int:task_id>", "200", "GET"), 0)
    api.as_(ada).get(f"/api/tasks/{task.id}")

    found = metrics()

    assert found["helix_request_seconds_count", "/api/tasks/<int:task_id>", "200", "GET"] == before + 1
    assert not any(str(task.id) == part.rpartition("/")[2] for key in found for part in key)


def test_a_database_that_is_away_is_told_and_not_an_error(metrics, monkeypatch):
    def away():
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(monitoring, "_database_figures", away)

    found = metrics()

    assert found["helix_database_up",] == 0
    assert found["helix_queue_up",] == 1
