"""What a WSGI server loads: `gunicorn wsgi:app`."""

from helix import live
from helix.app import create_app
from helix.schema_version import refuse_mismatch

app = refuse_mismatch(create_app())
# This process serves many requests of the same people.
live.rights.follow()
