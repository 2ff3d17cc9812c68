"""The HTML door: pages and their HTMX parts. One file a noun, each with the blueprints in its `DOORS`."""

import time

from flask import Flask

from helix.web import (
    activity,
    agent,
    agent_deeds,
    agents,
    answering,
    api_tokens,
    attachment_preview,
    attachments,
    avatars,
    board,
    boards,
    boards_admin,
    card,
    comments,
    compression,
    costs,
    dashboard,
    dev,
    events,
    exports,
    formats,
    inbox,
    levels,
    limits,
    links,
    metrics,
    models,
    new_task,
    palette,
    profile,
    results,
    runs,
    security,
    session,
    settings,
    setup,
    several,
    sidebar,
    sign_in,
    sign_in_elsewhere,
    skill,
    skill_files,
    skills,
    static_files,
    task_changes,
    task_form,
    tasks,
    team,
    undo,
    views,
    webhook_log,
    webhooks,
)
from helix.web.zone import viewers_zone

SECTIONS = (
    sign_in,
    sign_in_elsewhere,
    boards_admin,
    board,
    boards,
    sidebar,
    several,
    undo,
    views,
    limits,
    tasks,
    new_task,
    task_changes,
    task_form,
    results,
    comments,
    runs,
    answering,
    attachment_preview,
    attachments,
    palette,
    events,
    agent,
    agent_deeds,
    agents,
    models,
    skill_files,
    skill,
    skills,
    dashboard,
    inbox,
    activity,
    links,
    team,
    levels,
    profile,
    api_tokens,
    settings,
    exports,
    webhooks,
    webhook_log,
    setup,
    costs,
    metrics,
)


def init_app(app: Flask) -> None:
    static_files.register(app)
    formats.register(app, viewers_zone)
    card.register(app)
    session.init_app(app)
    security.init_app(app)
    compression.init_app(app)
    app.jinja_env.globals["now_seconds"] = lambda: round(time.time(), 2)
    for section in SECTIONS:
        for door in section.DOORS:
            app.register_blueprint(door)
    app.register_blueprint(avatars.bp)
    if app.debug:
        app.register_blueprint(dev.bp)
