"""The JSON door: one file a section of the reference. Routes read, call a service, show."""

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
    runs,
    skills,
    tasks,
    telegram,
    tokens,
    users,
    views,
    webhooks,
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
    tasks,
    attachments,
    comments,
    runs,
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
            csrf.exempt(blueprint)  # bearer tokens alone: a cookie opens nothing here
            app.register_api(blueprint)
