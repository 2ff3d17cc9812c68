"""What a WSGI server loads: `gunicorn wsgi:app`."""

from helix.app import create_app

app = create_app()
