from typing import Annotated, Any, Literal

from pydantic import Field

from helix.models.vocabulary import AnswerScope, RequestKind, RequestState
from helix.schemas.common import Error, IdNumber, In, Out, PagedOut, PagedQuery, Problem, Query, Text

Decision = Literal["allow", "deny", "answer"]


class RequestPath(Query):
    request_id: int


class RequestQuery(PagedQuery):
    state: RequestState | None = None
    mine: bool | None = None
    """`true` gives those that you may answer, `false` the others."""
    task_id: IdNumber | None = None


class AnswerIn(In):
    decision: Decision
    """`answer` for a question or an uncertain call, `allow` or `deny` for a call or money."""
    values: dict[str, Any] | None = None
    """What the `schema` of the request asks for; `{"answer": "..."}` for a plain question."""
    note: Annotated[Text, Field(max_length=20_000)] = ""
    """For the agent, with a question or a denial."""
    scope: AnswerScope = AnswerScope.ONCE
    """How far the permission to call the tool reaches, as far as `scopes` of the request offer it."""
    arguments: dict[str, Any] | None = None
    """Other arguments to call the tool with."""


class NumberedAnswer(AnswerIn):
    id: IdNumber
    """The request that it answers."""


class AnswersIn(In):
    answers: Annotated[list[NumberedAnswer], Field(min_length=1, max_length=100)]


class RequestOut(Out):
    id: int
    kind: RequestKind
    state: RequestState
    title: str
    body: str
    task_id: int
    task_title: str
    board_id: int
    run_id: int
    agent_id: int
    agent_name: str
    tool_call_id: int | None
    tool: str | None
    arguments: dict[str, Any] | None
    """What the agent wants to call the tool with."""
    edited_arguments: dict[str, Any] | None
    schema_: Annotated[dict[str, Any], Field(alias="schema")]
    """JSON schema of an answer's `values`."""
    options: list[str]
    """Suggestions for the answer to a question."""
    decisions: list[Decision]
    """Which decisions an answer may have."""
    scopes: list[AnswerScope]
    may_answer: bool
    """Whether an answer of yours would count now."""
    decision: Decision | None
    values: dict[str, Any] | None
    note: str
    scope: AnswerScope | None
    answered_by_user_id: int | None
    answered_by_name: str | None
    answered_via: str | None
    answered_at: str | None
    expires_at: str
    on_expiry: Literal["deny", "default", "fail"]
    """What happens without an answer."""
    default: dict[str, Any] | None
    """The values that count when nobody answers."""
    created_at: str


class RequestPage(PagedOut):
    items: list[RequestOut]


class AnsweredOut(Out):
    id: int
    status: int
    """As the answer would have got by itself: 200, 403, 404, 409 or 422."""
    detail: str | list[Problem] | None
    """Why it was refused."""
    request: RequestOut | None
    """What was answered."""


class AnsweredList(Out):
    results: list[AnsweredOut]


class AnsweredAlready(Error):
    """The first answer counts."""

    answered_by: str | None = None
    answered_at: str | None = None
