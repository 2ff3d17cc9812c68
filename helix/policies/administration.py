"""Rights on what belongs to the whole organization: read by everyone or by admins, written by admins."""

from helix.policies.actor import Actor


def may_administer(actor: Actor) -> bool:
    """May write users, AI models, settings, agents, departments, boards and skills, and read users and AI models."""
    return actor.is_admin
