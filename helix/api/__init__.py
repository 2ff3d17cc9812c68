"""The REST API under /api: one module per section of the API reference. Routes parse, call a service, and serialize."""

from flask_openapi3.openapi import OpenAPI

from helix.api import (
    activity,
    agents,
    attachments,
    auth,
    boards,
    budgets,
    comments,
    dashboard,
    departments,
    docs,
    gateway,
    health,
    mentions,
    models,
    notifications,
    org,
    permissions,
    profile,
    requests,
    runs,
    schedules,
    skills,
    tasks,
    telegram,
    tokens,
    tools,
    users,
    views,
    webhooks,
    workflows,
)
from helix.extensions import csrf

SECTIONS = (
    auth,
    profile,
    users,
    tokens,
    departments,
    boards,
    views,
    permissions,
    agents,
    models,
    tools,
    tasks,
    schedules,
    attachments,
    comments,
    workflows,
    runs,
    requests,
    skills,
    gateway,
    activity,
    notifications,
    dashboard,
    mentions,
    org,
    budgets,
    telegram,
    webhooks,
    health,
    docs,
)


def init_app(app: OpenAPI) -> None:
    for section in SECTIONS:
        for blueprint in section.BLUEPRINTS:
            csrf.exempt(blueprint)  # the API accepts bearer tokens only, never cookies
            app.register_api(blueprint)
