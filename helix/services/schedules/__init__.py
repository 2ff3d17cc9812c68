"""Schedules, which create tasks at the times of a cron expression, and templates of tasks."""

from helix.services.schedules.fire import run_now, tick
from helix.services.schedules.firings import Firing, firing, firings, latest, spent_this_month
from helix.services.schedules.firings import purge as purge_firings
from helix.services.schedules.firings import serialize as serialize_firing
from helix.services.schedules.lookup import get, schedules
from helix.services.schedules.serialize import many as serialize_many
from helix.services.schedules.serialize import one as serialize_one
from helix.services.schedules.templates import (
    add_template,
    delete_template,
    edit_template,
    get_template,
    serialize_template,
    templates,
)
from helix.services.schedules.times import describe, in_words, preview
from helix.services.schedules.write import create, delete, edit

__all__ = [
    "Firing",
    "add_template",
    "create",
    "delete",
    "delete_template",
    "describe",
    "edit",
    "edit_template",
    "firing",
    "firings",
    "get",
    "get_template",
    "in_words",
    "latest",
    "preview",
    "purge_firings",
    "run_now",
    "schedules",
    "serialize_firing",
    "serialize_many",
    "serialize_one",
    "serialize_template",
    "spent_this_month",
    "templates",
    "tick",
]
