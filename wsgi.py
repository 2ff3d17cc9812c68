"""The WSGI application, for `gunicorn wsgi:app` in a checkout. The code is in helix/wsgi.py."""

from helix.wsgi import app

__all__ = ["app"]
