import pytest

from helix.models.vocabulary import ActorType, BoardLevel, RequestKind, Role
from helix.policies import requests as policy
from helix.policies.actor import Actor
from helix.policies.tasks import TaskOwnership

CREATE, MANAGE, VIEW = BoardLevel.CREATE, BoardLevel.MANAGE, BoardLevel.VIEW


@pytest.mark.parametrize("kind", RequestKind)
@pytest.mark.parametrize(
    ("level", "own", "may", "may_grant_money"),
    [
        (BoardLevel.NONE, True, False, False),
        (VIEW, True, False, False),
        (CREATE, False, False, False),
        (CREATE, True, True, False),
        (MANAGE, False, True, True),
    ],
)
def test_who_reviews_answers_and_who_manages_grants_money(kind, level, own, may, may_grant_money):
    actor = Actor(id=7, name="Mia", grants={4: level})
    task = TaskOwnership(board_id=4, created_by_user_id=7 if own else 8)

    expected = may_grant_money if kind == RequestKind.BUDGET else may
    assert policy.may_answer(actor, task, kind) is expected


@pytest.mark.parametrize("kind", RequestKind)
def test_an_agent_answers_nothing_whatever_its_level(kind):
    agent = Actor(id=7, name="Sierra", type=ActorType.AGENT, role=Role.ADMIN)

    assert not policy.may_answer(agent, TaskOwnership(4, 7), kind)


def test_every_kind_has_its_decisions():
    assert set(policy.DECISIONS) == set(RequestKind)
