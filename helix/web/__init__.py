"""The HTML door: pages and their HTMX parts."""

from datetime import UTC

from flask import Flask

from helix.web import avatars, dev, formats, static_files


def init_app(app: Flask) -> None:
    static_files.register(app)
    formats.register(app, lambda: UTC)
    app.register_blueprint(avatars.bp)
    if app.debug:
        app.register_blueprint(dev.bp)
