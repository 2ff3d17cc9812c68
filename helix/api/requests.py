from typing import Any

from helix.api.blueprint import actor, page_envelope, requested_page, signed_in_blueprint
from helix.api.idempotent import idempotent
from helix.errors import Invalid
from helix.schemas.request import (
    AnsweredAlready,
    AnsweredList,
    AnswerIn,
    AnswersIn,
    RequestOut,
    RequestPage,
    RequestPath,
    RequestQuery,
)
from helix.services import requests
from helix.services.requests import Answer, Outcome, RequestFilter

blueprint = signed_in_blueprint("requests", "Requests", "/api/requests")
BLUEPRINTS = (blueprint,)


@blueprint.get("/", responses={200: RequestPage})
def index(query: RequestQuery) -> Any:
    """Requests about tasks that you see, newest first."""
    filters = RequestFilter(state=query.state, mine=query.mine, task_id=query.task_id)
    found = requests.list_requests(actor(), filters, requested_page(query))
    return page_envelope([requests.serialize(actor(), one) for one in found.rows], found, query)


@blueprint.get("/<int:request_id>", responses={200: RequestOut})
def show(path: RequestPath) -> Any:
    """One request, with its answer."""
    return _shown(path.request_id)


@blueprint.post("/<int:request_id>/answer", responses={200: RequestOut, 409: AnsweredAlready})
@idempotent
def answer(path: RequestPath, body: AnswerIn) -> Any:
    """Answer it; its run goes on when it waits for nothing else. The first answer counts, a second one is a 409."""
    requests.answer(actor(), path.request_id, **body.sent(), via="api")
    return _shown(path.request_id), 200


@blueprint.post("/answer", responses={200: AnsweredList})
def answer_many(body: AnswersIn) -> Any:
    """Answer several. Each has an outcome of its own: one that is refused keeps no other from counting."""
    wanted = [Answer(request_id=one.id, **{k: v for k, v in one.sent().items() if k != "id"}) for one in body.answers]
    return {"results": [_outcome(outcome) for outcome in requests.answer_many(actor(), wanted, via="api")]}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    error = outcome.error
    return {
        "id": outcome.request_id,
        "status": error.status if error else 200,
        "detail": error.problems if isinstance(error, Invalid) else error.message if error else None,
        "request": None if error else _shown(outcome.request_id),
    }


def _shown(request_id: int) -> dict[str, Any]:
    return requests.serialize(actor(), requests.get(actor(), request_id))
