"""Serves /dev/components alone: no database, no sign-in, no debug mode of an installation."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC

from flask import Flask
from werkzeug.serving import make_server

from helix import resources
from helix.web import avatars, dev, formats, fragments, static_files
from helix.web.boards import card
from tests.support.screens import Screen, dialog, menu

COMPONENTS = (
    Screen("/dev/components", name="components", signed_in=False),
    Screen("/dev/components", menu("[popovertarget=sample-menu]"), signed_in=False),
    Screen("/dev/components", dialog("Open a dialog"), signed_in=False),
    Screen("/dev/board?task=219", signed_in=False),
    Screen("/dev/empty", signed_in=False),
    Screen("/dev/signed-out", signed_in=False),
)


def application() -> Flask:
    app = Flask("components", template_folder=resources.TEMPLATES, static_folder=None)
    app.secret_key = "only for samples"
    formats.register(app, lambda: UTC)
    avatars.register(app, dict)
    card.register(app)
    fragments.register(app)
    static_files.register(app)
    for blueprint in dev.BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


@contextmanager
def served() -> Iterator[str]:
    """Its address."""
    server = make_server("127.0.0.1", 0, application(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
