"""The application: a flat list of what it is made of."""

from typing import TYPE_CHECKING

from flask import Flask

from helix import live, queue
from helix.crypto import passwords
from helix.db.engine import tune
from helix.extensions import db
from helix.llm import demo
from helix.settings import Settings

if TYPE_CHECKING:
    from flask_openapi3.openapi import OpenAPI


def create_app(settings: Settings | None = None) -> "OpenAPI":
    """The whole application, with the doors that people and programs come in by: for the web process."""
    # Here, for who needs no doors: they are 19 MB of routes, forms and documents.
    from helix import api, error_pages, request_log, web
    from helix.extensions import csrf, jwt, login_manager
    from helix.openapi import new_openapi_app

    settings = settings or Settings.from_environment()
    app = new_openapi_app(settings)
    _lay_ground(app, settings)
    request_log.init_app(app)
    login_manager.init_app(app)
    jwt.init_app(app)
    csrf.init_app(app)
    error_pages.init_app(app)
    api.init_app(app)
    web.init_app(app)
    return app


def create_inner_app(settings: Settings) -> Flask:
    """What services need and nothing else: for workers, scheduler and commands, which answer no requests."""
    app = Flask("helix", static_folder=None)
    app.config.update(settings.to_flask())
    _lay_ground(app, settings)
    return app


def _lay_ground(app: Flask, settings: Settings) -> None:
    # Every table, before anything walks `Model.metadata`: what a process happens to import otherwise decides which
    # tables a backup counts and a key rotation looks through.
    import helix.models  # noqa: F401

    queue.use(settings.resolved_redis_url)
    passwords.use(fast=settings.fast_passwords)
    demo.use(seconds=settings.demo_delay_seconds)
    live.rights.share(settings.data_dir)
    live.writes.share(settings.data_dir)
    db.init_app(app)
    with app.app_context():
        tune(db.engine)
