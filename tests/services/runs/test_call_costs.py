"""What a call of a tool costs the database: the statements and transactions of a turn with calls of a server."""

import pytest
from sqlalchemy import event, select

from helix import clock, mcp
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import AgentTool, RunMessage, RunStep, Tool
from helix.models.vocabulary import StepKind, ToolEffect, ToolPolicy, ToolStatus
from helix.services import runs
from helix.services.runs import tool_calls
from tests.support.agent_turns import turns
from tests.support.people import as_actor
from tests.support.statements import statements as sent_statements
from tests.support.tool_sources import add_source


@pytest.fixture
def agent(ada, make, monkeypatch):
    """It may call the tool `pay` of a server that answers at once."""
    source = add_source(ada, url="http://127.0.0.1:9/mcp", allow_private=True)
    agent = make.agent("Sierra")
    schema = {"type": "object", "properties": {"bill": {"type": "string"}}}
    with transaction():
        tool = Tool(
            source_id=source.id,
            name="pay",
            input_schema=schema,
            definition_hash="1" * 64,
            status=ToolStatus.ACCEPTED,
            effect=ToolEffect.WRITE,
            brings_untrusted=False,
            sends_out=False,
        )
        db.session.add(tool)
        db.session.flush()
        db.session.add(
            AgentTool(agent_id=agent.id, tool_id=tool.id, policy=ToolPolicy.ALLOW, granted_at=clock.now(), limits={})
        )
    paid = mcp.CallResult("It is paid.", is_error=False)
    monkeypatch.setattr(mcp.Sessions, "call", lambda *_arguments, **_options: paid)
    return agent


@pytest.mark.parametrize(("at_once", "statements", "commits"), [(1, 8, 2), (3, 21, 6)])
def test_each_call_takes_two_transactions_and_the_results_of_a_turn_none(
    ada, agent, make, provider, model_that, work, monkeypatch, at_once, statements, commits
):
    name = f"pays-{at_once}"
    bills = [("crm__pay", {"bill": str(number)}) for number in range(at_once)]
    provider.behave(name, turns(bills, "Done."))
    model_that(name, supports_tools=True)
    runs.start(as_actor(ada), make.task("Pay", agent=agent, by=ada).id)
    counts, progress = [], tool_calls.progress

    def counted(*arguments, **options):
        written = []

        def commit(session):
            # Reading ends with a commit as well.
            if session.info.get("after_commit") is not None:
                written.append(session)

        event.listen(db.session, "before_commit", commit)
        try:
            with sent_statements() as made:
                return progress(*arguments, **options)
        finally:
            event.remove(db.session, "before_commit", commit)
            counts.append((len(made), len(written)))

    monkeypatch.setattr(tool_calls, "progress", counted)

    claim = work()

    assert counts == [(statements, commits)]
    results = select(RunMessage.body).where(RunMessage.run_id == claim.run_id, RunMessage.role == "tool")
    assert ["It is paid." in body["content"] for body in db.session.scalars(results)] == [True] * at_once
    steps = db.session.execute(select(RunStep.number, RunStep.kind).order_by(RunStep.number)).all()
    assert [number for number, _kind in steps] == list(range(1, len(steps) + 1))
    assert [kind for _number, kind in steps].count(StepKind.TOOL_RESULT) == at_once
