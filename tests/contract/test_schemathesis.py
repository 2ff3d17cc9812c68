"""Generated requests to every operation of the document: no crash, and no answer that the document does not tell of.

`make fuzz` sends ten thousand; the suite a few for each operation, always the same ones.
"""

import os

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from helix.api.document import operations
from helix.extensions import db
from helix.models.vocabulary import TaskStatus
from tests.support.cast import acting

CASES = int(os.environ.get("FUZZ_CASES", "0"))
# What ends the session of whoever sends it, and what waits for a worker that is not there.
LEFT_OUT = {
    "POST /api/auth/sign-out-everywhere",
    "POST /api/auth/me/change-password",
    "POST /api/models/{model_id}/test",
    "GET /api/tasks/{task_id}/prompt/",
}
CHECKS = [
    checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def _names():
    """Every operation, known before there is an application: from the table of permissions."""
    from tests.support.permission_table import OPEN, rows

    return sorted((rows().keys() | OPEN.keys()) - LEFT_OUT)


@pytest.fixture
def document(app, api):
    found = api.get("/api/openapi.json").json
    found["paths"] = {path: item for path, item in found["paths"].items() if path.startswith("/api/")}
    return found


@pytest.fixture
def furnished(make, ada):
    """Things with small ids, so that generated ids sometimes meet one."""
    make.model()
    board, agent = make.board(), make.agent()
    for status in (TaskStatus.TODO, TaskStatus.REVIEW, TaskStatus.DONE):
        make.task(board=board, agent=agent, status=status)
    from helix.services import comments, skills

    comments.add(acting(ada), 1 if db.engine.dialect.name == "sqlite" else _a_task(), "Hello @Ada")
    skills.create(acting(ada), name="Voice", content="Be kind.")


def _a_task():
    from sqlalchemy import select

    from helix.models import Task

    return db.session.scalars(select(Task.id)).first()


@pytest.mark.parametrize("name", _names())
def test_no_request_breaks_the_api(name, app, api, ada, furnished, document):
    from helix.api.bearer import access_token

    method, path = name.split(" ")
    assert (path, method.lower()) in {(one, verb) for one, verb, _ in operations(document)}
    operation = schemathesis.openapi.from_dict(document)[path][method]
    headers = {"Authorization": f"Bearer {access_token(ada)}"}
    db.session.remove()

    @hypothesis.given(operation.as_strategy())
    @hypothesis.settings(
        max_examples=max(1, CASES // len(_names())) if CASES else 8,
        deadline=None,
        database=None,
        derandomize=not CASES,
        phases=[Phase.explicit, Phase.generate] if not CASES else list(Phase),
        suppress_health_check=list(HealthCheck),
    )
    def send(case):
        response = case.call(headers=headers, app=app)
        db.session.remove()
        case.validate_response(response, checks=CHECKS)

    send()
