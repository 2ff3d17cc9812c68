"""Rights on workflows: admins write them; those who may create tasks on a workflow's board see and start it."""

from helix.models.vocabulary import BoardLevel
from helix.models.workflow import Workflow, WorkflowRun
from helix.policies.actor import Actor


def may_write(actor: Actor) -> bool:
    return actor.is_admin


def may_see(actor: Actor, workflow: Workflow) -> bool:
    if actor.is_admin:
        return True
    return workflow.board_id is not None and actor.level_on(workflow.board_id) >= BoardLevel.CREATE


def may_see_run(actor: Actor, run: WorkflowRun) -> bool:
    return actor.level_on(run.board_id) >= BoardLevel.VIEW


def may_change_run(actor: Actor, run: WorkflowRun) -> bool:
    """May cancel it, and retry or skip its steps: as with tasks, those that one has started oneself, or manages."""
    level = actor.level_on(run.board_id)
    own = actor.user_id is not None and run.started_by_user_id == actor.user_id
    return level >= BoardLevel.MANAGE or (own and level >= BoardLevel.CREATE)
