"""Application factories."""

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
    """The full application with HTML pages and API, for web processes."""
    # Imported here because other processes do not need them: routes, forms and the OpenAPI document take 19 MB.
    from helix import api, error_pages, request_log, web
    from helix.extensions import csrf, jwt, login_manager
    from helix.openapi import new_openapi_app

    settings = settings or Settings.from_environment()
    app = new_openapi_app(settings)
    _configure(app, settings)
    request_log.init_app(app)
    login_manager.init_app(app)
    jwt.init_app(app)
    csrf.init_app(app)
    error_pages.init_app(app)
    api.init_app(app)
    web.init_app(app)
    return app


def create_service_app(settings: Settings) -> Flask:
    """A minimal application for the services, without routes: for workers, the scheduler and CLI commands."""
    app = Flask("helix", static_folder=None)
    app.config.update(settings.to_flask())
    _configure(app, settings)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    # Import all models, so that `Model.metadata` is complete: back-ups and key rotation iterate over its tables.
    import helix.models
    import helix.services.flow_registration  # noqa: F401

    queue.use(settings.resolved_redis_url)
    passwords.use(fast=settings.fast_passwords)
    demo.use(seconds=settings.demo_delay_seconds)
    live.rights.share(settings.data_dir)
    live.writes.share(settings.data_dir)
    db.init_app(app)
    with app.app_context():
        tune(db.engine)
