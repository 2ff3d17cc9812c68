"""What waits for a person goes on after a restored backup or an imported export, as if nothing had been."""

import pytest
from sqlalchemy import select

from helix import backups
from helix.db.transaction import end_reading
from helix.extensions import db
from helix.models import AgentTool, Comment, TaskAttachment, User
from helix.models.vocabulary import RunStatus
from helix.policies.actor import SYSTEM
from helix.services import export
from tests.support import backing_services
from tests.support.agent_turns import results_sent
from tests.support.model_server import ModelServer
from tests.support.waiting_work import COMMENT, QUESTION, RESULT, go_on, newest_run, waiting_task


@pytest.fixture
def provider():
    with ModelServer() as server:
        yield server


@pytest.fixture(params=["backup", "export"])
def moved(request, clean_app, tmp_path):
    """Keep everything in a file, empty the installation, and bring it back."""

    def by_backup():
        settings = clean_app.config["HELIX"]
        end_reading()
        backups.backup(settings, tmp_path / "kept.helix")
        db.session.remove()
        backing_services.clear(clean_app)
        backups.restore(settings, tmp_path / "kept.helix", upgrade=lambda: backing_services.migrate(clean_app))

    def by_export():
        path = tmp_path / "kept.zip"
        path.write_bytes(b"".join(export.export_archive(SYSTEM)))
        end_reading()
        backing_services.clear(clean_app)
        export.import_archive(path)

    return {"backup": by_backup, "export": by_export}[request.param]


def said(api, person, task_id):
    """What the API says about the run: itself, its calls, the request, and what its agent may do."""
    client = api.as_(person)
    run = newest_run(task_id)
    paths = (
        f"/api/runs/{run.id}",
        f"/api/runs/{run.id}/calls",
        "/api/requests/?state=open",
        f"/api/agents/{run.agent_id}/tools",
        f"/api/tasks/{task_id}/attachments/",
    )
    return [client.get(path).json for path in paths]


def test_a_run_that_waits_goes_on_where_it_was(api, ada, make, provider, moved):
    task_id, email = waiting_task(make, ada, provider).id, ada.email
    before = said(api, ada, task_id)
    asked = provider.asked("asks")[-1].body["messages"]

    moved()

    ada = db.session.query(User).filter_by(email=email).one()
    assert said(api, ada, task_id) == before
    assert [request["title"] for request in before[2]["items"]] == [QUESTION]
    run = go_on(ada, task_id)
    assert (run.status, run.result) == (RunStatus.SUCCEEDED, RESULT)
    last = provider.asked("asks")[-1]
    assert last.body["messages"][: len(asked)] == asked, "the conversation is another one"
    assert "Green" in results_sent(last)[1]
    # Without asking: the grant came along, with its limits.
    assert [comment.content for comment in db.session.scalars(select(Comment))] == [COMMENT]
    assert [grant.limits for grant in db.session.scalars(select(AgentTool))] == [{"per_run": 3}]
    assert [file.version for file in db.session.scalars(select(TaskAttachment))] == [1], "a file was saved twice"
