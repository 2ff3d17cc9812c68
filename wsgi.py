"""What a WSGI server loads: `gunicorn wsgi:app`."""

import sys

from helix import live
from helix.app import create_app
from helix.schema_version import mismatch

app = create_app()
if problem := mismatch(app):
    sys.stderr.write(f"{problem}\n")
    # With this code gunicorn stops; with any other it would start another worker, for ever.
    sys.exit(4)
# This process serves many requests of the same people, and is asked for the same things again.
live.rights.follow()
live.writes.follow()
