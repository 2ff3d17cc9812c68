"""Whether an agent may call a tool: the rules one by one, then properties that hold for all facts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helix.models.vocabulary import ToolEffect, ToolPolicy, ToolStatus
from helix.policies.tools import Allow, Ask, Call, Deny, Grant, Run, Tool, decide, default_policy

READ = Tool("search_tasks", ToolEffect.READ)
WRITE = Tool("add_comment", ToolEffect.WRITE)
SEND = Tool("send_mail", ToolEffect.DESTRUCTIVE, sends_out=True)
QUESTION = Tool("ask_person", ToolEffect.READ, asks_person=True)
CLEAN = Run(has_untrusted=False)

tools = st.builds(
    Tool,
    name=st.just("a_tool"),
    effect=st.sampled_from(ToolEffect),
    status=st.sampled_from(ToolStatus),
    source_enabled=st.booleans(),
    reads_private=st.booleans(),
    brings_untrusted=st.booleans(),
    sends_out=st.booleans(),
)
counts = st.none() | st.integers(0, 5)
grants = st.builds(
    Grant,
    policy=st.sampled_from(ToolPolicy),
    always=st.booleans(),
    per_run=counts,
    per_day=counts,
    hosts=st.frozensets(st.sampled_from(["example.com", "example.org"])),
)
calls = st.builds(
    Call,
    problem=st.none() | st.just("`to` is missing."),
    host=st.none() | st.sampled_from(["example.com", "evil.example"]),
    host_is_known=st.booleans(),
    calls_in_run=st.integers(0, 6),
    calls_today=st.integers(0, 6),
    allowed_for_run=st.booleans(),
)
runs = st.builds(Run, has_untrusted=st.booleans(), reads_private=st.booleans(), is_mention=st.booleans())


@pytest.mark.parametrize(
    ("policy", "decision"), [(ToolPolicy.OFF, Deny), (ToolPolicy.ASK, Ask), (ToolPolicy.ALLOW, Allow)]
)
@pytest.mark.parametrize("tool", [READ, WRITE, SEND], ids=lambda tool: tool.effect)
def test_grant_decides_on_an_accepted_tool(tool, policy, decision):
    assert isinstance(decide(Grant(policy), tool, Call(), CLEAN), decision)


@pytest.mark.parametrize("facts", [{"allowed_for_run": True}, {}], ids=["for the run", "always"])
def test_permission_of_a_person_replaces_the_question(facts):
    grant = Grant(ToolPolicy.ASK, always=not facts)

    assert isinstance(decide(grant, WRITE, Call(**facts), CLEAN), Allow)


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        (replace(READ, source_enabled=False), "switched off"),
        (replace(READ, status=ToolStatus.GONE), "does not exist any more"),
        (replace(READ, status=ToolStatus.CHANGED), "has changed"),
        (replace(WRITE, status=ToolStatus.NEW), "an admin has to accept it"),
    ],
)
def test_tool_that_cannot_be_used_is_denied_whatever_was_granted(tool, words):
    decision = decide(Grant(ToolPolicy.ALLOW, always=True), tool, Call(allowed_for_run=True), CLEAN)

    assert isinstance(decision, Deny)
    assert words in decision.because


@pytest.mark.parametrize("tool", [WRITE, SEND, replace(READ, status=ToolStatus.NEW)], ids=lambda tool: tool.name)
def test_call_that_a_person_has_allowed_is_not_asked_about_again(tool):
    run = Run(has_untrusted=True)

    decision = decide(Grant(ToolPolicy.ASK), tool, Call(allowed_by_person=True, host_is_known=False), run)

    assert isinstance(decision, Allow)


@given(grants, tools, calls, runs)
def test_permission_of_a_person_never_overrules_a_refusal(grant, tool, call, run):
    if isinstance(decide(grant, tool, call, run), Deny):
        assert isinstance(decide(grant, tool, replace(call, allowed_by_person=True), run), Deny)


def test_new_reading_tool_asks_each_time_but_may_be_allowed_for_the_run():
    decision = decide(Grant(ToolPolicy.ALLOW), replace(READ, status=ToolStatus.NEW), Call(), CLEAN)

    assert decision == Ask("No admin has accepted this tool yet.", offers_run=True, offers_always=False)


def test_invalid_arguments_are_denied_with_the_reason():
    decision = decide(Grant(ToolPolicy.ALLOW), READ, Call(problem="`query` is missing."), CLEAN)

    assert decision == Deny("The arguments of search_tasks are not valid: `query` is missing.")


@pytest.mark.parametrize(
    ("grant", "call", "denied"),
    [
        ({"per_run": 2}, {"calls_in_run": 1}, False),
        ({"per_run": 2}, {"calls_in_run": 2}, True),
        ({"per_run": 0}, {}, True),
        ({"per_day": 3}, {"calls_today": 2}, False),
        ({"per_day": 3}, {"calls_today": 3}, True),
        ({"hosts": frozenset({"example.com"})}, {"host": "Example.com"}, False),
        ({"hosts": frozenset({"example.com"})}, {"host": "sub.example.com"}, True),
        ({"hosts": frozenset({"example.com"})}, {"host": None}, False),
        ({}, {"host": "example.org"}, False),
    ],
)
def test_limits_of_the_grant(grant, call, denied):
    decision = decide(Grant(ToolPolicy.ALLOW, **grant), WRITE, Call(**call), CLEAN)

    assert isinstance(decision, Deny) is denied


def test_unknown_address_always_asks():
    decision = decide(Grant(ToolPolicy.ALLOW, always=True), SEND, Call(host_is_known=False), CLEAN)

    assert isinstance(decision, Ask)
    assert not decision.offers_always


@pytest.mark.parametrize(("tool", "decision"), [(READ, Allow), (WRITE, Deny), (SEND, Deny), (QUESTION, Allow)])
def test_answering_a_comment_reads_and_asks_only(tool, decision):
    run = Run(has_untrusted=False, is_mention=True)

    assert isinstance(decide(Grant(ToolPolicy.ALLOW), tool, Call(), run), decision)


def test_question_to_a_person_needs_no_permission():
    assert isinstance(decide(Grant(ToolPolicy.ASK), QUESTION, Call(), Run(has_untrusted=True)), Allow)


@pytest.mark.parametrize(
    ("effect", "builtin", "policy"),
    [
        (ToolEffect.READ, True, ToolPolicy.ALLOW),
        (ToolEffect.WRITE, True, ToolPolicy.ASK),
        (ToolEffect.DESTRUCTIVE, True, ToolPolicy.ASK),
        (ToolEffect.READ, False, ToolPolicy.ASK),
        (ToolEffect.WRITE, False, ToolPolicy.ASK),
        (ToolEffect.DESTRUCTIVE, False, ToolPolicy.ASK),
    ],
)
def test_policy_without_a_decision_of_an_admin(effect, builtin, policy):
    assert default_policy(effect, builtin=builtin) == policy


@given(grants, tools, calls)
def test_private_data_and_a_strangers_text_are_never_sent_without_a_person(grant, tool, call):
    run = Run(reads_private=True, has_untrusted=True)

    decision = decide(grant, replace(tool, sends_out=True), call, run)

    assert not isinstance(decision, Allow)
    assert isinstance(decision, Deny) or not (decision.offers_run or decision.offers_always)


@given(grants, tools, calls, runs)
def test_allowed_only_with_a_grant_or_a_persons_permission(grant, tool, call, run):
    if isinstance(decide(grant, tool, call, run), Allow):
        assert grant.policy == ToolPolicy.ALLOW or grant.always or call.allowed_for_run
        assert grant.policy != ToolPolicy.OFF
        assert tool.status == ToolStatus.ACCEPTED
        assert tool.source_enabled
        assert call.problem is None


@given(grants, tools, calls, runs)
def test_text_of_strangers_never_loosens_a_decision(grant, tool, call, run):
    strictness = {Allow: 0, Ask: 1, Deny: 2}

    before = decide(grant, tool, call, replace(run, has_untrusted=False))
    after = decide(grant, tool, call, replace(run, has_untrusted=True))

    assert strictness[type(after)] >= strictness[type(before)]


@given(grants, tools, calls, runs)
def test_less_is_granted_less_is_allowed(grant, tool, call, run):
    strictness = {Allow: 0, Ask: 1, Deny: 2}

    decisions = [decide(replace(grant, policy=policy), tool, call, run) for policy in ToolPolicy]

    off, ask, allow = (strictness[type(decision)] for decision in decisions)
    assert off == 2
    assert ask >= allow
