"""What belongs to the whole organization: read by everyone or by admins, written by admins."""

from helix.policies.actor import Actor


def may_administer(actor: Actor) -> bool:
    """Write users, AI models, settings, agents, departments, boards and skills; read users and models."""
    return actor.is_admin
