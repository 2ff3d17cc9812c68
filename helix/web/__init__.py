"""HTML pages and HTMX partials. Each noun has a package or a module that lists its blueprints in `BLUEPRINTS`."""

import time

from flask import Flask

from helix.web import (
    activity,
    agents,
    avatars,
    boards,
    compression,
    costs,
    dashboard,
    dev,
    events,
    form_keys,
    formats,
    fragments,
    inbox,
    metrics,
    models,
    schedules,
    search,
    security,
    session,
    settings,
    setup,
    sidebar,
    sign_in,
    skills,
    static_files,
    tasks,
    team,
    workflows,
    zone_list,
)
from helix.web.boards import card
from helix.web.time_zones import due_zone, viewer_zone

SECTIONS = (
    sign_in,
    setup,
    dashboard,
    inbox,
    boards,
    tasks,
    agents,
    schedules,
    workflows,
    skills,
    activity,
    costs,
    team,
    models,
    settings,
    search,
    sidebar,
    events,
    avatars,
    metrics,
    zone_list,
)


def init_app(app: Flask) -> None:
    static_files.register(app)
    formats.register(app, viewer_zone, due_zone)
    card.register(app)
    fragments.register(app)
    avatars.register(app)
    session.init_app(app)
    security.init_app(app)
    compression.init_app(app)
    # Registered after compression, and so run before it: form keys are inserted into uncompressed HTML.
    form_keys.register(app)
    app.jinja_env.globals["now_seconds"] = lambda: round(time.time(), 2)
    for section in SECTIONS:
        for blueprint in section.BLUEPRINTS:
            app.register_blueprint(blueprint)
    if app.debug:
        for blueprint in dev.BLUEPRINTS:
            app.register_blueprint(blueprint)
