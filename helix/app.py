"""The application: a flat list of what it is made of."""

from flask_openapi3.openapi import OpenAPI

from config import Settings
from helix import api, database, error_pages, live, queue, request_log, web
from helix.extensions import csrf, db, jwt, login_manager
from helix.openapi import new_openapi_app


def create_app(settings: Settings | None = None) -> OpenAPI:
    """The whole application, for web, workers, scheduler and commands alike."""
    settings = settings or Settings.from_environment()
    app = new_openapi_app(settings)
    queue.use(settings.redis_address)
    live.rights.share(settings.data_dir)
    live.writes.share(settings.data_dir)
    db.init_app(app)
    with app.app_context():
        database.tune(db.engine)
    request_log.init_app(app)
    login_manager.init_app(app)
    jwt.init_app(app)
    csrf.init_app(app)
    error_pages.init_app(app)
    api.init_app(app)
    web.init_app(app)
    return app
