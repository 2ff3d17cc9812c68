"""Generated requests to every operation of the document: no crash, and no answer that the document does not tell of.

`make fuzz` sends ten thousand; the suite a few for each operation, always the same ones. Half of them are about
things that exist, and a part of them is wrong on purpose.
"""

import os

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from helix.api.document import operations
from helix.extensions import db
from helix.models.vocabulary import TaskStatus
from tests.support.api_permissions import OPEN, rows
from tests.support.permission_data import RequestData

CASES = int(os.environ.get("FUZZ_CASES", "0"))
# The few of the suite; `make fuzz` runs on the servers of TEST_DATABASE_URL too.
pytestmark = [] if CASES else [pytest.mark.any_database]
# What ends the session of whoever sends it, and what waits for a worker that is not there.
LEFT_OUT = {
    "POST /api/auth/sign-out-everywhere",
    "POST /api/auth/me/change-password",
    "POST /api/models/{model_id}/test",
    "POST /api/webhooks/{webhook_id}/test",
    "GET /api/tasks/{task_id}/prompt/",
    "POST /api/org/web-search/test",
    "POST /api/tools/sources/{source_id}/refresh",
}
NAMES = sorted((rows().keys() | OPEN.keys()) - LEFT_OUT)
SETTINGS = hypothesis.settings(
    max_examples=max(1, CASES // len(NAMES)) if CASES else 6,
    deadline=None,
    database=None,
    derandomize=not CASES,
    phases=list(Phase) if CASES else [Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def there(make, ada):
    """{"board_id": 1, ...}: one thing of each kind, all of them Ada's."""
    make.model()
    things = RequestData(make, "", "own", ada, ada)
    places = ("board", "department", "agent", "model", "task", "comment", "notification", "session", "token", "skill")
    more = ("attachment", "webhook", "delivery", "request", "tool", "source", "workflow", "workflow_run")
    found = {f"{name}_id": things.id(name) for name in (*places, *more)}
    board = make.board()
    for status in (TaskStatus.REVIEW, TaskStatus.DONE):
        make.task(board=board, agent=make.agent(), status=status)
    return {
        **found,
        "number": 1,
        "user_id": ada.id,
        "primary_board_id": board.id,
        "assigned_agent_id": found["agent_id"],
    }


def meet(case, there):
    """The same request, about what is there."""
    for name in case.path_parameters or {}:
        case.path_parameters[name] = there.get(name, case.path_parameters[name])
    if isinstance(case.body, dict):
        for name in case.body.keys() & there.keys():
            case.body[name] = there[name]
        if "ids" in case.body:
            case.body["ids"] = [there["task_id"]]


@pytest.fixture(scope="module")
def checks():
    """Imported here as in the next ones: it costs every process seconds that only collects this file."""
    from schemathesis import checks
    from schemathesis.specs.openapi import checks as openapi

    return [
        checks.not_a_server_error,
        openapi.status_code_conformance,
        openapi.content_type_conformance,
        openapi.response_schema_conformance,
    ]


@pytest.fixture(scope="module")
def schema(app):
    """What the API says of itself: read once, for it is the same for every operation."""
    import schemathesis

    document = app.test_client().get("/api/openapi.json").json
    assert {f"{verb.upper()} {path}" for path, verb, _ in operations(document)} >= set(NAMES)
    return schemathesis.openapi.from_dict(document)


@pytest.mark.parametrize("name", NAMES)
def test_no_request_breaks_the_api(name, schema, checks, app, ada, there):
    from schemathesis import GenerationMode

    from helix.api.bearer import access_token

    method, path = name.split(" ")
    operation = schema[path][method]
    # The in-process transport of schemathesis does not unpack answers.
    headers = {"Authorization": f"Bearer {access_token(ada)}", "Accept-Encoding": "identity"}
    right = operation.as_strategy()
    takes_anything = bool(operation.body) or any(operation.query)
    wrong = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE) if takes_anything else right
    db.session.remove()

    @hypothesis.given(st.one_of(right, right, wrong), st.booleans())
    @SETTINGS
    def send(case, meeting):
        if meeting:
            meet(case, there)
        response = case.call(headers=headers, app=app)
        db.session.remove()
        case.validate_response(response, checks=checks)

    send()
